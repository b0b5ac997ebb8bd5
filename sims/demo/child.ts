import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** An agent starts in a second; nine processes that start at once on a busy machine take their time. */
const READY_TIMEOUT_MS = 60_000
/** An agent gives requests under way 10 s (`timeouts.drainMs`). */
const STOP_TIMEOUT_MS = 12_000
const LOOK_AGAIN_MS = 50
/** As much of a log as helps to see why a process ended. */
const LOG_TAIL_LINES = 12

export interface ChildOptions {
  /** What people call it, as in "the agent of site2". */
  readonly name: string
  /** Arguments for this same Node; the first is the program. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd: string
  /** Takes both outputs; appended to. */
  readonly logFile: string
  /** The process writes it, whole, once it serves. */
  readonly readyFile: string
}

/** All that run. The last resort, should this process end by an error of its own. */
const living = new Set<ChildProcess>()
process.on('exit', () => living.forEach(killGroup))

/** A process of the demonstration, which knows when it serves and which leaves nothing behind. */
export class Child {
  readonly name: string
  readonly pid: number
  /** What the ready file says. */
  readonly ready: unknown
  readonly #process: ChildProcess
  readonly #exited: Promise<void>

  private constructor(name: string, child: ChildProcess, pid: number, exited: Promise<void>, ready: unknown) {
    this.name = name
    this.#process = child
    this.pid = pid
    this.#exited = exited
    this.ready = ready
  }

  /**
   * Starts a process and resolves once it serves.
   * @throws Error with the end of its log when it ends instead, or does not serve in time
   */
  static async start(options: ChildOptions, signal: AbortSignal): Promise<Child> {
    signal.throwIfAborted()
    await rm(options.readyFile, { force: true })
    const log = openSync(options.logFile, 'a')
    const child = spawn(process.execPath, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C in the terminal reaches the demonstration alone, which then ends its children in order.
      detached: true,
    })
    closeSync(log)
    let ended: string | undefined
    const exited = new Promise<void>(resolve => {
      child.once('error', error => {
        ended = error.message
        resolve()
      })
      child.once('exit', (code, killedBy) => {
        ended = `it ended with ${killedBy ?? `exit code ${String(code)}`}`
        living.delete(child)
        resolve()
      })
    })
    living.add(child)

    const deadline = performance.now() + READY_TIMEOUT_MS
    while (ended === undefined && !signal.aborted) {
      const ready = await readReady(options.readyFile)
      if (ready !== undefined && child.pid !== undefined) {
        return new Child(options.name, child, child.pid, exited, ready)
      }
      if (performance.now() > deadline) ended = `it did not serve within ${READY_TIMEOUT_MS / 1000} s`
      else await Promise.race([exited, pause(LOOK_AGAIN_MS)])
    }
    killGroup(child)
    await exited
    signal.throwIfAborted()
    throw new Error(`${options.name} did not start: ${ended}.\n${await logTail(options.logFile)}`)
  }

  /** Whether it still runs. */
  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Asks it to end (SIGTERM), and kills it when it has not done so in time. */
  async stop(): Promise<void> {
    if (this.running) this.#process.kill('SIGTERM')
    const late = new AbortController()
    await Promise.race([this.#exited, pause(STOP_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
    await this.kill()
  }

  /** Kills it at once (SIGKILL), with whatever it started. */
  async kill(): Promise<void> {
    killGroup(this.#process)
    await this.#exited
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || !living.has(child)) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody of the group is left, which is what was wanted.
  }
}

/** @returns undefined as long as there is none, or half of one */
async function readReady(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      return undefined
    }
    throw error
  }
}

async function logTail(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return lines.slice(-LOG_TAIL_LINES).join('\n')
}

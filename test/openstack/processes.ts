import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** A server that this suite started: it alone is signalled, by its process group. */
export interface Running {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** The process ended, whoever ended it. */
  readonly exited: Promise<void>
  /** Ends it and what it started: first politely. Idempotent. */
  stop(): Promise<void>
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
}

/** Python servers finish what they do within seconds; one that does not is killed. */
const STOP_TIMEOUT_MS = 5_000

/** All that runs, for the end of the suite. */
const running = new Set<Running>()

export function start(
  name: string,
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; logFile: string },
): Running {
  const log = openSync(options.logFile, 'a')
  // A group of its own, since gunicorn has workers.
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const pid = child.pid
  if (pid === undefined) throw new Error(`${name} did not start: ${command}`)
  const exited = exitOf(child)
  let stopping: Promise<void> | undefined
  const end = (first: NodeJS.Signals) =>
    (stopping ??= endGroup(child, pid, exited, first).then(() => void running.delete(self)))
  const self: Running = {
    name,
    pid,
    logFile: options.logFile,
    exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
  running.add(self)
  return self
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(one => one.stop()))
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise(resolve => child.once('exit', () => resolve()))
}

async function endGroup(child: ChildProcess, pid: number, exited: Promise<void>, first: NodeJS.Signals): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null
  if (!ended()) signalGroup(pid, first)
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_TIMEOUT_MS)
  if (!ended()) await exited
  clearTimeout(timer)
  // Workers that outlived their parent.
  signalGroup(pid, 'SIGKILL')
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone already.
  }
}

/** Runs a command to its end. @throws Error with what it said when it failed */
export async function run(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; timeoutMs: number; cwd?: string },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, {
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

/** A Python server imports for seconds before it listens, and says nothing when it does: so it is asked. */
const READY_TIMEOUT_MS = 60_000
const READY_ASK_EVERY_MS = 150

/** Waits until `url` answers at all. @throws Error with the end of its log when it ends or takes too long */
export async function untilItAnswers(server: Running, url: string): Promise<void> {
  let ended = false
  void server.exited.then(() => (ended = true))
  const deadline = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    try {
      const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
      await response.body?.cancel()
      return
    } catch {
      if (ended || performance.now() > deadline) {
        const log = await readFile(server.logFile, 'utf8')
        throw new Error(`${server.name} ${ended ? 'ended' : 'does not answer'}:\n${log.slice(-3_000)}`)
      }
      await new Promise(resolve => setTimeout(resolve, READY_ASK_EVERY_MS))
    }
  }
}

/** Environment of everything that is started: nothing of ours leaks in, least of all a proxy. */
export function plainEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home, LANG: 'C.UTF-8', PYTHONWARNINGS: 'ignore' }
}

import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The command is killed after it. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Lets the command write to this process's standard error as well, for what takes minutes. */
  readonly visible?: boolean
}

export interface CommandResult {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end, whatever that is. @throws Error when it cannot be started, is late, or is given up */
export async function attempt(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [program = '', ...args] = command
  const late = AbortSignal.timeout(options.timeoutMs)
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal === undefined ? late : AbortSignal.any([options.signal, late]),
    killSignal: 'SIGKILL',
  })
  if (options.visible === true) {
    child.stdout.pipe(process.stderr, { end: false })
    child.stderr.pipe(process.stderr, { end: false })
  }
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', error => {
      const seconds = options.timeoutMs / 1_000
      reject(late.aborted ? new Error(`${program} took more than ${seconds} s`) : error)
    })
    child.once('close', code => resolve(code ?? undefined))
  })
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** Runs a command that must succeed. @returns its standard output @throws Error with the end of what it said */
export async function run(command: readonly string[], options: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, options)
  if (code === 0) return stdout
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-10).join('\n')
  throw new Error(`${command.join(' ')} ended with ${String(code)}:\n${said}`)
}

/** Whether a command can be run to a good end. */
export async function works(command: readonly string[], options: CommandOptions): Promise<boolean> {
  try {
    return (await attempt(command, options)).code === 0
  } catch {
    options.signal?.throwIfAborted()
    return false
  }
}

/** Absolute path of a program, undefined when there is none of that name in `PATH` or where system programs are. */
export async function which(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  for (const folder of folders) {
    const file = join(folder, name)
    try {
      await access(file, constants.X_OK)
      return file
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined
}

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EXIT, writeLine } from './io.ts'
import type { Io } from './io.ts'

/**
 * Runs a real client on this terminal and gives back its own exit code: 127 when it is not installed, 128 and the signal's
 * number when a signal ended it, as shells do.
 * @param install how to get it
 */
export async function runClient(
  io: Io,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  install: string,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const child = spawn(program, args, { stdio: 'inherit', env, cwd: io.cwd })
  // A terminal sends Ctrl-C to the client too, which decides what becomes of it; a signal to this process alone is passed on.
  const onInterrupt = () => child.kill('SIGTERM')
  io.interrupted.addEventListener('abort', onInterrupt)
  child.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      reject(error)
      return
    }
    writeLine(io.stderr, `cheops: the client "${program}" is not installed or not in PATH.\n  ${install}`)
    resolve(EXIT.notInstalled)
  })
  child.once('close', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  })
  try {
    return await promise
  } finally {
    io.interrupted.removeEventListener('abort', onInterrupt)
  }
}

/** Output of a client that is asked something itself. Undefined when it failed or is not installed. */
export async function clientOutput(
  io: Io,
  program: string,
  args: readonly string[],
): Promise<
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly text: string }
> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...io.env }, cwd: io.cwd })
  let [text, problem] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    problem += chunk
  })
  child.once('error', reject)
  child.once('close', code => {
    resolve(code ?? 1)
  })
  try {
    return (await promise) === 0 ? { kind: 'ok', text } : { kind: 'failed', text: problem }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'missing' }
    throw error
  }
}

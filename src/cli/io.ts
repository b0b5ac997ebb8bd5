import type { Readable, Writable } from 'node:stream'

/** Everything that a command touches of its surroundings: tests bring their own. */
export interface Io {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly stdin: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether people read the outputs. */
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** Ends when the user interrupts (Ctrl-C). */
  readonly interrupted: AbortSignal
}

/** Exit codes: a public interface. A wrapped client's own code is passed on as it is. */
export const EXIT = {
  ok: 0,
  /** Bad usage, no agent, no answer. */
  couldNotAsk: 1,
  /** Asked, and it failed: an error as the answer, a check that found one, a status of 400 or more. */
  failed: 2,
  /** A wrapped client is not installed: what shells say. */
  notInstalled: 127,
} as const

/** Whether colours are wanted on standard output: on a terminal, unless NO_COLOR (no-color.org) says otherwise. */
export const wantsColour = (io: Io): boolean => io.stdoutIsTerminal && (io.env['NO_COLOR'] ?? '') === ''

export function writeLine(stream: Writable, text: string): void {
  stream.write(`${text}\n`)
}

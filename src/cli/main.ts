import { CommanderError } from 'commander'
import { commandTable } from './commands/index.ts'
import type { StartAgent } from './commands/up.ts'
import { describeFailure } from './failure.ts'
import { EXIT, writeLine } from './io.ts'
import type { Io } from './io.ts'
import { buildProgram } from './program.ts'
import { commandOf, orderedWords } from './words.ts'

/**
 * Runs one command line.
 * @param argv the words behind `cheops`
 * @returns the exit code; failures are told on standard error, never thrown
 */
export async function main(argv: readonly string[], io: Io, startAgent: StartAgent = startRealAgent): Promise<number> {
  let exitCode: number = EXIT.ok
  const table = commandTable(startAgent)
  const words = orderedWords(table, argv)
  const program = buildProgram(table, io, code => {
    exitCode = code
  })
  try {
    await program.parseAsync([...words], { from: 'user' })
    return exitCode
  } catch (error) {
    // The parser has told already; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.couldNotAsk
    const failure = describeFailure(error, commandOf(table, words))
    writeLine(io.stderr, failure.text)
    return failure.exitCode
  }
}

/** Loaded only for `up`: every other command starts in a fraction of the time without libp2p. */
const startRealAgent: StartAgent = async (config, options) => {
  const { startAgent } = await import('../node.ts')
  return startAgent(config, options)
}

/** How a second Ctrl-C ends, as shells have it: 128 and the number of the signal. */
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** How long a faulty process may take to stop in order. */
const FAULT_STOP_MS = 3_000

/** What ends by itself ends within milliseconds after the command; timers that libp2p leaves behind would take a second. */
const LINGER_MS = 50

/** Runs the command line of this process and sets its exit code. */
export async function runProcess(): Promise<void> {
  const interrupt = new AbortController()
  let faulty = false
  // A fault that nobody caught: told in full, then an ordered stop, since files and requests of the healthy parts can still be
  // put in order; whoever watches over the agent starts it again. A second fault, or a stop that hangs, ends at once.
  process.on('uncaughtException', error => {
    process.stderr.write(
      `fault of cheops, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    if (faulty) process.exit(EXIT.couldNotAsk)
    faulty = true
    process.exitCode = EXIT.couldNotAsk
    setTimeout(() => process.exit(EXIT.couldNotAsk), FAULT_STOP_MS).unref()
    interrupt.abort()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(SIGNAL_EXIT[signal])
      interrupt.abort()
    })
  }
  // The reader of a pipe may go before we are done ("| head"): no reason for a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
  })
  const exitCode = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    stdoutIsTerminal: process.stdout.isTTY,
    stderrIsTerminal: process.stderr.isTTY,
    interrupted: interrupt.signal,
  })
  process.exitCode = faulty ? EXIT.couldNotAsk : exitCode
  // A part that could not be stopped (libp2p on a full disk) must not keep a process that serves nobody.
  setTimeout(exitOnceTold, LINGER_MS).unref()
}

/** Ends the process when all that it has to say was taken. */
function exitOnceTold(): void {
  if ([process.stdout, process.stderr].every(({ writableLength }) => writableLength === 0)) process.exit()
  setTimeout(exitOnceTold, LINGER_MS).unref()
}

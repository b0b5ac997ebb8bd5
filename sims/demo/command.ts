import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Said } from './run-tour.ts'

/** `dist/sims/demo` → the command line of the built project. */
const PROGRAM = join(import.meta.dirname, '../../bin/cheops.js')
/** A command starts a Node and asks an agent once; a loaded machine takes its time. */
const COMMAND_TIMEOUT_MS = 30_000

/** `cheops …`, as it is typed, against the agent that the environment names. Never rejects for what the command says. */
export function cheops(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: COMMAND_TIMEOUT_MS, signal }
    execFile(process.execPath, [PROGRAM, ...argv], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trimEnd()
      if (error === null) resolve({ code: 0, output })
      else if (typeof error.code === 'number') resolve({ code: error.code, output })
      else reject(new Error(error.message, { cause: error }))
    })
  })
}

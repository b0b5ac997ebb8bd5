import { CheopsError } from '../errors.ts'
import { EXIT } from './io.ts'

/** The agent was asked, and answered with an error (problem+json). */
export class AgentRefusal extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string | undefined

  constructor(
    status: number,
    problem: { readonly code: string; readonly detail: string; readonly hint: string | undefined },
  ) {
    super(problem.detail)
    this.status = status
    this.code = problem.code
    this.hint = problem.hint
  }
}

/** What standard error says of a failure, and the exit code. */
export function describeFailure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof AgentRefusal) {
    return { text: lines(error.message, error.code, error.hint), exitCode: EXIT.failed }
  }
  if (error instanceof CheopsError) {
    return { text: lines(error.message, error.code, error.spec.hint), exitCode: EXIT.couldNotAsk }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { text: `cheops: this should not have happened: ${message}`, exitCode: EXIT.couldNotAsk }
}

const lines = (message: string, code: string, hint: string | undefined) =>
  `cheops: ${message} (${code})${hint === undefined ? '' : `\n  ${hint}`}`

import { CheopsError, type ErrorCode } from '../errors.ts'
import { EXIT } from './io.ts'
import { printable } from './output/visible.ts'

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

const TOKEN_HINT =
  'Give the file with its token: --token-file FILE or CHEOPS_TOKEN_FILE. "cheops up" prints where it stands.'

/** Hints for who types commands, in place of those for who sends requests. */
const HINTS: Readonly<Partial<Record<ErrorCode, (command: string) => string>>> = {
  ERR_CLI_USAGE: command => `See "${command} --help".`,
  ERR_ADMIN_INPUT: command => `See "${command} --help".`,
  ERR_ADMIN_NOT_FOUND: () => '"cheops site ls", "peer ls" and "service ls" list what exists.',
  ERR_REPLICANT_NOT_FOUND: () =>
    '"cheops replicant ls" lists what is replicated at the site that is asked; --agent asks another member.',
  ERR_REPLICANT_MEMBER_ALIVE: () =>
    'Nothing was changed. "cheops site ls" shows who is down; --force detaches a site all the same.',
}

function hintOf(code: string, hint: string | undefined, command: string): string | undefined {
  const hints: Readonly<Record<string, ((command: string) => string) | undefined>> = HINTS
  return hints[code]?.(command) ?? hint
}

/** What to do where the code alone does not tell: an agent that cannot be asked may run very well. */
function ownHint({ meta }: CheopsError): string | undefined {
  const hint = meta['hint']
  return typeof hint === 'string' ? hint : undefined
}

/**
 * What standard error says of a failure, and the exit code.
 * @param command that has failed, as `cheops replicant ls`
 */
export function describeFailure(error: unknown, command: string): { readonly text: string; readonly exitCode: number } {
  if (error instanceof AgentRefusal) {
    // Without its token the agent does not listen to the question.
    return error.status === 401
      ? { text: lines(error.message, error.code, TOKEN_HINT), exitCode: EXIT.couldNotAsk }
      : { text: lines(error.message, error.code, hintOf(error.code, error.hint, command)), exitCode: EXIT.failed }
  }
  if (error instanceof CheopsError) {
    return {
      text: lines(error.message, error.code, ownHint(error) ?? hintOf(error.code, error.spec.hint, command)),
      exitCode: EXIT.couldNotAsk,
    }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { text: `cheops: this should not have happened: ${message}`, exitCode: EXIT.couldNotAsk }
}

/** The code stands behind the first line: what follows may be a caret under a column. */
function lines(message: string, code: string, hint: string | undefined): string {
  const [first = '', ...rest] = message.split('\n').map(printable)
  return [`cheops: ${first} (${code})`, ...rest, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n')
}

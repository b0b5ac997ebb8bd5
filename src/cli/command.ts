import type { Io } from './io.ts'
import type { Format } from './output/render.ts'

/**
 * The commands as data: the parser, help, completion and the documentation are made from it.
 */
export interface CommandSpec {
  readonly name: string
  /** One line, shown in lists. */
  readonly summary: string
  /** More, shown in its own help. */
  readonly details?: string
  readonly arguments?: readonly ArgumentSpec[]
  readonly options?: readonly OptionSpec[]
  /** Asks an agent: has `--agent`, `--token-file`, `--timeout` and TLS files. */
  readonly agent?: true
  /** Has `-o table|json|yaml`. */
  readonly output?: true
  /** Leaves everything from the first argument on alone: wrapped clients have options of their own. */
  readonly passThrough?: true
  /** Command lines to learn from, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** @returns the exit code */
  run(call: Call): Promise<number>
}

export interface GroupSpec {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandSpec[]
}

export type Entry = CommandSpec | GroupSpec

export const isGroup = (entry: Entry): entry is GroupSpec => 'commands' in entry

/** Headings of the main help, each with its commands. */
export type CommandTable = readonly (readonly [heading: string, entries: readonly Entry[]])[]

export interface ArgumentSpec {
  /** `<site>`, `[folder]`, `[args...]` */
  readonly name: string
  readonly help: string
  readonly choices?: readonly string[]
}

export interface OptionSpec {
  /** `-X, --method <method>` */
  readonly flags: string
  readonly help: string
  /** May be given more than once. */
  readonly list?: true
  readonly choices?: readonly string[]
  readonly fallback?: string
  /** The variable that stands for it, for the documentation. */
  readonly variable?: string
}

/** One call of a command. */
export interface Call {
  readonly io: Io
  readonly args: readonly string[]
  readonly options: Options
}

/** Options as they were given, by their long name in camel case. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** Whether `--no-NAME` was given. */
  isOff(name: string): boolean {
    return this.#values[name] === false
  }

  /** Undefined when it was not given: a boolean flag of `cheops up` differs from one that says no. */
  given(name: string): string | boolean | readonly string[] | undefined {
    const value = this.#values[name]
    if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(String)
    return typeof value === 'string' || typeof value === 'boolean' ? value : undefined
  }

  get format(): Format {
    const value = this.#values['output']
    return value === 'json' || value === 'yaml' ? value : 'table'
  }
}

/** Options of every command that asks an agent. */
export const AGENT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--agent <url|name>',
    help: 'which agent: URL of its admin API, or a context (see "cheops context")',
    variable: 'CHEOPS_ADMIN',
  },
  { flags: '--token-file <file>', help: 'file with the token of its admin API', variable: 'CHEOPS_TOKEN_FILE' },
  { flags: '--ca-file <file>', help: "authority (PEM) of the agent's certificate", variable: 'CHEOPS_CA_FILE' },
  { flags: '--cert-file <file>', help: 'certificate (PEM) to show to the agent', variable: 'CHEOPS_CERT_FILE' },
  { flags: '--key-file <file>', help: 'private key (PEM) of that certificate', variable: 'CHEOPS_KEY_FILE' },
  { flags: '--timeout <time>', help: 'how long to wait for the agent, as 500ms, 10s, 2m', fallback: '10s' },
]

export const OUTPUT_OPTION: OptionSpec = {
  flags: '-o, --output <format>',
  help: 'how the answer is written',
  choices: ['table', 'json', 'yaml'],
  fallback: 'table',
}

/** Options that give a request its scope. */
export const SCOPE_OPTIONS: readonly OptionSpec[] = [
  { flags: '-s, --scope <scope>', help: "where it runs, as '{image: site2}' or 'site1 or site2'" },
  { flags: '--sites <names>', help: 'the same for sites with commas between: a,b is a & b' },
]

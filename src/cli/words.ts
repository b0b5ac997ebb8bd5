import { AGENT_OPTIONS, isGroup } from './command.ts'
import type { CommandTable } from './command.ts'

/** Options that say which agent, by their flag: all take a value. */
const AGENT_FLAGS: ReadonlySet<string> = new Set(AGENT_OPTIONS.map(({ flags }) => flags.split(' ')[0] ?? ''))

/** How many of the first words name a command of the table: 2 for one of a group. */
function commandLength(table: CommandTable, [first, second]: readonly string[]): number {
  const entry = table.flatMap(([, entries]) => entries).find(({ name }) => name === first)
  if (entry === undefined) return 0
  return isGroup(entry) && entry.commands.some(({ name }) => name === second) ? 2 : 1
}

/** The command that words name, as `cheops replicant ls`; `cheops` alone where they name none. */
export const commandOf = (table: CommandTable, argv: readonly string[]): string =>
  ['cheops', ...argv.slice(0, commandLength(table, argv))].join(' ')

/**
 * Words as the parser takes them: `help replicant ls` is `replicant ls --help`, and options that say which agent may stand before the
 * command too, as in other command lines.
 */
export function orderedWords(table: CommandTable, argv: readonly string[]): readonly string[] {
  if (argv[0] === 'help' && argv.length > 2) return [...argv.slice(1), '--help']
  let end = 0
  for (let word = argv[end]; word !== undefined; word = argv[end]) {
    const [flag = ''] = word.split('=', 1)
    if (!AGENT_FLAGS.has(flag)) break
    end += word.includes('=') ? 1 : 2
  }
  const rest = argv.slice(end)
  const length = commandLength(table, rest)
  // Without a command the parser says what is missing.
  return end === 0 || length === 0 ? argv : [...rest.slice(0, length), ...argv.slice(0, end), ...rest.slice(length)]
}

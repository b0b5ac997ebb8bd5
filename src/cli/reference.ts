import { AGENT_OPTIONS, isGroup } from './command.ts'
import type { CommandSpec, CommandTable, OptionSpec } from './command.ts'

/** The list of commands of README.md, made from their table; a test compares. `up`'s keys stand in src/config/README.md. */
export function commandReference(table: CommandTable): string {
  const sections = table.map(([heading, entries]) => {
    const rows = entries.flatMap(entry =>
      isGroup(entry) ? entry.commands.map(each => row(`${entry.name} ${each.name}`, each)) : [row(entry.name, entry)],
    )
    return [`**${heading}**`, '', '| command | what it does | options |', '| --- | --- | --- |', ...rows].join('\n')
  })
  const agent = AGENT_OPTIONS.map(
    ({ flags, help, variable, fallback }) =>
      `| \`${escape(flags)}\` | ${variable === undefined ? '' : `\`${variable}\``} | ${escape(help)}${fallback === undefined ? '' : ` (default ${fallback})`} |`,
  )
  return [
    ...sections,
    [
      'Commands marked with ◆ ask an agent:',
      '',
      '| option | variable | what it is |',
      '| --- | --- | --- |',
      ...agent,
    ].join('\n'),
  ].join('\n\n')
}

function row(path: string, spec: CommandSpec): string {
  const args = (spec.arguments ?? []).map(argument => ` ${argument.name}`).join('')
  const options = path === 'up' ? ['`--config`, `--ready-file`, and one for each key'] : optionNames(spec)
  const mark = spec.agent === true ? ' ◆' : ''
  return `| \`${escape(path + args)}\`${mark} | ${escape(spec.summary)} | ${options.join(' ')} |`
}

const optionNames = (spec: CommandSpec): string[] => [
  ...(spec.options ?? []).map(nameOf),
  ...(spec.output === true ? ['`-o`'] : []),
]

const nameOf = ({ flags }: OptionSpec) => `\`${/--[\w-]+/.exec(flags)?.[0] ?? flags}\``

const escape = (text: string) => text.replaceAll('|', '\\|')

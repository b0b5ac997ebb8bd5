import { Argument, Command, Option } from 'commander'
import { readPackage } from '../config/version.ts'
import { AGENT_OPTIONS, isGroup, Options, OUTPUT_OPTION } from './command.ts'
import type { CommandSpec, CommandTable, GroupSpec, OptionSpec } from './command.ts'
import type { Io } from './io.ts'

const LEARN = `Begin:
  cheops init --site site1 --service inventory=http://127.0.0.1:9001
  cheops check --config cheops.yaml
  cheops up --config cheops.yaml
  cheops request /inventory/items                       from the local instance
  cheops request -s '{inventory: site2}' /inventory/items   from site2

Which agent commands ask: --agent URL|NAME, else CHEOPS_ADMIN, else the current
context ("cheops context use"), else the one agent that runs here.
Exit codes: 0 ok, 1 could not ask, 2 asked and it failed.
Help on a command: cheops help <command>`

/**
 * The parser, made from the table of commands.
 * @param done is given the exit code of the command that ran
 */
export function buildProgram(table: CommandTable, io: Io, done: (exitCode: number) => void): Command {
  const program = base(new Command('cheops'), io)
    .description('Make many independent instances of one REST application behave like one.')
    .usage('<command> [options]')
    .version(readPackage().version, '-v, --version', 'the version of this command')
    .enablePositionalOptions()
    .addHelpText('after', `\n${LEARN}`)
    .helpCommand('help [command]', 'help on a command')
    .showSuggestionAfterError()
  for (const [heading, entries] of table) {
    program.commandsGroup(`${heading}:`)
    for (const entry of entries) {
      if (isGroup(entry)) program.addCommand(group(entry, io, done))
      else program.addCommand(leaf(entry, io, done, 'cheops'))
    }
  }
  program.commandsGroup('This command:')
  return program
}

/** Lines longer than these are hard to read; narrower than these there is no room for two columns. */
const [MAX_HELP_WIDTH, MIN_HELP_WIDTH] = [110, 60]

/** As wide as the terminal, within reason. */
function helpWidth(isTerminal: boolean, stream: object): number {
  const columns = isTerminal && 'columns' in stream ? stream.columns : undefined
  if (typeof columns !== 'number' || columns === 0) return MAX_HELP_WIDTH
  return Math.min(MAX_HELP_WIDTH, Math.max(MIN_HELP_WIDTH, columns))
}

function base(command: Command, io: Io): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      getOutHelpWidth: () => helpWidth(io.stdoutIsTerminal, io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderrIsTerminal, io.stderr),
    })
    .configureHelp({ sortOptions: false, showGlobalOptions: false, minWidthToWrap: 20 })
    .helpOption('-h, --help', 'this help')
}

function group(spec: GroupSpec, io: Io, done: (exitCode: number) => void): Command {
  const command = base(new Command(spec.name), io)
    .description(spec.summary)
    .helpCommand(false)
    .enablePositionalOptions()
  for (const member of spec.commands) command.addCommand(leaf(member, io, done, `cheops ${spec.name}`))
  const examples = spec.commands.flatMap(member => member.examples.slice(0, 1))
  return command.addHelpText('after', exampleText(examples))
}

function leaf(spec: CommandSpec, io: Io, done: (exitCode: number) => void, parent: string): Command {
  const command = base(new Command(spec.name), io)
    .summary(spec.summary)
    .description(spec.details === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.details}`)
    .passThroughOptions(spec.passThrough === true)
  for (const { name, help, choices } of spec.arguments ?? []) {
    const argument = new Argument(name, help)
    command.addArgument(choices === undefined ? argument : argument.choices(choices))
  }
  // Words of a scope need no quotes: several arguments are one.
  if (spec.name === 'explain') command.allowExcessArguments()
  for (const option of spec.options ?? []) command.addOption(optionOf(option))
  if (spec.output === true) command.addOption(optionOf(OUTPUT_OPTION))
  if (spec.agent === true) {
    const own = new Set((spec.options ?? []).map(({ flags }) => flags))
    for (const option of AGENT_OPTIONS) {
      if (!own.has(option.flags)) command.addOption(optionOf(option).helpGroup('Which agent:'))
    }
  }
  // Behind an error of usage.
  command.showHelpAfterError(`Usage: ${parent} ${spec.name} ${command.usage()}`)
  return command.addHelpText('after', exampleText(spec.examples)).action(async () => {
    done(await spec.run({ io, args: command.args, options: new Options(command.opts()) }))
  })
}

function optionOf({ flags, help, list, choices, fallback, variable }: OptionSpec): Option {
  const option = new Option(flags, variable === undefined ? help : `${help} [${variable}]`)
  if (list === true) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  if (choices !== undefined) option.choices(choices)
  return fallback === undefined ? option : option.default(fallback)
}

function exampleText(examples: readonly (readonly [line: string, what: string])[]): string {
  if (examples.length === 0) return ''
  const lines = examples.map(([line, what]) => (what === '' ? `  ${line}` : `  # ${what}\n  ${line}`))
  return `\nExamples:\n${lines.join('\n')}\n`
}

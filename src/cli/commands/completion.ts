import { AGENT_OPTIONS, isGroup, OUTPUT_OPTION } from '../command.ts'
import type { CommandSpec, CommandTable, Entry } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'

const SCRIPTS = {
  bash: `# bash completion for cheops; in ~/.bashrc: source <(cheops completion bash)
_cheops() {
  local IFS=$'\\n'
  COMPREPLY=($(cheops completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
}
complete -F _cheops cheops
`,
  zsh: `#compdef cheops
# zsh completion for cheops; in ~/.zshrc: source <(cheops completion zsh)
_cheops() {
  local -a candidates
  candidates=(\${(f)"$(cheops completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
compdef _cheops cheops
`,
  fish: `# fish completion for cheops; in ~/.config/fish/config.fish: cheops completion fish | source
function __cheops_words
  set -l words (commandline -opc) (commandline -ct)
  cheops completion words -- $words[2..-1] 2>/dev/null
end
complete -c cheops -a '(__cheops_words)'
`,
} as const

export const completionCommand = (table: () => CommandTable): CommandSpec => ({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  arguments: [
    {
      name: '<shell>',
      help: 'bash, zsh or fish; "words" is what the scripts ask',
      choices: ['bash', 'zsh', 'fish', 'words'],
    },
    { name: '[words...]', help: 'for the scripts: the words so far' },
  ],
  passThrough: true,
  examples: [
    ['source <(cheops completion bash)', 'in ~/.bashrc'],
    ['source <(cheops completion zsh)', 'in ~/.zshrc'],
    ['cheops completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  async run({ io, args }) {
    const [shell, ...words] = args
    if (shell === 'bash' || shell === 'zsh' || shell === 'fish') io.stdout.write(SCRIPTS[shell])
    else for (const word of complete(table(), words[0] === '--' ? words.slice(1) : words)) writeLine(io.stdout, word)
    return EXIT.ok
  },
})

/**
 * What may stand in the place of the last word.
 * @param words those behind `cheops`; the last is the one that is being typed, perhaps empty
 */
export function complete(table: CommandTable, words: readonly string[]): readonly string[] {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  let entries: readonly Entry[] = table.flatMap(([, members]) => members)
  let command: CommandSpec | undefined
  for (const word of before) {
    // What follows belongs to a wrapped client.
    if (word === '--') return []
    if (command !== undefined) continue
    const found = entries.find(entry => entry.name === word)
    if (found === undefined) return []
    if (isGroup(found)) entries = found.commands
    else command = found
  }
  return candidates(entries, command, before.at(-1), typed).filter(word => word.startsWith(typed))
}

function candidates(
  entries: readonly Entry[],
  command: CommandSpec | undefined,
  previous: string | undefined,
  typed: string,
): readonly string[] {
  if (command === undefined) return typed.startsWith('-') ? ['--help'] : entries.map(entry => entry.name)
  const options = [
    ...(command.options ?? []),
    ...(command.agent === true ? AGENT_OPTIONS : []),
    ...(command.output === true ? [OUTPUT_OPTION] : []),
  ]
  const pending = options.find(({ flags }) => previous !== undefined && flags.split(/[ ,]+/).includes(previous))
  // A file or free text: the shell's own completion.
  if (pending !== undefined && pending.flags.includes('<')) return pending.choices ?? []
  if (typed.startsWith('-')) return [...options.flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []), '--help']
  return command.arguments?.[0]?.choices?.filter(choice => choice !== 'words') ?? []
}

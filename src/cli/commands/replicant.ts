import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { Page, ReplicantDetail, ReplicantInfo } from '../../ports/control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { GroupSpec } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { printable } from '../output/visible.ts'
import { conflictTable } from './conflict.ts'
import { outcomeText, reasonsText } from './operation.ts'
import { PAGE_OPTIONS, limitOf, withRest } from './pages.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'
import { adoptCommand } from './replicant-adopt.ts'
import { attachCommand } from './replicant-attach.ts'
import { detachCommand } from './replicant-detach.ts'
import { historyCommand } from './replicant-history.ts'
import { repairCommand } from './replicant-repair.ts'

export const replicantGroup: GroupSpec = {
  name: 'replicant',
  summary: 'The resources that are replicated at this site',
  commands: [
    {
      name: 'ls',
      summary: 'List what is replicated here: members, state, conflicts',
      details:
        'STATE is how it stands at this site: agrees (all that is known here is done), busy (something is left to do), uncertain (what\n' +
        'became of a write is not known yet), unbound (the application has something else by this name, which is not touched), Diverged\n' +
        '(the application cannot be made equal to the others by itself).',
      agent: true,
      output: true,
      options: PAGE_OPTIONS,
      examples: [
        ['cheops replicant ls', 'the first hundred, by service, kind and name'],
        [
          `cheops replicant ls --limit 100000 -o json | jq '.items[] | select(.state != "agrees")'`,
          'what needs a look',
        ],
      ],
      async run(call) {
        const page = await (await connectAgent(call)).replicants(limitOf(call), call.options.text('after'))
        render(call.io, call.options.format, page, () => withRest(replicantTable(page, wantsColour(call.io)), page))
        return EXIT.ok
      },
    },
    {
      name: 'show',
      summary: 'Show one: members, state, conflicts, and what became of the writes of this site',
      details:
        'Only the newest writes that came in at this site are shown; ask the agent of another member for those that came in there. A slash\n' +
        'within the name is written %2F, as "cheops replicant ls" shows it. Bodies are never shown: they may be secret.',
      arguments: [REPLICANT],
      agent: true,
      output: true,
      examples: [
        ['cheops replicant show inventory/items/purple', 'the item "purple" of the service "inventory"'],
        ['cheops replicant show kubernetes/v1/Pod/web -o json', 'kinds may have slashes'],
      ],
      async run(call) {
        const name = replicantName(call.args[0] ?? '')
        const replicant = await (await connectAgent(call)).replicant(name)
        render(call.io, call.options.format, replicant, () => replicantScreen(replicant))
        return EXIT.ok
      },
    },
    historyCommand,
    repairCommand,
    adoptCommand,
    detachCommand,
    attachCommand,
  ],
}

const STATE_COLOURS = { agrees: 'green', busy: 'yellow', uncertain: 'yellow', unbound: 'red', Diverged: 'red' } as const

export function replicantTable({ items }: Page<ReplicantInfo>, colour: boolean): string {
  if (items.length === 0) return 'Nothing is replicated at this site.'
  const paint = painter(colour)
  const [head = '', ...rows] = table(
    ['STATE', 'CONFLICTS', 'REPLICANT', 'MEMBERS'],
    items.map(item => [item.state, String(item.conflicts), replicantText(item), item.members.join(', ')]),
  ).split('\n')
  // Colours come after the columns were measured.
  const painted = rows.map((row, index) => {
    const state = items[index]?.state ?? 'agrees'
    return paint(state, STATE_COLOURS[state]) + row.slice(state.length)
  })
  return [head, ...painted].join('\n')
}

export function replicantScreen(replicant: ReplicantDetail): string {
  const { service, kind, name, members, state, detail, missingBodies, conflicts, operations } = replicant
  const facts = [
    ['service', service],
    ['kind', kind],
    ['name', name],
    ['members', members.join(', ')],
    ['state', state],
    ...(detail === undefined ? [] : [['because', detail]]),
    ...missingBodies.map(({ bytes, here }) => ['waits for', `a body of ${bytes} bytes, of which ${here} are here`]),
  ]
  return [
    facts.map(([key = '', value = '']) => `${key.padEnd(12)} ${printable(value)}`).join('\n'),
    conflicts.length === 0 ? 'There is no conflict.' : conflictTable(conflicts),
    operations.length === 0
      ? 'No write that came in here is remembered.'
      : table(
          ['WRITTEN HERE', ...members],
          operations.map(({ operation, sites }) => [
            operation,
            ...members.map(member => {
              const told = sites.find(({ site }) => site === member)
              return told && outcomeText(told)
            }),
          ]),
        ),
    ...reasonsText(operations.flatMap(({ sites }) => sites)),
  ].join('\n\n')
}

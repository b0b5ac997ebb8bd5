import type { OperationFate, ReplicantHistory } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { printable } from '../output/visible.ts'
import { screenWidth, wrapped } from '../output/wrap.ts'
import { reasonsText, toldText, whatText } from './operation.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'

export const historyCommand: CommandSpec = {
  name: 'history',
  summary: 'List the operations of one that are still known here, and what became of each',
  details:
    'In their order, which is the same at every member; each is one accepted write, with what it was and what members have told of it below. FATE, at this site: executed; queued (not carried out yet); ' +
    'waits (for something that it builds on); superseded (a later write that has seen it takes its place: soon forgotten); conflict (it has no ' +
    'effect, though nobody who decided so had seen it); uncertain (the application does not tell). What members have told is all known where ' +
    'the operation was written.',
  arguments: [REPLICANT],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant history inventory/items/purple', 'who wrote what, and what came of it'],
    [`cheops replicant history inventory/items/purple -o json | jq '.operations[] | select(.fate == "conflict")'`, ''],
  ],
  async run(call) {
    const history = await (await connectAgent(call)).history(replicantName(call.args[0] ?? ''))
    render(call.io, call.options.format, history, () =>
      historyTable(history, wantsColour(call.io), screenWidth(call.io)),
    )
    return EXIT.ok
  },
}

/** Below what stands in the table, behind the fate. */
const BELOW = '          '

const FATE_COLOURS: Readonly<Record<OperationFate, 'green' | 'yellow' | 'red' | 'dim'>> = {
  executed: 'green',
  queued: 'yellow',
  waits: 'yellow',
  superseded: 'dim',
  conflict: 'red',
  uncertain: 'red',
}

/** Lines of history are not longer where programs read. */
const MAX_WIDTH = 100

/** What members have told stands below each operation, and not in columns: with three of them those were wider than most screens. */
export function historyTable(
  { operations, members, omitted }: ReplicantHistory,
  colour: boolean,
  width = Infinity,
): string {
  if (operations.length === 0) return 'No operation of it is known here any more.'
  const paint = painter(colour)
  const [head = '', ...lines] = table(
    ['FATE', 'WRITTEN', 'OPERATION'],
    operations.map(entry => [
      { text: entry.fate, paint: text => paint(text, FATE_COLOURS[entry.fate]) },
      `${new Date(entry.at).toISOString().slice(0, 19)}Z`,
      entry.operation,
    ]),
  ).split('\n')
  const room = Math.min(width, MAX_WIDTH) - BELOW.length
  const list = operations.flatMap((entry, place) => [
    lines[place] ?? '',
    ...[whatText(entry), toldText(entry.sites, members)]
      .flatMap(text => wrapped(printable(text), room))
      .map(line => BELOW + line),
  ])
  const why = operations.flatMap(({ operation, fate, detail }) =>
    detail === undefined ? [] : [`${operation} ${fate}: ${detail}`],
  )
  const codes = reasonsText(operations.flatMap(entry => entry.sites))
  const older = omitted === 0 ? [] : [`${String(omitted)} older ones are left out.`]
  return [[head, ...list].join('\n'), ...(why.length === 0 ? [] : [why.join('\n')]), ...codes, ...older].join('\n\n')
}

import type { HistoryEntry, OperationFate, ReplicantHistory } from '../../ports/replication-control.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { outcomeText, reasonsText, whatText } from './operation.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'

export const historyCommand: CommandSpec = {
  name: 'history',
  summary: 'List the operations of one that are still known here, and what became of each',
  details:
    'In their order, which is the same at every member; a line is one accepted write. FATE, at this site: executed; queued (not carried out yet); ' +
    'waits (for something that it builds on); superseded (a later write that has seen it takes its place: soon forgotten); conflict (it has no ' +
    'effect, though nobody who decided so had seen it); uncertain (the application does not tell). Further columns are members, and what each ' +
    'has told: all of it is known where the operation was written.',
  arguments: [REPLICANT],
  agent: true,
  output: true,
  examples: [
    ['cheops replicant history inventory/items/purple', 'who wrote what, and what came of it'],
    [`cheops replicant history inventory/items/purple -o json | jq '.operations[] | select(.fate == "conflict")'`, ''],
  ],
  async run(call) {
    const history = await (await connectAgent(call)).history(replicantName(call.args[0] ?? ''))
    render(call.io, call.options.format, history, () => historyTable(history, wantsColour(call.io)))
    return EXIT.ok
  },
}

const FATE_COLOURS: Readonly<Record<OperationFate, 'green' | 'yellow' | 'red' | 'dim'>> = {
  executed: 'green',
  queued: 'yellow',
  waits: 'yellow',
  superseded: 'dim',
  conflict: 'red',
  uncertain: 'red',
}

export function historyTable({ operations, members, omitted }: ReplicantHistory, colour: boolean): string {
  if (operations.length === 0) return 'No operation of it is known here any more.'
  const paint = painter(colour)
  const sites = [...new Set([...members, ...operations.flatMap(entry => entry.sites.map(({ site }) => site))])].sort()
  const list = table(
    ['FATE', 'WRITTEN', 'OPERATION', 'WHAT', ...sites],
    operations.map(entry => [
      { text: entry.fate, paint: text => paint(text, FATE_COLOURS[entry.fate]) },
      `${new Date(entry.at).toISOString().slice(0, 19)}Z`,
      entry.operation,
      whatText(entry),
      ...sites.map(site => toldAt(entry, site)),
    ]),
  )
  const why = operations.flatMap(({ operation, fate, detail }) =>
    detail === undefined ? [] : [`${operation} ${fate}: ${detail}`],
  )
  const codes = reasonsText(operations.flatMap(entry => entry.sites))
  const older = omitted === 0 ? [] : [`${String(omitted)} older ones are left out.`]
  return [list, ...(why.length === 0 ? [] : [why.join('\n')]), ...codes, ...older].join('\n\n')
}

function toldAt({ sites }: HistoryEntry, site: string): string | undefined {
  const told = sites.find(each => each.site === site)
  return told && outcomeText(told)
}

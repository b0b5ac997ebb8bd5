import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { Page, ReplicationCounts } from '../../ports/control.ts'
import type { FailingInfo, ReplicantDetail, ReplicantInfo } from '../../ports/replicant-info.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { GroupSpec, Options } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { factLines } from '../output/facts.ts'
import { painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { printable } from '../output/visible.ts'
import { screenWidth } from '../output/wrap.ts'
import { conflictTable } from './conflict.ts'
import { reasonsText, toldText } from './operation.ts'
import { PAGE_OPTIONS, SERVICE_OPTION, limitOf, withRest } from './pages.ts'
import { REPLICANT, replicantName } from './replicant-argument.ts'
import { adoptCommand } from './replicant-adopt.ts'
import { attachCommand } from './replicant-attach.ts'
import { detachCommand } from './replicant-detach.ts'
import { historyCommand } from './replicant-history.ts'
import { repairCommand } from './replicant-repair.ts'

const STATE_COLOURS = {
  agrees: 'green',
  deleted: 'dim',
  busy: 'yellow',
  pending: 'yellow',
  failing: 'red',
  uncertain: 'yellow',
  unbound: 'red',
  diverged: 'red',
} as const

/** The worst that is known: what other members have not carried out does not agree, and one that was deleted, with nothing left to do, is gone. */
function stateOf({
  state,
  deleted,
  failing,
}: Pick<ReplicantInfo, 'state' | 'deleted' | 'failing'>): keyof typeof STATE_COLOURS {
  if (state !== 'agrees' && state !== 'busy') return state
  if (failing.length > 0) return failing.every(({ outcome }) => outcome === 'pending') ? 'pending' : 'failing'
  return state === 'agrees' && deleted ? 'deleted' : state
}

export const replicantGroup: GroupSpec = {
  name: 'replicant',
  summary: 'The resources that are replicated at this site',
  commands: [
    {
      name: 'ls',
      summary: 'List what is replicated here: members, state, conflicts',
      details:
        'STATE is the worst that this site knows: agrees (all that is known here is done), deleted (likewise, and it was deleted: remembered for a month, so ' +
        'that nothing brings it back), busy (something is left to do here), pending (what was written here has not been carried out at another member for a minute), failing (it was refused there), ' +
        'uncertain (what became of a write here is not known yet), unbound (the application here has something else by this name, which is not touched), diverged ' +
        '(the application here cannot be made equal to the others by itself). A member only knows of others what became there of what was written at itself: "cheops replicant ls" of that one has the rest. ' +
        'With -o json, "state" is of this site alone, and the rest in "failing".',
      agent: true,
      output: true,
      options: [
        SERVICE_OPTION,
        { flags: '--state <state>', help: 'only those in this state', choices: Object.keys(STATE_COLOURS) },
        {
          flags: '--unwell',
          help: 'only those that do not agree, have conflicts, or are refused or long pending elsewhere',
        },
        ...PAGE_OPTIONS,
      ],
      examples: [
        ['cheops replicant ls', 'the first hundred, by service, kind and name'],
        ['cheops replicant ls --service inventory --unwell --limit 100000', 'what needs a look'],
      ],
      async run(call) {
        const agent = await connectAgent(call)
        const [page, { replication }] = await Promise.all([
          agent.replicants(limitOf(call), call.options.text('after'), wantedBy(call.options)),
          agent.status(),
        ])
        const isPart = wantedBy(call.options) !== undefined
        render(call.io, call.options.format, page, () =>
          [
            withRest(replicantTable(page, wantsColour(call.io), isPart, screenWidth(call.io)), page),
            ...withheldText(replication),
          ].join('\n\n'),
        )
        return EXIT.ok
      },
    },
    {
      name: 'show',
      summary: 'Show one: members, state, conflicts, and what became of the writes of this site',
      details:
        'Only the newest writes that came in at this site are shown; ask the agent of another member for those that came in there. A slash ' +
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
        render(call.io, call.options.format, replicant, () => replicantScreen(replicant, screenWidth(call.io)))
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

/** Undefined where all are wanted. */
function wantedBy(options: Options): ((item: ReplicantInfo) => boolean) | undefined {
  const [service, state, isUnwell] = [options.text('service'), options.text('state'), options.flag('unwell')]
  if (service === undefined && state === undefined && !isUnwell) return undefined
  return item =>
    (service === undefined || item.service === service) &&
    (state === undefined || stateOf(item) === state) &&
    (!isUnwell || item.state !== 'agrees' || item.conflicts > 0 || item.failing.length > 0)
}

/** @param isPart only some were asked for */
export function replicantTable(
  { items }: Page<ReplicantInfo>,
  colour: boolean,
  isPart = false,
  width = Infinity,
): string {
  if (items.length === 0) return isPart ? 'Nothing is listed.' : 'Nothing is replicated at this site.'
  const paint = painter(colour)
  const list = table(
    ['STATE', 'CONFLICTS', 'REPLICANT', 'MEMBERS'],
    items.map(item => [
      { text: stateOf(item), paint: text => paint(text, STATE_COLOURS[stateOf(item)]) },
      String(item.conflicts),
      replicantText(item),
      item.members.join(', '),
    ]),
    width,
  )
  const notes = items.flatMap(item => standingNotes(item).map(note => printable(`${replicantText(item)} ${note}`)))
  const reasons = reasonsText(items.flatMap(({ failing }) => failing))
  return [list, ...(notes.length === 0 ? [] : [notes.join('\n')]), ...reasons].join('\n\n')
}

/** What is not well with one, and why: a line each, behind its name. */
function standingNotes({ state, reason, failing }: Pick<ReplicantInfo, 'state' | 'reason' | 'failing'>): string[] {
  return [
    ...(reason === undefined ? [] : [`is ${state}: ${reason}`]),
    ...failing.map(each => `is not carried out at ${each.site}: ${failingText(each)}`),
  ]
}

/** Why a member does not carry out what was written here. */
function failingText({ outcome, status, error }: FailingInfo): string {
  if (error !== undefined) return error
  const answered = status === undefined ? undefined : `its application answers ${String(status)}`
  switch (outcome) {
    case 'failed':
      return `refused, ${answered ?? 'for a reason that it does not tell'}`
    case 'uncertain':
      return 'whether it took effect is not known there'
    case 'pending':
      return `pending${answered === undefined ? ', that site or its application does not answer' : `, ${answered}`}`
  }
}

/** What is not in the list, since this site does not let it, or cannot verify it. */
function withheldText(counts: ReplicationCounts): readonly string[] {
  if (counts.state === 'counting') return []
  const { withheld, unverified } = counts
  const what = (replicants: number, from: string): string =>
    `${String(replicants)} ${replicants === 1 ? 'resource' : 'resources'} of ${from}`
  return [
    ...(withheld.replicants === 0
      ? []
      : [
          `${what(withheld.replicants, withheld.from.join(', '))} would be replicated here if this site let it: see "cheops check".`,
        ]),
    ...unverified.map(
      ({ origin, replicants }) =>
        `${what(replicants, origin)} cannot be verified here, its key is not known: see "cheops check".`,
    ),
  ]
}

function forgottenText({ conflictsForgotten: count = 0 }: ReplicantDetail): string[] {
  if (count === 0) return []
  return [
    `${String(count)} older ${count === 1 ? 'conflict was' : 'conflicts were'} given up: of a resource the newest 32 are kept.`,
  ]
}

export function replicantScreen(replicant: ReplicantDetail, width = Infinity): string {
  const { service, kind, name, members, reason, failing, missingBodies, conflicts, operations } = replicant
  const state = stateOf(replicant)
  const unchecked =
    replicant.unchecked === true
      ? ' as far as is known: its application was not looked at yet since the agent has started; that is done by turns'
      : ''
  const facts: (readonly [string, string])[] = [
    ['service', service],
    ['kind', kind],
    ['name', name],
    ['members', members.join(', ')],
    ['state', reason === undefined ? state + unchecked : `${replicant.state}: ${reason}`],
    ...failing.map((each): readonly [string, string] => [
      each.outcome === 'pending' ? 'pending' : 'failing',
      `what was written here is not carried out at ${each.site}: ${failingText(each)}`,
    ]),
    ...missingBodies.map(({ bytes, here }): readonly [string, string] => [
      'waits for',
      `a body of ${bytes} bytes, of which ${here} are here`,
    ]),
  ]
  return [
    factLines(facts, width),
    conflicts.length === 0 ? 'There is no conflict.' : conflictTable(conflicts, width),
    ...forgottenText(replicant),
    operations.length === 0
      ? 'No write that came in here is remembered.'
      : table(
          ['WRITTEN HERE', 'TOLD'],
          operations.map(({ operation, sites }) => [operation, toldText(sites, members)]),
          width,
        ),
    ...reasonsText(operations.flatMap(({ sites }) => sites)),
  ].join('\n\n')
}

import { replicantText } from '../../core/oplog/replicant-text.ts'
import type { ReplicantName } from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import type { ConflictInfo, ReplicantDetail } from '../../ports/replicant-info.ts'
import type { OperationBody, SettleChoice } from '../../ports/replication-control.ts'
import type { AdminClient } from '../agent/client.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { Call, CommandSpec, GroupSpec } from '../command.ts'
import { AgentRefusal } from '../failure.ts'
import { EXIT } from '../io.ts'
import { render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { screenWidth } from '../output/wrap.ts'
import { printable } from '../output/visible.ts'
import { PAGE_OPTIONS, SERVICE_OPTION, limitOf, withRest } from './pages.ts'
import { replicantName } from './replicant-argument.ts'

/** A conflict with what was written on both sides, as far as it is still held there. */
export interface ShownConflict extends ConflictInfo {
  readonly wrote: OperationBody | undefined
  /** The request that counts instead; what has changed parts of it since is not in it. */
  readonly counts: OperationBody | undefined
}

const CONFLICT = {
  name: '<conflict>',
  help: 'SERVICE/KIND/NAME of the resource, or the operation that lost, as "cheops conflict ls" shows them',
} as const

const EXAMPLE = 'inventory/items/purple'

const list: CommandSpec = {
  name: 'ls',
  summary: 'List the writes that lost against others that had not seen them, and why',
  details:
    'Each write was accepted while another site, cut off or at the same moment, wrote something that excludes it. Nothing has to be done ' +
    'where what counts is what you want. Otherwise write what you want, with PUT, at any member that lists the conflict, or let ' +
    '"cheops conflict resolve" write it: both settle it at all members. What lost against a deletion, against another create of the name, ' +
    'or with a member that had been removed is settled by the latter alone.',
  agent: true,
  output: true,
  options: [SERVICE_OPTION, ...PAGE_OPTIONS],
  examples: [
    ['cheops conflict ls', 'of all replicants of this site'],
    [`cheops conflict ls -o json | jq -r '.items[].operation'`, 'for scripts'],
  ],
  async run(call) {
    const service = call.options.text('service')
    const isWanted = service === undefined ? undefined : (item: ConflictInfo) => item.replicant.service === service
    const page = await (await connectAgent(call)).conflicts(limitOf(call), call.options.text('after'), isWanted)
    render(call.io, call.options.format, page, () =>
      withRest(
        page.items.length === 0 ? 'There is no conflict.' : conflictTable(page.items, screenWidth(call.io)),
        page,
      ),
    )
    return EXIT.ok
  },
}

const show: CommandSpec = {
  name: 'show',
  summary: 'Show the conflicts of one resource, with what was written on both sides',
  details:
    'What counts is shown as it was written; what has changed parts of it since is in the application. Bodies of more than 64 KiB, and those ' +
    'that were given up since there were too many, are not shown.',
  arguments: [CONFLICT],
  agent: true,
  output: true,
  examples: [
    [`cheops conflict show ${EXAMPLE}`, 'both bodies'],
    [`cheops conflict show ${EXAMPLE} -o json | jq -r '.conflicts[].wrote.body'`, 'what was lost'],
  ],
  async run(call) {
    const agent = await connectAgent(call)
    const replicant = await agent.replicant(await conflictName(agent, call.args[0] ?? ''))
    const conflicts = await Promise.all(
      replicant.conflicts.map(async (conflict): Promise<ShownConflict> => {
        const [wrote, counts] = await Promise.all([
          bodyOf(agent, conflict.operation),
          conflict.against === undefined ? undefined : bodyOf(agent, conflict.against),
        ])
        return { ...conflict, wrote, counts }
      }),
    )
    const { service, kind, name, members, state } = replicant
    const shown = { service, kind, name, members, state, conflicts }
    render(call.io, call.options.format, shown, () => conflictScreen(replicant, conflicts))
    return EXIT.ok
  },
}

const resolve: CommandSpec = {
  name: 'resolve',
  summary:
    'Settle the writes to one resource that lost, or say what is of a name that is "unbound", or of a write that is "uncertain"',
  details:
    'Of writes that lost: --keep or --take. All conflicts of the resource that are known here are settled by it, at all members. What is taken ' +
    "is written as a new operation, by the agent's own account.\n" +
    'Of a name that the application here had for something else before the replicated resource came, and that nothing touches: --adopt, ' +
    '--replace or --leave. Look at both first: at this site and at another member.\n' +
    'Of a write in doubt (state "uncertain"): --done or --undone, as the application here shows to you. The key "doubt" of the service says ' +
    'what is done without you.',
  arguments: [CONFLICT],
  options: [
    { flags: '--keep', help: 'what counts stays' },
    { flags: '--take <write>', help: 'this write is carried out again: the operation that lost, or its site' },
    { flags: '--adopt', help: 'what is here is the resource from now on, at all members' },
    { flags: '--replace', help: 'what is here gives way to what is replicated' },
    { flags: '--leave', help: 'what is here stays, and this site is no member any more' },
    { flags: '--done', help: 'the write in doubt took effect here' },
    { flags: '--undone', help: "it did not: a client's write is void, what another site wrote is sent again" },
  ],
  agent: true,
  output: true,
  examples: [
    [`cheops conflict resolve ${EXAMPLE} --keep`, 'what counts is what you want'],
    [`cheops conflict resolve ${EXAMPLE} --take site2`, 'what site2 wrote is what you want'],
    [`cheops conflict resolve ${EXAMPLE} --leave`, 'two things that have one name by chance'],
    [`cheops conflict resolve ${EXAMPLE} --replace`, 'what is here is not needed'],
  ],
  async run(call) {
    const how = howOf(call)
    const agent = await connectAgent(call)
    const name = await conflictName(agent, call.args[0] ?? '')
    const text = replicantText(name)
    if (typeof how === 'string') {
      await agent.resolve(name, how)
      render(call.io, call.options.format, { replicant: name, how }, () => `${text}: ${RESOLVED[how]}`)
      return EXIT.ok
    }
    const { settled } = await agent.settle(name, how)
    const lines = settled.map(operation => `settled: ${operation}`)
    render(call.io, call.options.format, { replicant: name, ...how, settled }, () =>
      [`${text}: ${RESOLVED[how.how]}`, ...lines].join('\n'),
    )
    return EXIT.ok
  },
}

export const conflictGroup: GroupSpec = {
  name: 'conflict',
  summary: 'Writes that were accepted and have no effect',
  commands: [list, show, resolve],
}

const RESOLVED = {
  done: 'the write in doubt took effect',
  undone: 'the write in doubt took no effect',
  keep: 'what counts stays, and is said anew to all members',
  take: 'the write that had lost is carried out; the other members get it',
  adopt: 'what is here is the resource from now on; the other members get it',
  replace: 'what is replicated takes the place of what is here',
  leave: 'what is here stays, and this site is no member any more',
} as const

/** @throws CheopsError ERR_CLI_USAGE */
function howOf({ options }: Call): SettleChoice | { readonly how: 'done' | 'undone' } | 'adopt' | 'replace' | 'leave' {
  const write = options.text('take')
  const chosen = [
    ...(write === undefined ? [] : [{ how: 'take', write } as const]),
    ...(options.flag('keep') ? [{ how: 'keep' } as const] : []),
    ...(['done', 'undone'] as const).filter(how => options.flag(how)).map(how => ({ how })),
    ...(['adopt', 'replace', 'leave'] as const).filter(how => options.flag(how)),
  ]
  const [how] = chosen
  if (how !== undefined && chosen.length === 1) return how
  throw new CheopsError(
    'ERR_CLI_USAGE',
    'Give one of --keep and --take WRITE for writes that lost, of --adopt, --replace and --leave for a name that is unbound, or of --done and --undone for a write in doubt.',
  )
}

/** An operation has an incarnation in its middle, which no kind is called like. */
const OPERATION = /^[^/]+\/\d+-[0-9a-f]{16}\/\d+$/

/** @throws CheopsError ERR_CLI_USAGE; AgentRefusal for an operation that is not known */
async function conflictName(agent: AdminClient, text: string): Promise<ReplicantName> {
  return OPERATION.test(text) ? (await agent.operation(text)).replicant : replicantName(text)
}

const GONE: ReadonlySet<string> = new Set(['ERR_OPERATION_NOT_FOUND', 'ERR_OPERATION_BODY_GONE'])

/** Undefined for what is held no more, or never had a body. */
async function bodyOf(agent: AdminClient, operation: string): Promise<OperationBody | undefined> {
  try {
    return await agent.operationBody(operation)
  } catch (error) {
    if (error instanceof AgentRefusal && GONE.has(error.code)) return undefined
    throw error
  }
}

/** With a word for the reason, and below what the words mean; what counts instead stands in `conflict show`, since lines would be too long. */
export function conflictTable(conflicts: readonly ConflictInfo[], width = Infinity): string {
  const list = table(
    ['REPLICANT', 'WHY', 'TYPE', 'WRITTEN', 'OPERATION'],
    conflicts.map(({ replicant, type, operation, at, why }) => [
      replicantText(replicant),
      why,
      type,
      `${new Date(at).toISOString().slice(0, 19)}Z`,
      operation,
    ]),
    width,
  )
  const words = new Map(conflicts.map(({ why, detail }) => [why, detail]))
  return [list, [...words].map(([why, detail]) => printable(`${why}: ${detail}`)).join('\n')].join('\n\n')
}

function conflictScreen(replicant: ReplicantDetail, conflicts: readonly ShownConflict[]): string {
  const text = replicantText(replicant)
  if (conflicts.length === 0) return `${text} has no conflict, as far as is known here.`
  const [first] = conflicts
  return [
    `${text}, on ${replicant.members.join(', ')}`,
    ...conflicts.map(({ type, operation, site, at, detail, against, wrote, counts }) =>
      [
        `LOST    ${type} of ${site}, ${new Date(at).toISOString()}, ${operation}:`,
        `        ${detail}`,
        requestText(wrote),
        ...(against === undefined ? [] : [`COUNTS  ${against}`, requestText(counts)]),
      ].join('\n'),
    ),
    `Settle it: cheops conflict resolve ${text} --keep, or --take ${first?.operation ?? ''}; or PUT what you want, at any member.`,
  ].join('\n\n')
}

/** Characters of a body that are shown on a screen. */
const MAX_SHOWN = 4_000

function requestText(request: OperationBody | undefined): string {
  if (request === undefined) return indented('held here no more')
  const { method, path, encoding, body = '', bytes } = request
  const isText = encoding === 'text'
  const rest = isText ? body.length > MAX_SHOWN : encoding !== 'none'
  return [
    indented(`${method} ${path}`),
    ...(isText ? [indented(body.slice(0, MAX_SHOWN))] : []),
    ...(rest
      ? [indented(`(${String(bytes)} bytes; "cheops operation body" gives all of it where it can be given)`)]
      : []),
  ].join('\n')
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map(line => `        ${line}`)
    .join('\n')

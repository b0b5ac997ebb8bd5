import { replicantText } from '../../core/oplog/replicant-text.ts'
import { CheopsError, ERRORS, type ErrorCode } from '../../errors.ts'
import type { HistoryEntry, OperationBody, OperationDetail, OperationSite } from '../../ports/replication-control.ts'
import type { AdminClient } from '../agent/client.ts'
import { connectAgent, timeoutOf } from '../agent/resolve.ts'
import type { Call, GroupSpec } from '../command.ts'
import { EXIT, wantsColour, writeLine } from '../io.ts'
import { factLines } from '../output/facts.ts'
import { painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { printable, printableScreen, visibleJson } from '../output/visible.ts'
import { screenWidth } from '../output/wrap.ts'

const OPERATION = {
  name: '<operation>',
  help: 'SITE/INCARNATION/NUMBER, as the header Cheops-Operation and "cheops replicant history" have it',
} as const

const EXAMPLE = 'site1/1763762400000-9f86d081884c7d65/7'

export const operationGroup: GroupSpec = {
  name: 'operation',
  summary: 'Single accepted writes',
  commands: [
    {
      name: 'show',
      summary: 'Show one: who wrote what and when, and what became of it at each member',
      details:
        'All of it is known at the site where it was written, which is the first word of its name; others know what they did themselves, and ' +
        'who holds it. Outcomes: applied, failed (the application there refused it), superseded (a later write took its place before it was ' +
        'carried out), uncertain (the application there does not tell), pending, received (that site holds it), unknown (it has told nothing, or does not remember).',
      arguments: [OPERATION],
      agent: true,
      output: true,
      examples: [[`cheops operation show ${EXAMPLE}`, 'what Cheops-Operation said in an answer']],
      async run(call) {
        const operation = await (await connectAgent(call)).operation(operationName(call.args[0] ?? ''))
        render(call.io, call.options.format, operation, () =>
          operationScreen(operation, wantsColour(call.io), screenWidth(call.io)),
        )
        return EXIT.ok
      },
    },
    {
      name: 'body',
      summary: 'Show what a client wrote: the body of one, also of a write that lost against another',
      details:
        'The bytes as they were sent, so that they can be written again; "cheops conflict ls" names the writes that lost. With -o json the ' +
        'whole request: method, path, headers that say what the body is. Credentials are never kept.',
      arguments: [OPERATION],
      agent: true,
      output: true,
      examples: [
        [`cheops operation body ${EXAMPLE} > lost.json`, 'keep it'],
        [`cheops operation body ${EXAMPLE} -o json | jq .path`, 'where it was written to'],
      ],
      async run(call) {
        const { args, io, options } = call
        const written = await (await connectAgent(call)).operationBody(operationName(args[0] ?? ''))
        if (options.format === 'table') io.stdout.write(bodyBytes(written))
        else render(io, options.format, written, () => '')
        return EXIT.ok
      },
    },
    {
      name: 'watch',
      summary: 'Follow one until every member has told what became of it',
      details:
        'To be asked of the agent where it was written: the others are told by nobody. On a terminal the table is drawn anew at each change; ' +
        'else each change is a line, with -o json the whole of it. Ends with 0 when it is done everywhere, with 2 when a member has failed, or what it has told was forgotten or lost with the disk.',
      arguments: [OPERATION],
      agent: true,
      output: true,
      examples: [
        [`cheops operation watch ${EXAMPLE}`, 'until it is done everywhere'],
        [`timeout 60 cheops operation watch ${EXAMPLE} -o json | jq -c .sites`, 'for scripts, at most a minute'],
      ],
      run: watch,
    },
  ],
}

/** @throws CheopsError ERR_ADMIN_INPUT for one that is too large to be shown */
function bodyBytes({ encoding, body = '', bytes, hash = '', method, path }: OperationBody): Uint8Array {
  if (encoding === 'elsewhere') {
    const what = `The body of ${method} ${path} has ${String(bytes)} bytes, too many to be shown; its SHA-256 is ${hash}.`
    throw new CheopsError('ERR_ADMIN_INPUT', what)
  }
  return Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8')
}

/** @throws CheopsError ERR_CLI_USAGE */
function operationName(text: string): string {
  if (text.split('/').length === 3) return text
  throw new CheopsError('ERR_CLI_USAGE', `"${text}" is no SITE/INCARNATION/NUMBER, as ${EXAMPLE} is.`)
}

async function watch(call: Call): Promise<number> {
  const { io, options } = call
  const agent = await connectAgent(call)
  const name = call.args[0] ?? ''
  const [first, { site: self }] = await Promise.all([agent.operation(operationName(name)), agent.status()])
  let operation = first
  const show = shower(call)
  show(operation)
  if (operation.site !== self) {
    const where = `${operation.operation} was written at ${operation.site}`
    throw new CheopsError('ERR_CLI_USAGE', `${where}: only the agent there is told what became of it (--agent).`)
  }
  while (!operation.done && !io.interrupted.aborted) {
    const next = await following(agent, operation, timeoutOf(options), io.interrupted)
    if (next === undefined) return EXIT.ok
    if (next.version !== operation.version) show(next)
    operation = next
  }
  if (!operation.done) return EXIT.ok
  const bad = operation.sites.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'superseded')
  if (options.format === 'table') writeLine(io.stdout, printableScreen(endText(bad, io.stdoutIsTerminal)))
  return bad.length === 0 ? EXIT.ok : EXIT.failed
}

/**
 * How it has ended.
 * @param bad members where it is not in effect
 * @param isExplained what the codes mean stands above already
 */
export function endText(bad: readonly OperationSite[], isExplained: boolean): string {
  if (bad.length === 0) return 'It is done everywhere.'
  const text = (sites: readonly OperationSite[]) => sites.map(told => `${outcomeText(told)} at ${told.site}`).join(', ')
  // Who could not, for a reason of the agents, does it after all when that is mended.
  const [held, ended] = [bad.filter(({ error }) => error !== undefined), bad.filter(({ error }) => error === undefined)]
  const isForgotten = ({ outcome }: OperationSite): boolean => outcome === 'received' || outcome === 'unknown'
  const [lost, over] = [ended.filter(isForgotten), ended.filter(told => !isForgotten(told))]
  return [
    ...(lost.length === 0
      ? []
      : [
          `What has become of it there is not known here any more, and is told by nobody again: ${text(lost)}. "cheops replicant show" has how the members stand.`,
        ]),
    ...(over.length === 0 ? [] : [`Nothing more will come by itself: ${text(over)}.`]),
    ...(held.length === 0
      ? []
      : [`Held up: ${text(held)}. It is carried out there within a minute once that is mended.`]),
    ...(isExplained ? [] : reasonsText(held)),
  ].join('\n')
}

/** The next answer that differs, or the same one after a while; undefined when the user has interrupted. */
async function following(
  agent: AdminClient,
  { operation, version }: OperationDetail,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<OperationDetail | undefined> {
  // Well below the time after which the client gives up.
  const seconds = Math.max(0, Math.floor((timeoutMs * 0.7) / 1_000))
  try {
    return await agent.operation(operation, { known: version, seconds })
  } catch (error) {
    if (interrupted.aborted) return undefined
    throw error
  }
}

/** Shows one answer after the other as was asked for. */
function shower({ io, options }: Call): (operation: OperationDetail) => void {
  const { format } = options
  if (format === 'json') return operation => writeLine(io.stdout, visibleJson(operation))
  if (format === 'yaml')
    return operation => {
      writeLine(io.stdout, '---')
      render(io, 'yaml', operation, () => '')
    }
  if (!io.stdoutIsTerminal) return changes(line => writeLine(io.stdout, line))
  let lines = 0
  return operation => {
    const screen = printableScreen(operationScreen(operation, wantsColour(io), screenWidth(io)))
    // Up to where the last one began, and everything below is cleared (ECMA-48: CUU, ED).
    io.stdout.write(`${lines === 0 ? '' : `\u001b[${String(lines)}A\u001b[J`}${screen}\n`)
    lines = screen.split('\n').length
  }
}

/** A line for each site that has told something else than before. */
export function changes(write: (line: string) => void): (operation: OperationDetail) => void {
  const before = new Map<string, string>()
  return ({ operation, sites }) => {
    for (const told of sites) {
      const text = outcomeText(told)
      if (before.get(told.site) === text) continue
      before.set(told.site, text)
      const at = told.at === 0 ? '–'.padEnd(24) : new Date(told.at).toISOString()
      write(printable(`${at}  ${operation}  ${told.site}  ${text}`))
    }
  }
}

export function operationScreen(operation: OperationDetail, colour: boolean, width = Infinity): string {
  const { replicant, request, members, type, at, site, fate, detail, life } = operation
  const facts: (readonly [string, string | undefined])[] = [
    ['operation', operation.operation],
    ['replicant', replicantText(replicant)],
    ['written', `${new Date(at).toISOString()} at ${site}`],
    ['what', whatText({ type, request, members })],
    ['life', life],
    ['fate', detail === undefined ? fate : `${fate}: ${detail}`],
  ]
  const paint = painter(colour)
  const sites = table(
    ['SITE', 'TOLD', 'OUTCOME'],
    operation.sites.map(told => [
      told.site,
      told.at === 0 ? undefined : new Date(told.at).toISOString(),
      { text: outcomeText(told), paint: text => paint(text, OUTCOME_COLOURS[told.outcome]) },
    ]),
    width,
  )
  return [
    factLines(
      facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined),
      width,
      name => paint(name, 'dim'),
    ),
    sites,
    ...reasonsText(operation.sites),
  ].join('\n\n')
}

const OUTCOME_COLOURS = {
  applied: 'green',
  superseded: 'green',
  received: 'yellow',
  pending: 'yellow',
  unknown: 'yellow',
  void: 'red',
  failed: 'red',
  uncertain: 'red',
} as const

/** What was written, in a few words. */
export function whatText({ type, request, members }: Pick<HistoryEntry, 'type' | 'request' | 'members'>): string {
  const { added = [], removed = [] } = members ?? {}
  return [
    type ?? 'a write (its request is kept no more)',
    request === undefined ? '' : `${request.method} ${request.path} (${String(request.bytes)} bytes)`,
    added.length === 0 ? '' : `on ${added.join(', ')}`,
    removed.length === 0 ? '' : `without ${removed.join(', ')}`,
  ]
    .filter(part => part !== '')
    .join(' ')
}

/** `applied (200)`, `failed (ERR_FORWARD_NOT_EXPOSED)` */
export function outcomeText({ outcome, status, error }: OperationSite): string {
  const why = status === undefined ? error : String(status)
  return why === undefined ? outcome : `${outcome} (${printable(why)})`
}

/**
 * What sites have told, those together that have told the same: `applied (200) at site1, site2; pending at site3`.
 * @param members of whom it is said, too, that they have told nothing
 */
export function toldText(sites: readonly OperationSite[], members: readonly string[]): string {
  const silent = members.filter(member => sites.every(({ site }) => site !== member))
  const byOutcome = Map.groupBy(sites, outcomeText)
  const told = [...byOutcome].map(([outcome, of]) => `${outcome} at ${of.map(({ site }) => site).join(', ')}`)
  return [...told, ...(silent.length === 0 ? [] : [`nothing told by ${silent.join(', ')}`])].join('; ')
}

/** What the codes in outcomes mean, a line for each; those of a later version are not known here. */
export function reasonsText(told: readonly { readonly error?: string }[]): readonly string[] {
  const codes = new Set(told.flatMap(({ error }) => (error === undefined ? [] : [error])))
  return [...codes].toSorted().flatMap(code => {
    const spec = isErrorCode(code) ? ERRORS[code] : undefined
    return spec === undefined ? [] : [`${code}: ${spec.title}. ${spec.hint}`]
  })
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

import { otherGlue } from '../../core/check/index.ts'
import type { AgentStatus, ReplicationCounts } from '../../ports/control.ts'
import type { SiteCut } from '../../ports/membership.ts'
import type { ReplicationPeer } from '../../ports/replication-control.ts'
import type { PeerAnswer, ServiceAnswer, SiteAnswer } from '../agent/answers.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { factLines } from '../output/facts.ts'
import { duration, milliseconds, painter, render } from '../output/render.ts'
import { table, type PaintedCell } from '../output/table.ts'
import { screenWidth } from '../output/wrap.ts'
import { cutsText } from './site-cut.ts'

export const statusCommand: CommandSpec = {
  name: 'status',
  summary: 'The agent and its mesh on one screen',
  agent: true,
  output: true,
  examples: [
    ['cheops status', 'the agent on this machine'],
    ['cheops status --agent edge2', 'another one (see "cheops context")'],
    ['watch -n1 cheops status', 'live'],
  ],
  async run(call) {
    const agent = await connectAgent(call)
    const [status, sites, peers, services, replication] = await Promise.all([
      agent.status(),
      agent.sites(),
      agent.peers(),
      agent.services(true),
      agent.replicationPeers(),
    ])
    render(call.io, call.options.format, { status, sites, peers, services, replication }, () =>
      statusScreen(status, sites, peers, services, replication, wantsColour(call.io), screenWidth(call.io)),
    )
    return EXIT.ok
  },
}

export function statusScreen(
  status: AgentStatus,
  sites: readonly SiteAnswer[],
  peers: readonly PeerAnswer[],
  services: readonly ServiceAnswer[],
  replication: readonly ReplicationPeer[],
  colour: boolean,
  width = Infinity,
): string {
  const paint = painter(colour)
  const labels = Object.entries(status.labels).map(([name, value]) => `${name}=${value}`)
  const listenerWidth = Math.max(0, ...status.listeners.map(({ name }) => name.length))
  const facts: [string, string][] = [
    ['mesh', status.mesh],
    ['site', [status.site, ...labels].join('  ')],
    ['peer', status.peerId],
    ['incarnation', status.incarnation],
    ['version', `${status.version} on Node ${status.node}, pid ${String(status.pid)}`],
    ['state', `${status.state} for ${duration(status.now - status.startedAt)}`],
    ['peers', peersText(peers, sites.length - 1)],
    ['replicates', countsText(status.replication)],
    ...(status.cuts === undefined ? [] : [cutsFact(status.cuts, status.now)]),
    ...(status.diskShort === undefined ? [] : [diskFact(status.diskShort)]),
    ...status.listeners.map(({ name, address }, index): [string, string] => [
      index === 0 ? 'listens' : '',
      `${name.padEnd(listenerWidth)}  ${address}`,
    ]),
  ]
  const { local, forwarded, received } = status.requests
  const requests = table(
    ['REQUESTS', 'IN FLIGHT', 'TOTAL', 'FAILED'],
    [
      ['to this site', local],
      ['to other sites', forwarded],
      ['from other sites', received],
    ].map(([name, counts]) =>
      typeof counts === 'object' && typeof name === 'string'
        ? [name, String(counts.inFlight), String(counts.total), String(counts.failed)]
        : [],
    ),
  )
  return [
    factLines(facts, width, name => paint(name, 'dim')),
    paintLiveness(siteTable(sites, status, width), paint),
    requests,
    services.some(service => service.site === status.site)
      ? table(
          ['SERVICE', 'APPLICATION', 'ENDPOINT', 'HERE AT', 'STATE'],
          services
            .filter(service => service.site === status.site)
            .map(service => [
              service.name,
              service.application,
              service.endpoint,
              service.address,
              stateOf(service, otherGlue(services, status.site).get(service.name), paint),
            ]),
          width,
        )
      : 'This site offers no service.',
    ...(replication.length === 0 ? [] : [replicationTable(replication, status.now, width)]),
  ].join('\n\n')
}

/** Whether its application answers, and what else is to be known of it: of other glue `cheops check` tells more. */
function stateOf(
  { instance }: ServiceAnswer,
  otherwise: readonly string[] | undefined,
  paint: ReturnType<typeof painter>,
): PaintedCell | undefined {
  if (instance === undefined && otherwise === undefined) return undefined
  const isDead = instance !== undefined && instance.state !== 'ok'
  const answers = isDead ? [`does not answer: ${instance.detail}`] : instance === undefined ? [] : ['answers']
  const glue = otherwise === undefined ? [] : [`other glue at ${otherwise.join(', ')}`]
  const colour = isDead ? 'red' : otherwise === undefined ? 'green' : 'yellow'
  return { text: [...answers, ...glue].join('; '), paint: text => paint(text, colour) }
}

/** What an operator has cut off: how long it holds, and how it ends. */
const cutsFact = (cuts: readonly SiteCut[], now: number): [string, string] => [
  'cut off',
  `${cutsText(cuts, now)} ("cheops site join" ends it)`,
]

const diskFact = ({ freeBytes }: NonNullable<AgentStatus['diskShort']>): [string, string] => [
  'disk',
  `nearly full, ${String(Math.floor(freeBytes / 1024 ** 2))} MiB free: replicated resources take nothing new (limits.freeBytes)`,
]

/** Two agents often have two connections: each has dialled the other. */
function peersText(peers: readonly PeerAnswer[], others: number): string {
  const connected = new Set(peers.map(({ peerId }) => peerId)).size
  return `${String(connected)} connected, ${String(others)} other ${others === 1 ? 'site' : 'sites'} known`
}

function countsText(counts: ReplicationCounts): string {
  if (counts.state === 'counting') return 'counting'
  const { replicants, conflicts, diverged, undecided, behind, failing, withheld, unverified } = counts
  const shown = (count: number, one: string) => `${String(count)} ${one}${count === 1 ? '' : 's'}`
  return [
    shown(replicants, 'resource'),
    shown(conflicts, 'conflict'),
    `${String(diverged)} diverged`,
    `${String(undecided)} undecided`,
    `${String(behind)} behind`,
    ...failing.map(({ site, replicants: count }) => `${String(count)} failing at ${site}`),
    ...(withheld.replicants === 0
      ? []
      : [`${String(withheld.replicants)} of ${withheld.from.join(', ')} not let (expose)`]),
    ...unverified.map(({ origin, replicants: count }) => `${String(count)} of ${origin} not verified`),
  ].join(', ')
}

/** What waits for the sites that share replicants with this one. @param now the agent's clock */
function replicationTable(peers: readonly ReplicationPeer[], now: number, width: number): string {
  return table(
    ['REPLICATION TO', 'WAITING', 'OLDEST', 'HOLDS', 'LAST EQUAL'],
    peers.map(({ site, outbox, lagMs, digest, agreedAt }) => [
      site,
      `${String(outbox)} ${outbox === 1 ? 'entry' : 'entries'}`,
      outbox === 0 ? undefined : `${duration(lagMs)} ago`,
      // What waits may change it: they are compared again when nothing does.
      outbox > 0 && digest === 'agrees' ? 'the same before these' : DIGESTS[digest],
      agreedAt === undefined ? undefined : `${duration(now - agreedAt)} ago`,
    ]),
    width,
  )
}

const DIGESTS = { agrees: 'the same', differs: 'something else', unknown: 'not compared yet' } as const

/** @param status whose clock `since` is told by, and what is cut off */
export function siteTable(
  sites: readonly SiteAnswer[],
  { now, cuts = [] }: Pick<AgentStatus, 'now' | 'cuts'>,
  width = Infinity,
): string {
  const isCut = ({ name, self }: SiteAnswer) => !self && cuts.some(({ site }) => site === undefined || site === name)
  return table(
    ['SITE', 'LIVENESS', 'RTT', 'SINCE', 'CONNECTION', 'SERVICES', 'REASON'],
    sites.map(site => [
      site.name,
      site.liveness,
      // The last one of a site that is gone says nothing.
      site.self || site.liveness === 'down' ? undefined : milliseconds(site.rttMs),
      duration(now - site.since),
      isCut(site) ? 'cut off' : site.connection,
      site.services.map(service => service.name).join(', '),
      site.self ? 'this site' : site.reason,
    ]),
    width,
  )
}

/** Colours come after the columns were measured. */
export const paintLiveness = (text: string, paint: ReturnType<typeof painter>): string =>
  text
    .replaceAll(/(?<= {2})(alive)(?= )/g, word => paint(word, 'green'))
    .replaceAll(/(?<= {2})(suspect)(?= )/g, word => paint(word, 'yellow'))
    .replaceAll(/(?<= {2})(down)(?= )/g, word => paint(word, 'red'))

import { setTimeout as delay } from 'node:timers/promises'
import { CheopsError } from '../../errors.ts'
import type { PeerAnswer, SiteAnswer } from '../agent/answers.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { GroupSpec } from '../command.ts'
import { AgentRefusal } from '../failure.ts'
import { EXIT, wantsColour, writeLine } from '../io.ts'
import { factLines } from '../output/facts.ts'
import { duration, milliseconds, painter, render } from '../output/render.ts'
import { table } from '../output/table.ts'
import { screenWidth } from '../output/wrap.ts'
import { printable } from '../output/visible.ts'
import { cutCommand, joinCommand } from './site-cut.ts'
import { paintLiveness, siteTable } from './status.ts'

const SITE = { name: '<site>', help: 'name of the site' } as const

export const siteGroup: GroupSpec = {
  name: 'site',
  summary: 'The sites of the mesh',
  commands: [
    {
      name: 'ls',
      summary: 'List all known sites with their state',
      agent: true,
      output: true,
      examples: [['cheops site ls', 'name, liveness, distance, services']],
      async run(call) {
        const agent = await connectAgent(call)
        const [sites, status] = await Promise.all([agent.sites(), agent.status()])
        render(call.io, call.options.format, sites, () =>
          paintLiveness(siteTable(sites, status, screenWidth(call.io)), painter(wantsColour(call.io))),
        )
        return EXIT.ok
      },
    },
    {
      name: 'show',
      summary: 'Show all that is known of one site',
      arguments: [SITE],
      agent: true,
      output: true,
      examples: [['cheops site show site2', 'addresses, record, what it can reach']],
      async run(call) {
        const agent = await connectAgent(call)
        const [site, { now }] = await Promise.all([agent.site(call.args[0] ?? ''), agent.status()])
        render(call.io, call.options.format, site, () => siteText(site, now, screenWidth(call.io)))
        return EXIT.ok
      },
    },
    {
      name: 'rm',
      summary: 'Forget a site that is gone for good, or that has lost its key, at this agent',
      details:
        'A name belongs to the key that used it first. Once each agent has forgotten the site, a new agent with a new key may take its ' +
        'name: it gets back what it is a member of. A site that still runs is known again as soon as it says hello.',
      arguments: [SITE],
      agent: true,
      options: [{ flags: '--force', help: 'although the site is alive' }],
      examples: [['cheops site rm site3', 'site3 was rebuilt without its peer.key: run this at every other site']],
      async run(call) {
        const name = call.args[0] ?? ''
        const agent = await connectAgent(call)
        if (!call.options.flag('force')) {
          const { liveness, self } = await agent.site(name)
          if (liveness === 'alive' && !self) {
            const message = `"${name}" is alive, under the key that it is known by: nothing was changed. With --force its connections are closed, and it is known again when it says hello.`
            throw new CheopsError('ERR_CLI_USAGE', message, { site: name })
          }
        }
        await agent.forgetSite(name)
        writeLine(call.io.stdout, `${name} is forgotten here`)
        return EXIT.ok
      },
    },
    {
      name: 'ping',
      summary: "Measure the round trip to a site's agent",
      arguments: [SITE],
      agent: true,
      output: true,
      options: [{ flags: '-n, --count <n>', help: 'how often, one second apart', fallback: '3' }],
      examples: [['cheops site ping site2 -n 1', 'once']],
      async run(call) {
        const count = Number(call.options.text('count'))
        // A bound, as for every loop; longer watching is what metrics are for.
        if (!Number.isInteger(count) || count < 1 || count > 10_000) {
          throw new CheopsError('ERR_CLI_USAGE', '--count is a whole number from 1 to 10000.')
        }
        const agent = await connectAgent(call)
        const name = call.args[0] ?? ''
        const rtts: number[] = []
        const people = call.options.format === 'table'
        for (let i = 0; i < count && !call.io.interrupted.aborted; i++) {
          if (i > 0) await delay(1_000, undefined, { signal: call.io.interrupted }).catch(() => undefined)
          try {
            const { rttMs } = await agent.ping(name)
            rtts.push(rttMs)
            if (people) writeLine(call.io.stdout, `${name}: ${rttMs.toFixed(1)} ms`)
          } catch (error) {
            if (!(error instanceof AgentRefusal) || error.code === 'ERR_SITE_UNKNOWN') throw error
            if (people) writeLine(call.io.stdout, `${name}: ${error.message}`)
          }
        }
        if (!people) render(call.io, call.options.format, { site: name, sent: count, rttMs: rtts }, () => '')
        return rtts.length === 0 ? EXIT.failed : EXIT.ok
      },
    },
    cutCommand,
    joinCommand,
  ],
}

function siteText(site: SiteAnswer, now: number, width: number): string {
  const rows: [string, string | undefined][] = [
    ['site', site.self ? `${site.name} (this one)` : site.name],
    ['liveness', `${site.liveness} for ${duration(now - site.since)}: ${site.reason}`],
    ['connection', site.connection],
    ['rtt', site.self ? undefined : milliseconds(site.rttMs)],
    ['clock', site.clockOffsetMs === undefined ? undefined : clockText(site.clockOffsetMs)],
    ['peer', site.peerId],
    ['addresses', site.addresses.join('\n')],
    ['services', site.services.map(({ name, application }) => `${name} (${application})`).join(', ')],
    ['labels', pairs(site.labels)],
    ['version', site.version],
    ['incarnation', site.incarnation],
    ['record', `number ${site.recordNumber}`],
    [
      'distances',
      Object.entries(site.announcedRttMs)
        .map(([name, rtt]) => `${name} ${milliseconds(rtt) ?? ''}`)
        .join(', '),
    ],
    ['cannot dial', site.cannotDial.join(', ')],
  ]
  const told = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '')
  return factLines(told, width)
}

const clockText = (offsetMs: number) => {
  const rounded = Math.round(offsetMs)
  return rounded === 0 ? 'as ours' : `${String(Math.abs(rounded))} ms ${rounded > 0 ? 'ahead of' : 'behind'} ours`
}

const pairs = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')

export const peerGroup: GroupSpec = {
  name: 'peer',
  summary: 'Connections to other agents',
  commands: [
    {
      name: 'ls',
      summary: 'List the connections',
      agent: true,
      output: true,
      examples: [['cheops peer ls', 'who is connected, from where']],
      async run(call) {
        const peers = await (await connectAgent(call)).peers()
        render(call.io, call.options.format, peers, () => peerTable(peers, screenWidth(call.io)))
        return EXIT.ok
      },
    },
    {
      name: 'dial',
      summary: 'Connect to an agent by its address',
      arguments: [{ name: '<address>', help: 'a multiaddress, with or without /p2p/<id>' }],
      agent: true,
      output: true,
      examples: [['cheops peer dial /ip4/10.0.0.2/tcp/4078', 'try an address by hand']],
      async run(call) {
        const peer = await (await connectAgent(call)).dial(call.args[0] ?? '')
        render(call.io, call.options.format, peer, () => peerTable([peer], screenWidth(call.io)))
        return EXIT.ok
      },
    },
  ],
}

const peerTable = (peers: readonly PeerAnswer[], width: number) =>
  table(
    ['SITE', 'DIRECTION', 'RTT', 'ADDRESS', 'PEER'],
    peers.map(peer => [
      peer.site,
      peer.relayed ? `${peer.direction}, relayed` : peer.direction,
      milliseconds(peer.rttMs),
      // The next column has its identity.
      peer.address.replace(`/p2p/${peer.peerId}`, ''),
      peer.peerId,
    ]),
    width,
  )

export const dhtGroup: GroupSpec = {
  name: 'dht',
  summary: 'What the distributed hash table holds, past the memory of the agent',
  commands: [
    {
      name: 'get',
      summary: "Read a site's record",
      arguments: [SITE],
      agent: true,
      output: true,
      examples: [['cheops dht get site2', 'what any site would learn of site2']],
      async run(call) {
        const record = await (await connectAgent(call)).dhtGet(call.args[0] ?? '')
        render(call.io, call.options.format, record, () =>
          [
            ['site', record.site],
            ['peer', record.peerId],
            ['record', `number ${record.number}`],
            ['addresses', record.addresses.join(', ')],
            ['services', record.services.join(', ')],
            ['labels', pairs(record.labels)],
            ['version', record.version],
            ['incarnation', record.incarnation],
          ]
            .map(([name = '', value = '']) => `${name.padEnd(12)} ${printable(value)}`)
            .join('\n'),
        )
        return EXIT.ok
      },
    },
    {
      name: 'find',
      summary: 'Find the addresses of a peer',
      arguments: [{ name: '<peer>', help: 'peer ID, or name of a site' }],
      agent: true,
      output: true,
      examples: [['cheops dht find site2', 'where it can be dialled']],
      async run(call) {
        const peer = await (await connectAgent(call)).dhtFind(call.args[0] ?? '')
        render(call.io, call.options.format, peer, () => peer.addresses.map(printable).join('\n'))
        return EXIT.ok
      },
    },
  ],
}

/**
 * A holder of the mesh key who mints records by the thousand, in the simulated network, against the real membership: those
 * whom it tells keep knowing the real sites, dial little of what it invents, forget it, and pass none of it on.
 */
import { expect, test } from 'vitest'
import { createHeartbeatCodec } from '../../../../protocols/heartbeat/codec.ts'
import { MAX_INTRODUCED_SITES } from '../../../../src/core/membership/site-table.ts'
import { VirtualPeer } from '../../../../sims/world/virtual-peer.ts'
import { addressOf, MESH, World } from '../../../../sims/world/world.ts'
import type { SiteRecord } from '../../../../src/core/membership/record.ts'
import type { PeerNetwork } from '../../../../src/ports/peer-network.ts'

const MINTED = 1_024
const HOUR_MS = 3_600_000
const isMinted = (address: string): boolean => address.startsWith('/ip4/192.0.2.')

/** Sites s0, s1 and s2 that have met, and an attacker; s3 does not run yet. */
async function meet() {
  const dialled: string[] = []
  const counting = (network: PeerNetwork): PeerNetwork =>
    new Proxy(network, {
      get(target, name) {
        if (name === 'dial') {
          return (request: Parameters<PeerNetwork['dial']>[0]) => {
            dialled.push(...request.addresses.filter(isMinted))
            return target.dial(request)
          }
        }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  const world = new World(1, 4, { network: counting })
  for (const site of world.sites.slice(0, 3)) void site.start()
  await world.time.run(15_000)
  return { world, dialled }
}

function attacker(world: World) {
  const keys = world.keys.make('attacker', 99n)
  const who = { site: 'attacker', peerId: keys.peerId, address: addressOf(99) }
  const peer = new VirtualPeer(world.wire, who, fn => fn(), world)
  const codec = createHeartbeatCodec(keys)
  const record = (site: string, peerId: string, addresses: string[]): SiteRecord => ({
    mesh: MESH,
    site,
    peerId,
    addresses,
    services: [],
    labels: {},
    version: '0',
    incarnation: '1-0000000000000000',
    number: 1n,
  })
  const minted = (count: number, prefix: string, names: readonly string[] = []) =>
    Array.from({ length: count }, (_, i) => {
      const other = world.keys.make(`${prefix} ${i}`, BigInt(i))
      const addresses = Array.from({ length: 64 }, (_unused, j) => `/ip4/192.0.2.${i % 250}/tcp/${1_000 + j}`)
      return createHeartbeatCodec(other).signRecord(record(names[i] ?? `${prefix}${i}`, other.peerId, addresses))
    })
  const own = codec.signRecord(record('attacker', keys.peerId, []))
  const hello = async (address: string, others: ReturnType<typeof minted>): Promise<string[]> => {
    const result = await peer.dial({ addresses: [address], timeoutMs: 5_000, force: true })
    if (!result.ok) throw new Error(result.detail)
    const bytes = codec.writeHello({ mesh: MESH, refusal: undefined, own, others })
    const answer = codec.readHello(await peer.hello(result.connection.id, bytes, 5_000))
    return [...answer.others].map(signed => signed.record.site)
  }
  return { peer, minted, hello }
}

test('one hello with 1,024 minted records freezes nothing: a real site is met, also after a restart, and dials are few', async () => {
  const { world, dialled } = await meet()
  const { minted, hello } = attacker(world)
  const victim = world.site('s0')
  // The first takes the name of the site that comes later.
  const passedOn = hello(victim.address, minted(MINTED, 'm', ['s3']))
  await world.time.run(world.time.now + 20_000)
  const names = () => victim.membership?.sites().map(site => site.name) ?? []
  expect(await passedOn).not.toContain('m1')
  expect(names().filter(name => name.startsWith('m'))).toHaveLength(MAX_INTRODUCED_SITES - 1)
  expect(dialled.length).toBeLessThan(400)
  expect(
    world
      .site('s1')
      .membership?.sites()
      .map(site => site.name)
      .sort(),
  ).not.toContain('m1')

  void world.site('s3').start()
  await world.time.run(world.time.now + 10_000)
  for (const name of ['s0', 's1', 's2']) {
    const seen = world.site(name).membership?.site('s3')
    expect(seen, name).toMatchObject({ liveness: 'alive', peerId: world.site('s3').keys.peerId, connection: 'direct' })
  }
  victim.kill()
  void victim.start()
  await world.time.run(world.time.now + 10_000)
  expect(names()).toEqual(['attacker', 's0', 's1', 's2', 's3'])
  expect(victim.membership?.site('s3')).toMatchObject({ liveness: 'alive', peerId: world.site('s3').keys.peerId })
})

test('what nobody has met is forgotten after an hour, what was met is not', async () => {
  const { world } = await meet()
  const { minted, hello, peer } = attacker(world)
  const victim = world.site('s0')
  const names = () => victim.membership?.sites().map(site => site.name) ?? []
  void hello(victim.address, minted(20, 'm'))
  await world.time.run(world.time.now + 10_000)
  peer.die()
  world.site('s2').kill()
  expect(names()).toHaveLength(24)
  await world.time.run(world.time.now + HOUR_MS + 120_000)
  expect(names()).toEqual(['attacker', 's0', 's1', 's2'])
}, 60_000)

test('an operator can have a site forgotten: its name is free for another key', async () => {
  const { world } = await meet()
  const others = ['s0', 's1'].map(name => world.site(name))
  world.site('s2').kill()
  for (const site of others) await site.membership?.forgetSite('s2')
  expect(others.map(site => site.membership?.site('s2'))).toEqual([undefined, undefined])
  await expect(others[0]?.membership?.forgetSite('s2')).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN' })
  await expect(others[0]?.membership?.forgetSite('s0')).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN' })
  const again = world.addSite('s2', addressOf(60), [addressOf(0)], 'another key')
  void again.start()
  await world.time.run(world.time.now + 10_000)
  for (const site of others) {
    expect(site.membership?.site('s2')).toMatchObject({ peerId: again.keys.peerId, liveness: 'alive' })
  }
  others[0]?.kill()
  void others[0]?.start()
  await world.time.run(world.time.now + 10_000)
  expect(others[0]?.membership?.site('s2')?.peerId).toBe(again.keys.peerId)
})

test('refused records of ever new names are told a few times, not each', async () => {
  const { world } = await meet()
  const told: string[] = []
  world.observe({ onChange: (site, change) => void (change.kind === 'refused' && told.push(`${site} ${change.site}`)) })
  const { minted, hello } = attacker(world)
  const s1 = world.site('s1').keys.peerId
  void hello(world.site('s0').address, minted(600, 'm'))
  await world.time.run(world.time.now + 5_000)
  // Claims of names that are taken, by ever new keys.
  const { peer } = world.site('s0')
  for (let i = 0; i < 200; i++) {
    const [signed] = minted(1, `thief${i}`, [`s${i % 3}`])
    const codec = createHeartbeatCodec(world.keys.make('any', 5n))
    if (signed === undefined) throw new Error('one was minted')
    const data = codec.writeGossip({ kind: 'record', signed })
    peer?.receiveGossip(`thief ${i}`, { author: signed.record.peerId, source: s1, data })
  }
  expect(told.length).toBeGreaterThan(0)
  expect(told.length).toBeLessThanOrEqual(16)
})

test('of one author, and of all unknown ones together, only so much gossip is looked at', async () => {
  const { world } = await meet()
  const { minted, hello } = attacker(world)
  void hello(world.site('s0').address, [])
  await world.time.run(world.time.now + 5_000)
  const verdicts: string[] = []
  world.observe({ onGossip: (_site, _message, verdict) => void verdicts.push(verdict) })
  const source = world.site('s1').keys.peerId
  const { peer } = world.site('s0')
  const codec = createHeartbeatCodec(world.keys.make('any', 5n))
  const beat = (number: bigint) => ({
    incarnation: '1900000000000-0000000000000000',
    number,
    recordNumber: 1n,
    sentAt: 1_760_000_000_000,
    intervalMs: 1_000,
    rttMs: {},
    cannotDial: [],
    loadPercent: 0,
    leaves: false,
  })
  for (let i = 1; i <= 500; i++) {
    const data = codec.writeGossip({ kind: 'beat', beat: beat(BigInt(i)) })
    peer?.receiveGossip(`beat ${i}`, { author: 'attacker', source, data })
  }
  const accepted = (): number => verdicts.filter(verdict => verdict === 'accept').length
  expect(accepted()).toBeGreaterThan(0)
  expect(accepted()).toBeLessThanOrEqual(40)
  verdicts.length = 0
  for (const [i, signed] of minted(500, 'm').entries()) {
    const data = codec.writeGossip({ kind: 'record', signed })
    peer?.receiveGossip(`record ${i}`, { author: signed.record.peerId, source, data })
  }
  expect(accepted()).toBeGreaterThan(0)
  expect(accepted()).toBeLessThanOrEqual(40)
})

test('hellos are counted for each peer, however many connections it opens', async () => {
  const { world } = await meet()
  const { hello } = attacker(world)
  const answers = Promise.all(Array.from({ length: 60 }, () => hello(world.site('s0').address, [])))
  await world.time.run(world.time.now + 4_000)
  // 20 at once, and one more for each second that the 60 take; a refusal holds no records.
  const answered = (await answers).filter(records => records.length > 0)
  expect(answered.length).toBeGreaterThanOrEqual(20)
  expect(answered.length).toBeLessThanOrEqual(24)
})

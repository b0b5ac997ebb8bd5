/**
 * What an operator cuts off stays cut off until it ends, whoever dials, and is there again at once when it ends: three real agents on loopback, each
 * with connections to both others.
 */
import { expect, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { allAlive, allConnected, TestPeers, until } from '../../support/peers.ts'
import type { PeerNode } from '../../../src/peer-node.ts'

const listeners = (node: PeerNode): string[] => node.addresses().map(address => address.replace(/\/p2p\/.*$/, ''))
const connectedTo = (node: PeerNode): readonly string[] =>
  [...new Set(node.diagnostics.peers().map(({ site }) => site ?? ''))].toSorted((one, other) => (one < other ? -1 : 1))

async function three(peers: TestPeers): Promise<[PeerNode, PeerNode, PeerNode]> {
  const one = await peers.start('one')
  const two = await peers.start('two', { bootstrap: listeners(one) })
  const third = await peers.start('three', { bootstrap: [...listeners(one), ...listeners(two)] })
  await until([one, two, third], () => allConnected([one, two, third]), 30_000, 'all are connected')
  return [one, two, third]
}

/** What both do to be connected: each dials by name, by address, and asks for a stream. */
async function tryBoth(one: PeerNode, two: PeerNode): Promise<void> {
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    await expect(from.diagnostics.ping(to.membership.self)).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
    for (const address of [...to.addresses(), ...listeners(to)])
      await expect(from.diagnostics.dial(address)).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  }
}

test('a site that is cut off is neither dialled nor let in, while third sites go on; it ends by itself', async () => {
  await using peers = new TestPeers()
  const [one, two, third] = await three(peers)
  const told: string[] = []
  one.membership.onChange(({ kind, site }) => told.push(`${kind} ${site}`))

  one.diagnostics.cuts.cut(['two'], 600_000)
  await until(
    [one, two],
    () => !connectedTo(one).includes('two') && !connectedTo(two).includes('one'),
    2_000,
    'the cut',
  )
  await tryBoth(one, two)
  await expect(one.transport.openStream('two', '/test/echo', AbortSignal.timeout(1_000))).rejects.toThrow(
    /an operator has cut it off from this one, for \d+ s more/,
  )
  expect([connectedTo(one), connectedTo(two), connectedTo(third)]).toEqual([['three'], ['three'], ['one', 'two']])
  // The third tells them of each other, as where one link of a mesh is broken.
  expect(allAlive([one, two, third])).toBe(true)
  expect(one.diagnostics.cuts.list()).toMatchObject([{ site: 'two' }])
  expect(one.diagnostics.cuts.sites()).toEqual(['two'])
  expect(two.diagnostics.problems().map(({ id }) => id)).not.toContain('wrong-mesh-key')

  one.diagnostics.cuts.cut(['two'], 1_000)
  await until([one, two], () => allConnected([one, two, third]), 20_000, 'they are connected again')
  expect(one.diagnostics.cuts.list()).toEqual([])
  expect(told.filter(text => /cut|rejoined/.test(text))).toEqual(['cut two', 'cut two', 'rejoined two'])
}, 60_000)

test('a site that cuts off all stands alone, and is down for the others, until an operator joins it', async () => {
  await using peers = new TestPeers()
  const [one, two, third] = await three(peers)
  one.diagnostics.cuts.cut(undefined, 60_000)
  await until(
    [one, two, third],
    () => [two, third].every(node => node.membership.site('one')?.liveness === 'down'),
    30_000,
    'one is down for the others',
  )
  expect(one.diagnostics.peers()).toEqual([])
  await tryBoth(one, two)
  // Somebody new, too.
  const four = await peers.start('four', { bootstrap: listeners(one) })
  await delay(1_000)
  expect([one.diagnostics.peers(), one.membership.site('four')]).toEqual([[], undefined])
  expect([...two.diagnostics.problems(), ...four.diagnostics.problems()].map(({ id }) => id)).toEqual([])

  expect(() => one.diagnostics.cuts.join(['two'])).toThrow(/joined again together/)
  one.diagnostics.cuts.join(undefined)
  await until([one, two, third], () => allConnected([one, two, third]), 20_000, 'all are connected again')
  await until([one, four], () => allConnected([one, four]), 20_000, 'four is there too')
}, 90_000)

test('what is no site, and no time, is refused and cuts nothing off; a start ends what holds', async () => {
  await using peers = new TestPeers()
  const [one, two] = await three(peers)
  const { cuts } = one.diagnostics
  for (const [sites, forMs, code] of [
    [['two', 'nobody'], 5_000, 'ERR_SITE_UNKNOWN'],
    [['one'], 5_000, 'ERR_SITE_UNKNOWN'],
    [[], 5_000, 'ERR_ADMIN_INPUT'],
    [['two'], 999, 'ERR_ADMIN_INPUT'],
    [['two'], 3_600_001, 'ERR_ADMIN_INPUT'],
    [undefined, Number.NaN, 'ERR_ADMIN_INPUT'],
  ] as const)
    expect(() => cuts.cut(sites, forMs)).toThrow(expect.objectContaining({ code }) as Error)
  expect([cuts.list(), connectedTo(one)]).toEqual([[], ['three', 'two']])

  cuts.cut(['two', 'three'], 60_000)
  cuts.cut(['two'], 30_000)
  expect(cuts.list().map(({ site, since, until: end }) => [site, Math.round((end - since) / 10_000)])).toEqual([
    ['three', 6],
    ['two', 3],
  ])
  cuts.join(['three'])
  expect(cuts.sites()).toEqual(['two'])
  await peers.stop(one)
  const again = await peers.start('one', { bootstrap: listeners(two) })
  await until([again, two], () => allConnected([again, two]), 10_000, 'the next run is connected')
}, 60_000)

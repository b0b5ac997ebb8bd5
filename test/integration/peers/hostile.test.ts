/**
 * Peers that do not belong: another mesh key, another mesh name, rubbish, stolen names, forged and old records by every way
 * in. They get nothing, cost little, and the operator is told.
 */
import { generateKey } from '@libp2p/pnet'
import { multiaddr } from '@multiformats/multiaddr'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { encode } from 'it-length-prefixed'
import { describe, expect, test } from 'vitest'
import { createHeartbeatCodec } from '../../../protocols/heartbeat/codec.ts'
import { HELLO_PROTOCOL } from '../../../protocols/heartbeat/hello.ts'
import { ed25519Keys } from '../../../protocols/heartbeat/keys.ts'
import { HEARTBEAT_LIMITS } from '../../../protocols/heartbeat/limits.ts'
import { eventually, TestHosts } from '../../support/hosts.ts'
import { allAlive, temporaryFolder, TestPeers, until } from '../../support/peers.ts'
import type { SiteRecord } from '../../../src/core/membership/record.ts'
import type { PeerNode } from '../../../src/peer-node.ts'

const listeners = (node: PeerNode): string[] => node.addresses().map(address => address.replace(/\/p2p\/.*$/, ''))
const ids = (node: PeerNode): string[] => node.diagnostics.problems().map(problem => problem.id)

test('another mesh key: refused before anything is said, and the bootstrap status says what is probably wrong', async () => {
  await using folder = await temporaryFolder()
  const keyFile = async (name: string): Promise<string> => {
    const key = new Uint8Array(95)
    generateKey(key)
    const path = join(folder.path, name)
    await writeFile(path, key)
    return path
  }
  await using peers = new TestPeers()
  const meshKey = await keyFile('right')
  const one = await peers.start('one', { meshKey })
  const two = await peers.start('two', { meshKey, bootstrap: listeners(one) })
  const wrong = await peers.start('wrong', { meshKey: await keyFile('wrong'), bootstrap: listeners(one) })
  await until([one, two], () => allAlive([one, two]), 5_000, 'one and two are alive')
  await until([wrong], () => ids(wrong).includes('wrong-mesh-key'), 5_000, 'the problem is reported')
  expect(wrong.diagnostics.bootstrapStatus()).toMatchObject([{ result: 'handshake', site: undefined, attempts: 1 }])
  expect(one.membership.site('wrong')).toBeUndefined()
})

test('another mesh name: refused with a code, the connection is closed, both sides say so', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const other = await peers.start('other', { mesh: 'elsewhere', bootstrap: listeners(one) })
  await until([other], () => ids(other).includes('wrong-mesh'), 5_000, 'the problem is reported')
  expect(other.diagnostics.bootstrapStatus()).toMatchObject([{ result: 'wrong-mesh' }])
  expect(other.diagnostics.problems()[0]?.detail).toContain('mesh "test"')
  expect(one.membership.sites().map(site => site.name)).toEqual(['one'])
  expect(one.membership.siteOfPeer(other.peerId)).toBeUndefined()
  await eventually(() => one.diagnostics.peers().length === 0, 3_000, 'the connection is closed')
})

test('a second agent with a name that is taken is refused by all, and told', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const two = await peers.start('two', { bootstrap: listeners(one) })
  await until([one, two], () => allAlive([one, two]), 5_000, 'one and two are alive')
  const thief = await peers.start('two', { bootstrap: listeners(one) }, { disk: 'thief' })
  await until([thief], () => ids(thief).includes('name-taken'), 5_000, 'the thief is told')
  expect(ids(one)).toContain('name-taken')
  expect(one.membership.site('two')).toMatchObject({ peerId: two.peerId, liveness: 'alive' })
  expect(one.membership.siteOfPeer(thief.peerId)).toBeUndefined()
})

test('a data folder of another site is refused at the start', async () => {
  await using peers = new TestPeers()
  await peers.stop(await peers.start('one'))
  await expect(peers.start('uno', {}, { disk: 'one' })).rejects.toMatchObject({ code: 'ERR_PEER_RENAMED' })
})

/** A libp2p node with the mesh's name and a key of its own, which speaks the protocols by hand. */
async function stranger(hosts: TestHosts, victim: PeerNode) {
  const privateKey = await generateKeyPair('Ed25519')
  const { host, network } = await hosts.start({ privateKey })
  const codec = createHeartbeatCodec(ed25519Keys(privateKey))
  const record = (fields: Partial<SiteRecord>): SiteRecord => ({
    mesh: 'test',
    site: 'stranger',
    peerId: network.peerId,
    addresses: [],
    services: [],
    labels: {},
    version: '0',
    incarnation: '1-0000000000000000',
    number: 1n,
    ...fields,
  })
  const dial = (to = victim) => host.dial(to.addresses().map(address => multiaddr(address)))
  return { host, network, codec, record, dial }
}

describe('a stranger', () => {
  test.each([
    ['random bytes', new Uint8Array(1000).fill(255)],
    ['a frame that is no message', encode.single(new Uint8Array([1, 2, 3])).subarray()],
    ['a frame above the limit', encode.single(new Uint8Array(HEARTBEAT_LIMITS.helloBytes + 1)).subarray()],
  ])('that sends %s as its hello is cut off', async (_what, bytes) => {
    await using peers = new TestPeers()
    await using hosts = new TestHosts()
    const victim = await peers.start('victim')
    const { host, dial } = await stranger(hosts, victim)
    const connection = await dial()
    const stream = await connection.newStream(HELLO_PROTOCOL)
    stream.send(bytes)
    await eventually(() => host.getConnections().length === 0, 5_000, 'the connection is closed')
    expect(victim.membership.sites().map(site => site.name)).toEqual(['victim'])
  })

  test('that says nothing is closed after a while', async () => {
    await using peers = new TestPeers()
    await using hosts = new TestHosts()
    const victim = await peers.start('victim', {}, { times: { tickMs: 25, strangerMs: 300 } })
    const { host, dial } = await stranger(hosts, victim)
    await dial()
    expect(host.getConnections()).toHaveLength(1)
    await eventually(() => host.getConnections().length === 0, 5_000, 'the connection is closed')
  })

  test('gets no gossip heard before its hello', async () => {
    await using peers = new TestPeers()
    await using hosts = new TestHosts()
    const victim = await peers.start('victim')
    const { host, network, codec, record, dial } = await stranger(hosts, victim)
    await dial()
    const subscribed = (): boolean => host.services.gossip.getSubscribers('/cheops/test/beat/1').length > 0
    await eventually(subscribed, 5_000, 'gossip is connected')
    await network.publish(codec.writeGossip({ kind: 'record', signed: codec.signRecord(record({})) }))
    await network.publish(new Uint8Array([1, 2, 3]))
    const pings = async (): Promise<boolean> => (await network.ping(network.connections()[0]?.id ?? '', 1_000)) >= 0
    expect(await pings()).toBe(true)
    expect(victim.membership.site('stranger')).toBeUndefined()
  })
})

test('a member that forges, steals and repeats records by gossip and by the DHT changes nothing', async () => {
  await using peers = new TestPeers()
  await using hosts = new TestHosts()
  const victim = await peers.start('victim')
  const other = await peers.start('other', { bootstrap: listeners(victim) })
  await until([victim, other], () => allAlive([victim, other]), 5_000, 'both are alive')
  const { host, network, codec, record, dial } = await stranger(hosts, victim)
  const connection = await dial()
  const own = codec.signRecord(record({ number: 7n }))
  const hello = codec.writeHello({ mesh: 'test', refusal: undefined, own, others: [] })
  const answer = codec.readHello(await network.hello(connection.id, hello, 3_000))
  const [known] = answer.others
  expect(answer.own?.record.site).toBe('victim')
  // The DHT keeps values for those who have said hello.
  await network.hello((await dial(other)).id, hello, 3_000)
  expect(victim.membership.siteOfPeer(network.peerId)).toBe('stranger')

  const before = victim.membership.site('other')
  const stolen = codec.signRecord(record({ site: 'other', number: 2n ** 60n }))
  const older = codec.signRecord(record({ number: 6n, version: 'older' }))
  const forged = Uint8Array.from(known?.bytes ?? [])
  forged[20] = (forged[20] ?? 0) ^ 1
  const subscribed = (): boolean => host.services.gossip.getSubscribers('/cheops/test/beat/1').length > 0
  await eventually(subscribed, 5_000, 'gossip is connected')
  for (const signed of [stolen, older]) await network.publish(codec.writeGossip({ kind: 'record', signed }))
  const putting = async (site: string, value: Uint8Array) => (await network.putRecord(site, value, 3_000)).stored
  await eventually(async () => (await putting('stranger', own.bytes)) === 2, 5_000, 'both store its own record')
  expect(await putting('other', stolen.bytes)).toBe(0)
  expect(await putting('other', own.bytes)).toBe(0)
  expect(await putting('stranger', older.bytes)).toBe(0)
  expect(await putting('other', forged)).toBe(0)
  expect(await putting('nobody', new Uint8Array(100_000))).toBe(0)

  expect(victim.membership.site('other')).toMatchObject({ peerId: before?.peerId, recordNumber: before?.recordNumber })
  expect(victim.membership.site('stranger')).toMatchObject({ recordNumber: 7n, version: '0' })
  expect(ids(victim)).toContain('name-taken')
  await eventually(
    async () => (await victim.diagnostics.dhtGet('other'))[0]?.peerId === other.peerId,
    5_000,
    'the DHT has the record of the right key',
  )
}, 30_000)

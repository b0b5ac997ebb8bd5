/**
 * Sites that are hard to reach: behind a relay, behind a link that goes silent without closing, only by their own dials,
 * under another address than before, through one that is found in the DHT only.
 */
import { expect, test } from 'vitest'
import { DEFAULT_TIMEOUTS } from '../../../src/config.ts'
import { eventually } from '../../support/hosts.ts'
import { allAlive, TestPeers, until } from '../../support/peers.ts'
import { reservePort } from '../../support/ports.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import type { PeerNode } from '../../../src/peer-node.ts'

const listeners = (node: PeerNode): string[] => node.addresses().map(address => address.replace(/\/p2p\/.*$/, ''))
const connection = (node: PeerNode, site: string) => node.membership.site(site)?.connection

test('a site that listens on nothing is reached through another one', async () => {
  await using peers = new TestPeers()
  const relay = await peers.start('relay', { relay: { serve: true, use: false } })
  const bootstrap = listeners(relay)
  const hidden = await peers.start('hidden', { listen: [], bootstrap, relay: { serve: false, use: true } })
  await until([relay, hidden], () => hidden.addresses().length > 0, 10_000, 'hidden has a relayed address')
  const other = await peers.start('other', { bootstrap, relay: { serve: false, use: true } })
  await hidden.transport.serve('/test/echo', { maxInboundStreams: 8 }, stream => {
    stream.addEventListener('message', event => stream.send(event.data))
  })
  await until(
    [relay, hidden, other],
    () => allAlive([relay, hidden, other]) && connection(other, 'hidden') !== 'none',
    10_000,
    'all alive and connected',
  )
  const stream = await other.transport.openStream('hidden', '/test/echo', AbortSignal.timeout(5_000))
  const echoed = new Promise<number>(resolve => {
    stream.addEventListener('message', event => resolve(event.data.byteLength))
  })
  stream.send(new Uint8Array(1000))
  expect(await echoed).toBe(1000)
}, 40_000)

test('a link that goes silent is replaced once there is a way again, and only then given up', async () => {
  await using peers = new TestPeers()
  const times = { tickMs: 25, pingIntervalMs: 200, pingTimeoutMs: 300, strangerMs: 60_000 }
  const port = await reservePort()
  await using proxy = new TcpProxy({ host: '127.0.0.1', port })
  const bootstrap = [`/ip4/127.0.0.1/tcp/${await proxy.listen()}`]
  // Everybody is told the proxy's address; the far site cannot dial the near one, which listens on nothing.
  const far = await peers.start('far', { listen: [`/ip4/127.0.0.1/tcp/${port}`], announce: bootstrap }, { times })
  const near = await peers.start(
    'near',
    { listen: [], bootstrap, timeouts: { ...DEFAULT_TIMEOUTS, dialMs: 500 } },
    { times },
  )
  await until([far, near], () => allAlive([far, near]), 5_000, 'both are alive')

  proxy.freeze()
  await until([far, near], () => near.membership.site('far')?.liveness === 'down', 5_000, 'far is down')
  expect(near.diagnostics.peers().filter(peer => peer.site === 'far')).not.toHaveLength(0)

  proxy.heal()
  await until([far, near], () => allAlive([far, near]), 10_000, 'both are alive again')
  await eventually(
    () => near.diagnostics.peers().filter(peer => peer.site === 'far').length === 1,
    5_000,
    'the dead connection is gone',
  )
}, 40_000)

test('a site that connects to us and that we cannot dial is named in our beats', async () => {
  await using peers = new TestPeers()
  const times = { tickMs: 25, probeDelayMs: 100, probeIntervalMs: 200, probeTimeoutMs: 200 }
  const one = await peers.start('one', {}, { times })
  // Port 1 is where nobody listens: what an address behind NAT looks like from outside.
  const hidden = await peers.start(
    'hidden',
    { announce: ['/ip4/127.0.0.1/tcp/1'], bootstrap: listeners(one) },
    { times },
  )
  await until(
    [one, hidden],
    () => hidden.membership.site('one')?.cannotDial.includes('hidden') === true,
    5_000,
    'hidden hears that it cannot be dialled',
  )
  expect(one.diagnostics.problems()).toMatchObject([{ id: 'cannot-dial', subject: 'hidden' }])
  expect(one.membership.site('hidden')).toMatchObject({ liveness: 'alive', connection: 'direct' })
})

test('a site that comes back under another port while another one is away is found by that one too', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const bootstrap = listeners(one)
  const two = await peers.start('two', { bootstrap })
  const three = await peers.start('three', { bootstrap })
  await until([one, two, three], () => allAlive([one, two, three]), 5_000, 'all alive')
  await peers.stop(three)
  await peers.stop(two)
  const moved = await peers.start('two', { bootstrap })
  const back = await peers.start('three')
  await until([one, moved, back], () => allAlive([one, moved, back]), 10_000, 'all alive again')
  expect(back.membership.site('two')?.addresses).toEqual(listeners(moved))
  await eventually(
    async () => (await one.diagnostics.dhtGet('two'))[0]?.addresses.join() === listeners(moved).join(),
    5_000,
    'the DHT has the new address',
  )
  expect(await one.diagnostics.dhtFind('two')).toEqual(expect.arrayContaining([expect.stringContaining('127.0.0.1')]))
}, 40_000)

test('services that change are known to all at once', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const two = await peers.start('two', { bootstrap: listeners(one) })
  await until([one, two], () => allAlive([one, two]), 5_000, 'both are alive')
  await two.updateServices([{ name: 'shop', application: 'demo' }])
  await until([one], () => one.membership.site('two')?.services.length === 1, 2_000, 'one knows the service')
  expect(one.membership.catalog().sites.find(site => site.name === 'two')?.services).toEqual(['shop'])
})

test('a stream to a site that is unknown or gone is refused with a code', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const two = await peers.start('two', { bootstrap: listeners(one) })
  await until([one, two], () => allAlive([one, two]), 5_000, 'both are alive')
  expect(one.transport.isConnected('two')).toBe(true)
  const open = (site: string) => one.transport.openStream(site, '/test/none', AbortSignal.timeout(3_000))
  await expect(open('nowhere')).rejects.toMatchObject({ code: 'ERR_SITE_UNKNOWN' })
  await expect(open('two')).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  await peers.stop(two)
  await until([one], () => !one.transport.isConnected('two'), 3_000, 'the connection is gone')
  await expect(open('two')).rejects.toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  expect(one.diagnostics.bootstrapStatus()).toEqual([])
})

test('diagnostics dial, ping and say what they found', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const two = await peers.start('two')
  expect(await one.diagnostics.dial(listeners(two)[0] ?? '')).toEqual({ peerId: two.peerId, site: 'two' })
  expect(await one.diagnostics.ping('two')).toBeGreaterThan(0)
  expect(one.diagnostics.peers()).toMatchObject([{ peerId: two.peerId, site: 'two', relayed: false }])
  await expect(one.diagnostics.dial('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({
    code: 'ERR_SITE_UNREACHABLE',
    meta: { failure: 'refused' },
  })
})

test('a bootstrap address is dialled until somebody listens there, and again when that one was lost', async () => {
  await using peers = new TestPeers()
  const port = await reservePort()
  const address = `/ip4/127.0.0.1/tcp/${port}`
  const one = await peers.start('one', { bootstrap: [address] })
  const status = () => one.diagnostics.bootstrapStatus()[0]
  await eventually(() => (status()?.attempts ?? 0) >= 2, 5_000, 'two attempts')
  expect(status()).toMatchObject({ address, result: 'refused', peerId: undefined, detail: 'nobody listens there' })
  const two = await peers.start('two', { listen: [address] })
  await until([one, two], () => allAlive([one, two]), 10_000, 'both are alive')
  await eventually(() => status()?.result === 'connected', 10_000, 'the status says so')
  expect(status()).toMatchObject({ peerId: two.peerId, site: 'two', detail: 'it is site "two"' })
  await peers.stop(two)
  await eventually(() => status()?.result !== 'connected', 5_000, 'the status says that it is lost')
  const again = await peers.start('two', { listen: [address] })
  await until([one, again], () => allAlive([one, again]), 10_000, 'both are alive again')
}, 40_000)

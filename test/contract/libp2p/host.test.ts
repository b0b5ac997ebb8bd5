/**
 * What the adapter relies on of libp2p, beside gossip and the DHT, on real nodes over loopback: each of these was seen to behave
 * otherwise under the library's defaults. To be run again at every upgrade.
 */
import { generateKey } from '@libp2p/pnet'
import { multiaddr } from '@multiformats/multiaddr'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Gate } from '../../e2e/replication/gate.ts'
import { connect, eventually, TestHosts } from '../../support/hosts.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import type { AddressInfo } from 'node:net'
import type { TestHost } from '../../support/hosts.ts'

const meshKey = (): Uint8Array => {
  const key = new Uint8Array(95)
  generateKey(key)
  return key
}

afterEach(() => vi.restoreAllMocks())

describe('peer store', () => {
  test('remembers addresses for longer than an hour', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    await a.host.peerStore.merge(b.host.peerId, { multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/1')] })
    const now = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(now + 30 * 24 * 3_600_000)
    expect((await a.host.peerStore.get(b.host.peerId)).addresses).toHaveLength(1)
  })

  test('forgets those that are no site once their connections have ended', async () => {
    await using hosts = new TestHosts()
    const [a, b, c] = await Promise.all([hosts.start(), hosts.start(), hosts.start()])
    for (const other of [b, c]) await connect(other, a)
    const known = async (): Promise<string[]> => (await a.host.peerStore.all()).map(peer => peer.id.toString())
    await eventually(async () => (await known()).length >= 2, 3_000, 'both are known')
    a.network.forgetPeers(() => false)
    b.network.close(b.network.connections()[0]?.id ?? '', { force: true })
    c.network.close(c.network.connections()[0]?.id ?? '', { force: true })
    await eventually(() => a.network.connections().length === 0, 3_000, 'the connections have ended')
    expect(await known()).toEqual(expect.arrayContaining([b.network.peerId, c.network.peerId]))
    await eventually(
      async () => {
        a.network.forgetPeers(id => id === b.network.peerId)
        return !(await known()).includes(c.network.peerId)
      },
      3_000,
      'the stranger is forgotten',
    )
    expect(await known()).toContain(b.network.peerId)
  })
})

describe('dial', () => {
  test('over a slow link takes as long as it is given, and one address of several takes half of it', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    await using slow = new Gate(() => '')
    slow.target = Number(/tcp\/(\d+)/.exec(b.addresses[0] ?? '')?.[1])
    // Four and more round trips of the handshake; the host's own bound for a dial is 5 s.
    slow.slowness = { delayMs: 700, loss: 0, seed: 0 }
    const far = `/ip4/127.0.0.1/tcp/${await slow.listen()}`
    const dial = (addresses: readonly string[], timeoutMs: number) =>
      a.network.dial({ peerId: b.network.peerId, addresses, timeoutMs, force: true })
    // It is not known to be anything else than slow.
    expect(await dial([far], 2_000)).toMatchObject({ ok: false, failure: 'unfinished' })
    expect(await dial([far], 30_000)).toMatchObject({ ok: true })
    await using dead = new TcpProxy({ host: '127.0.0.1', port: 1 })
    dead.freeze()
    const nobody = `/ip4/127.0.0.1/tcp/${await dead.listen()}`
    expect(await dial([nobody, ...b.addresses], 4_000)).toMatchObject({ ok: true })
  }, 60_000)

  test('what answers late over a link on which something comes is alive, and what nothing comes over is not', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    await using link = new Gate(() => 'b')
    link.target = Number(/tcp\/(\d+)/.exec(b.addresses[0] ?? '')?.[1])
    const addresses = [`/ip4/127.0.0.1/tcp/${await link.listen()}`]
    const dialled = await a.network.dial({ peerId: b.network.peerId, addresses, timeoutMs: 5_000 })
    const id = dialled.ok ? dialled.connection.id : ''
    link.slowness = { delayMs: 500, loss: 0, seed: 0 }
    // Two round trips, each longer than nothing may come.
    const timeoutMs = 800
    const heard = Promise.withResolvers<void>()
    await a.host.handle('/test/talk', stream => stream.addEventListener('message', () => heard.resolve()))
    await eventually(() => b.host.getConnections().length > 0, 5_000, 'the other end')
    const talking = await b.host.getConnections()[0]?.newStream('/test/talk')
    const talk = setInterval(() => talking?.send(new Uint8Array(1)), 100)
    await heard.promise
    expect(await a.network.ping(id, timeoutMs)).toBeGreaterThan(900)
    clearInterval(talk)
    talking?.abort(new Error('enough'))
    link.holdOutward('b')
    const startedAt = performance.now()
    await expect(a.network.ping(id, timeoutMs)).rejects.toThrow(/too long|not answered/)
    expect(performance.now() - startedAt).toBeLessThan(4 * timeoutMs)
  })

  test('leads only to sites, and to whom the membership dials', async () => {
    await using hosts = new TestHosts()
    const members = new Set<string>()
    const own: TestHost[] = []
    const a = await hosts.start({
      isMember: id => members.has(id),
      isDialled: id => own.some(({ network }) => network.isDialled(id)),
    })
    own.push(a)
    const b = await hosts.start()
    const byAnybody = () => a.host.dial(b.addresses.map(address => multiaddr(address)))
    await expect(byAnybody()).rejects.toThrow('blocked')
    expect(await connect(a, b)).toMatchObject({ ok: true })
    expect(a.network.isDialled(b.network.peerId)).toBe(false)
    a.network.close(a.network.connections()[0]?.id ?? '', { force: true })
    await expect(byAnybody()).rejects.toThrow('blocked')
    members.add(b.network.peerId)
    expect((await byAnybody()).remotePeer.toString()).toBe(b.network.peerId)
  })

  test('an address without a peer ID leads to whoever listens there', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const result = await a.network.dial({ addresses: b.network.addresses(), timeoutMs: 3_000 })
    expect(result).toMatchObject({ ok: true, connection: { peerId: b.network.peerId, direction: 'outbound' } })
  })

  test('failures say what is wrong', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const failure = async (addresses: readonly string[], peerId?: string): Promise<string> => {
      const result = await a.network.dial({ addresses, timeoutMs: 1_000, ...(peerId === undefined ? {} : { peerId }) })
      return result.ok ? 'ok' : result.failure
    }
    const mute = createServer(() => undefined).listen(0, '127.0.0.1')
    const hangUp = createServer(socket => socket.end()).listen(0, '127.0.0.1')
    for (const server of [mute, hangUp])
      if (!server.listening) await new Promise(resolve => server.once('listening', resolve))
    const { port } = mute.address() as AddressInfo
    expect(await failure(['/ip4/127.0.0.1/tcp/1'])).toBe('refused')
    expect(await failure(a.network.addresses())).toBe('self')
    expect(await failure(b.network.addresses(), a.network.peerId)).toBe('self')
    const stranger = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
    expect(await failure(b.network.addresses(), stranger)).toBe('wrong-peer')
    expect(await failure([`/ip4/127.0.0.1/tcp/${port}`])).toBe('unfinished')
    expect(await failure([`/ip4/127.0.0.1/tcp/${(hangUp.address() as AddressInfo).port}`])).toBe('handshake')
    expect(await failure(['/dns4/no-such-host.invalid/tcp/1'])).toBe('unreachable')
    expect(await failure(['/ip4/127.0.0.1/udp/1'])).toBe('no-address')
    mute.close()
    hangUp.close()
  })

  test('many inbound connections of one address in a second are taken', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const results = await Promise.all(Array.from({ length: 20 }, () => connect(a, b, true)))
    expect(results.filter(result => result.ok)).toHaveLength(20)
  })
})

describe('streams', () => {
  test('a reader that pauses for long costs the sender its window and nothing else', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    let received = 0
    let end: (() => void) | undefined
    const ended = new Promise<void>(resolve => (end = resolve))
    await b.host.handle('/test/slow', stream => {
      stream.addEventListener('message', event => (received += event.data.byteLength))
      stream.addEventListener('end', () => end?.())
      stream.pause()
      setTimeout(() => stream.resume(), 500)
    })
    await connect(a, b)
    const stream = await a.host.dialProtocol(b.host.peerId, '/test/slow')
    const total = 24 << 20
    for (let sent = 0; sent < total; sent += 1 << 20) stream.send(new Uint8Array(1 << 20))
    await stream.close({ signal: AbortSignal.timeout(20_000) })
    await ended
    expect(received).toBe(total)
  }, 30_000)

  test('a ping measures the way there and back', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const result = await connect(a, b)
    if (!result.ok) throw new Error('no connection')
    expect(await a.network.ping(result.connection.id, 3_000)).toBeLessThan(1_000)
    b.network.close(b.network.connections()[0]?.id ?? '', { force: true })
    await eventually(() => a.network.connections().length === 0, 3_000, 'closed')
    await expect(a.network.ping(result.connection.id, 3_000)).rejects.toThrow('closed')
  })
})

describe('relay', () => {
  test('leads to a site that listens on nothing, without a limit on data, also with a mesh key', async () => {
    await using hosts = new TestHosts()
    const key = meshKey()
    const relay = await hosts.start({ meshKey: key, relay: { serve: true, use: false } })
    const hidden = await hosts.start({ meshKey: key, listen: [], relay: { serve: false, use: true } })
    const other = await hosts.start({ meshKey: key, relay: { serve: false, use: true } })
    await connect(hidden, relay)
    await eventually(() => hidden.network.addresses().length > 0, 10_000, 'a reservation')
    const target = { peerId: hidden.network.peerId, addresses: hidden.network.addresses() }
    const result = await other.network.dial({ ...target, timeoutMs: 5_000 })
    expect(result).toMatchObject({ ok: true, connection: { relayed: true, peerId: hidden.network.peerId } })

    let received = 0
    await hidden.host.handle(
      '/test/much',
      stream => stream.addEventListener('message', event => (received += event.data.byteLength)),
      { runOnLimitedConnection: true },
    )
    const connection = other.host.getConnections(hidden.host.peerId)[0]
    const stream = await connection?.newStream('/test/much')
    const total = 2 << 20
    for (let sent = 0; sent < total; sent += 1 << 16) stream?.send(new Uint8Array(1 << 16))
    await eventually(() => received === total, 10_000, 'two megabytes, sixteen times the default limit')
  }, 30_000)

  test('over slow links the streams through it grow, and with them all that passes', async () => {
    await using hosts = new TestHosts()
    const relay = await hosts.start({ relay: { serve: true, use: false } })
    const hidden = await hosts.start({ listen: [], relay: { serve: false, use: true } })
    const other = await hosts.start({ relay: { serve: false, use: true } })
    await using link = new Gate(() => '')
    link.target = Number(/tcp\/(\d+)/.exec(relay.addresses[0] ?? '')?.[1])
    link.slowness = { delayMs: 50, loss: 0, seed: 0 }
    const { peerId } = relay.network
    const viaLink = {
      peerId,
      addresses: [`/ip4/127.0.0.1/tcp/${await link.listen()}/p2p/${peerId}`],
      timeoutMs: 10_000,
    }
    for (const { network } of [hidden, other]) expect(await network.dial(viaLink)).toMatchObject({ ok: true })
    await eventually(() => hidden.network.addresses().length > 0, 20_000, 'a reservation')
    const target = { peerId: hidden.network.peerId, addresses: hidden.network.addresses() }
    expect(await other.network.dial({ ...target, timeoutMs: 20_000 })).toMatchObject({ ok: true })
    let received = 0
    await hidden.host.handle(
      '/test/much',
      stream => stream.addEventListener('message', event => (received += event.data.byteLength)),
      { runOnLimitedConnection: true },
    )
    const [connection] = other.host.getConnections(hidden.host.peerId)
    const stream = await connection?.newStream('/test/much', { runOnLimitedConnection: true })
    const total = 4 << 20
    for (let sent = 0; sent < total; sent += 1 << 16)
      if (stream?.send(new Uint8Array(1 << 16)) === false) await stream.onDrain()
    await eventually(() => received === total, 30_000, 'four megabytes')
    const windows = hidden.host
      .getConnections()
      .flatMap(({ streams }) => streams)
      .filter(({ protocol }) => protocol.includes('/circuit/relay/'))
      .map(relayed => (relayed as unknown as { recvWindow: number }).recvWindow)
    expect(Math.max(...windows), `windows of ${windows.length} streams through the relay`).toBeGreaterThan(256 * 1024)
  }, 60_000)
})

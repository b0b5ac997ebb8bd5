/** What the adapter relies on of gossipsub, on real nodes over loopback; to be run again at every upgrade. */
import { describe, expect, test } from 'vitest'
import { connect, eventually, TestHosts } from '../../support/hosts.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import type { TestHost } from '../../support/hosts.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (string: string): Uint8Array => new TextEncoder().encode(string)

describe('gossip', () => {
  test('reaches all peers behind one address, signed by its author', async () => {
    await using hosts = new TestHosts()
    const [a, ...others] = await Promise.all([1, 2, 3, 4, 5].map(() => hosts.start()))
    if (a === undefined) return
    const received: string[] = []
    for (const other of others) {
      other.network.onGossip(({ author, data }) => {
        received.push(`${author} ${text(data)}`)
        return 'accept'
      })
      await connect(other, a)
    }
    await eventually(() => a.host.services.gossip.getPeers().length === 4, 3_000, 'four peers')
    await eventually(
      () => a.host.services.gossip.getSubscribers('/cheops/test/beat/1').length === 4,
      3_000,
      'four subscribers',
    )
    await a.network.publish(bytes('hello'))
    await eventually(() => received.length === 4, 3_000, 'four messages')
    expect(new Set(received)).toEqual(new Set([`${a.network.peerId} hello`]))
  })

  test('publishing alone is no error', async () => {
    await using hosts = new TestHosts()
    const a = await hosts.start()
    await expect(a.host.services.gossip.publish('/cheops/test/beat/1', bytes('x'))).resolves.toBeDefined()
  })

  test('goes on when the one of two connections that carried it is closed', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const received: string[] = []
    b.network.onGossip(({ data }) => {
      received.push(text(data))
      return 'accept'
    })
    let sent = 0
    const arrives = async (): Promise<void> => {
      const before = received.length
      await eventually(
        () => {
          void a.network.publish(bytes(`m${sent++}`))
          return received.length > before
        },
        5_000,
        'a message arrives',
      )
    }
    const first = await connect(a, b)
    await arrives()
    await connect(a, b, true)
    if (first.ok) a.network.close(first.connection.id, { force: false })
    await eventually(() => b.network.connections().length === 1, 3_000, 'one connection is left')
    const before = received.length
    await arrives()
    expect(received.length).toBeGreaterThan(before)
  })
})

describe('gossip after a cut', () => {
  test('a stream that ends long after it was followed by another takes nothing with it', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([hosts.start(), hosts.start()])
    const received = { a: 0, b: 0 }
    for (const [name, { network }] of [
      ['a', a],
      ['b', b],
    ] as const)
      network.onGossip(() => {
        received[name]++
        return 'accept'
      })
    let sent = 0
    const hears = async (name: 'a' | 'b', from: TestHost): Promise<void> => {
      const before = received[name]
      const arrived = (): boolean => {
        void from.network.publish(bytes(`m${sent++}`))
        return received[name] > before
      }
      await eventually(arrived, 5_000, `${name} hears the other`)
    }
    const port = Number(/tcp\/(\d+)/.exec(b.network.addresses()[0] ?? '')?.[1])
    await using proxy = new TcpProxy({ host: '127.0.0.1', port })
    const through = `/ip4/127.0.0.1/tcp/${await proxy.listen()}`
    const peerId = b.network.peerId
    const old = await a.network.dial({ peerId, addresses: [through], timeoutMs: 3_000 })
    if (!old.ok) throw new Error(old.detail)
    await hears('a', b)
    await hears('b', a)
    const [oldOfB] = b.network.connections()
    // A cut: what a does to the connection, b does not learn.
    proxy.freeze()
    await connect(a, b, true)
    a.network.close(old.connection.id, { force: true })
    // gossipsub has ended its side of the old stream.
    const isFollowed = (): boolean =>
      b.host
        .getConnections()
        .filter(({ id }) => id === oldOfB?.id)
        .flatMap(({ streams }) => streams)
        .some(({ protocol, writeStatus }) => protocol?.includes('meshsub') === true && writeStatus === 'closed')
    await eventually(isFollowed, 3_000, 'a new stream has followed the old one')
    // What a subscribes to goes over the same connection as these.
    for (let n = 0; n < 3; n++) await a.network.ping(a.network.connections()[0]?.id ?? '', 3_000)
    // And now it finds that the old one is dead.
    b.network.close(oldOfB?.id ?? '', { force: true })
    await eventually(() => b.network.connections().length === 1, 3_000, 'one connection is left')
    await hears('a', b)
    await hears('b', a)
    expect(b.host.services.gossip.getSubscribers('/cheops/test/beat/1').map(String)).toEqual([a.network.peerId])
  })
})

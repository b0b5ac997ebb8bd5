/**
 * Handshakes that somebody begins and does not finish, for which no key is needed: newcomers get in all the same, from the
 * same address too, and what says nothing is closed soon. Real sockets on loopback.
 */
import { generateKey } from '@libp2p/pnet'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { MAX_CONNECTIONS } from '../../../src/adapters/libp2p/host.ts'
import { MAX_PENDING_OF_ADDRESS } from '../../../src/adapters/libp2p/pending-inbound.ts'
import { tcpTarget } from '../../../src/adapters/libp2p/tcp-probe.ts'
import { eventually, TestHosts } from '../../support/hosts.ts'
import type { Socket } from 'node:net'
import type { TestHost } from '../../support/hosts.ts'

/** Connections to a host that say `bytes` and nothing more. Closed at the end. */
class Crowd implements Disposable {
  readonly #sockets: Socket[] = []

  async add(to: TestHost, from: string, count: number, bytes?: Uint8Array): Promise<void> {
    const target = tcpTarget(to.addresses[0] ?? '')
    if (target === undefined) throw new Error('the host listens on TCP')
    for (let i = 0; i < count; i++) {
      const socket = connect({ ...target, localAddress: from })
      socket.on('error', () => undefined)
      this.#sockets.push(socket)
      await once(socket, 'connect')
      if (bytes !== undefined) socket.write(bytes)
    }
  }

  get open(): number {
    return this.#sockets.filter(socket => socket.readyState === 'open').length
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

async function twoMembers(hosts: TestHosts) {
  const meshKey = new Uint8Array(95)
  generateKey(meshKey)
  const [member, newcomer] = await Promise.all([hosts.start({ meshKey }), hosts.start({ meshKey })])
  const join = () => newcomer.network.dial({ addresses: member.addresses, timeoutMs: 3_000, force: true })
  return { member, join }
}

test.each([
  ['silent', undefined],
  ['that send rubbish', randomBytes(60)],
])('hundreds of connections %s keep nobody out', async (_what, bytes) => {
  await using hosts = new TestHosts()
  using crowd = new Crowd()
  const { member, join } = await twoMembers(hosts)
  // Below the rate at which the library takes connections of one address.
  for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) await crowd.add(member, from, 200, bytes)
  expect(await join()).toMatchObject({ ok: true })
  await eventually(() => crowd.open <= 3 * MAX_PENDING_OF_ADDRESS, 3_000, 'each address has its share')
})

test('all addresses together have a bound too', async () => {
  await using hosts = new TestHosts()
  using crowd = new Crowd()
  const { member, join } = await twoMembers(hosts)
  for (let i = 2; i < 14; i++) await crowd.add(member, `127.0.0.${i}`, 100)
  expect(await join()).toMatchObject({ ok: true })
  await eventually(() => crowd.open <= MAX_CONNECTIONS / 2, 3_000, 'the oldest are closed')
})

test('a connection on which nothing is said is closed within seconds', async () => {
  await using hosts = new TestHosts()
  using crowd = new Crowd()
  const { member, join } = await twoMembers(hosts)
  await crowd.add(member, '127.0.0.1', 5)
  const joined = await join()
  await eventually(() => crowd.open === 0, 8_000, 'the silent ones are closed')
  if (!joined.ok) throw new Error(joined.detail)
  expect(member.network.connections()).toHaveLength(1)
})

/** Of two connections to the same peer one is closed unless something is under way on it; what goes on over the other one by itself is none. */
import { expect, test } from 'vitest'
import { connect, eventually, TestHosts } from '../../support/hosts.ts'

test.for([
  ['a conversation of sync', '/cheops/sync/1.0.0', 1],
  ['a forwarded request', '/cheops/forward/1.0.0', 2],
] as const)('with %s on the one that is to be closed', async ([, protocol, left]) => {
  await using hosts = new TestHosts()
  const [a, b] = await Promise.all([hosts.start(), hosts.start()])
  await b.host.handle(protocol, () => undefined)
  const first = await connect(a, b)
  const second = await connect(a, b, true)
  if (!first.ok || !second.ok) throw new Error('not connected')
  const stream = await a.network.connection(first.connection.id)?.newStream(protocol)
  a.network.close(first.connection.id, { force: false })
  // Whether it stays is known once as much has happened on the other one.
  for (let n = 0; n < 3; n++) await a.network.ping(second.connection.id, 3_000)
  await eventually(() => b.network.connections().length === left, 3_000, `${left} connections are left`)
  expect(stream?.status === 'open').toBe(left === 2)
})

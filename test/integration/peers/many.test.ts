/**
 * Eight agents in one process over libp2p's memory transport: a larger mesh than the other tests have, each agent knowing one
 * bootstrap address only, all real but the sockets.
 */
import { memory } from '@libp2p/memory'
import { expect, test } from 'vitest'
import { allAlive, allConnected, TestPeers, until } from '../../support/peers.ts'

const COUNT = 8

test(`${COUNT} agents that know one of them find each other, and see two of them leave`, async () => {
  await using peers = new TestPeers()
  const address = (i: number): string => `/memory/cheops-many-${i}`
  const nodes = await Promise.all(
    Array.from({ length: COUNT }, (_, i) =>
      peers.start(
        `site${i}`,
        { listen: [address(i)], bootstrap: i === 0 ? [] : [address(0)], heartbeat: { intervalMs: 200 } },
        { transports: [memory()] },
      ),
    ),
  )
  await until(nodes, () => allConnected(nodes), 20_000, 'all alive and connected')
  for (const node of nodes) {
    expect(node.diagnostics.problems()).toEqual([])
  }
  const [first, second, ...rest] = nodes
  if (first === undefined || second === undefined) throw new Error('eight were started')
  await Promise.all([peers.stop(first), peers.stop(second)])
  const gone = (): boolean =>
    rest.every(node => ['site0', 'site1'].every(site => node.membership.site(site)?.liveness === 'down'))
  await until(rest, gone, 20_000, 'the two are down')
  expect(allAlive(rest)).toBe(true)
}, 60_000)

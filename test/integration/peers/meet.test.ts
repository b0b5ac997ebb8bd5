/**
 * Agents find each other: three peers over TCP that know one bootstrap address, one that leaves and comes back, also under
 * another port. Real libp2p nodes in this process, with a beat every 100 ms.
 */
import { expect, test } from 'vitest'
import { allAlive, allConnected, TestPeers, until } from '../../support/peers.ts'
import type { PeerNode } from '../../../src/peer-node.ts'

const address = (node: PeerNode): string => node.addresses()[0] as string
const withoutPeer = (node: PeerNode): string => address(node).replace(/\/p2p\/.*$/, '')
const liveness = (node: PeerNode, site: string) => node.membership.site(site)?.liveness

test('three agents that know one address find each other within 3 s, and stay when one is killed and returns', async () => {
  await using peers = new TestPeers()
  const startedAt = performance.now()
  const one = await peers.start('one')
  const bootstrap = [withoutPeer(one)]
  const [two, three] = await Promise.all([
    peers.start('two', { bootstrap, labels: { region: 'eu' } }, { services: [{ name: 'shop', application: 'demo' }] }),
    peers.start('three', { bootstrap }),
  ])
  await until([one, two, three], () => allConnected([one, two, three]), 3_000, 'all alive and connected')
  expect(performance.now() - startedAt).toBeLessThan(3_000 + 2_000)
  expect(three.membership.site('two')).toMatchObject({
    labels: { region: 'eu' },
    services: [{ name: 'shop', application: 'demo' }],
    connection: 'direct',
  })
  expect(three.membership.siteOfPeer(two.peerId)).toBe('two')

  await peers.kill(two)
  await until([one, three], () => liveness(one, 'two') === 'suspect', 2_000, 'two is suspect')
  await until([one, three], () => liveness(three, 'two') === 'down', 3_000, 'two is down')

  const again = await peers.start('two', { bootstrap })
  await until([one, three, again], () => allAlive([one, again, three]), 3_000, 'two is alive again')
  expect(again.peerId).toBe(two.peerId)
  expect(three.membership.site('two')?.addresses).not.toEqual(two.addresses())
}, 30_000)

/**
 * A holder of the mesh key who mints a thousand records in one hello, over real connections and with real signatures: few of
 * the addresses that it invents are dialled, and a site that comes later is known, also after a restart.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createHeartbeatCodec } from '../../../protocols/heartbeat/codec.ts'
import { ed25519Keys } from '../../../protocols/heartbeat/keys.ts'
import { eventually, TestHosts } from '../../support/hosts.ts'
import { allConnected, TestPeers, until } from '../../support/peers.ts'
import type { AddressInfo } from 'node:net'
import type { SignedRecord } from '../../../src/core/membership/record.ts'

const MINTED = 1_000
/** Addresses by hearsay: those that are dialled at once, and 4 a second for as long as the test takes at the most. */
const MAX_DIALS = 256 + 4 * 30

async function mint(site: string, addresses: readonly string[]): Promise<SignedRecord> {
  const keys = ed25519Keys(await generateKeyPair('Ed25519'))
  return createHeartbeatCodec(keys).signRecord({ ...RECORD, site, addresses, peerId: keys.peerIdOf(keys.publicKey) })
}
const RECORD = {
  mesh: 'test',
  services: [],
  labels: {},
  version: '0',
  incarnation: '1-0000000000000000',
  number: 1n,
}

test('one hello freezes no mesh and makes nobody a scanner', async () => {
  await using peers = new TestPeers()
  await using hosts = new TestHosts()
  let dials = 0
  const target = createServer(socket => {
    dials += 1
    socket.on('error', () => undefined).destroy()
  }).listen(0, '0.0.0.0')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const invented = Array.from({ length: 8 }, (_, i) => `/ip4/127.0.0.${i + 1}/tcp/${port}`)
  const victim = await peers.start('site1')

  const privateKey = await generateKeyPair('Ed25519')
  const { host, network } = await hosts.start({ privateKey })
  const codec = createHeartbeatCodec(ed25519Keys(privateKey))
  const own = codec.signRecord({ ...RECORD, site: 'mallory', addresses: [], peerId: network.peerId })
  // One of them has the name of the site that comes later.
  const names = Array.from({ length: MINTED }, (_, i) => (i === 0 ? 'site4' : `minted${i}`))
  const others = await Promise.all(names.map(name => mint(name, invented)))
  const connection = await host.dial(victim.addresses().map(address => multiaddr(address)))
  await network.hello(connection.id, codec.writeHello({ mesh: 'test', refusal: undefined, own, others }), 10_000)
  expect(victim.membership.sites().length).toBe(2 + 256)
  await eventually(() => dials >= 200, 10_000, 'some of them are dialled')

  const site4 = await peers.start('site4', { bootstrap: victim.addresses() })
  await until([victim, site4], () => allConnected([victim, site4]), 10_000, 'the real site4 is met')
  expect(victim.membership.site('site4')?.peerId).toBe(site4.peerId)
  expect(
    site4.membership
      .sites()
      .map(site => site.name)
      .filter(name => name.startsWith('minted')),
  ).toEqual([])

  await peers.stop(victim)
  const again = await peers.start('site1', { bootstrap: site4.addresses() })
  await until([again, site4], () => allConnected([again, site4]), 10_000, 'site1 is back')
  expect(again.membership.site('site4')?.peerId).toBe(site4.peerId)
  expect(again.membership.site('minted1')).toBeUndefined()
  expect(dials).toBeLessThanOrEqual(MAX_DIALS)
  await again.diagnostics.forgetSite('mallory')
  expect(again.membership.site('mallory')).toBeUndefined()
  target.close()
}, 60_000)

/**
 * Start and stop: a port that is taken fails cleanly, stopping twice is nothing, and nothing of a peer that has stopped is left
 * open; the others learn at once that it has.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_TIMEOUTS } from '../../../src/config.ts'
import { eventually } from '../../support/hosts.ts'
import { allAlive, allConnected, TestPeers, until } from '../../support/peers.ts'
import type { PeerNode } from '../../../src/peer-node.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'

/** For what takes a moment, on a machine that is busy. */
const WITHIN_MS = 30_000

test('a port that is taken is an error with a code, and nothing is left running', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  const listen = one.addresses().map(address => address.replace(/\/p2p\/.*$/, ''))
  await expect(peers.start('two', { listen })).rejects.toMatchObject({ code: 'ERR_PEER_LISTEN' })
  const two = await peers.start('two')
  expect(two.addresses()).toHaveLength(1)
})

test('stopping twice does nothing', async () => {
  await using peers = new TestPeers()
  const one = await peers.start('one')
  await Promise.all([one.stop(), one.stop()])
  await one.stop()
  expect(one.diagnostics.peers()).toEqual([])
})

test('the key is made once, for its owner only, and makes the peer the same one again', async () => {
  await using peers = new TestPeers()
  const first = await peers.start('one')
  const file = join(await peers.folder('one'), 'peer.key')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await peers.stop(first)
  const second = await peers.start('one')
  expect(second.peerId).toBe(first.peerId)
  expect(second.membership.site('one')?.recordNumber).toBeGreaterThan(first.membership.site('one')?.recordNumber ?? 0n)
})

test('what a peer has opened is closed when it has stopped, so that a process can end by itself', async () => {
  await using peers = new TestPeers()
  const open = (): string[] => process.getActiveResourcesInfo().filter(kind => !kind.startsWith('Immediate'))
  const before = open().length
  const one = await peers.start('one', {}, { inMemory: false })
  const two = await peers.start('two', { bootstrap: one.addresses() }, { inMemory: false })
  await until([one, two], () => allAlive([one, two]), 5_000, 'both are alive')
  expect(open().length).toBeGreaterThan(before)
  await peers.stop(one)
  await peers.stop(two)
  await eventually(() => open().length <= before, 5_000, `as few resources as before: ${open().join(' ')}`)
})

test('who stops in order says so: the others show it at once, whom it met or not, and see it again when it is back', async () => {
  await using peers = new TestPeers()
  // Beats so seldom that silence would say nothing for minutes.
  const config = { heartbeat: { intervalMs: 60_000 } }
  const deps = { times: { goodbyeMs: WITHIN_MS } }
  const one = await peers.start('one', config, deps)
  const listen = one.addresses().map(address => address.replace(/\/p2p\/.*$/, ''))
  const two = await peers.start('two', { ...config, bootstrap: listen }, deps)
  const isAway = (node: PeerNode): boolean => {
    const { liveness, reason } = node.membership.site('three') ?? {}
    return liveness === 'down' && reason === 'left: stopped in order'
  }
  for (const round of [1, 2, 3]) {
    const three = await peers.start('three', { ...config, bootstrap: listen }, deps)
    await until([one, two, three], () => allConnected([one, two, three]), WITHIN_MS, `all are alive, ${round}`)
    await peers.stop(three)
    await until([one, two], () => isAway(one) && isAway(two), WITHIN_MS, `both know that it has left, ${round}`)
    expect(one.membership.catalog().sites.find(({ name }) => name === 'three')?.liveness).toBe('down')
  }
}, 240_000)

test('who stops waits for nobody that was asked and is silent', async () => {
  await using peers = new TestPeers()
  await using silent = new TcpProxy({ host: '127.0.0.1', port: 1 })
  const address = `/ip4/127.0.0.1/tcp/${await silent.listen()}`
  silent.freeze()
  // Its dial is under way from the start on, and would last as long as it may.
  const dialMs = 600_000
  const peer = await peers.start('site1', { bootstrap: [address], timeouts: { ...DEFAULT_TIMEOUTS, dialMs } })
  await peers.stop(peer)
  expect(peer.diagnostics.peers()).toEqual([])
}, 20_000)

/**
 * Agents with different keys of the mesh, or one without any, do not wait for each other: each dial ends in the handshake, as soon as both have spoken.
 * What a wrong key makes of the first bytes is random, so there are many dials; libp2p nodes as agents have them, on loopback.
 */
import { generateKey } from '@libp2p/pnet'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { tcpTarget } from '../../../src/adapters/libp2p/tcp-probe.ts'
import { TestHosts } from '../../support/hosts.ts'
import type { TestHost } from '../../support/hosts.ts'

function newKey(): Uint8Array {
  const key = new Uint8Array(95)
  generateKey(key)
  return key
}

/** A fifth of the dials would not be finished: that none of so many is shows something. */
const DIALS = 24
/** Longer than all of them take. */
const DIAL_TIMEOUT_MS = 20_000

async function failures(from: TestHost, to: TestHost): Promise<string[]> {
  const found = new Set<string>()
  for (let i = 0; i < DIALS; i++) {
    const result = await from.network.dial({ addresses: to.addresses, timeoutMs: DIAL_TIMEOUT_MS })
    found.add(result.ok ? 'connected' : result.failure)
  }
  return [...found]
}

test.each([
  ['another key', newKey(), newKey()],
  ['no key to one that has one', undefined, newKey()],
  ['a key to one that has none', newKey(), undefined],
])('who dials with %s is sent away at once', async (_what, ours, theirs) => {
  await using hosts = new TestHosts()
  const from = await hosts.start({ meshKey: ours })
  const to = await hosts.start({ meshKey: theirs })
  expect(await failures(from, to)).toEqual(['handshake'])
})

test.each([
  ['one key', newKey()],
  ['no key', undefined],
])('agents with %s connect', async (_what, meshKey) => {
  await using hosts = new TestHosts()
  const from = await hosts.start({ meshKey })
  const to = await hosts.start({ meshKey })
  expect(await from.network.dial({ addresses: to.addresses, timeoutMs: DIAL_TIMEOUT_MS })).toMatchObject({ ok: true })
})

test('what promises more than it says is not waited for', async () => {
  await using hosts = new TestHosts()
  const { addresses } = await hosts.start()
  const target = tcpTarget(addresses[0] ?? '')
  if (target === undefined) throw new Error('the host listens on TCP')
  const socket = connect(target)
  const ended = new Promise<string>(resolve => {
    socket.once('error', () => resolve('ended')).once('close', () => resolve('ended'))
  })
  // The length of a hundred bytes, and one of them.
  socket.write(Buffer.from([100, 1]))
  const late = new Promise<string>(resolve => setTimeout(() => resolve('waits'), DIAL_TIMEOUT_MS).unref())
  expect(await Promise.race([ended, late])).toBe('ended')
})

/** Who is refused is told again each time it comes, at a rate: the arithmetic of that, by a clock of the test's own. */
import { expect, test } from 'vitest'
import { RefusedPeers } from '../../../../src/adapters/libp2p/refused-peers.ts'

test('a refused peer is let in eight times at once, then once a second, and as before after a while', () => {
  let now = 1_000
  const refused = new RefusedPeers(() => now)
  /** How often it is let in until it is not. */
  const told = (peerId: string): number => {
    let times = 0
    for (; times < 100 && !refused.has(peerId); times++) refused.add(peerId)
    return times
  }
  expect([told('a'), told('a'), told('b')]).toEqual([8, 0, 8])
  now += 999
  expect(told('a')).toBe(0)
  now += 1
  expect([told('a'), told('a')]).toEqual([1, 0])
  now += 8_000
  expect(told('a')).toBe(8)
})

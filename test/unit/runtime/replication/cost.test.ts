/**
 * What a write costs: how many entries are told to others. Counted in the codec, of sites in the simulated world.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { syncCodec } from '../../../../protocols/sync/codec.ts'
import { ABC, Lab } from './lab.ts'

let lab: Lab
/** Entries that were read, by kind. */
let told: Record<string, number>

beforeEach(async () => {
  told = {}
  const { decodeEntry } = syncCodec
  vi.spyOn(syncCodec, 'decodeEntry').mockImplementation(bytes => {
    const entry = decodeEntry(bytes)
    told[entry.kind] = (told[entry.kind] ?? 0) + 1
    return entry
  })
  lab = await Lab.of(['a', 'b', 'c'])
})
afterEach(() => {
  vi.restoreAllMocks()
  lab.assertSound()
})

test('a create is told to each other member once, by its origin', async () => {
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 }, c: { id: 'x', n: 0 } })
  expect(told).toEqual({ operation: 2, acknowledgement: 4, outcome: 2 })
})

test('a create whose origin is cut off from a member comes to it by another', async () => {
  lab.world.wire.cut('a', 'c')
  lab.world.wire.cut('c', 'a')
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(30_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 0 }, b: { id: 'x', n: 0 }, c: { id: 'x', n: 0 } })
})

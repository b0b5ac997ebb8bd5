/**
 * When what a client has seen at one site is in effect at another: real replicators in the simulated world, asked as the ingress asks
 * them for `Cheops-Context`.
 */
import { afterEach, expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { Dot } from '../../../../../src/core/oplog/index.ts'

let lab: Lab
const AB = { members: ['a', 'b'] }
afterEach(() => lab.assertSound())

/** Writes, and gives back which operation it was. */
async function wrote(site: string, request: string, body?: object, more = {}): Promise<Dot> {
  const { accepted } = await lab.ask(site, request, body, more)
  const dot = accepted?.operation
  if (dot === undefined) throw new Error(`${request} at ${site} was not accepted`)
  return dot
}

test('at once where it was written, at another when it is in effect there, and not before', async () => {
  lab = await Lab.of(['a', 'b'])
  await wrote('a', 'POST /items', { id: 'x', n: 1 }, AB)
  await lab.pass(5_000)
  lab.cut('b')
  const dot = await wrote('a', 'PUT /items/x', { n: 2 })
  expect(await lab.settled('a', 'x', [dot], 0)).toBe('settled')
  expect(await lab.seen('a', 'x')).toEqual([dot])
  expect(await lab.settled('b', 'x', [dot], 3)).toBe('unsettled')
  lab.world.wire.healAll()
  expect(await lab.settled('b', 'x', [dot], 50)).toBe('settled')
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2 })
  expect(await lab.seen('b', 'x')).toEqual([dot])
})

test('a site that has not heard of the resource waits for it; a delete is in effect like any other', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.cut('b')
  const created = await wrote('a', 'POST /items', { id: 'x', n: 1 }, AB)
  expect(await lab.settled('b', 'x', [created], 1)).toBe('unsettled')
  lab.world.wire.healAll()
  expect(await lab.settled('b', 'x', [created], 50)).toBe('settled')
  const deleted = await wrote('a', 'DELETE /items/x')
  expect(await lab.settled('b', 'x', [deleted], 50)).toBe('settled')
  expect(lab.read('b', 'x')).toBeUndefined()
})

test('what was patched on both sides of a cut: a read shows both, and is in effect elsewhere only with both', async () => {
  lab = await Lab.of(['a', 'b'])
  await wrote('a', 'POST /items', { id: 'x', n: 1 }, AB)
  await lab.pass(5_000)
  lab.cut('b')
  const one = await wrote('a', 'PATCH /items/x', { f: 1 })
  const two = await wrote('b', 'PATCH /items/x', { g: 2 })
  expect(await lab.settled('a', 'x', [one, two], 1)).toBe('unsettled')
  await lab.heal()
  expect(await lab.seen('a', 'x')).toHaveLength(2)
  expect(await lab.settled('a', 'x', [one, two], 0)).toBe('settled')
})

test('what its origin has lost before anybody had it is lost, once the origin has told all that it has', async () => {
  lab = await Lab.of(['a', 'b'])
  await wrote('a', 'POST /items', { id: 'x', n: 1 }, AB)
  await lab.pass(5_000)
  const { disk } = lab.world.site('a').machine
  const backup = disk.copy()
  lab.cut('b')
  const dot = await wrote('a', 'PUT /items/x', { n: 2 })
  await lab.until(lab.world.site('a').restart(10, () => disk.restore(backup)))
  // Nobody can tell b that it is lost.
  expect(await lab.settled('b', 'x', [dot], 1)).toBe('unsettled')
  lab.world.wire.healAll()
  expect(await lab.settled('b', 'x', [dot], 20)).toBe('lost')
  expect(await lab.settled('a', 'x', [dot], 0)).toBe('lost')
})

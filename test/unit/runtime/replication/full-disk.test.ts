/**
 * A site whose disk is nearly full takes nothing new, of clients or of others, and loses nothing: it says so, takes deletions, and is brought up to
 * date by itself once there is room.
 */
import { expect, test } from 'vitest'
import { ABC, Lab } from './lab.ts'

async function labWithItems(): Promise<Lab> {
  const lab = await Lab.of(['a', 'b', 'c'])
  for (const id of ['x', 'y']) await lab.ask('a', 'POST /items', { id, n: 0 }, ABC)
  await lab.pass(5_000)
  return lab
}

test('clients are told before their application is asked; deletions are taken, and an earlier request is known', async () => {
  const lab = await labWithItems()
  const first = await lab.ask('b', 'PATCH /items/x', { k: 1 }, { key: 'once' })
  await lab.pass(2_000)
  lab.full.add('b')
  const before = lab.effects('b', 'x').length
  for (const [request, body, more] of [
    ['PUT /items/x', { n: 1 }, {}],
    ['PATCH /items/x', { n: 1 }, {}],
    ['POST /items', { id: 'z', n: 1 }, ABC],
  ] as const)
    expect((await lab.ask('b', request, body, more)).code, request).toBe('ERR_STORE_SPACE')
  expect(lab.effects('b', 'x')).toHaveLength(before)
  expect(lab.all('z')).toEqual({ a: undefined, b: undefined, c: undefined })
  const again = await lab.ask('b', 'PATCH /items/x', { k: 1 }, { key: 'once' })
  expect(again.accepted).toMatchObject({ isRepeated: true, operation: first.accepted?.operation })
  expect((await lab.ask('b', 'DELETE /items/y')).code).toBeUndefined()
  await lab.pass(5_000)
  expect(lab.all('y')).toEqual({ a: undefined, b: undefined, c: undefined })
  lab.assertSound()
})

test('members and records are refused too, but whoever leaves may', async () => {
  const lab = await labWithItems()
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(2_000)
  lab.full.add('b')
  await expect(lab.changeMembers('b', 'x', ['c'], [])).rejects.toMatchObject({ code: 'ERR_STORE_SPACE' })
  await lab.changeMembers('b', 'x', [], ['b'])
  expect(() => lab.replicators.get('b')?.checkRoom()).toThrow(expect.objectContaining({ code: 'ERR_STORE_SPACE' }))
})

test('what others write waits with them for as long as it takes, also where links break meanwhile, and comes once there is room', async () => {
  const lab = await labWithItems()
  lab.full.add('b')
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.ask('c', 'POST /items', { id: 'z', n: 1 }, ABC)
  await lab.pass(120_000)
  lab.cut('b')
  await lab.pass(30_000)
  await lab.heal(120_000)
  await lab.ask('a', 'PATCH /items/x', { k: 2 })
  await lab.pass(10_000)
  expect(lab.read('b', 'x'), 'it was taken though there was no room').toMatchObject({ n: 0 })
  expect(lab.read('b', 'z')).toBeUndefined()
  expect(lab.peers('a').find(({ site }) => site === 'b')?.outbox).toBeGreaterThan(0)
  lab.full.delete('b')
  await lab.pass(10_000)
  expect(lab.all('x')).toEqual({ a: lab.read('a', 'x'), b: lab.read('a', 'x'), c: lab.read('a', 'x') })
  expect(lab.read('b', 'x')).toMatchObject({ n: 1, k: 2 })
  expect(lab.read('b', 'z')).toMatchObject({ n: 1 })
  expect((await lab.ask('b', 'PUT /items/x', { n: 3 })).code).toBeUndefined()
  lab.assertSound()
})

test('what waits is told once, however long it waits', async () => {
  const lab = await labWithItems()
  lab.full.add('b')
  for (let n = 1; n <= 20; n++) await lab.ask('a', 'PATCH /items/x', { [`k${n}`]: n })
  await lab.pass(10_000)
  const before = lab.toldTo('a', 'b')
  await lab.pass(600_000)
  expect(lab.toldTo('a', 'b') - before, 'entries that were told again').toBe(0)
  lab.full.delete('b')
  await lab.pass(10_000)
  expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
})

/**
 * Writes that have lost are settled: by whoever writes the whole resource at any member, or deletes it, and by an operator, who keeps
 * what counts or has the lost write carried out again. Real replicators in the simulated world; conflicts are looked at on every site.
 */
import { afterEach, expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

/** Where "x" has what all members wrote while they were apart: b writes last. */
async function torn(): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('a')
  lab.cut('b')
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(100)
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.heal()
  expect(await conflicts()).toEqual({ a: ['replace of a'], b: ['replace of a'], c: ['replace of a'] })
}

async function conflicts(): Promise<Record<string, readonly string[]>> {
  const shown: Record<string, readonly string[]> = {}
  for (const site of ['a', 'b', 'c']) {
    const status = await lab.status(site, 'x')
    shown[site] = (status?.conflicts ?? []).map(({ operation: { type, dot } }) => `${type} of ${dot.site}`)
  }
  return shown
}

const NONE = { a: [], b: [], c: [] }
const all = (body: object | undefined) => ({ a: body, b: body, c: body })

test.each(['a', 'b', 'c'])('a PUT at %s, which holds both, settles it everywhere', async site => {
  await torn()
  expect(await lab.ask(site, 'PUT /items/x', { n: 3 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 3 }))
  expect(await conflicts()).toEqual(NONE)
})

test('so does a DELETE; a change of a part does not', async () => {
  await torn()
  await lab.ask('b', 'PATCH /items/x', { m: 1 })
  await lab.pass(5_000)
  expect((await conflicts())['b']).toEqual(['replace of a'])
  await lab.ask('b', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all(undefined))
  expect(await conflicts()).toEqual(NONE)
})

test.each(['a', 'b', 'c'])('kept at %s: what counts stays, with all that was changed since', async site => {
  await torn()
  await lab.ask('c', 'PATCH /items/x', { m: 1 })
  await lab.pass(5_000)
  expect(await lab.settleConflicts(site, 'x', { how: 'keep' })).toHaveLength(1)
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 2, m: 1 }))
  expect(await conflicts()).toEqual(NONE)
})

test('what comes while it is settled nobody has seen: it stays a conflict', async () => {
  let onRead = (): Promise<void> => Promise.resolve()
  lab = await Lab.of(['a', 'b', 'c'], {
    application: (application, site) => ({
      request: async request => {
        const answer = await application.request(request)
        if (site === 'b' && request.method === 'GET') await onRead()
        return answer
      },
    }),
  })
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  for (const site of ['a', 'b', 'c']) lab.cut(site)
  for (const [place, site] of ['c', 'a', 'b'].entries()) {
    await lab.ask(site, 'PUT /items/x', { n: place })
    await lab.pass(100)
  }
  lab.world.wire.heal('a', 'b')
  lab.world.wire.heal('b', 'a')
  await lab.pass(20_000)
  expect((await conflicts())['b']).toEqual(['replace of a'])
  onRead = async () => {
    onRead = () => Promise.resolve()
    lab.world.wire.healAll()
    await new Promise<void>(resolve => void lab.world.time.after(10_000, resolve))
  }
  expect(await lab.settleConflicts('b', 'x', { how: 'keep' })).toHaveLength(1)
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 2 }))
  expect(await conflicts()).toEqual({ a: ['replace of c'], b: ['replace of c'], c: ['replace of c'] })
  await lab.settleConflicts('a', 'x', { how: 'keep' })
  await lab.pass(20_000)
  expect(await conflicts()).toEqual(NONE)
})

test.each(['a', 'b', 'c'])('taken at %s: the write that lost is what counts', async site => {
  await torn()
  await lab.settleConflicts(site, 'x', { how: 'take', write: 'a' })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 1 }))
  expect(await conflicts()).toEqual(NONE)
})

test('by its identity too; what is none of them is told with what there is', async () => {
  await torn()
  const [conflict] = (await lab.status('b', 'x'))?.conflicts ?? []
  const { site, incarnation, number } = conflict?.operation.dot ?? { site: '', incarnation: '', number: 0 }
  const dot = `${site}/${incarnation}/${number}`
  await expect(lab.settleConflicts('b', 'x', { how: 'take', write: 'c' })).rejects.toMatchObject({
    code: 'ERR_CONFLICT_NOT_FOUND',
    message: expect.stringContaining(dot) as unknown,
  })
  await lab.settleConflicts('b', 'x', { how: 'take', write: dot })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 1 }))
  await expect(lab.settleConflicts('b', 'x', { how: 'keep' })).rejects.toMatchObject({ code: 'ERR_CONFLICT_NOT_FOUND' })
})

/** Deleted at a, and written at b, while apart. */
async function deleted(): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'DELETE /items/x')
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.heal()
  expect(await conflicts()).toEqual({ a: ['replace of b'], b: ['replace of b'], c: ['replace of b'] })
}

test.each(['a', 'b'])('a deletion is kept at %s', async site => {
  await deleted()
  await lab.settleConflicts(site, 'x', { how: 'keep' })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all(undefined))
  expect(await conflicts()).toEqual(NONE)
  expect(await lab.status('c', 'x')).toMatchObject({ state: 'agrees' })
})

test.each(['a', 'b'])('what was deleted unseen is created again, at %s', async site => {
  await deleted()
  await lab.settleConflicts(site, 'x', { how: 'take', write: 'b' })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 2 }))
  expect(await conflicts()).toEqual(NONE)
})

/** Created on two sides of a cut; b's is the greater life. */
async function twice(): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('b')
  await lab.ask('a', 'POST /items', { id: 'x', by: 'a' }, ABC)
  await lab.pass(100)
  await lab.ask('b', 'POST /items', { id: 'x', by: 'b' }, ABC)
  await lab.heal()
  expect(lab.all('x')).toEqual(all({ id: 'x', by: 'b' }))
  expect(await conflicts()).toEqual({ a: ['create of a'], b: ['create of a'], c: ['create of a'] })
}

test.each([
  ['keep', 'b'],
  ['take', 'a'],
] as const)('of two creates: %s leaves that of %s, with the members of both', async (how, by) => {
  await twice()
  await lab.settleConflicts('c', 'x', how === 'keep' ? { how } : { how, write: 'a' })
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', by }))
  expect(await conflicts()).toEqual(NONE)
  expect(await lab.status('a', 'x')).toMatchObject({ members: ['a', 'b', 'c'], state: 'agrees' })
})

test('what a removed member wrote, as it comes back', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, ABC)
  await lab.pass(5_000)
  lab.cut('c')
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.ask('c', 'PUT /items/x', { n: 3 })
  await lab.heal()
  await lab.changeMembers('a', 'x', ['c'], [])
  await lab.pass(20_000)
  expect(await conflicts()).toEqual({ a: ['replace of c'], b: ['replace of c'], c: ['replace of c'] })
  await lab.settleConflicts('b', 'x', { how: 'take', write: 'c' })
  await lab.pass(20_000)
  expect(lab.all('x')).toEqual(all({ id: 'x', n: 3 }))
  expect(await conflicts()).toEqual(NONE)
})

test('a member that was away learns of it', async () => {
  await torn()
  lab.cut('c')
  await lab.settleConflicts('b', 'x', { how: 'keep' })
  await lab.pass(5_000)
  expect(await conflicts()).toEqual({ a: [], b: [], c: ['replace of a'] })
  await lab.heal()
  expect(await conflicts()).toEqual(NONE)
})

test('refused by the application: nothing is settled', async () => {
  await torn()
  lab.world.site('c').application.failNext({ kind: 'refuse', status: 422 }, ({ method }) => method === 'PUT')
  await expect(lab.settleConflicts('c', 'x', { how: 'take', write: 'a' })).rejects.toMatchObject({
    code: 'ERR_CONFLICT_REFUSED',
  })
  expect((await conflicts())['c']).toEqual(['replace of a'])
})

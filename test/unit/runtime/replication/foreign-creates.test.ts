/**
 * A site that may create nothing here signs a create of a name all the same: it becomes no member of what is replicated under the name, whether
 * it comes before or after, older or newer, and locks nothing. How: a real replicator that is told every message, and real replicators
 * with applications in the simulated world.
 */
import { expect, test } from 'vitest'
import { HERE, Scripted, entries, hello } from './scripted.ts'
import { Lab } from './lab.ts'
import type { Operation } from '../../../../src/core/oplog/index.ts'

const SECRET = { service: 'shop', kind: 'items', name: 'secret' }

test.each([1, Date.now() + 3_600_000])('a create of a known name with the stamp %d makes nobody a member', async ms => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site !== 'mallory'
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  paris.says(entries(1, here.signed(here.create('paris', 'secret', ['paris', HERE]))))
  await paris.next('received')
  const mallory = here.from('mallory')
  mallory.says(hello('mallory', 9))
  const evil = here.create('mallory', 'secret', ['mallory', HERE])
  const stamp = { ms, counter: 0 }
  mallory.says(entries(1, here.signed({ ...evil, stamp, life: { stamp, dot: evil.dot } })))
  expect(await mallory.next('received')).toMatchObject({ upTo: 1 })
  expect((await here.replicator.status(SECRET))?.members).toEqual([HERE, 'paris'])
  expect(here.refusals()).toEqual(['mallory: not-exposed'])
  expect(await here.count('replication/outbox/mallory/')).toBe(0)
})

test('what a stranger has put under a name gives way to a create that counts', async () => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site !== 'mallory'
  const mallory = here.from('mallory')
  mallory.says(hello('mallory', 9))
  mallory.says(entries(1, here.signed(here.create('mallory', 'secret', ['mallory', HERE]))))
  await mallory.next('received')
  const paris = here.from('paris')
  paris.says(hello('paris', 9))
  paris.says(entries(1, here.signed(here.create('paris', 'secret', ['paris', HERE]))))
  await paris.next('received')
  expect((await here.replicator.status(SECRET))?.members).toEqual([HERE, 'paris'])
  expect(await here.count('replication/replicant/shop/items/secret/operation/mallory')).toBe(0)
})

test.each(['before', 'after'])('a create %s that of a member locks nothing and is seen nowhere', async when => {
  const lab = await Lab.of(['a', 'b', 'm'])
  lab.mayRun = (site, operation) => operation.dot.site !== 'm' || site === 'm'
  const hijack = (): unknown => lab.ask('m', 'POST /items', { id: 'x', evil: 1 }, { members: ['a', 'b', 'm'] })
  if (when === 'before') {
    await hijack()
    await lab.pass(5_000)
  }
  expect((await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })).code).toBeUndefined()
  await lab.pass(5_000)
  if (when === 'after') await hijack()
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees', members: ['a', 'b'] })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', members: ['a', 'b'] })
  expect((await lab.ask('b', 'PUT /items/x', { id: 'x', n: 2 })).code).toBeUndefined()
  await lab.pass(30_000)
  expect([lab.read('a', 'x'), lab.read('b', 'x')]).toEqual([
    { id: 'x', n: 2 },
    { id: 'x', n: 2 },
  ])
})

test('sites that may create here, on two sides of a cut, have the members of both', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  lab.cut('b')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'c'] })
  await lab.ask('b', 'POST /items', { id: 'x', n: 2 }, { members: ['b', 'c'] })
  await lab.pass(3_000)
  lab.world.wire.healAll()
  await lab.pass(60_000)
  expect((await lab.status('c', 'x'))?.members).toEqual(['a', 'b', 'c'])
})

test.each(['eventual', 'none'] as const)(
  'who made a record at level none before is no member of what a client creates at level %s',
  async level => {
    const lab = await Lab.of(['a', 'b', 'm'])
    lab.mayRun = (site, operation) => operation.dot.site !== 'm' || site === 'm'
    await lab.record('m', 'x', { is: 'created', members: ['a', 'b', 'm'] })
    await lab.pass(5_000)
    expect(await lab.status('a', 'x')).toBeUndefined()
    const members = ['a', 'b']
    if (level === 'none') await lab.record('a', 'x', { is: 'created', members })
    else expect((await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })).code).toBeUndefined()
    await lab.pass(60_000)
    expect(await lab.status('a', 'x')).toMatchObject({ level, state: 'agrees', members })
    expect(await lab.status('b', 'x')).toMatchObject({ level, state: 'agrees', members })
    expect(lab.read('m', 'x')).toBeUndefined()
  },
)

test('who made a name at level eventual takes it from nobody who wants it at level none', async () => {
  const lab = await Lab.of(['a', 'b', 'm'])
  lab.mayRun = (site, operation) => operation.dot.site !== 'm' || site === 'm'
  await lab.ask('m', 'POST /items', { id: 'x', evil: 1 }, { members: ['a', 'b', 'm'] })
  await lab.pass(5_000)
  await lab.record('a', 'x', { is: 'created', members: ['a', 'b'] })
  expect(await lab.status('a', 'x')).toMatchObject({ level: 'none', members: ['a', 'b'] })
})

test.each([{}, { level: 'none' }])('that a change may run here makes nobody a member: a create %o', async more => {
  await using here = await Scripted.start()
  here.mayRun = ({ type }) => type === 'merge' || type === 'delete'
  const mallory = here.from('mallory')
  mallory.says(hello('mallory', 9))
  const { payload, ...made } = here.create('mallory', 'secret', ['mallory', HERE])
  const create: Operation = { ...made, ...more, ...(more.level === undefined && { payload }) }
  const { members: _, ...rest } = made
  const change = (type: string, number: number): Operation => ({
    ...rest,
    type,
    dot: { ...rest.dot, number },
    stamp: { ...rest.stamp, counter: number },
    context: [rest.dot],
    previous: rest.dot,
  })
  const changes = [change('merge', 500), change('delete', 501)]
  mallory.says(entries(1, ...[create, ...changes].map(operation => here.signed(operation))))
  expect(await mallory.next('received')).toMatchObject({ upTo: 3 })
  expect(await here.replicator.status(SECRET)).toBeUndefined()
})

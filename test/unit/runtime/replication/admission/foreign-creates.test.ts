/**
 * A site that may create nothing here signs a create of a name all the same: it becomes no member of what is replicated under the name, whether
 * it comes before or after, older or newer, and locks nothing. How: a real replicator that is told every message, and real replicators
 * with applications in the simulated world.
 */
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { contextOf } from '../../../../../src/core/oplog/index.ts'
import { HERE, Scripted, entries, hello } from '../scripted.ts'
import { Lab } from '../lab.ts'
import type { LifeTransfer, MatrixDefinition, MemberChange, Operation } from '../../../../../src/core/oplog/index.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'
import type { ScriptedChannel } from '../scripted.ts'
import { sealedBy } from '../../../../support/sealed-by.ts'

type Summary = NonNullable<LifeTransfer['summary']>

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

function matrixOf(type: string): OutboxEntry & { readonly kind: 'matrix' } {
  const definition: MatrixDefinition = { resets: [type], cells: [] }
  return { kind: 'matrix', hash: syncCodec.matrixHash(definition), definition }
}

/** What a site says of a life that is not known here. */
function transferBy(
  here: Scripted,
  from: string,
  create: Operation,
  more: { readonly operations: readonly Operation[]; readonly changes: readonly string[] },
): OutboxEntry {
  const { operations, changes } = more
  const { life, replicant, dot } = create
  const change = (site: string): MemberChange => ({ site, by: create, member: true, held: [], told: [] })
  const summary: Summary = {
    life,
    knowledge: contextOf([dot, ...operations.map(operation => operation.dot)]),
    holes: [],
    droppers: [],
    changes: changes.map(change),
    keys: new Map(),
    conflictsForgotten: 0,
    from,
    since: { knowledge: [], holes: [] },
  }
  const sealed = operations.map(operation => sealedBy(here.sealOf(operation.dot.site), operation))
  return { kind: 'transfer', replicant, more: false, transfer: { life, operations: sealed, summary } }
}

test('a life that nobody has created makes nobody a member, whoever would have made it', async () => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site === 'rome'
  const mallory = here.from('mallory')
  mallory.says(hello('mallory', 9))
  const made = here.create('rome', 'secret', ['mallory', HERE])
  const { members: _, payload: __, ...rest } = here.create('mallory', 'secret', [])
  const own: Operation = { ...rest, life: made.life, type: 'replace', level: 'none', context: [made.dot] }
  mallory.says(entries(1, transferBy(here, 'mallory', made, { operations: [own], changes: [HERE, 'mallory'] })))
  mallory.says(entries(2, transferBy(here, 'mallory', made, { operations: [], changes: [HERE, 'mallory'] })))
  await mallory.next('received')
  expect(await mallory.next('received')).toMatchObject({ upTo: 2 })
  expect(here.refusals()).toEqual(['mallory: not-signed', 'mallory: not-signed'])
  expect(await here.count('replication/replicant/')).toBe(0)
})

test('who brings the create of others, and says that it became a member, has to show who has signed that', async () => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site === 'rome'
  const made = here.create('rome', 'secret', ['rome', HERE])
  const { payload: _, ...rest } = here.create('mallory', 'secret', ['mallory'])
  const added: Operation = { ...rest, life: made.life, type: 'members', context: [made.dot] }
  const mallory = here.from('mallory')
  mallory.says(hello('mallory', 9))
  mallory.says(
    entries(1, transferBy(here, 'mallory', made, { operations: [made], changes: [HERE, 'mallory', 'rome'] })),
  )
  mallory.says(entries(2, transferBy(here, 'mallory', made, { operations: [made, added], changes: [HERE, 'rome'] })))
  await mallory.next('received')
  expect(await mallory.next('received')).toMatchObject({ upTo: 2 })
  expect(here.refusals()).toEqual(['mallory: not-signed', 'mallory: not-signed'])
  const rome = here.from('rome')
  rome.says(hello('rome', 9))
  rome.says(entries(1, transferBy(here, 'rome', made, { operations: [made], changes: [HERE, 'rome'] })))
  await rome.next('received')
  expect((await here.replicator.status(SECRET))?.members).toEqual([HERE, 'rome'])
})

test.each(['before', 'after'])('a create that waits %s that of a member makes nobody one', async when => {
  await using here = await Scripted.start()
  here.mayRun = ({ dot }) => dot.site !== 'mallory'
  const evil = { ...here.create('mallory', 'secret', ['mallory', HERE]), matrix: matrixOf('start').hash }
  const good = { ...here.create('paris', 'secret', ['paris', HERE]), matrix: matrixOf('stop').hash }
  const [mallory, paris] = [here.from('mallory'), here.from('paris')]
  mallory.says(hello('mallory', 9))
  paris.says(hello('paris', 9))
  const say = async (channel: ScriptedChannel, first: number, entry: OutboxEntry): Promise<void> => {
    channel.says(entries(first, entry))
    expect(await channel.next('received')).toMatchObject({ upTo: first })
  }
  if (when === 'before') await say(mallory, 1, here.signed(evil))
  await say(paris, 1, here.signed(good))
  if (when === 'after') await say(mallory, 1, here.signed(evil))
  await say(mallory, 2, matrixOf('start'))
  await say(paris, 2, matrixOf('stop'))
  // Whatever happens to it next lets in what has waited.
  const told = { life: good.life, removal: good, member: 'paris', held: [] }
  await say(paris, 3, { kind: 'removal', replicant: good.replicant, told })
  expect((await here.replicator.status(SECRET))?.members).toEqual([HERE, 'paris'])
  expect(await here.count('replication/replicant/shop/items/secret/operation/mallory')).toBe(0)
})

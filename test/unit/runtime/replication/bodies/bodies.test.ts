/**
 * Large bodies with real replicators in the simulated world: they reach all members, go on where a cut stopped them, come from whoever has
 * them, are given to nobody else, hold up nothing but their own resource, and are gone when nothing refers to them.
 */
import { afterEach, expect, test } from 'vitest'
import {
  BODY_AWAITED_MS,
  CHECKED_FOR_MS,
  MAX_INLINE_BODY_BYTES,
  NOBODY_HAS_BODY_MS,
} from '../../../../../src/runtime/replication/limits.ts'
import { ABC, Lab } from '../lab.ts'
import type { Body } from '../../../../../src/core/oplog/operation.ts'

const PIECE = 16 * 1024
let lab: Lab
afterEach(() => lab.assertSound())

/** A resource of about so many bytes. */
const large = (id: string, letter: string, bytes = MAX_INLINE_BODY_BYTES * 2) => ({ id, text: letter.repeat(bytes) })
const bodies = (site: string) => lab.world.site(site).machine.bodies
const kinds = (site: string) => [...bodies(site).values()].map(({ kind }) => kind)
/** What all sites show of a name, by the first letter of its text. */
const letters = (name: string) =>
  Object.fromEntries(Object.entries(lab.all(name)).map(([site, item]) => [site, String(item?.['text']).slice(0, 1)]))
const toldTo = (site: string) => lab.pieces.filter(({ to, isGiven }) => to === site && isGiven)
const bytesTo = (site: string) => toldTo(site).reduce((sum, { piece }) => sum + piece.to - piece.from, 0)
const lengthOf = (value: object) => JSON.stringify(value).length

async function create(name = 'x', letter = 'a'): Promise<void> {
  const { status } = await lab.ask('a', 'POST /items', large(name, letter), ABC)
  expect(status).toBe(201)
}

test('a body beyond the inline bound reaches all members, and lies there once', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await create()
  await lab.pass(5_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a', c: 'a' })
  for (const site of ['a', 'b', 'c']) expect(kinds(site)).toEqual(['whole'])
  expect(bytesTo('b')).toBe(lengthOf(large('x', 'a')))
})

test.each([MAX_INLINE_BODY_BYTES, MAX_INLINE_BODY_BYTES + 1])('a body of %d bytes', async bytes => {
  lab = await Lab.of(['a', 'b'])
  const value = large('x', 'a', bytes - lengthOf(large('x', 'a', 0)))
  await lab.ask('a', 'POST /items', value, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a' })
  expect(kinds('b')).toEqual(bytes > MAX_INLINE_BODY_BYTES ? ['whole'] : [])
})

test('what a cut stops goes on where it stopped, also after a start, and is asked for once', async () => {
  lab = await Lab.of(['a', 'b'])
  const value = large('x', 'a', 20 * PIECE)
  await lab.ask('a', 'POST /items', value, { members: ['a', 'b'] })
  for (let i = 0; bytesTo('b') < 5 * PIECE && i < 1_000; i++) await lab.pass(1)
  lab.cut('b')
  await lab.pass(1_000)
  expect(kinds('b')).toEqual(['partial'])
  await lab.restart('b')
  await lab.heal()
  expect(letters('x')).toEqual({ a: 'a', b: 'a' })
  const askedTwice = bytesTo('b') - lengthOf(value)
  expect(askedTwice).toBeLessThanOrEqual(2 * PIECE)
  expect(Math.max(...toldTo('b').map(({ piece }) => piece.from))).toBeGreaterThan(5 * PIECE)
})

test('a member gets it from another one when its origin is gone', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  // What c is told it has from a, and nothing of the body.
  await create('y', 'y')
  await lab.pass(5_000)
  lab.cut('c')
  await lab.ask('a', 'PUT /items/y', large('y', 'z'))
  // Longer than any conversation outlives a cut.
  await lab.pass(20_000)
  lab.world.site('a').kill()
  lab.world.wire.healAll()
  await lab.pass(60_000)
  expect(letters('y')).toEqual({ a: 'z', b: 'z', c: 'z' })
  expect(toldTo('c').some(({ from, piece }) => from === 'b' && piece.from === 0)).toBe(true)
})

test('who lacks the body waits for it and acknowledges nothing; other resources go on, and it says what it waits for', async () => {
  const acknowledged: string[] = []
  lab = await Lab.of(['a', 'b'], {
    codec: codec => ({
      ...codec,
      encodeEntry: entry => {
        // What is told besides of what applications show says nothing new.
        const isAcknowledgement = entry.kind === 'acknowledgement' && entry.shown === undefined
        if (isAcknowledgement && entry.lives.length > 0) acknowledged.push(entry.replicant.name)
        return codec.encodeEntry(entry)
      },
    }),
  })
  const members = { members: ['a', 'b'] }
  lab.world.site('b').machine.maxBodiesBytes = 1000
  await lab.ask('a', 'POST /items', large('x', 'a'), members)
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items', { id: 'small' }, members)
  await lab.pass(10_000)
  expect(lab.read('b', 'x')).toBeUndefined()
  expect(lab.read('b', 'small')).toMatchObject({ id: 'small' })
  expect(lab.events('b').filter(kind => kind === 'waits-for-body')).toHaveLength(1)
  expect(await lab.status('b', 'x')).toMatchObject({
    state: 'busy',
    missingBodies: [{ length: lengthOf(large('x', 'a')), here: 0 }],
  })
  expect(acknowledged).toEqual(['small'])
  lab.world.site('b').machine.maxBodiesBytes = 1024 ** 2
  await lab.pass(60_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a' })
  expect(acknowledged).toEqual(['small', 'x'])
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees', missingBodies: [] })
})

test('a body is removed when it is replaced, and when its resource is deleted', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await create()
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/x', large('x', 'b'))
  await lab.pass(10_000)
  expect(letters('x')).toEqual({ a: 'b', b: 'b', c: 'b' })
  for (const site of ['a', 'b', 'c']) expect(kinds(site)).toEqual(['whole'])
  await lab.ask('c', 'DELETE /items/x')
  await lab.pass(10_000)
  for (const site of ['a', 'b', 'c']) expect(kinds(site)).toEqual([])
})

test('one that is a conflict is kept, and one body of two resources as long as either has it', async () => {
  lab = await Lab.of(['a', 'b'])
  const members = { members: ['a', 'b'] }
  await lab.ask('a', 'POST /items', large('x', 'a'), members)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'PUT /items/x', large('x', 'b'))
  await lab.ask('b', 'PUT /items/x', large('x', 'c'))
  await lab.heal()
  expect(letters('x')).toEqual({ a: 'c', b: 'c' })
  expect((await lab.status('a', 'x'))?.conflicts).toHaveLength(1)
  for (const site of ['a', 'b']) expect(kinds(site)).toEqual(['whole', 'whole'])
  // Bodies without a name in them are the same for both.
  await lab.ask('a', 'POST /items', { id: 'y' }, members)
  for (const name of ['x', 'y']) await lab.ask('a', `PUT /items/${name}`, { text: large('', 'd').text })
  await lab.pass(10_000)
  for (const site of ['a', 'b']) expect(kinds(site)).toEqual(['whole'])
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(10_000)
  for (const site of ['a', 'b']) expect(kinds(site)).toEqual(['whole'])
  expect(letters('y')).toEqual({ a: 'd', b: 'd' })
})

test('what was taken from a client and never became a write is gone after a start, and without one', async () => {
  lab = await Lab.of(['a'])
  const replicator = lab.replicators.get('a')
  async function* chunks() {
    yield new Uint8Array(1000)
  }
  const spooled = await lab.until(Promise.resolve(replicator?.spool(chunks())))
  expect(kinds('a')).toEqual(['whole'])
  await lab.restart('a')
  expect(kinds('a')).toEqual([])
  spooled?.release()
  const again = await lab.until(Promise.resolve(lab.replicators.get('a')?.spool(chunks())))
  again?.release()
  await lab.pass(5_000)
  expect(kinds('a')).toEqual([])
})

test('a write that the application refuses leaves no body behind', async () => {
  lab = await Lab.of(['a'])
  lab.world.site('a').application.failNext({ kind: 'refuse', status: 400 }, ({ method }) => method === 'POST')
  const { accepted } = await lab.ask('a', 'POST /items', large('x', 'a'), { members: ['a'] })
  expect(accepted?.outcome).toBe('void')
  await lab.pass(5_000)
  expect(kinds('a')).toEqual([])
})

test('there is no room: the write is refused, and nothing was done', async () => {
  lab = await Lab.of(['a'])
  lab.world.site('a').machine.maxBodiesBytes = 1000
  expect(await lab.ask('a', 'POST /items', large('x', 'a'), { members: ['a'] })).toMatchObject({
    code: 'ERR_BLOB_SPACE',
  })
  expect(lab.world.site('a').application.requests.filter(({ method }) => method === 'POST')).toEqual([])
})

test('a crash after the intent: the body is still there, and the write is decided as any other', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.world.site('a').application.failNext({ kind: 'late-answer', delayMs: 1_000 }, ({ method }) => method === 'POST')
  const asking = lab.begin('a', 'POST /items', large('x', 'a'), { members: ['a', 'b'] })
  asking.catch(() => undefined)
  for (let i = 0; lab.read('a', 'x') === undefined && i < 1_000; i++) await lab.pass(1)
  expect(lab.read('a', 'x')).toBeDefined()
  await lab.restart('a')
  await lab.pass(40_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a' })
})

test('a damaged body is fetched again', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.world.site('b').application.stop()
  await lab.ask('a', 'POST /items', large('x', 'a'), { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(kinds('b')).toEqual(['whole'])
  for (const [hash, { content }] of bodies('b')) bodies('b').set(hash, { kind: 'whole', content: content.map(() => 1) })
  lab.world.site('b').application.start()
  await lab.pass(90_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a' })
})

test('one that has rotted on the disk is given to nobody, and fetched again', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', large('x', 'a'), { members: ['a', 'b'] })
  await lab.pass(5_000)
  const [[hash, stored] = ['', undefined]] = [...bodies('b')]
  if (stored === undefined) throw new Error('b has no body')
  const rotten = stored.content.slice()
  rotten[1_000] = (rotten[1_000] ?? 0) ^ 1
  bodies('b').set(hash, { kind: 'whole', content: rotten })
  // It was read as a whole a moment ago.
  await lab.pass(CHECKED_FOR_MS)
  lab.pieces.length = 0
  lab.cut('a')
  await lab.changeMembers('b', 'x', ['c'], [])
  await lab.pass(20_000)
  expect(lab.pieces.filter(({ from, isGiven }) => from === 'b' && isGiven)).toEqual([])
  expect(lab.read('c', 'x')).toBeUndefined()
  await lab.heal(60_000)
  expect(letters('x')).toEqual({ a: 'a', b: 'a', c: 'a' })
  expect([...bodies('b').values()]).toEqual([stored])
  expect(lab.events('c')).not.toContain('refused')
})

test('a site is given a body only for a replicant that it is a member of, and that has it', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', large('secret', 's'), { members: ['a', 'b'] })
  await lab.ask('a', 'POST /items', { id: 'ours' }, ABC)
  await lab.pass(5_000)
  const [hash = ''] = bodies('a').keys()
  const ask = (site: string, name: string, to = 1) =>
    lab.until(
      Promise.resolve(lab.replicators.get('a')?.pieceFor(site, { replicant: lab.name(name), hash, from: 0, to })),
    )
  expect(await ask('b', 'secret')).toBeDefined()
  expect(await ask('b', 'secret', 1024 ** 2)).toBeUndefined()
  expect(await ask('c', 'secret')).toBeUndefined()
  expect(await ask('c', 'ours')).toBeUndefined()
  expect(await ask('c', 'nothing')).toBeUndefined()
})

test('an operation that names a body of others shows none of it to its writer, neither by asking nor at the application', async () => {
  const forged: { body?: Body } = {}
  lab = await Lab.of(['a', 'b', 'c'], {
    seal: (seal, site) => ({
      ...seal,
      encode: operation => {
        const { payload } = operation
        const isForged = site === 'c' && forged.body !== undefined && payload !== undefined
        return seal.encode(isForged ? { ...operation, payload: { ...payload, ...forged } } : operation)
      },
    }),
  })
  await lab.ask('a', 'POST /items', large('secret', 's'), { members: ['a', 'b'] })
  await lab.ask('c', 'POST /items', { id: 'mine', text: 'm' }, ABC)
  await lab.pass(5_000)
  const [[hash, { content }] = ['', { content: new Uint8Array() }]] = bodies('a')
  forged.body = { hash, length: content.length }
  await lab.ask('c', 'PUT /items/mine', { text: 'n' })
  await lab.pass(60_000)
  expect(letters('mine')).toEqual({ a: 'm', b: 'm', c: 'n' })
  expect(lab.pieces.filter(({ piece, isGiven }) => isGiven && piece.replicant.name === 'mine')).toEqual([])
  expect(kinds('c')).toEqual([])
  expect((await lab.status('a', 'mine'))?.missingBodies).toEqual([{ hash, length: content.length, here: 0 }])
})

test('a member that gives another body is reported, and what it gave is thrown away', async () => {
  lab = await Lab.of(['a', 'b'])
  lab.cut('b')
  await lab.ask('a', 'POST /items', large('x', 'a'), { members: ['a', 'b'] })
  const [{ content } = { content: new Uint8Array() }] = bodies('a').values()
  // An honest site would find out by itself.
  const liar = lab.replicators.get('a')
  if (liar === undefined) throw new Error('no agent runs at a')
  liar.pieceFor = async (_, { from, to }) => parts(new Uint8Array(to - from).fill(1))
  await lab.heal(20_000)
  expect(lab.told.filter(({ event }) => event.kind === 'refused').map(({ event }) => event)).toEqual([
    { kind: 'refused', from: 'a', why: 'ERR_BLOB_HASH' },
  ])
  expect(kinds('b')).toEqual([])
  expect(bytesTo('b')).toBe(content.length)
})

/** No site gives a body until the returned function is called. */
function nobodyGives(): () => void {
  const all = [...lab.replicators.values()]
  const given = all.map(replicator => replicator.pieceFor.bind(replicator))
  for (const replicator of all) replicator.pieceFor = async () => undefined
  return () => all.forEach((replicator, place) => (replicator.pieceFor = given[place] ?? replicator.pieceFor))
}

test('a body that nobody gives is waited for for minutes; then the write has failed, and runs when the body comes', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', text: 'small' }, ABC)
  await lab.pass(5_000)
  const give = nobodyGives()
  const written = await lab.ask('a', 'PUT /items/x', large('x', 'l'))
  const operation = written.accepted?.operation
  if (operation === undefined) throw new Error('it was not accepted')
  await lab.pass(NOBODY_HAS_BODY_MS / 2)
  expect((await lab.status('b', 'x'))?.state).toBe('busy')
  // It is asked for every half a minute by then; a round later the state of the origin is copied.
  await lab.pass(NOBODY_HAS_BODY_MS / 2 + 35_000)
  for (const site of ['b', 'c']) {
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'diverged', missingBodies: [{ here: 0 }] })
    expect(await lab.wait('a', 'x', operation, 0, 'all')).toContainEqual(
      expect.objectContaining({ site, outcome: 'failed' }),
    )
  }
  expect(letters('x')).toEqual({ a: 'l', b: 's', c: 's' })
  give()
  await lab.pass(60_000)
  expect(letters('x')).toEqual({ a: 'l', b: 'l', c: 'l' })
  expect((await lab.status('b', 'x'))?.state).toBe('agrees')
  for (const site of ['b', 'c'])
    expect(await lab.wait('a', 'x', operation, 0, 'all')).toContainEqual(
      expect.objectContaining({ site, outcome: 'applied' }),
    )
})

test('a change whose body nobody gives runs when the body comes, also where it counts as what another member has taken', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', text: 'small' }, ABC)
  await lab.pass(5_000)
  const give = nobodyGives()
  lab.cut('a')
  const body = { text: large('x', 'l').text }
  const first = await lab.ask('a', 'PATCH /items/x', body, { key: 'k' })
  await lab.pass(1_000)
  await lab.ask('b', 'PATCH /items/x', body, { key: 'k' })
  await lab.pass(BODY_AWAITED_MS)
  for (let n = 0; n < 40 && (await lab.status('c', 'x'))?.state !== 'diverged'; n++) await lab.pass(1_000)
  expect((await lab.status('c', 'x'))?.state).toBe('diverged')
  // There is nobody whose state could be copied.
  lab.world.site('a').application.stop()
  lab.world.site('b').application.stop()
  await lab.heal(5_000)
  const operation = first.accepted?.operation
  if (operation === undefined) throw new Error('it was not accepted')
  const told = await lab.wait('a', 'x', operation, 0, 'all')
  expect(told).toContainEqual(expect.objectContaining({ site: 'c', outcome: 'failed', error: 'ERR_BLOB_NOT_FOUND' }))
  give()
  await lab.pass(60_000)
  expect(letters('x')).toMatchObject({ c: 'l' })
  for (const site of ['a', 'b']) lab.world.site(site).application.start()
  await lab.pass(60_000)
  expect(letters('x')).toEqual({ a: 'l', b: 'l', c: 'l' })
  expect(lab.effects('c', 'x')).toEqual(['POST', 'PATCH'])
})

test('a create whose body nobody can give while its origin is away has failed after a while, and is there when it comes back', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  const give = nobodyGives()
  await create('x', 'l')
  await lab.pass(3_000)
  lab.cut('a')
  give()
  await lab.pass(BODY_AWAITED_MS + 60_000)
  expect((await lab.status('b', 'x'))?.state).toBe('diverged')
  expect(lab.read('b', 'x')).toBeUndefined()
  await lab.restart('b')
  await lab.heal(60_000)
  expect(letters('x')).toEqual({ a: 'l', b: 'l', c: 'l' })
  expect((await lab.status('b', 'x'))?.state).toBe('agrees')
})

test('who names a body that he never gives does not lock the resource: the next write settles it', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', text: 'small' }, ABC)
  await lab.pass(5_000)
  nobodyGives()
  await lab.ask('c', 'PUT /items/x', large('x', 'l'))
  await lab.pass(2 * NOBODY_HAS_BODY_MS)
  expect((await lab.ask('b', 'PUT /items/x', { text: 'new' })).status).toBe(200)
  await lab.pass(60_000)
  expect(letters('x')).toEqual({ a: 'n', b: 'n', c: 'n' })
  for (const site of ['a', 'b', 'c'])
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees', missingBodies: [] })
})

async function* parts(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/**
 * Kinds with a resolution matrix of their own: an operation is decided by the matrix that it names, at every member, also at one whose
 * own glue says otherwise, that comes later, or that starts anew. What a matrix drops is undone in the application.
 */
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Commit } from '../../../../../src/runtime/replication/store/commit.ts'
import { MAX_TOLD_MATRICES } from '../../../../../src/runtime/replication/limits.ts'
import { MatrixBook } from '../../../../../src/runtime/replication/admission/matrix-book.ts'
import { Lab } from '../lab.ts'

/** Of two additions the later one counts, whatever each knew. */
const LATER = simGlue(
  `${DEFINITION.replace('replay: false', 'replay: true')}    matrix:\n      - {before: add, after: add, resolve: take-one}\n`,
)
const MEMBERS = { members: ['a', 'b'] }

async function cutWithTwoAdditions(sites: readonly string[], withMatrix: readonly string[]): Promise<Lab> {
  const lab = await Lab.of(sites, { glue: (glue, site) => (withMatrix.includes(site) ? LATER : glue) })
  await lab.ask('a', 'POST /items', { id: 'x', lines: [] }, MEMBERS)
  await lab.pass(5_000)
  lab.cut('b')
  await lab.ask('a', 'POST /items/x/lines', { by: 'a' })
  await lab.pass(1_000)
  await lab.ask('b', 'POST /items/x/lines', { by: 'b' })
  return lab
}

test('what the matrix drops is undone where it was done', async () => {
  const lab = await cutWithTwoAdditions(['a', 'b'], ['a', 'b'])
  expect(lab.read('a', 'x')).toEqual({ id: 'x', lines: [{ by: 'a' }] })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: { id: 'x', lines: [{ by: 'b' }] }, b: { id: 'x', lines: [{ by: 'b' }] } })
  expect((await lab.status('a', 'x'))?.state).toBe('agrees')
  lab.assertSound()
})

test('a member that comes later, and whose glue knows no matrix, is told of it', async () => {
  const lab = await cutWithTwoAdditions(['a', 'b', 'c'], ['a', 'b'])
  await lab.heal()
  await lab.changeMembers('a', 'x', ['c'], [])
  await lab.pass(20_000)
  expect(lab.read('c', 'x')).toEqual({ id: 'x', lines: [{ by: 'b' }] })
  // It has the matrix on its disk: after a start it still reads what it holds.
  await lab.restart('c')
  await lab.ask('a', 'POST /items/x/lines', { by: 'a, later' })
  await lab.pass(20_000)
  expect(lab.read('c', 'x')).toEqual({ id: 'x', lines: [{ by: 'a, later' }] })
  expect((await lab.status('c', 'x'))?.state).toBe('agrees')
  lab.assertSound()
})

test('each operation is decided by the matrix that it names, not by the glue of who decides', async () => {
  // The later one is b's, and names none: by default both stay.
  const lab = await cutWithTwoAdditions(['a', 'b'], ['a'])
  await lab.heal()
  const both = { id: 'x', lines: [{ by: 'a' }, { by: 'b' }] }
  expect(lab.read('a', 'x')).toEqual(both)
  expect(lab.read('b', 'x')).toEqual(both)
  lab.assertSound()
})

test('what a site says by itself counts, though it has never written anything by its own matrix', async () => {
  const sites = ['a', 'b', 'c']
  const lab = await Lab.of(sites, { glue: (glue, site) => (site === 'b' ? LATER : glue) })
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: sites })
  await lab.pass(5_000)
  lab.cut('c')
  await lab.ask('a', 'PUT /items/x', { n: 1 })
  await lab.pass(1_000)
  await lab.ask('c', 'PUT /items/x', { n: 2 })
  await lab.heal()
  const conflictsAt = async (site: string): Promise<number> => (await lab.status(site, 'x'))?.conflicts.length ?? -1
  for (const site of sites) expect(await conflictsAt(site)).toBe(1)
  expect(await lab.settleConflicts('b', 'x', { how: 'keep' })).toHaveLength(1)
  await lab.pass(20_000)
  for (const site of sites) expect(await conflictsAt(site)).toBe(0)
  // It has the matrix on its disk.
  await lab.restart('b')
  await lab.pass(20_000)
  expect(await conflictsAt('b')).toBe(0)
  lab.assertSound()
})

test('a matrix that contradicts itself, and more of them than any mesh has, are refused', () => {
  const book = new MatrixBook(syncCodec)
  const wrong = { resets: [], cells: [{ before: 'add', after: 'delete', resolution: 'keep-order' }] } as const
  expect(book.learnTold(new Commit(), wrong, 'site2')).toMatch(/must be take-one/)
  for (let n = 0; n < MAX_TOLD_MATRICES; n++)
    expect(book.learnTold(new Commit(), { resets: [`reset${n}`], cells: [] }, 'site2')).toBeUndefined()
  expect(book.known.size).toBe(MAX_TOLD_MATRICES)
  expect(book.learnTold(new Commit(), { resets: ['one-more'], cells: [] }, 'site2')).toMatch(/known already/)
  // What is known is no news.
  expect(book.learnTold(new Commit(), { resets: ['reset1'], cells: [] }, 'site2')).toBeUndefined()
  // What one site has told keeps no other from telling.
  expect(book.learnTold(new Commit(), { resets: ['one-more'], cells: [] }, 'site3')).toBeUndefined()
})

/**
 * A member whose disk takes no more while others tell it what they have written. Where the store cannot be written its agent ends with a clear last word, and has all
 * when it is started again with room; where a large body cannot, that one waits, is shown, and nothing else does. The others go on meanwhile. How:
 * agents as processes of which one may make no file larger than so much, which is what a full disk is to it, without a disk of its own;
 * what is expected is read from the applications, past Cheops. Needs `npm run build`.
 */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['a', 'b']
const SCOPE = 'a & b'
/** Half a mebibyte. */
const FULL_BLOCKS = 1024
const LARGE_BYTES = 1024 * 1024

let mesh: ProcessMesh
let number = 0
let id: string

beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES)
})
afterAll(() => mesh[Symbol.asyncDispose]())
beforeEach(async () => {
  id = `thing-${++number}`
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })
  await mesh.down('b')
  await mesh.up('b', { fileBlocks: FULL_BLOCKS })
  await mesh.together()
})

test('a store that cannot take what others tell: the agent ends with a word, the others go on, and it has all when there is room', async () => {
  const ended = mesh.ended('b').then(code => ({ code }))
  let end: { readonly code: number } | undefined
  void ended.then(found => (end = found))
  const fields: Record<string, unknown> = {}
  for (let turn = 0; end === undefined && turn < 20_000; turn++) {
    const body = { [`f${turn % 20}`]: `${turn}`.padEnd(2_000, '.') }
    await mesh.must('a', 'PATCH', `/things/${id}`, { body })
    Object.assign(fields, body)
  }
  expect(await ended).toEqual({ code: 1 })
  expect(mesh.output('b')).toMatch(/The store failed: it cannot be written\. \(ERR_STORE_FAILED\)\s+Is the disk full/)
  await mesh.must('a', 'PATCH', `/things/${id}`, { body: { last: 'without b' } })
  await mesh.up('b')
  const whole = { id, n: 0, ...fields, last: 'without b' }
  await mesh.settles(id, { a: whole, b: whole }, 60_000)
}, 120_000)

test('a large body that the disk does not take: it is waited for and shown, small ones come, and with room it comes too', async () => {
  const other = `${id}-small`
  await mesh.must('a', 'POST', '/things', { scope: SCOPE, body: { id: other, n: 0 }, headers: WAIT })
  const large = { id, text: 'x'.repeat(LARGE_BYTES) }
  await mesh.must('a', 'PUT', `/things/${id}`, { body: large })
  await vi.waitFor(() => expect(mesh.output('b')).toMatch(/"why":"b: ERR_BLOB_SPACE".*waits-for-body/), 20_000)
  await mesh.must('a', 'PUT', `/things/${other}`, { body: { n: 1 }, headers: WAIT })
  const small = { id: other, n: 1 }
  await mesh.settles(other, { a: small, b: small })
  expect(mesh.everywhere(id)).toEqual({ a: large, b: { id, n: 0 } })
  expect(await mesh.shown('b', id)).toMatchObject({ state: 'busy', missingBodies: [{ bytes: expect.any(Number) }] })
  await mesh.down('b')
  await mesh.up('b')
  await mesh.settles(id, { a: large, b: large }, 60_000)
  await mesh.must('b', 'PUT', `/things/${id}`, { body: { n: 2 }, headers: WAIT })
  expect(mesh.everywhere(id)).toEqual({ a: { id, n: 2 }, b: { id, n: 2 } })
}, 120_000)

/**
 * What a commit has changed in memory besides replicants is as it was when nothing of it is written: else a matrix that nobody can read after a start would be
 * taken for known, and whoever tells what cannot be taken would have no room left.
 */
import { expect, test } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import { MatrixBook } from '../../../../../src/runtime/replication/admission/matrix-book.ts'
import { UnprovenNames } from '../../../../../src/runtime/replication/admission/unproven-names.ts'
import { MAX_TOLD_MATRICES, MAX_UNPROVEN_NAMES } from '../../../../../src/runtime/replication/limits.ts'
import { Commit } from '../../../../../src/runtime/replication/store/commit.ts'
import type { MatrixDefinition } from '../../../../../src/core/oplog/index.ts'

const matrix = (type: string): MatrixDefinition => ({
  resets: [],
  cells: [{ before: type, after: type, resolution: 'take-one' }],
})

test('a matrix is known once it is on disk, and takes no room of who has told it before', () => {
  const book = new MatrixBook(syncCodec)
  for (let times = 0; times < MAX_TOLD_MATRICES + 1; times++) {
    const commit = new Commit()
    expect(book.learnTold(commit, matrix(`t${times}`), 'b')).toBeUndefined()
    expect(book.known.size).toBe(1)
    commit.undo()
    expect([book.known.size, book.entryOf(book.hashOf(matrix(`t${times}`)))]).toEqual([0, undefined])
  }
  const commit = new Commit()
  expect(book.learnTold(commit, matrix('t0'), 'b')).toBeUndefined()
  expect(commit.writes).toHaveLength(1)
  commit.done(error => {
    throw error
  })
  // It is there, and is not written again.
  const next = new Commit()
  expect([book.learnTold(next, matrix('t0'), 'b'), next.writes]).toEqual([undefined, []])
})

test('a name that was not kept takes no room of who has brought it', () => {
  const names = new UnprovenNames({ monotonic: () => 0 })
  for (let times = 0; times < MAX_UNPROVEN_NAMES + 1; times++) {
    const commit = new Commit()
    expect(names.mayKeep(commit, 'b', `n${times}`)).toBe(true)
    commit.undo()
  }
  for (let times = 0; times < MAX_UNPROVEN_NAMES; times++)
    expect(names.mayKeep(new Commit(), 'b', `n${times}`)).toBe(true)
  expect([names.mayKeep(new Commit(), 'b', 'more'), names.mayKeep(new Commit(), 'c', 'more')]).toEqual([false, true])
})

/**
 * How commits become writes to the disk: together at the end of a turn, in order, within bounds, and none after a failure.
 * The disk is a function that the test resolves or rejects.
 */
import { expect, test } from 'vitest'
import { GroupCommit, MAX_BATCH_BYTES, MAX_QUEUED_BYTES } from '../../../../src/adapters/level/group-commit.ts'
import { CheopsError } from '../../../../src/errors.ts'
import type { DatabaseWrite } from '../../../../src/adapters/level/group-commit.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const put = (key: string, length = 0): DatabaseWrite => ({ type: 'put', key, value: new Uint8Array(length) })
const outcome = (commit: Promise<void>): Promise<unknown> => commit.catch((error: unknown) => error)
const keysOf = (batch: readonly DatabaseWrite[]): string => batch.map(write => write.key).join('')

/** Writes that are under way, at most one at a time, and all that were begun. */
function makeDisk() {
  const begun: string[] = []
  const failures: CheopsError[] = []
  let running: PromiseWithResolvers<void> | undefined
  const writer = new GroupCommit({
    write: batch => {
      expect(running, 'one write at a time').toBeUndefined()
      begun.push(keysOf(batch))
      running = Promise.withResolvers()
      return running.promise
    },
    onFailure: error => failures.push(error),
  })
  /** Ends the write that is under way, and lets the next begin. */
  const end = async (failure?: Error): Promise<void> => {
    const ended = running
    running = undefined
    if (failure === undefined) ended?.resolve()
    else ended?.reject(failure)
    await turn()
    await turn()
  }
  return { writer, begun, failures, end }
}

test('the commits of a turn, its microtasks and callbacks included, are one write', async () => {
  const { writer, begun, end } = makeDisk()
  const done = [writer.commit([put('a'), put('b')]), writer.commit([put('c')])]
  await Promise.resolve()
  done.push(writer.commit([put('d')]))
  process.nextTick(() => done.push(writer.commit([put('e')])))
  await turn()
  expect(begun).toEqual(['abcde'])
  await end()
  expect(await Promise.all(done)).toHaveLength(4)
})

test('nothing is acknowledged before its write has ended, and what came meanwhile is the next write', async () => {
  const { writer, begun, end } = makeDisk()
  const acknowledged: string[] = []
  const commit = (key: string): void => void writer.commit([put(key)]).then(() => acknowledged.push(key))
  commit('a')
  await turn()
  commit('b')
  await turn()
  commit('c')
  await turn()
  expect([begun, acknowledged]).toEqual([['a'], []])
  await end()
  expect([begun, acknowledged]).toEqual([['a', 'bc'], ['a']])
  await end()
  expect(acknowledged).toEqual(['a', 'b', 'c'])
})

test('what an acknowledgement causes in its turn shares the next write', async () => {
  const { writer, begun, end } = makeDisk()
  void writer.commit([put('a')]).then(() => writer.commit([put('x')]))
  void writer.commit([put('b')]).then(() => writer.commit([put('y')]))
  await turn()
  await end()
  expect(begun).toEqual(['ab', 'xy'])
})

test('a write has a bound, a commit is never divided, and one that is larger goes alone', async () => {
  const { writer, begun, end } = makeDisk()
  const half = MAX_BATCH_BYTES / 2
  void writer.commit([put('a', half)])
  void writer.commit([put('b', half)])
  void writer.commit([put('c', MAX_BATCH_BYTES), put('d', MAX_BATCH_BYTES)])
  void writer.commit([put('e')])
  await turn()
  for (let count = 0; count < 4; count++) await end()
  expect(begun).toEqual(['a', 'b', 'cd', 'e'])
})

test('the queue has a bound in bytes, beyond which a commit is refused and not written', async () => {
  const { writer, begun, end } = makeDisk()
  const quarter = MAX_QUEUED_BYTES / 4
  const taken = ['a', 'b', 'c', 'd'].map(key => writer.commit([put(key, quarter)]))
  expect(writer.isFull).toBe(true)
  await expect(writer.commit([put('e')])).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
  await turn()
  await end()
  expect(writer.isFull, 'what is written makes room').toBe(false)
  taken.push(writer.commit([put('f')]))
  for (let count = 0; count < 4; count++) await end()
  await Promise.all(taken)
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'f'])
  expect(writer.isFull).toBe(false)
})

test('after a failed write everything is refused, what waited included, and it is told once', async () => {
  const { writer, begun, failures, end } = makeDisk()
  const failed = { code: 'ERR_STORE_FAILED' }
  const first = outcome(writer.commit([put('a')]))
  await turn()
  const second = outcome(writer.commit([put('b')]))
  await end(new Error('no space left'))
  expect(await Promise.all([first, second])).toMatchObject([failed, failed])
  await expect(writer.commit([put('c')])).rejects.toMatchObject(failed)
  expect(begun).toEqual(['a'])
  expect(failures).toMatchObject([{ ...failed, cause: { message: 'no space left' } }])
  await writer.close()
})

test('a failure that was found by a reader refuses what waits; what is being written may still be acknowledged', async () => {
  const { writer, begun, failures, end } = makeDisk()
  const written = writer.commit([put('a')])
  await turn()
  const refused = outcome(writer.commit([put('b')]))
  const damage = new CheopsError('ERR_STORE_CORRUPT', 'damage')
  writer.fail(damage)
  expect(await refused).toBe(damage)
  const closed = writer.close()
  await end()
  await written
  await closed
  expect([begun, failures.length]).toEqual([['a'], 1])
})

test('closing writes what was given before, and takes nothing more', async () => {
  const { writer, begun, failures, end } = makeDisk()
  const given = writer.commit([put('a')])
  const closed = writer.close()
  await expect(writer.commit([put('b')])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  await turn()
  await end()
  await Promise.all([given, closed, writer.close()])
  expect([begun, failures]).toEqual([['a'], []])
})

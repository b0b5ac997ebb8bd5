/** When idle lanes are read: all of them soon, and few as long as more become idle than can be read. By a clock that the test turns on. */
import { beforeEach, expect, test } from 'vitest'
import {
  READ_BACKS_A_SECOND,
  READ_BACKS_UNDER_LOAD,
  READ_BACK_AFTER_MS,
} from '../../../../src/runtime/replication/limits.ts'
import { ReadBacks } from '../../../../src/runtime/replication/read-backs.ts'

let now: number
let tick: () => void
let read: string[]
let readBacks: ReadBacks

beforeEach(() => {
  now = 0
  read = []
  readBacks = new ReadBacks({
    clock: {
      now: () => now,
      monotonic: () => now,
      after: (_ms, run) => {
        tick = run
        return { cancel: () => undefined }
      },
    },
    random: { uniform: () => 0, bytes: length => new Uint8Array(length) },
    read: ({ name }) => Promise.resolve(void read.push(name)),
    namesAfter: () => Promise.resolve([]),
  })
  readBacks.start()
})

/** So many become idle, then a second goes by. @returns how many are read in it */
async function second(becomeIdle: number): Promise<number> {
  for (let place = 0; place < becomeIdle; place++) readBacks.soon({ service: 's', kind: 'k', name: `${now}-${place}` })
  now += READ_BACK_AFTER_MS
  const before = read.length
  tick()
  for (let turn = 0; turn < 10 * READ_BACKS_A_SECOND; turn++) await Promise.resolve()
  return read.length - before
}

test('all that have become idle are read a second later', async () => {
  expect(await second(READ_BACKS_A_SECOND)).toBe(READ_BACKS_A_SECOND)
  expect(await second(0)).toBe(0)
})

test('of more than can be read few are, until it is quieter; then all, the oldest first', async () => {
  const many = 3 * READ_BACKS_A_SECOND
  expect([await second(many), await second(many)]).toEqual([READ_BACKS_UNDER_LOAD, READ_BACKS_UNDER_LOAD])
  const quiet = []
  for (let count = 0; count < 6; count++) quiet.push(await second(0))
  expect(quiet).toEqual([
    ...Array<number>(5).fill(READ_BACKS_A_SECOND),
    2 * many - 2 * READ_BACKS_UNDER_LOAD - 5 * READ_BACKS_A_SECOND,
  ])
  expect(read.slice(0, 3)).toEqual(['0-0', '0-1', '0-2'])
})

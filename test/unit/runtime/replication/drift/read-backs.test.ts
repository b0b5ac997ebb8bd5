/**
 * When idle lanes are read: all of them soon, few as long as more become idle than can be read, and what could not be read when the application is back.
 * By a clock that the test turns on.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  MAX_LOOKS_FOR_ABSENT,
  MAX_THERE,
  READ_BACKS_A_SECOND,
  READ_BACKS_UNDER_LOAD,
  READ_BACK_AFTER_MS,
  REREADS_TOGETHER,
} from '../../../../../src/runtime/replication/limits.ts'
import { ReadBacks } from '../../../../../src/runtime/replication/drift/read-backs.ts'

let now: number
let tick: () => void
let read: string[]
let readBacks: ReadBacks
let isDown: boolean
/** What the application has lost, and which were read after it was known to have lost something. */
let lost: Set<string>
let readAsLost: string[]
/** What the application has not got, and counts as lost after some looks, or after one where others are lost. */
let absent: Set<string>
/** What it never shows. */
let coming: Set<string>
/** What is deleted, and so is nothing that an application should have. */
let deleted: Set<string>
/** All names that are replicated, in the order of the round. */
let all: string[]
/** To which name the round was said to have come. */
let rounds: (string | undefined)[]
let isLate = false

beforeEach(() => {
  now = 0
  read = []
  isDown = false
  lost = new Set()
  readAsLost = []
  absent = new Set()
  coming = new Set()
  deleted = new Set()
  all = []
  rounds = []
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
    read: ({ name, service, kind }, { attempts, losesAll }) => {
      read.push(name)
      if (losesAll) readAsLost.push(name)
      if (coming.has(name) || (absent.has(name) && !losesAll && attempts < MAX_LOOKS_FOR_ABSENT)) {
        readBacks.again({ service, kind, name }, attempts + 1)
        return Promise.resolve('again')
      }
      if (absent.delete(name)) return Promise.resolve('lost')
      if (deleted.has(name)) return Promise.resolve('done')
      return Promise.resolve(isDown && service === 's' ? 'unread' : lost.delete(name) ? 'lost' : 'there')
    },
    namesAfter: (name, limit) => {
      const from = all.findIndex(each => each === name?.name) + 1
      return Promise.resolve(all.slice(from, from + limit).map(each => ({ service: 's', kind: 'k', name: each })))
    },
    onRound: last => rounds.push(last?.name),
  })
  if (!isLate) readBacks.start()
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

test('an application that is down is asked once a second, and for all that it has not shown when it is back; others are read meanwhile', async () => {
  isDown = true
  expect(await second(5)).toBe(5)
  readBacks.soon({ service: 'other', kind: 'k', name: 'other' })
  expect([await second(0), await second(0)]).toEqual([2, 1])
  expect(read).toContain('other')
  isDown = false
  read = []
  // The one by which it is found to be back, then the rest.
  expect([await second(0), await second(0), await second(0)]).toEqual([1, 4, 0])
  expect(read.toSorted()).toEqual(['0-0', '0-1', '0-2', '0-3', '0-4'])
})

describe('the round', () => {
  beforeAll(() => void (isLate = true))
  afterAll(() => void (isLate = false))

  test('goes on where that of the run before was, says once a minute where it is, and begins anew at its end', async () => {
    all = Array.from({ length: 500 }, (_, place) => String(place).padStart(3, '0'))
    readBacks.start({ service: 's', kind: 'k', name: '099' })
    expect(await second(0)).toBe(REREADS_TOGETHER)
    expect(read[0]).toBe('100')
    // Many together, then none for as long as that takes on average.
    const goesOn = []
    for (let seconds = 0; seconds < 10; seconds++) goesOn.push(await second(0))
    expect(goesOn).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, REREADS_TOGETHER])
    expect(rounds).toEqual([read[REREADS_TOGETHER - 1]])
    for (let seconds = 0; seconds < 60; seconds++) await second(0)
    expect(rounds.length).toBe(2)
    while (!rounds.includes(undefined)) await second(0)
    expect(read.at(-1)).toBe('499')
    expect(read.length).toBe(400)
    for (let seconds = 0; seconds < 61; seconds++) await second(0)
    expect(read).toContain('000')
  })

  test('where an application has lost one all others are read at once, until many are there, and not anew for a minute', async () => {
    all = Array.from({ length: 1_000 }, (_, place) => String(place).padStart(3, '0'))
    for (const name of all.slice(0, 300)) lost.add(name)
    readBacks.start({ service: 's', kind: 'k', name: '998' })
    readBacks.soon({ service: 's', kind: 'k', name: '007' })
    read = []
    await second(0)
    for (let seconds = 0; lost.size > 0; seconds++) {
      expect(seconds, `${lost.size} are left`).toBeLessThan(10)
      await second(0)
    }
    expect(readAsLost).toContain('299')
    for (let seconds = 0; seconds < 10; seconds++) await second(0)
    expect(read.length - 300).toBeGreaterThanOrEqual(MAX_THERE)
    expect(read.length - 300).toBeLessThan(MAX_THERE + 3 * READ_BACKS_A_SECOND)
    // That is known: what one more was is no reason to read them all once more.
    lost.add('900')
    readBacks.soon({ service: 's', kind: 'k', name: '900' })
    await second(0)
    expect(lost.size).toBe(0)
    read = []
    for (let seconds = 0; seconds < 3; seconds++) await second(0)
    expect(read.length).toBeLessThanOrEqual(REREADS_TOGETHER)
  })

  test('what is deleted does not tell that an application has what it should, and as clients go on all is read within seconds', async () => {
    all = Array.from({ length: 700 }, (_, place) => String(place).padStart(3, '0'))
    for (const name of all) if (name < '400') deleted.add(name)
    for (const name of all) if (name >= '400') lost.add(name)
    readBacks.start({ service: 's', kind: 'k', name: '698' })
    readBacks.soon({ service: 's', kind: 'k', name: '699' })
    await second(0)
    for (let seconds = 0; lost.size > 0; seconds++) {
      expect(seconds, `${lost.size} are left`).toBeLessThan(10)
      // What is put back, and written meanwhile.
      await second(2 * READ_BACKS_A_SECOND)
    }
  })

  test.each([80, 200, 400])(
    'all that was lost is read within seconds though clients write %i others a second',
    async rate => {
      all = Array.from({ length: 700 }, (_, place) => String(place).padStart(3, '0'))
      for (const name of all) lost.add(name)
      readBacks.start({ service: 's', kind: 'k', name: '698' })
      readBacks.soon({ service: 's', kind: 'k', name: '699' })
      await second(0)
      for (let seconds = 0; lost.size > 0; seconds++) {
        expect(seconds, `${lost.size} are left`).toBeLessThan(15)
        await second(rate)
      }
    },
  )

  test.each([0, 200])(
    'the first that was lost is known after as many looks, whatever waits: clients write %i others a second',
    async rate => {
      all = Array.from({ length: 500 }, (_, place) => String(place).padStart(3, '0'))
      readBacks.start({ service: 's', kind: 'k', name: '498' })
      for (let seconds = 0; seconds < 20; seconds++) await second(rate)
      absent = new Set(all)
      // All clients ask for what is not there, each second.
      for (let seconds = 0; !readBacks.losesAll('s'); seconds++) {
        expect(seconds, 'until it is known').toBeLessThan(MAX_LOOKS_FOR_ABSENT + 3)
        for (const name of all) readBacks.lookAt({ service: 's', kind: 'k', name })
        await second(rate)
      }
      for (let seconds = 0; absent.size > 0; seconds++) {
        expect(seconds, `${absent.size} are left`).toBeLessThan(15)
        for (const name of absent) readBacks.lookAt({ service: 's', kind: 'k', name })
        await second(rate)
      }
    },
  )

  test('what is yet to come, or there, keeps no place before what was lost', async () => {
    readBacks.start()
    coming = new Set(['c0', 'c1', 'c2', 'c3', 'c4'])
    for (const name of coming) readBacks.lookAt({ service: 'other', kind: 'k', name })
    for (let seconds = 0; seconds < 3; seconds++) await second(200)
    absent = new Set(['007'])
    for (let seconds = 0; !readBacks.losesAll('s'); seconds++) {
      expect(seconds, 'until it is known').toBeLessThan(3 * MAX_LOOKS_FOR_ABSENT)
      for (const name of ['007', '100', '101']) readBacks.lookAt({ service: 's', kind: 'k', name })
      await second(200)
    }
  })

  test('one that loses all again and again is looked through each time, once a minute', async () => {
    all = Array.from({ length: 400 }, (_, place) => String(place).padStart(3, '0'))
    readBacks.start({ service: 's', kind: 'k', name: '398' })
    for (let time = 1; time <= 3; time++) {
      for (const name of all) lost.add(name)
      for (let seconds = 0; lost.size > 0; seconds++) {
        expect(seconds, `${lost.size} are left, the ${time}. time`).toBeLessThan(90)
        if (seconds % 5 === 0) readBacks.again({ service: 's', kind: 'k', name: '007' }, 0)
        await second(0)
      }
    }
  })
})

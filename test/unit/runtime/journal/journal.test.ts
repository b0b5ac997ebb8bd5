/**
 * Journals: numbers are dense and never given twice, through trims, crashes and restarts, against a plain array as the model;
 * gaps are found at open and while reading, and stop the store; several journals are one commit.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendTogether, MAX_TAIL_BYTES, openJournal } from '../../../../src/runtime/journal/journal.ts'
import { damage, MAX_QUEUED_COMMITS, MemoryStore } from '../../../../sims/world/memory-store.ts'
import type { CheopsError } from '../../../../src/errors.ts'
import type { Journal, JournalRange } from '../../../../src/runtime/journal/journal.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const PREFIX = 'outbox/paris/'
const recordKey = (number: number): string => `${PREFIX}r/${number.toString(16).padStart(14, '0')}`

async function contents(journal: Journal, range: JournalRange): Promise<[number, string][]> {
  const all: [number, string][] = []
  for await (const [number, value] of journal.read(range)) all.push([number, new TextDecoder().decode(value)])
  return all
}

async function filled(count: number, values = new Map<string, Uint8Array>()) {
  const store = new MemoryStore(values)
  const journal = await openJournal(store, PREFIX)
  for (let number = 1; number <= count; number++) await journal.append(bytes(`record ${number}`))
  return { store, journal, values }
}

test('numbers from 1, reads from any number on, up to a limit', async () => {
  const { journal } = await filled(5)
  expect([journal.first, journal.next]).toEqual([1, 6])
  expect(await contents(journal, { from: 4 })).toEqual([
    [4, 'record 4'],
    [5, 'record 5'],
  ])
  expect(await contents(journal, { from: 2, limit: 1 })).toEqual([[2, 'record 2']])
  expect(await contents(journal, { from: 6 })).toEqual([])
  expect(await contents(journal, { from: 600 })).toEqual([])
})

test('orders more than sixteen records as numbers, and knows nothing of journals beside it', async () => {
  const { store, journal } = await filled(300)
  const beside = await openJournal(store, 'outbox/parish/')
  expect(await beside.append(bytes('other'))).toBe(1)
  expect((await contents(journal, { from: 1 })).map(([number]) => number)).toEqual(
    Array.from({ length: 300 }, (_, index) => index + 1),
  )
})

test('never gives a number again, also when all records are gone', async () => {
  const { journal, values } = await filled(3)
  await journal.trim(4)
  expect([journal.first, journal.next, await contents(journal, { from: 4 })]).toEqual([4, 4, []])
  const again = await openJournal(new MemoryStore(values), PREFIX)
  expect(await again.append(bytes('record 4'))).toBe(4)
})

test('trims thousands of records in several commits, each whole', async () => {
  const { store, journal, values } = await filled(2_500)
  let commits = 0
  const counted = new MemoryStore(values, { schedule: write => (commits++, queueMicrotask(write)) })
  const again = await openJournal(counted, PREFIX)
  await again.trim(2_400)
  expect(commits).toBe(3)
  expect(await contents(again, { from: 2_400, limit: 1 })).toEqual([[2_400, 'record 2400']])
  expect((await openJournal(store, PREFIX)).first).toBe(2_400)
  expect(journal.next).toBe(2_501)
})

test('what was trimmed is refused with the number where it begins now, and trimming beyond the end is a mistake', async () => {
  const { journal } = await filled(5)
  await journal.trim(4)
  await journal.trim(2)
  const trimmed = { code: 'ERR_JOURNAL_TRIMMED', meta: { first: 4, from: 3 } }
  await expect(contents(journal, { from: 3 })).rejects.toMatchObject(trimmed)
  await expect(journal.trim(7)).rejects.toThrow(RangeError)
})

test('appends to several journals and writes what belongs to it as one commit', async () => {
  const values = new Map<string, Uint8Array>()
  const pending: (() => void)[] = []
  const store = new MemoryStore(values, { schedule: write => pending.push(write) })
  const [paris, rennes] = [await openJournal(store, 'paris/'), await openJournal(store, 'rennes/')]
  const appends = [
    { journal: paris, value: bytes('p') },
    { journal: rennes, value: bytes('r') },
    { journal: paris, value: bytes('q') },
  ]
  const numbers = appendTogether(store, appends, [{ kind: 'put', key: 'state', value: bytes('s') }])
  expect([paris.next, rennes.next, store.queued, await contents(paris, { from: 1 })]).toEqual([3, 2, 1, []])
  expect([paris.written, rennes.written], 'nothing can be read before it is on disk').toEqual([1, 1])
  pending.forEach(write => write())
  expect(await numbers).toEqual([1, 1, 2])
  expect([paris.written, rennes.written]).toEqual([3, 2])
  expect(await store.get('state')).toEqual(bytes('s'))
  const elsewhere = await openJournal(new MemoryStore(), 'paris/')
  await expect(appendTogether(store, [{ journal: elsewhere, value: bytes('x') }])).rejects.toThrow(RangeError)
})

test('reads what was appended last from memory, within a bound, and what is older from the store', async () => {
  const values = new Map<string, Uint8Array>()
  const journal = await openJournal(new MemoryStore(values), PREFIX)
  const half = new Uint8Array(MAX_TAIL_BYTES / 2)
  for (const value of [bytes('first'), bytes('second'), half, bytes('fourth')]) await journal.append(value)
  const numbers = async (range: JournalRange): Promise<number[]> => (await contents(journal, range)).map(([at]) => at)
  values.clear()
  expect(await numbers({ from: 1 })).toEqual([1, 2, 3, 4])
  expect(await numbers({ from: 2, limit: 2 })).toEqual([2, 3])
  await journal.trim(3)
  expect(await numbers({ from: 3 })).toEqual([3, 4])
  await journal.append(half)
  expect(await numbers({ from: 4 })).toEqual([4, 5])
  await expect(numbers({ from: 3 }), 'the store was emptied behind its back').rejects.toMatchObject({
    code: 'ERR_STORE_CORRUPT',
  })
})

test('takes no number when the queue of the store is full', async () => {
  const pending: (() => void)[] = []
  const store = new MemoryStore(new Map(), { schedule: write => pending.push(write) })
  const journal = await openJournal(store, PREFIX)
  const first = journal.append(bytes('record 1'))
  const others = Array.from({ length: MAX_QUEUED_COMMITS - 1 }, () => store.commit([]))
  await expect(journal.append(bytes('refused'))).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
  await expect(journal.trim(2)).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
  expect([journal.first, journal.next]).toEqual([1, 2])
  pending.splice(0).forEach(write => write())
  await Promise.all([first, ...others])
  const second = journal.append(bytes('record 2'))
  pending.forEach(write => write())
  expect(await second).toBe(2)
})

describe('what cannot be what was written stops the store', () => {
  const opened = async (values: Map<string, Uint8Array>) => {
    const failures: CheopsError[] = []
    const store = new MemoryStore(values, { onFailure: error => failures.push(error) })
    return { failures, journal: await openJournal(store, PREFIX).catch((error: unknown) => error) }
  }

  test.each([1, 3])('a gap at %i', async number => {
    const { values } = await filled(5)
    values.delete(recordKey(number))
    const corrupt = { code: 'ERR_STORE_CORRUPT', meta: { key: recordKey(number) } }
    expect(await opened(values)).toMatchObject({ journal: corrupt, failures: [corrupt] })
  })

  test('a damaged record', async () => {
    const { values } = await filled(5)
    damage(values, recordKey(3))
    const corrupt = { code: 'ERR_STORE_CORRUPT', meta: { key: recordKey(3) } }
    expect(await opened(values)).toMatchObject({ journal: corrupt, failures: [corrupt] })
  })

  test('a record before the start, a start beyond the records, and one that is no number', async () => {
    const { journal, values } = await filled(5)
    await journal.trim(3)
    for (const [start, key] of [
      ['4', recordKey(4)],
      ['2', recordKey(2)],
      ['x', `${PREFIX}start`],
    ] as const) {
      values.set(`${PREFIX}start`, bytes(start))
      const corrupt = { code: 'ERR_STORE_CORRUPT', meta: { key } }
      expect(await opened(values), `start ${start}`).toMatchObject({ journal: corrupt, failures: [corrupt] })
    }
  })

  test('a gap that opens while it runs, at read, after the records before it', async () => {
    const { values } = await filled(5)
    // What was appended since the start is in memory.
    const journal = await openJournal(new MemoryStore(values), PREFIX)
    values.delete(recordKey(4))
    const found: number[] = []
    const reading = (async () => {
      for await (const [number] of journal.read({ from: 2 })) found.push(number)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT', meta: { key: recordKey(4) } })
    expect(found).toEqual([2, 3])
    await expect(journal.append(bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  })
})

test('behaves like an array with holes at its beginning, through crashes at any moment', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          {
            weight: 5,
            arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
          },
          {
            weight: 2,
            arbitrary: fc.record({
              kind: fc.constant('trim' as const),
              part: fc.double({ min: 0, max: 1, noNaN: true }),
            }),
          },
          { weight: 2, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
          { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), kept: fc.nat(6) }) },
        ),
        { maxLength: 40 },
      ),
      async steps => {
        const values = new Map<string, Uint8Array>()
        const pending: (() => void)[] = []
        const open = async () => {
          const store = new MemoryStore(values, { schedule: write => pending.push(write) })
          return { store, journal: await openJournal(store, PREFIX) }
        }
        let { store, journal } = await open()
        let acknowledged = 0
        let serial = 0
        /** What each number holds, as it was last given. */
        let given: string[] = []
        for (const step of steps) {
          switch (step.kind) {
            case 'append':
              for (let count = 0; count < step.count; count++) {
                const text = `record ${serial++}`
                given[journal.next] = text
                void journal.append(bytes(text)).then(number => (acknowledged = Math.max(acknowledged, number)))
              }
              break
            case 'trim':
              void journal.trim(Math.floor(journal.first + step.part * (journal.next - journal.first)))
              break
            case 'sync':
              pending.splice(0).forEach(write => write())
              await new Promise(resolve => setImmediate(resolve))
              expect(acknowledged).toBe(journal.next - 1)
              break
            case 'crash':
              store.crash(step.kept)
              pending.length = 0
              ;({ store, journal } = await open())
              expect(journal.next, 'what was acknowledged is there').toBeGreaterThan(acknowledged)
              given = given.slice(0, journal.next)
              acknowledged = journal.next - 1
              break
          }
          const found = await contents(journal, { from: journal.first })
          expect(found).toEqual(found.map((_, index) => [journal.first + index, given[journal.first + index]]))
          expect(found.length, 'all that is on disk, and nothing else').toBe(
            Math.max(0, journal.written - journal.first),
          )
        }
      },
    ),
    { numRuns: 150 },
  ))

/**
 * The contract of the store, run by LevelDB on disk and by the one in memory that tests and simulations use: reading, ranges,
 * commits in order and all or nothing, damage that is found at read, and the end.
 */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { damage, MemoryStore } from '../../../sims/world/memory-store.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { Store, StoreRange } from '../../../src/ports/store.ts'
import { CheopsError } from '../../../src/errors.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const put = (key: string, value = key) => ({ kind: 'put', key, value: bytes(value) }) as const
const remove = (key: string) => ({ kind: 'delete', key }) as const

async function entries(store: Store, range: StoreRange): Promise<[string, string][]> {
  const all: [string, string][] = []
  for await (const [key, value] of store.iterate(range)) all.push([key, new TextDecoder().decode(value)])
  return all
}

const keysOf = async (store: Store, range: StoreRange): Promise<string[]> =>
  (await entries(store, range)).map(([key]) => key)

/** One disk: it can be opened one at a time, and changed behind the store's back while it is closed. */
interface Disk {
  open(): Promise<Store>
  damage(key: string): Promise<void>
  readonly failures: readonly CheopsError[]
}

const DISKS = {
  level: async (use: (disk: Disk) => Promise<void>) => {
    await using folder = await temporaryFolder()
    const path = join(await mkdtemp(join(folder.path, 'disk-')), 'store')
    const failures: CheopsError[] = []
    let store: Store | undefined
    await use({
      failures,
      open: async () => (store = await openLevelStore(path, error => failures.push(error))),
      damage: async key => {
        const db = new Level<string, Uint8Array>(path, { valueEncoding: 'view' })
        const value = await db.get(key)
        await db.put(key, value?.map((byte, at, { length }) => (at === length - 1 ? byte ^ 1 : byte)) ?? bytes(''))
        await db.close()
      },
    })
    await store?.close()
  },
  memory: async (use: (disk: Disk) => Promise<void>) => {
    const values = new Map<string, Uint8Array>()
    const failures: CheopsError[] = []
    await use({
      failures,
      open: () => Promise.resolve(new MemoryStore(values, { onFailure: error => failures.push(error) })),
      damage: async key => damage(values, key),
    })
  },
}

describe.each(Object.entries(DISKS))('a store (%s)', (_name, withDisk) => {
  const withStore = (use: (store: Store) => Promise<void>): Promise<void> =>
    withDisk(async disk => use(await disk.open()))

  test('gives back what was put, and nothing for what was not', () =>
    withStore(async store => {
      await store.commit([put('a', 'one'), put('b', 'two'), put('empty', '')])
      await store.commit([remove('a'), put('b', 'three'), remove('never there')])
      expect(await store.get('a')).toBeUndefined()
      expect(await store.get('b')).toEqual(bytes('three'))
      expect(await store.get('empty')).toEqual(bytes(''))
      expect(await store.get('c')).toBeUndefined()
    }))

  test('gives plain bytes, which are nobody else’s', () =>
    withStore(async store => {
      const given = bytes('mine')
      const committed = store.commit([{ kind: 'put', key: 'a', value: given }])
      given.fill(0)
      await committed
      const first = await store.get('a')
      expect(first?.constructor).toBe(Uint8Array)
      expect(first).toEqual(bytes('mine'))
      first?.fill(0)
      expect(await store.get('a')).toEqual(bytes('mine'))
    }))

  test('iterates exactly what begins with the prefix, in order of bytes, and backwards', () =>
    withStore(async store => {
      const keys = ['p/b', 'p/a', 'p', 'p/ä', 'p/\u{10000}', 'p/\u{ffff}', 'q/a', 'o/z', 'p/aa', 'p0']
      await store.commit(keys.map(key => put(key)))
      const ordered = ['p/a', 'p/aa', 'p/b', 'p/ä', 'p/\u{ffff}', 'p/\u{10000}']
      expect(await keysOf(store, { prefix: 'p/' })).toEqual(ordered)
      expect(await keysOf(store, { prefix: 'p/', reverse: true })).toEqual(ordered.toReversed())
      expect(await keysOf(store, { prefix: 'r/' })).toEqual([])
    }))

  test('iterates from a key, itself included, and no further than the limit', () =>
    withStore(async store => {
      const keys = ['p/1', 'p/2', 'p/3', 'p/5', 'p/6', 'q/1', 'o/1']
      await store.commit(keys.map(key => put(key)))
      expect(await keysOf(store, { prefix: 'p/', from: 'p/3' })).toEqual(['p/3', 'p/5', 'p/6'])
      expect(await keysOf(store, { prefix: 'p/', from: 'p/4', limit: 1 })).toEqual(['p/5'])
      expect(await keysOf(store, { prefix: 'p/', from: 'p/7' })).toEqual([])
      expect(await keysOf(store, { prefix: 'p/', from: 'p/3', reverse: true })).toEqual(['p/3', 'p/2', 'p/1'])
      expect(await keysOf(store, { prefix: 'p/', from: 'p/4', reverse: true, limit: 2 })).toEqual(['p/3', 'p/2'])
      expect(await keysOf(store, { prefix: 'p/', limit: 0 })).toEqual([])
      await expect(keysOf(store, { prefix: 'p/', from: 'o/1' })).rejects.toThrow(RangeError)
    }))

  test('iterates over what was there when it began', () =>
    withStore(async store => {
      await store.commit([put('p/1'), put('p/2')])
      const found: string[] = []
      for await (const [key] of store.iterate({ prefix: 'p/' })) {
        found.push(key)
        await store.commit([put('p/3'), remove('p/2')])
      }
      expect(found).toEqual(['p/1', 'p/2'])
    }))

  test('behaves like a sorted map for any commits, whether each is awaited or not, also when it is opened again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            writes: fc.array(fc.tuple(fc.stringMatching(/^k\/[a-d]$/), fc.option(fc.string())), { maxLength: 5 }),
            isAwaited: fc.boolean(),
          }),
          { maxLength: 8 },
        ),
        commits =>
          withDisk(async disk => {
            const store = await disk.open()
            const model = new Map<string, string>()
            const waiting: Promise<void>[] = []
            for (const { writes, isAwaited } of commits) {
              const done = store.commit(writes.map(([key, value]) => (value === null ? remove(key) : put(key, value))))
              for (const [key, value] of writes) {
                if (value === null) model.delete(key)
                else model.set(key, new TextDecoder().decode(bytes(value)))
              }
              if (isAwaited) await done
              else waiting.push(done)
            }
            await Promise.all(waiting)
            const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
            expect(await entries(store, { prefix: 'k/' })).toEqual(expected)
            await store.close()
            expect(await entries(await disk.open(), { prefix: 'k/' })).toEqual(expected)
          }),
      ),
      { numRuns: 15 },
    ))

  test('writes in the order given: when a commit is there, so are all before it', () =>
    withStore(async store => {
      const resolved: number[] = []
      const all = Array.from({ length: 500 }, (_, number) =>
        store.commit([put('last', String(number))]).then(() => resolved.push(number)),
      )
      await all[250]
      expect(Number(new TextDecoder().decode(await store.get('last')))).toBeGreaterThanOrEqual(250)
      await Promise.all(all)
      expect(resolved).toEqual(Array.from({ length: 500 }, (_, number) => number))
      expect(await store.get('last')).toEqual(bytes('499'))
    }))

  test('refuses what no longer fits its queue, whole, and takes more when there is room again', () =>
    withStore(async store => {
      const taken: Promise<void>[] = []
      while (!store.isFull) taken.push(store.commit([]))
      const refused = store.commit([put('refused')])
      await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
      await Promise.all(taken)
      expect(store.isFull).toBe(false)
      await store.commit([put('later')])
      expect([await store.get('refused'), await store.get('later')]).toEqual([undefined, bytes('later')])
    }))

  test.each([
    ['get', (store: Store) => store.get('p/2')],
    ['iterate', (store: Store) => entries(store, { prefix: 'p/' })],
  ])('finds a flipped bit in a value at %s, fails with its key, and takes nothing more', (_how, read) =>
    withDisk(async disk => {
      const first = await disk.open()
      await first.commit([put('p/1', 'one'), put('p/2', 'two')])
      await first.close()
      await disk.damage('p/2')
      const second = await disk.open()
      expect(await second.get('p/1')).toEqual(bytes('one'))
      const corrupt = { code: 'ERR_STORE_CORRUPT', meta: { key: 'p/2' } }
      await expect(read(second)).rejects.toMatchObject(corrupt)
      await expect(read(second)).rejects.toMatchObject(corrupt)
      expect(disk.failures).toMatchObject([corrupt])
      await expect(second.commit([put('a')])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
      await second.close()
      expect(await (await disk.open()).get('a')).toBeUndefined()
    }),
  )

  test('fails when somebody says so, once, and refuses what waits', () =>
    withDisk(async disk => {
      const store = await disk.open()
      const waiting = store.commit([put('a')]).catch((error: unknown) => error)
      const [gap, other] = [
        new CheopsError('ERR_STORE_CORRUPT', 'a gap'),
        new CheopsError('ERR_STORE_CORRUPT', 'other'),
      ]
      store.fail(gap)
      store.fail(other)
      expect([await waiting, disk.failures]).toEqual([gap, [gap]])
      await expect(store.commit([put('b')])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
      expect(await keysOf(store, { prefix: '' })).not.toContain('a')
      await store.close()
    }))

  test('writes what it was given before it closes', () =>
    withDisk(async disk => {
      const store = await disk.open()
      const committed = store.commit([put('a')])
      await store.close()
      await committed
      expect(await (await disk.open()).get('a')).toEqual(bytes('a'))
    }))

  test('throws ERR_STORE_FAILED once it is closed, closing twice does nothing, and neither is a failure', () =>
    withDisk(async disk => {
      const store = await disk.open()
      await store.close()
      await store.close()
      const failed = { code: 'ERR_STORE_FAILED' }
      await expect(store.get('a')).rejects.toMatchObject(failed)
      await expect(store.commit([put('a')])).rejects.toMatchObject(failed)
      await expect(entries(store, { prefix: '' })).rejects.toMatchObject(failed)
      expect(disk.failures).toEqual([])
    }))
})

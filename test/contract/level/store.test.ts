/**
 * The contract of the store, run by LevelDB on disk and by the one in memory that tests and simulations use; and what only
 * the disk has: one process at a time, a format version, the mode of the folder.
 */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Level } from 'level'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openLevelStore, STORE_VERSION } from '../../../src/adapters/level/level-store.ts'
import { MemoryStore } from '../../support/memory-store.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { Store } from '../../../src/ports/store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const put = (key: string, value = key) => ({ kind: 'put', key, value: bytes(value) }) as const
const remove = (key: string) => ({ kind: 'delete', key }) as const

async function entries(store: Store, prefix: string): Promise<[string, string][]> {
  const all: [string, string][] = []
  for await (const [key, value] of store.iterate(prefix)) all.push([key, new TextDecoder().decode(value)])
  return all
}

const KINDS = {
  level: async (use: (store: Store) => Promise<void>) => {
    await using folder = await temporaryFolder()
    const store = await openLevelStore(join(folder.path, 'store'))
    try {
      await use(store)
    } finally {
      await store.close()
    }
  },
  memory: (use: (store: Store) => Promise<void>) => use(new MemoryStore()),
}

describe.each(Object.entries(KINDS))('a store (%s)', (_name, withStore) => {
  test('gives back what was put, and nothing for what was not', () =>
    withStore(async store => {
      await store.batch([put('a', 'one'), put('b', 'two')], { sync: true })
      await store.batch([remove('a'), put('b', 'three'), remove('never there')], { sync: false })
      expect(await store.get('a')).toBeUndefined()
      expect(await store.get('b')).toEqual(bytes('three'))
      expect(await store.get('c')).toBeUndefined()
    }))

  test('iterates exactly what begins with the prefix, in order of bytes', () =>
    withStore(async store => {
      const keys = ['p/b', 'p/a', 'p', 'p/ä', 'p/\u{10000}', 'q/a', 'o/z', 'p/aa', 'p0']
      await store.batch(
        keys.map(key => put(key)),
        { sync: false },
      )
      const found = await entries(store, 'p/')
      expect(found.map(([key]) => key)).toEqual(['p/a', 'p/aa', 'p/b', 'p/ä', 'p/\u{10000}'])
    }))

  test('iterates over what was there when it began', () =>
    withStore(async store => {
      await store.batch([put('p/1'), put('p/2')], { sync: false })
      const found: string[] = []
      for await (const [key] of store.iterate('p/')) {
        found.push(key)
        await store.batch([put('p/3'), remove('p/2')], { sync: false })
      }
      expect(found).toEqual(['p/1', 'p/2'])
    }))

  test('behaves like a sorted map for any batches', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(fc.stringMatching(/^k\/[a-d]$/), fc.option(fc.string())), { maxLength: 5 }), {
          maxLength: 8,
        }),
        batches =>
          withStore(async store => {
            const model = new Map<string, string>()
            for (const batch of batches) {
              await store.batch(
                batch.map(([key, value]) => (value === null ? remove(key) : put(key, value))),
                { sync: false },
              )
              for (const [key, value] of batch) {
                if (value === null) model.delete(key)
                else model.set(key, new TextDecoder().decode(bytes(value)))
              }
            }
            expect(await entries(store, 'k/')).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)))
          }),
      ),
      { numRuns: 15 },
    ))

  test('throws ERR_STORE_FAILED once it is closed, and closing twice does nothing', () =>
    withStore(async store => {
      await store.close()
      await store.close()
      const failed = { code: 'ERR_STORE_FAILED' }
      await expect(store.get('a')).rejects.toMatchObject(failed)
      await expect(store.batch([put('a')], { sync: true })).rejects.toMatchObject(failed)
      await expect(entries(store, '')).rejects.toMatchObject(failed)
    }))
})

describe('the store on disk', () => {
  test('keeps what was written, in a folder that is its own', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'deep', 'store')
    const first = await openLevelStore(path)
    await first.batch([put('a')], { sync: true })
    await first.close()
    const second = await openLevelStore(path)
    expect(await second.get('a')).toEqual(bytes('a'))
    await second.close()
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  test('is one process only: another one is told so', async () => {
    await using folder = await temporaryFolder()
    const store = await openLevelStore(folder.path)
    const script = `
      const { Level } = await import('level')
      const db = new Level(process.argv[1])
      await db.open().then(() => console.log('opened'), error => console.log(error.cause?.code))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder.path])
    expect(stdout.trim()).toBe('LEVEL_LOCKED')
    await expect(openLevelStore(folder.path)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' })
    await store.close()
  })

  test('tells of the first write that fails, once, and takes nothing more', async () => {
    await using folder = await temporaryFolder()
    const adapter = new URL('../../../src/adapters/level/level-store.ts', import.meta.url).href
    // A file may not grow any more: what a full disk looks like to the process, without a disk of its own.
    const script = `
      import { execFileSync } from 'node:child_process'
      import { openLevelStore } from ${JSON.stringify(adapter)}
      const told = []
      const store = await openLevelStore(process.argv[1], error => told.push(error.code))
      const write = () => store.batch([{ kind: 'put', key: 'a', value: new Uint8Array(9) }], { sync: true })
      await write()
      const before = told.length
      const limit = bytes => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':'])
      limit(1)
      const codes = []
      await write().catch(error => codes.push(error.code))
      limit('unlimited')
      await write().catch(error => codes.push(error.code))
      await store.close()
      await write().catch(error => codes.push(error.code))
      console.log(JSON.stringify({ before, told, codes }))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder.path])
    const failed = 'ERR_STORE_FAILED'
    expect(JSON.parse(stdout)).toEqual({ before: 0, told: [failed], codes: [failed, failed, failed] })
  })

  test('of a newer version is refused and left as it is', async () => {
    await using folder = await temporaryFolder()
    const db = new Level<string, string>(folder.path)
    await db.put('format/version', String(STORE_VERSION + 1))
    await db.close()
    await expect(openLevelStore(folder.path)).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' })
    const again = new Level<string, string>(folder.path)
    expect(await again.get('format/version')).toBe(String(STORE_VERSION + 1))
    await again.close()
  })
})

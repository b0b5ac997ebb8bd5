/**
 * What only the store on disk has: one process at a time, the mode of its folder, a write that fails, and the formats of
 * earlier versions. `format-1.json` holds the files (base64) of a store that the program of version 1 has written.
 */
import { execFile } from 'node:child_process'
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Level } from 'level'
import { describe, expect, test } from 'vitest'
import { NUMBERED_BYTES } from '../../../src/adapters/level/batch-numbers.ts'
import { STORE_VERSION, VERSION_KEY } from '../../../src/adapters/level/format.ts'
import { toRecord } from '../../../src/adapters/level/record.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { Store } from '../../../src/ports/store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const put = (key: string, value = key) => ({ kind: 'put', key, value: bytes(value) }) as const

async function entries(store: Store, prefix: string): Promise<[string, Uint8Array][]> {
  const all: [string, Uint8Array][] = []
  for await (const [key, value] of store.iterate({ prefix })) all.push([key, value])
  return all
}

async function rawly<T>(folder: string, use: (db: Level<string, Uint8Array>) => Promise<T>): Promise<T> {
  const db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  try {
    return await use(db)
  } finally {
    await db.close()
  }
}

test('its folder is its own', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'deep', 'store')
  const store = await openLevelStore(path)
  await store.close()
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
    const write = () => store.commit([{ kind: 'put', key: 'a', value: new Uint8Array(9) }])
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

test('a value under another key is damage', async () => {
  await using folder = await temporaryFolder()
  const store = await openLevelStore(folder.path)
  await store.commit([put('a', 'the value of a')])
  await store.close()
  await rawly(folder.path, async db => db.put('b', (await db.get('a')) ?? bytes('')))
  const again = await openLevelStore(folder.path)
  expect(await again.get('a')).toEqual(bytes('the value of a'))
  await expect(again.get('b')).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT', meta: { key: 'b' } })
  await again.close()
})

describe('a log that the disk has changed', () => {
  const COMMITS = 300
  /** Commits of half a kilobyte each, so that the log has several of LevelDB's blocks of 32 KiB; and what a crash leaves. */
  async function crashed(folder: string): Promise<{ files: string; log: string; bytes: number }> {
    const store = await openLevelStore(join(folder, 'running'))
    for (let count = 0; count < COMMITS; count++) await store.commit([put(`state/${count}`, 'x'.repeat(500))])
    const files = join(folder, 'crashed')
    await cp(join(folder, 'running'), files, { recursive: true })
    await store.close()
    const log =
      (await readdir(files))
        .filter(name => name.endsWith('.log'))
        .toSorted()
        .at(-1) ?? ''
    return { files, log, bytes: (await stat(join(files, log))).size }
  }
  const found = async (folder: string): Promise<unknown> => {
    try {
      const store = await openLevelStore(folder)
      const { length } = await entries(store, 'state/')
      await store.close()
      return length
    } catch (error) {
      return error
    }
  }

  test('is found, wherever a bit was flipped before its last block', { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder()
    const { files, log, bytes } = await crashed(folder.path)
    const last = bytes - (bytes % 32_768 || 32_768)
    expect(last, 'several blocks').toBeGreaterThan(3 * 32_768)
    for (let at = 0; at < last; at += 4_567) {
      const copy = join(folder.path, `flipped-${at}`)
      await cp(files, copy, { recursive: true })
      const content = await readFile(join(copy, log))
      content[at] = (content[at] ?? 0) ^ 1
      await writeFile(join(copy, log), content)
      const outcome = await found(copy)
      // A record that crosses into the next block takes the beginning of that one with it, which may be the last.
      if (outcome !== COMMITS && at < last - 1_000) {
        expect(outcome, `at ${at} of ${bytes}`).toMatchObject({ code: 'ERR_STORE_CORRUPT' })
      }
      await rm(copy, { recursive: true })
    }
  })

  test('is opened as it was, again and again, when nothing was changed', async () => {
    await using folder = await temporaryFolder()
    const { files } = await crashed(folder.path)
    for (let round = 0; round < 4; round++) {
      expect(await found(files), `opened ${round + 1} times`).toBe(COMMITS)
      const store = await openLevelStore(files)
      for (let count = 0; count < round * 5; count++) await store.commit([put(`state/${count}`)])
      await store.close()
    }
  })

  test('costs a bounded number of keys', async () => {
    await using folder = await temporaryFolder()
    const store = await openLevelStore(folder.path)
    const value = new Uint8Array(100_000)
    const needed = Math.ceil(NUMBERED_BYTES / value.length)
    for (let count = 0; count < 3 * needed; count++) await store.commit([{ kind: 'put', key: 'a', value }])
    const numbers = (await entries(store, 'format/batch/')).map(([key]) => Number.parseInt(key.slice(-14), 16))
    expect(numbers.length, `${needed} are needed`).toBeGreaterThanOrEqual(needed)
    expect(numbers.length).toBeLessThan(needed + 5)
    expect(numbers, 'dense, and the last').toEqual(numbers.map((_, index) => 3 * needed + 2 - numbers.length + index))
    await store.close()
  })
})

describe('format', () => {
  const versionOf = (folder: string): Promise<Uint8Array | undefined> =>
    rawly(folder, db => db.get(VERSION_KEY).then(value => value && new Uint8Array(value)))
  const record = (version: string): Uint8Array => toRecord(VERSION_KEY, bytes(version))

  async function layOut(folder: string): Promise<void> {
    const text = await readFile(new URL('format-1.json', import.meta.url), 'utf8')
    const files: Record<string, string> = JSON.parse(text)
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), Buffer.from(content, 'base64'))
    }
  }

  test('of version 1 is migrated once, with all that it holds', async () => {
    await using folder = await temporaryFolder()
    await layOut(folder.path)
    expect(await versionOf(folder.path), 'the fixture').toEqual(bytes('1'))
    const expected = [
      ['empty', bytes('')],
      ['membership/site/paris', bytes('record of paris')],
      ['membership/site/zürich', Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ]
    for (const round of ['migrated', 'opened again']) {
      const store = await openLevelStore(folder.path)
      expect([...(await entries(store, 'e')), ...(await entries(store, 'membership/'))], round).toEqual(expected)
      await store.close()
      expect(await versionOf(folder.path)).toEqual(record(String(STORE_VERSION)))
    }
  })

  test('of version 1 is migrated whole or not at all, wherever the disk stops taking more', async () => {
    const adapter = new URL('../../../src/adapters/level/level-store.ts', import.meta.url).href
    const script = `
      import { openLevelStore } from ${JSON.stringify(adapter)}
      await openLevelStore(process.argv[1]).then(() => console.log('opened'), error => console.log(error.code))`
    const outcomes = await Promise.all(
      [100, 300, 400, 500, 10_000].map(async limit => {
        await using folder = await temporaryFolder()
        await layOut(folder.path)
        const limited = [`--fsize=${limit}:`, process.execPath, '--input-type=module', '-e', script, folder.path]
        const { stdout } = await promisify(execFile)('prlimit', limited)
        const store = await openLevelStore(folder.path)
        expect(await store.get('membership/site/paris'), `limit ${limit}`).toEqual(bytes('record of paris'))
        await store.close()
        return stdout.trim()
      }),
    )
    expect(outcomes[0]).toBe('ERR_STORE_FAILED')
    expect(outcomes.at(-1)).toBe('opened')
  })

  test('of a newer version is refused and left as it is', async () => {
    await using folder = await temporaryFolder()
    await rawly(folder.path, db => db.put(VERSION_KEY, record(String(STORE_VERSION + 1))))
    await expect(openLevelStore(folder.path)).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' })
    expect(await versionOf(folder.path)).toEqual(record(String(STORE_VERSION + 1)))
  })

  test.each([bytes(''), bytes('0'), bytes('2'), record('2.0'), record('-1'), record('0'), record('')])(
    '%j is damage',
    async version => {
      await using folder = await temporaryFolder()
      await rawly(folder.path, db => db.put(VERSION_KEY, version))
      const corrupt = { code: 'ERR_STORE_CORRUPT', meta: { key: VERSION_KEY } }
      await expect(openLevelStore(folder.path)).rejects.toMatchObject(corrupt)
    },
  )

  test('that is gone while other keys are there is damage', async () => {
    await using folder = await temporaryFolder()
    await (await openLevelStore(folder.path)).close()
    await rawly(folder.path, db =>
      db.batch([
        { type: 'del', key: VERSION_KEY },
        { type: 'put', key: 'a', value: bytes('a') },
      ]),
    )
    await expect(openLevelStore(folder.path)).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' })
  })
})

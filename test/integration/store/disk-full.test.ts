/**
 * A disk that is full: the store tells it once and takes nothing more, large bodies are refused, nothing that was acknowledged is
 * lost, and with room everything goes on.
 *
 * The disk is a small file system in memory that is made larger later. That needs root and `mount`; where they are missing the
 * test is skipped, and says so. What the code does when a write fails is tested everywhere: with files that may not grow in
 * `contract/level` and `e2e/cli/data-folder`, with a file system that fails in `unit/adapters/blobs`.
 */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openFileBlobs } from '../../../src/adapters/blobs/file-blobs.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { openJournal } from '../../../src/runtime/journal/journal.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { CheopsError } from '../../../src/errors.ts'

const run = promisify(execFile)

/** A disk of so many MiB, or why there is none. */
async function smallDisk(
  folder: string,
  mebibytes: number,
): Promise<(AsyncDisposable & { grow(to: number): Promise<void> }) | string> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  } catch (error) {
    return `no file system of its own can be mounted here: ${String(error instanceof Error ? error.message : error).trim()}`
  }
  return {
    grow: async to => void (await run('mount', ['-o', `remount,size=${to}m`, folder])),
    [Symbol.asyncDispose]: async () => void (await run('umount', ['-l', folder])),
  }
}

async function* body(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += 50_000) yield new Uint8Array(Math.min(50_000, length - at)).fill(at >> 8)
}

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as CheopsError).code,
  )

test('the store fails once, keeps what it acknowledged, and goes on when there is room', async context => {
  await using folder = await temporaryFolder()
  const disk = await smallDisk(folder.path, 12)
  if (typeof disk === 'string') return context.skip(disk)
  await using mounted = disk
  const failures: CheopsError[] = []
  const store = await openLevelStore(path.join(folder.path, 'store'), error => failures.push(error))
  const journal = await openJournal(store, 'outbox/')
  let acknowledged = 0
  const fill = async (): Promise<void> => {
    for (;;) acknowledged = Math.max(acknowledged, await journal.append(crypto.getRandomValues(new Uint8Array(3_000))))
  }
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => outcomeOf(fill())))
  expect(new Set(outcomes)).toEqual(new Set(['ERR_STORE_FAILED']))
  expect(failures).toMatchObject([{ code: 'ERR_STORE_FAILED' }])
  expect(await outcomeOf(store.commit([{ kind: 'delete', key: 'any' }])), 'afterwards').toBe('ERR_STORE_FAILED')
  await store.close()
  expect(acknowledged).toBeGreaterThan(500)

  await mounted.grow(48)
  const again = await openLevelStore(path.join(folder.path, 'store'))
  const reopened = await openJournal(again, 'outbox/')
  expect(reopened.next, `${acknowledged} were acknowledged`).toBeGreaterThan(acknowledged)
  expect(await reopened.append(new Uint8Array(3_000))).toBe(reopened.next - 1)
  await again.close()
})

test('a large body is refused, leaves nothing behind, and fits when there is room', async context => {
  await using folder = await temporaryFolder()
  const disk = await smallDisk(folder.path, 2)
  if (typeof disk === 'string') return context.skip(disk)
  await using mounted = disk
  const failures: CheopsError[] = []
  const blobs = await openFileBlobs(path.join(folder.path, 'blobs'), {
    maxBytes: 1e9,
    onFailure: error => failures.push(error),
  })
  const first = await blobs.write(body(1_000_000))
  expect(await outcomeOf(blobs.write(body(3_000_000)))).toBe('ERR_BLOB_SPACE')
  expect([failures, blobs.totalBytes, blobs.find(first.hash).kind]).toEqual([[], 1_000_000, 'whole'])
  expect(await outcomeOf(blobs.write(body(500_000))), 'what was begun has made room again').toBe('done')
  await mounted.grow(8)
  expect(await outcomeOf(blobs.write(body(3_000_000)))).toBe('done')
})

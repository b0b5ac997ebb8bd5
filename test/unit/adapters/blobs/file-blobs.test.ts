/**
 * What only bodies in files have: their folders and modes, what a crash leaves behind, and faults of the disk, made by a
 * file system that fails where the test says so.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openFileBlobs } from '../../../../src/adapters/blobs/file-blobs.ts'
import { temporaryFolder } from '../../../support/peers.ts'
import type { FileSystem } from '../../../../src/adapters/blobs/blob-files.ts'
import type { CheopsError } from '../../../../src/errors.ts'
import type { Blobs } from '../../../../src/ports/blobs.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const CONTENT = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31) & 0xff)
const HASH = sha256(CONTENT)

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

async function lengthRead(blobs: Blobs, hash: string): Promise<number> {
  let length = 0
  for await (const chunk of blobs.read(hash)) length += chunk.length
  return length
}

/** All files below a folder. */
const filesOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

/** A file system on which calls fail while `fault` says so; all calls are listed, with the folder of the file. */
function failing(root: string) {
  const state = { fault: (_call: string): string | undefined => undefined, calls: [] as string[] }
  const check = (call: string): void => {
    state.calls.push(call)
    const code = state.fault(call)
    if (code !== undefined) throw Object.assign(new Error(code), { code })
  }
  const place = (file: unknown): string => path.relative(root, String(file)).split('/')[0] ?? ''
  const fileSystem = new Proxy<FileSystem>(fs, {
    get:
      (_, name: keyof FileSystem) =>
      async (file: string, ...rest: never[]) => {
        check(`${name} ${place(file)}`)
        const found: unknown = await (fs[name] as (...all: unknown[]) => Promise<unknown>)(file, ...rest)
        if (name !== 'open') return found
        return new Proxy(found as fs.FileHandle, {
          get: (handle, call: keyof fs.FileHandle) =>
            call === 'write' || call === 'sync' || call === 'read'
              ? async (...all: never[]) => {
                  check(`${call} ${place(file)}`)
                  return (handle[call] as (...args: never[]) => unknown).apply(handle, all)
                }
              : typeof handle[call] === 'function'
                ? (handle[call] as () => unknown).bind(handle)
                : handle[call],
        })
      },
  })
  return { state, fileSystem }
}

async function withFaults(
  use: (made: {
    blobs: Blobs
    root: string
    state: ReturnType<typeof failing>['state']
    failures: CheopsError[]
  }) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder()
  const root = path.join(folder.path, 'blobs')
  const { state, fileSystem } = failing(root)
  const failures: CheopsError[] = []
  const blobs = await openFileBlobs(root, { maxBytes: 1e9, onFailure: error => failures.push(error), fileSystem })
  await use({ blobs, root, state, failures })
}

test('files are named by their hash, and they and their folders are ours alone', async () => {
  await using folder = await temporaryFolder()
  const root = path.join(folder.path, 'deep', 'blobs')
  const blobs = await openFileBlobs(root, { maxBytes: 1e9 })
  await blobs.write(once(CONTENT))
  const piece = sha256(new Uint8Array(1))
  await blobs.append(piece, 0, new Uint8Array(1))
  expect((await filesOf(root)).toSorted()).toEqual([`${HASH.slice(0, 2)}/${HASH}`, `partial/${piece}`].toSorted())
  const modeOf = async (name: string): Promise<string> => ((await stat(path.join(root, name))).mode & 0o777).toString(8)
  const folders = await Promise.all(['', HASH.slice(0, 2), 'partial', 'temporary'].map(modeOf))
  expect(folders).toEqual(['700', '700', '700', '700'])
  expect(await modeOf(`${HASH.slice(0, 2)}/${HASH}`)).toBe('600')
  expect(await modeOf(`partial/${piece}`)).toBe('600')
})

test('at open what was being written is removed, pieces beside their whole body too, and other files are left alone', async () => {
  await using folder = await temporaryFolder()
  const root = folder.path
  await (await openFileBlobs(root, { maxBytes: 1e9 })).write(once(CONTENT))
  await writeFile(path.join(root, 'temporary', '7'), 'half')
  await writeFile(path.join(root, 'partial', HASH), 'piece')
  await writeFile(path.join(root, 'partial', 'notes.txt'), 'mine')
  await mkdir(path.join(root, 'lost+found'))
  const blobs = await openFileBlobs(root, { maxBytes: 1e9 })
  expect((await filesOf(root)).toSorted()).toEqual([`${HASH.slice(0, 2)}/${HASH}`, 'partial/notes.txt'].toSorted())
  expect([[...blobs.list()].length, blobs.totalBytes, await lengthRead(blobs, HASH)]).toEqual([1, 100_000, 100_000])
})

test('a file that has become shorter, or is gone, is damage', async () => {
  await using folder = await temporaryFolder()
  const blobs = await openFileBlobs(folder.path, { maxBytes: 1e9 })
  await blobs.write(once(CONTENT))
  const file = path.join(folder.path, HASH.slice(0, 2), HASH)
  await truncate(file, 99_999)
  const corrupt = { code: 'ERR_BLOB_CORRUPT', meta: { hash: HASH } }
  await expect(lengthRead(blobs, HASH)).rejects.toMatchObject(corrupt)
  await fs.unlink(file)
  await expect(lengthRead(blobs, HASH)).rejects.toMatchObject(corrupt)
})

test('a body has its name only when it is on disk, and is told when its name is', () =>
  withFaults(async ({ blobs, state }) => {
    const prefix = HASH.slice(0, 2)
    for (const place of ['temporary', 'partial']) {
      state.calls = []
      if (place === 'temporary') await blobs.write(once(CONTENT))
      else {
        await blobs.append(HASH, 0, CONTENT)
        await blobs.complete(HASH)
      }
      const order = state.calls.filter(call => /^(write|sync|rename) /.test(call))
      expect(order, place).toEqual([
        `write ${place}`,
        `sync ${place}`,
        // The name of the folder that was made, the first time.
        ...(place === 'temporary' ? ['sync '] : []),
        `rename ${place}`,
        `sync ${prefix}`,
      ])
      await blobs.delete(HASH)
    }
  }))

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
  'a full disk (%s) refuses the body, keeps nothing of it, and is no failure',
  code =>
    withFaults(async ({ blobs, root, state, failures }) => {
      state.fault = call => (call === 'write temporary' ? code : undefined)
      await expect(blobs.write(once(CONTENT))).rejects.toMatchObject({ code: 'ERR_BLOB_SPACE' })
      expect([await filesOf(root), blobs.totalBytes, failures]).toEqual([[], 0, []])
      state.fault = () => undefined
      expect((await blobs.write(once(CONTENT))).bytes).toBe(100_000)
    }),
)

test('a piece that does not fit leaves those before it, to go on when there is room', () =>
  withFaults(async ({ blobs, root, state, failures }) => {
    await blobs.append(HASH, 0, CONTENT.subarray(0, 60_000))
    state.fault = call => (call === 'write partial' ? 'ENOSPC' : undefined)
    await expect(blobs.append(HASH, 60_000, CONTENT.subarray(60_000))).rejects.toMatchObject({ code: 'ERR_BLOB_SPACE' })
    expect([blobs.find(HASH), blobs.totalBytes, failures]).toEqual([{ kind: 'partial', bytes: 60_000 }, 60_000, []])
    expect((await stat(path.join(root, 'partial', HASH))).size).toBe(60_000)
    state.fault = () => undefined
    await blobs.append(HASH, 60_000, CONTENT.subarray(60_000))
    expect(await blobs.complete(HASH)).toBe(100_000)
  }))

test('too many open files refuse for the moment, and are no failure', () =>
  withFaults(async ({ blobs, state, failures }) => {
    state.fault = call => (call.startsWith('open') ? 'EMFILE' : undefined)
    await expect(blobs.write(once(CONTENT))).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
    await expect(blobs.append(HASH, 0, CONTENT)).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' })
    expect([failures, blobs.totalBytes]).toEqual([[], 0])
  }))

test.each(['write temporary', 'sync temporary', 'rename temporary', `sync ${HASH.slice(0, 2)}`])(
  'a fault of the disk at "%s" is told once, acknowledges nothing, and nothing is written any more',
  place =>
    withFaults(async ({ blobs, root, state, failures }) => {
      state.fault = call => (call === place ? 'EIO' : undefined)
      const failed = { code: 'ERR_STORE_FAILED' }
      await expect(blobs.write(once(CONTENT))).rejects.toMatchObject(failed)
      expect(blobs.find(HASH)).toEqual({ kind: 'absent' })
      state.fault = () => undefined
      await expect(blobs.write(once(CONTENT))).rejects.toMatchObject(failed)
      await expect(blobs.append(HASH, 0, CONTENT)).rejects.toMatchObject(failed)
      expect(failures).toMatchObject([{ ...failed, cause: { code: 'EIO' } }])
      // What has its name already is whole, and a body of that name at the next start.
      const again = await openFileBlobs(root, { maxBytes: 1e9 })
      for (const { hash } of again.list()) expect(await lengthRead(again, hash)).toBe(100_000)
    }),
)

test('pieces whose sync failed are not trusted again', () =>
  withFaults(async ({ blobs, root, state, failures }) => {
    await blobs.append(HASH, 0, CONTENT)
    state.fault = call => (call === 'sync partial' ? 'EIO' : undefined)
    await expect(blobs.complete(HASH)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect([await filesOf(root), failures.length]).toEqual([[], 1])
  }))

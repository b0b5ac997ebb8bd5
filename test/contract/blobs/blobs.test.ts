/**
 * The contract of large bodies, run by files on disk and by those in memory that simulations use: writing, pieces that are
 * resumed, ranges, verification, the bound of all together, and what a collection may remove.
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openFileBlobs } from '../../../src/adapters/blobs/file-blobs.ts'
import { MemoryBlobs } from '../../../sims/world/memory-blobs.ts'
import { temporaryFolder } from '../../support/peers.ts'
import type { StoredBlob } from '../../../sims/world/memory-blobs.ts'
import type { BlobRange, Blobs } from '../../../src/ports/blobs.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
/** A body whose bytes differ everywhere, so that a piece in a wrong place shows. */
const body = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) + seed) & 0xff)

async function* chunks(content: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

async function contents(blobs: Blobs, hash: string, range?: BlobRange): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of blobs.read(hash, range)) parts.push(chunk)
  return new Uint8Array(Buffer.concat(parts))
}

interface Disk {
  open(maxBytes?: number): Promise<Blobs>
  /** Flips the last byte of a whole body. */
  damage(hash: string): Promise<void>
}

const flipped = (content: Uint8Array): Uint8Array =>
  content.map((byte, at) => (at === content.length - 1 ? byte ^ 1 : byte))

const DISKS = {
  files: async (use: (disk: Disk) => Promise<void>) => {
    await using folder = await temporaryFolder()
    await use({
      open: (maxBytes = 1e9) => openFileBlobs(join(folder.path, 'blobs'), { maxBytes }),
      damage: async hash => {
        const file = join(folder.path, 'blobs', hash.slice(0, 2), hash)
        await writeFile(file, flipped(await readFile(file)))
      },
    })
  },
  memory: async (use: (disk: Disk) => Promise<void>) => {
    const disk = new Map<string, StoredBlob>()
    await use({
      open: (maxBytes = 1e9) => Promise.resolve(new MemoryBlobs(disk, { hash: sha256, maxBytes })),
      damage: async hash => {
        disk.set(hash, { kind: 'whole', content: flipped(disk.get(hash)?.content ?? new Uint8Array()) })
      },
    })
  },
}

describe.each(Object.entries(DISKS))('large bodies (%s)', (_name, withDisk) => {
  const withBlobs = (use: (blobs: Blobs) => Promise<void>, maxBytes?: number): Promise<void> =>
    withDisk(async disk => use(await disk.open(maxBytes)))

  test.each([0, 1, 65_536, 65_537, 300_000])(
    'a body of %i bytes is written, found, read, also after a restart',
    length =>
      withDisk(async disk => {
        const content = body(length)
        const blobs = await disk.open()
        const written = await blobs.write(chunks(content))
        expect(written).toMatchObject({ hash: sha256(content), bytes: length })
        for (const each of [blobs, await disk.open()]) {
          expect(each.find(written.hash)).toEqual({ kind: 'whole', bytes: length })
          expect(await contents(each, written.hash)).toEqual(content)
          expect([...each.list()]).toEqual([{ hash: written.hash, kind: 'whole', bytes: length }])
          expect(each.totalBytes).toBe(length)
        }
      }),
  )

  test('a body that is written again, also at the same time, is kept once', () =>
    withBlobs(async blobs => {
      const content = body(100_000)
      await Promise.all([blobs.write(chunks(content)), blobs.write(chunks(content, 777)), blobs.write(chunks(content))])
      expect([[...blobs.list()].length, blobs.totalBytes]).toEqual([1, 100_000])
      expect(await contents(blobs, sha256(content))).toEqual(content)
    }))

  test('what throws while it is written leaves nothing behind, and is thrown on', () =>
    withBlobs(async blobs => {
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield body(100_000)
        throw new Error('the client has gone')
      }
      await expect(blobs.write(broken())).rejects.toThrow('the client has gone')
      expect([[...blobs.list()], blobs.totalBytes]).toEqual([[], 0])
    }))

  test('any range is read', () =>
    withBlobs(async blobs => {
      const content = body(150_000)
      const { hash } = await blobs.write(chunks(content))
      await fc.assert(
        fc.asyncProperty(fc.nat(150_000), fc.nat(150_000), async (one, other) => {
          const [from, to] = [Math.min(one, other), Math.max(one, other)]
          expect(Buffer.compare(await contents(blobs, hash, { from, to }), content.subarray(from, to))).toBe(0)
        }),
        { numRuns: 30 },
      )
      expect(await contents(blobs, hash, { from: 149_999 })).toEqual(content.subarray(149_999))
    }))

  test.each<BlobRange>([
    { from: -1 },
    { from: 11 },
    { to: 11 },
    { to: -1 },
    { from: 6, to: 5 },
    { from: 0.5 },
    { to: Number.NaN },
  ])('the range %j of ten bytes is refused, with how many there are', range =>
    withBlobs(async blobs => {
      const { hash } = await blobs.write(chunks(body(10)))
      const refused = { code: 'ERR_BLOB_OFFSET', meta: { bytes: 10 } }
      await expect(contents(blobs, hash, range)).rejects.toMatchObject(refused)
    }),
  )

  test('pieces make a body, whatever the cuts and restarts between, and only whole it can be read', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ length: fc.integer({ min: 0, max: 90_000 }), restart: fc.boolean() }), { maxLength: 6 }),
        pieces =>
          withDisk(async disk => {
            const content = body(pieces.reduce((sum, { length }) => sum + length, 0))
            const hash = sha256(content)
            let blobs = await disk.open()
            let at = 0
            for (const { length, restart } of pieces) {
              expect(await blobs.append(hash, at, content.subarray(at, at + length))).toBe(at + length)
              at += length
              if (restart) blobs = await disk.open()
              expect(blobs.find(hash)).toEqual({ kind: 'partial', bytes: at })
              await expect(contents(blobs, hash)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' })
            }
            if (pieces.length === 0) await blobs.append(hash, 0, content)
            expect(await blobs.complete(hash)).toBe(content.length)
            expect(await blobs.complete(hash), 'again').toBe(content.length)
            expect(await blobs.append(hash, 0, bytes('late')), 'late').toBe(content.length)
            for (const each of [blobs, await disk.open()]) {
              expect(Buffer.compare(await contents(each, hash), content)).toBe(0)
              expect(each.totalBytes).toBe(content.length)
            }
          }),
      ),
      { numRuns: 10 },
    ))

  test('a piece that does not fit says where to go on', () =>
    withBlobs(async blobs => {
      const content = body(100)
      const hash = sha256(content)
      await expect(blobs.append(hash, 1, bytes('x'))).rejects.toMatchObject({
        code: 'ERR_BLOB_OFFSET',
        meta: { bytes: 0 },
      })
      await blobs.append(hash, 0, content.subarray(0, 60))
      for (const offset of [0, 59, 61]) {
        const refused = { code: 'ERR_BLOB_OFFSET', meta: { bytes: 60 } }
        await expect(blobs.append(hash, offset, bytes('x'))).rejects.toMatchObject(refused)
      }
      const both = [blobs.append(hash, 60, content.subarray(60)), blobs.append(hash, 60, content.subarray(60))]
      expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect(await blobs.complete(hash)).toBe(100)
    }))

  test('pieces of another body are found and removed at the end', () =>
    withBlobs(async blobs => {
      const hash = sha256(body(100))
      await blobs.append(hash, 0, body(100, 1))
      const other = { code: 'ERR_BLOB_HASH', meta: { hash, actual: sha256(body(100, 1)) } }
      await expect(blobs.complete(hash)).rejects.toMatchObject(other)
      expect([blobs.find(hash), blobs.totalBytes]).toEqual([{ kind: 'absent' }, 0])
      await expect(blobs.complete(hash)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' })
    }))

  test('a body that is written whole takes the place of its pieces', () =>
    withBlobs(async blobs => {
      const content = body(70_000)
      await blobs.append(sha256(content), 0, content.subarray(0, 1_000))
      const { hash } = await blobs.write(chunks(content))
      expect([[...blobs.list()], blobs.totalBytes]).toEqual([[{ hash, kind: 'whole', bytes: 70_000 }], 70_000])
      expect(await contents(blobs, hash)).toEqual(content)
    }))

  test('damage is told before the end of the body', () =>
    withDisk(async disk => {
      const blobs = await disk.open()
      const { hash } = await blobs.write(chunks(body(200_000)))
      await disk.damage(hash)
      let given = 0
      const read = async (): Promise<void> => {
        for await (const chunk of blobs.read(hash)) given += chunk.length
      }
      await expect(read()).rejects.toMatchObject({ code: 'ERR_BLOB_CORRUPT', meta: { hash } })
      expect(given, 'bytes that were given before').toBeLessThan(200_000)
      await blobs.delete(hash)
      await blobs.write(chunks(body(200_000)))
      expect(await contents(blobs, hash)).toEqual(body(200_000))
    }))

  test('what is no hash reaches no file', () =>
    withBlobs(async blobs => {
      const refused = { code: 'ERR_BLOB_HASH' }
      for (const hash of [
        '',
        '../../peer.key',
        'A'.repeat(64),
        'a'.repeat(63),
        `${'a'.repeat(64)}\n`,
        `${'a'.repeat(62)}/x`,
      ]) {
        expect(() => blobs.find(hash)).toThrow(expect.objectContaining(refused))
        expect(() => blobs.hold(hash)).toThrow(expect.objectContaining(refused))
        await expect(contents(blobs, hash)).rejects.toMatchObject(refused)
        await expect(blobs.append(hash, 0, bytes('x'))).rejects.toMatchObject(refused)
        await expect(blobs.complete(hash)).rejects.toMatchObject(refused)
        await expect(blobs.delete(hash)).rejects.toMatchObject(refused)
      }
    }))

  test('all together have a bound; what does not fit leaves nothing, and room that was made is used', () =>
    withBlobs(async blobs => {
      const first = await blobs.write(chunks(body(60_000)))
      const full = { code: 'ERR_BLOB_SPACE' }
      await expect(blobs.write(chunks(body(50_000, 1)))).rejects.toMatchObject(full)
      const hash = sha256(body(50_000, 1))
      await blobs.append(hash, 0, body(50_000, 1).subarray(0, 40_000))
      await expect(blobs.append(hash, 40_000, body(50_000, 1).subarray(40_000))).rejects.toMatchObject(full)
      expect([blobs.totalBytes, blobs.find(hash)]).toEqual([100_000, { kind: 'partial', bytes: 40_000 }])
      await blobs.delete(first.hash)
      await blobs.append(hash, 40_000, body(50_000, 1).subarray(40_000))
      expect(await blobs.complete(hash)).toBe(50_000)
      expect(await contents(blobs, hash)).toEqual(body(50_000, 1))
    }, 100_000))

  test('a bound that was lowered lets nothing in, and loses nothing', () =>
    withDisk(async disk => {
      const { hash } = await (await disk.open()).write(chunks(body(1_000)))
      const blobs = await disk.open(500)
      expect(await contents(blobs, hash)).toEqual(body(1_000))
      await expect(blobs.write(chunks(body(1)))).rejects.toMatchObject({ code: 'ERR_BLOB_SPACE' })
    }))

  describe('a collection', () => {
    test('removes what nothing refers to, pieces too, and keeps the rest', () =>
      withBlobs(async blobs => {
        const kept = await blobs.write(chunks(body(10)))
        const dropped = await blobs.write(chunks(body(20)))
        for (const { release } of [kept, dropped]) release()
        const [keptPiece, droppedPiece] = [sha256(body(30)), sha256(body(40))]
        await blobs.append(keptPiece, 0, body(5))
        await blobs.append(droppedPiece, 0, body(7))
        const referenced = new Set([kept.hash, keptPiece])
        expect(await blobs.collect(hash => Promise.resolve(referenced.has(hash)))).toEqual({ removed: 2, bytes: 27 })
        expect([...blobs.list()].map(({ hash }) => hash).toSorted()).toEqual([...referenced].toSorted())
        expect(blobs.totalBytes).toBe(15)
      }))

    test('leaves alone what is held, as often as it is held, before it is there too', () =>
      withBlobs(async blobs => {
        const early = blobs.hold(sha256(body(10)))
        const { hash, release } = await blobs.write(chunks(body(10)))
        const none = (): boolean => false
        early()
        early()
        expect(await blobs.collect(none)).toEqual({ removed: 0, bytes: 0 })
        release()
        expect(await blobs.collect(none)).toEqual({ removed: 1, bytes: 10 })
        expect(blobs.find(hash)).toEqual({ kind: 'absent' })
      }))

    test('leaves alone what was held, referred to and released while it asked', () =>
      withBlobs(async blobs => {
        const { hash, release } = await blobs.write(chunks(body(10)))
        release()
        const collected = await blobs.collect(() => {
          // Another request has the same body: it is held, its commit lands, it is released; the answer here is older.
          blobs.hold(hash)()
          return Promise.resolve(false)
        })
        expect([collected.removed, blobs.find(hash).kind]).toEqual([0, 'whole'])
      }))

    test('runs alone, and one that fails does not hold up the next', () =>
      withBlobs(async blobs => {
        const { release } = await blobs.write(chunks(body(10)))
        release()
        let running = 0
        const ask = async (): Promise<boolean> => {
          expect(++running).toBe(1)
          await new Promise(resolve => setImmediate(resolve))
          running--
          return true
        }
        const failing = blobs.collect(() => Promise.reject(new Error('cannot say')))
        const others = [blobs.collect(ask), blobs.collect(ask)]
        await expect(failing).rejects.toThrow('cannot say')
        expect(await Promise.all(others)).toEqual([
          { removed: 0, bytes: 0 },
          { removed: 0, bytes: 0 },
        ])
      }))
  })
})

import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { CheopsError } from '../../errors.ts'
import type { BlobEntry, BlobRange, Blobs, BlobState, CollectedBlobs, WrittenBlob } from '../../ports/blobs.ts'
import { blobCorrupt, blobNotFound, checkHash, offsetRefused, otherBody } from './blob-errors.ts'
import { BlobFiles } from './blob-files.ts'
import type { FileSystem } from './blob-files.ts'
import { Holds } from './holds.ts'
import { Space } from './space.ts'
import { Turns } from './turns.ts'

export interface FileBlobsOptions {
  /** Bytes of all bodies together, at most. */
  readonly maxBytes: number
  /** Whether the disk has room for more; always if not given. */
  readonly hasRoom?: () => boolean
  /** Told once, of the first fault of the disk that is not a lack of room; nothing more is written then. */
  readonly onFailure?: (error: CheopsError) => void
  readonly fileSystem?: FileSystem
}

/** Where partial bodies and those of unknown hash are; no folder of two hexadecimal digits. */
const PARTIAL = 'partial'
const TEMPORARY = 'temporary'

/**
 * Opens the bodies below a folder, making it (mode 0700) where there is none, and removes what was being written when the
 * last process ended. The caller sees to it that one process at a time has it open.
 * @throws CheopsError ERR_STORE_FAILED, ERR_BLOB_SPACE
 */
export async function openFileBlobs(folder: string, options: FileBlobsOptions): Promise<Blobs> {
  const files = new BlobFiles(options.onFailure ?? (() => undefined), options.fileSystem)
  for (const each of [folder, path.join(folder, PARTIAL), path.join(folder, TEMPORARY)]) await files.makeFolder(each)
  for (const name of await files.names(path.join(folder, TEMPORARY))) {
    await files.remove(path.join(folder, TEMPORARY, name))
  }
  const blobs = new FileBlobs(folder, files, new Space(options.maxBytes, options.hasRoom ?? (() => true)))
  await blobs.load()
  return blobs
}

class FileBlobs implements Blobs {
  readonly #folder: string
  readonly #files: BlobFiles
  readonly #space: Space
  readonly #holds = new Holds()
  /** One change at a time of each body. */
  readonly #turns = new Turns()
  readonly #entries = new Map<string, BlobEntry>()
  #written = 0

  constructor(folder: string, files: BlobFiles, space: Space) {
    this.#folder = folder
    this.#files = files
    this.#space = space
  }

  get maxBytes(): number {
    return this.#space.maxBytes
  }

  get totalBytes(): number {
    return this.#space.usedBytes
  }

  /** Finds what is there. Names that are no hashes are left alone. */
  async load(): Promise<void> {
    const prefixes = (await this.#files.names(this.#folder)).filter(name => /^[0-9a-f]{2}$/.test(name))
    // Whole ones last: where a crash has left both, the partial one is of no use any more.
    for (const name of [PARTIAL, ...prefixes]) {
      const kind = name === PARTIAL ? 'partial' : 'whole'
      for (const hash of await this.#files.names(path.join(this.#folder, name))) {
        if (!/^[0-9a-f]{64}$/.test(hash)) continue
        const bytes = await this.#files.bytesOf(this.#fileOf(hash, kind))
        if (bytes === undefined) continue
        if (this.#entries.has(hash)) await this.#remove(hash)
        this.#entries.set(hash, { hash, kind, bytes })
        this.#space.count(bytes)
      }
    }
  }

  async write(body: AsyncIterable<Uint8Array>): Promise<WrittenBlob> {
    this.#files.checkWritable()
    const file = path.join(this.#folder, TEMPORARY, String(this.#written++))
    const handle = await this.#files.create(file)
    const sum = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of body) {
        this.#space.take(chunk.length)
        const position = bytes
        bytes += chunk.length
        await this.#files.write(handle, chunk, position)
        sum.update(chunk)
      }
      await this.#files.sync(handle)
    } catch (error) {
      await this.#abandon(handle, file, bytes)
      throw error
    }
    await handle.close()
    const hash = sum.digest('hex')
    const release = this.#holds.hold(hash)
    try {
      await this.#turns.take(hash, () => this.#adopt(hash, file, bytes))
    } catch (error) {
      release()
      throw error
    }
    return { hash, bytes, release }
  }

  find(hash: string): BlobState {
    checkHash(hash)
    const entry = this.#entries.get(hash)
    return entry === undefined ? { kind: 'absent' } : { kind: entry.kind, bytes: entry.bytes }
  }

  async *read(hash: string, { from = 0, to }: BlobRange = {}): AsyncGenerator<Uint8Array> {
    const state = this.find(hash)
    if (state.kind !== 'whole') throw blobNotFound(hash, state)
    const end = to ?? state.bytes
    // Peers ask for ranges: a strange one is their fault and must not look like one of the disk.
    if (!Number.isSafeInteger(end) || end < 0 || end > state.bytes) throw offsetRefused(hash, end, state.bytes)
    if (!Number.isSafeInteger(from) || from < 0 || from > end) throw offsetRefused(hash, from, state.bytes)
    const handle = await this.#files.openToRead(this.#fileOf(hash, 'whole'))
    if (handle === undefined) throw blobCorrupt(hash, new Error('the file is gone'))
    try {
      const sum = from === 0 && end === state.bytes ? createHash('sha256') : undefined
      let position = from
      let last: Uint8Array | undefined
      // Who is told the length takes the last byte for the end: it is not given before all are known to be right.
      for await (const chunk of this.#files.chunks(handle, from, end)) {
        sum?.update(chunk)
        position += chunk.length
        if (last !== undefined) yield last
        last = chunk
      }
      if (position < end) throw blobCorrupt(hash, new Error('the file is too short'))
      if (sum !== undefined && sum.digest('hex') !== hash) throw blobCorrupt(hash)
      if (last !== undefined) yield last
    } finally {
      await handle.close()
    }
  }

  async append(hash: string, offset: number, bytes: Uint8Array): Promise<number> {
    checkHash(hash)
    this.#files.checkWritable()
    return this.#turns.take(hash, async () => {
      const entry = this.#entries.get(hash)
      if (entry?.kind === 'whole') return entry.bytes
      const here = entry?.bytes ?? 0
      if (offset !== here) throw offsetRefused(hash, offset, here)
      const file = this.#fileOf(hash, 'partial')
      this.#space.take(bytes.length)
      try {
        const handle = await (entry === undefined ? this.#files.create(file) : this.#files.openToWrite(file))
        this.#entries.set(hash, { hash, kind: 'partial', bytes: here })
        try {
          await this.#files.write(handle, bytes, offset)
        } catch (error) {
          // What did not fit must not be taken for a part of the body after a restart.
          await handle.truncate(offset).catch(() => undefined)
          throw error
        } finally {
          await handle.close()
        }
      } catch (error) {
        this.#space.giveBack(bytes.length)
        throw error
      }
      this.#entries.set(hash, { hash, kind: 'partial', bytes: here + bytes.length })
      return here + bytes.length
    })
  }

  async complete(hash: string): Promise<number> {
    checkHash(hash)
    this.#files.checkWritable()
    return this.#turns.take(hash, async () => {
      const entry = this.#entries.get(hash)
      if (entry === undefined) throw blobNotFound(hash, { kind: 'absent' })
      if (entry.kind === 'whole') return entry.bytes
      const actual = await this.#syncedHash(hash, entry.bytes)
      if (actual !== hash) {
        await this.#remove(hash)
        throw otherBody(hash, actual)
      }
      await this.#rename(this.#fileOf(hash, 'partial'), hash)
      this.#entries.set(hash, { ...entry, kind: 'whole' })
      return entry.bytes
    })
  }

  async delete(hash: string): Promise<void> {
    checkHash(hash)
    await this.#turns.take(hash, () => this.#remove(hash))
  }

  list(): Iterable<BlobEntry> {
    return [...this.#entries.values()]
  }

  hold(hash: string): () => void {
    checkHash(hash)
    return this.#holds.hold(hash)
  }

  async collect(isReferenced: (hash: string) => boolean | Promise<boolean>): Promise<CollectedBlobs> {
    return this.#turns.take('collection', async () => {
      this.#holds.beginCollection()
      let removed = 0
      let bytes = 0
      for (const { hash } of this.list()) {
        if (this.#holds.protects(hash) || (await isReferenced(hash))) continue
        await this.#turns.take(hash, async () => {
          const entry = this.#entries.get(hash)
          if (entry === undefined || this.#holds.protects(hash)) return
          await this.#remove(hash)
          removed++
          bytes += entry.bytes
        })
      }
      return { removed, bytes }
    })
  }

  /** Makes a synced file the body, unless it is here already. */
  async #adopt(hash: string, file: string, bytes: number): Promise<void> {
    const entry = this.#entries.get(hash)
    try {
      if (entry?.kind === 'whole') {
        await this.#files.remove(file)
        this.#space.giveBack(bytes)
        return
      }
      await this.#rename(file, hash)
    } catch (error) {
      await this.#discard(file, bytes)
      throw error
    }
    if (entry?.kind === 'partial') await this.#remove(hash)
    this.#entries.set(hash, { hash, kind: 'whole', bytes })
  }

  async #rename(file: string, hash: string): Promise<void> {
    const target = this.#fileOf(hash, 'whole')
    await this.#files.makeFolder(path.dirname(target))
    await this.#files.rename(file, target)
  }

  async #remove(hash: string): Promise<void> {
    const entry = this.#entries.get(hash)
    if (entry === undefined) return
    await this.#files.remove(this.#fileOf(hash, entry.kind))
    this.#entries.delete(hash)
    this.#space.giveBack(entry.bytes)
  }

  async #abandon(handle: FileHandle, file: string, bytes: number): Promise<void> {
    await handle.close().catch(() => undefined)
    await this.#discard(file, bytes)
  }

  /** Removes what failed; what cannot be removed now is removed at the next start. */
  async #discard(file: string, bytes: number): Promise<void> {
    await this.#files.remove(file).catch(() => undefined)
    this.#space.giveBack(bytes)
  }

  /** Hash of the first bytes of a partial body, which are on disk when it is known. */
  async #syncedHash(hash: string, bytes: number): Promise<string> {
    const sum = createHash('sha256')
    const handle = await this.#files.openToWrite(this.#fileOf(hash, 'partial'))
    try {
      for await (const chunk of this.#files.chunks(handle, 0, bytes)) sum.update(chunk)
      await this.#files.sync(handle)
    } catch (error) {
      // After a sync that failed the system may show in memory what the disk does not have; a later sync would succeed.
      await this.#remove(hash).catch(() => undefined)
      throw error
    } finally {
      await handle.close()
    }
    return sum.digest('hex')
  }

  #fileOf(hash: string, kind: BlobEntry['kind']): string {
    return path.join(this.#folder, kind === 'partial' ? PARTIAL : hash.slice(0, 2), hash)
  }
}

import { CheopsError } from '../../src/errors.ts'
import type { BlobEntry, BlobRange, Blobs, BlobState, CollectedBlobs, WrittenBlob } from '../../src/ports/blobs.ts'

export interface MemoryBlobsOptions {
  /** SHA-256 of all bytes, in small hexadecimal digits; a simulation may take something cheaper of the same shape. */
  readonly hash: (bytes: Uint8Array) => string
  /** Bytes of all bodies together, at most. */
  readonly maxBytes: number | (() => number)
  /** Told of each body that is there as a whole. */
  readonly onWhole?: (hash: string, content: Uint8Array) => void
}

/** What "the disk" holds of one body. */
export interface StoredBlob {
  readonly kind: 'partial' | 'whole'
  readonly content: Uint8Array
}

/** Large bodies in memory: for tests and simulations, under the same contract as those in files. */
export class MemoryBlobs implements Blobs {
  readonly #disk: Map<string, StoredBlob>
  readonly #options: MemoryBlobsOptions
  readonly #holds = new Map<string, number>()
  readonly #heldSinceCollection = new Set<string>()
  #collection: Promise<unknown> = Promise.resolve()
  #writingBytes = 0

  /** @param disk what "the disk" holds; give the same map again to open it anew */
  constructor(disk: Map<string, StoredBlob>, options: MemoryBlobsOptions) {
    this.#disk = disk
    this.#options = options
  }

  get maxBytes(): number {
    const { maxBytes } = this.#options
    return typeof maxBytes === 'number' ? maxBytes : maxBytes()
  }

  get totalBytes(): number {
    let bytes = this.#writingBytes
    for (const { content } of this.#disk.values()) bytes += content.length
    return bytes
  }

  async write(body: AsyncIterable<Uint8Array>): Promise<WrittenBlob> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const chunk of body) {
        this.#checkSpace(chunk.length)
        this.#writingBytes += chunk.length
        bytes += chunk.length
        chunks.push(chunk.slice())
      }
    } finally {
      this.#writingBytes -= bytes
    }
    const content = joined(chunks)
    const hash = this.#options.hash(content)
    this.#disk.set(hash, { kind: 'whole', content })
    this.#options.onWhole?.(hash, content)
    return { hash, bytes, release: this.hold(hash) }
  }

  find(hash: string): BlobState {
    checkHash(hash)
    const stored = this.#disk.get(hash)
    return stored === undefined ? { kind: 'absent' } : { kind: stored.kind, bytes: stored.content.length }
  }

  async *read(hash: string, { from = 0, to }: BlobRange = {}): AsyncGenerator<Uint8Array> {
    checkHash(hash)
    const stored = this.#disk.get(hash)
    if (stored?.kind !== 'whole') throw new CheopsError('ERR_BLOB_NOT_FOUND', `The body ${hash} is not here.`, { hash })
    const { content } = stored
    const end = to ?? content.length
    for (const offset of [from, end]) {
      const isInside = Number.isSafeInteger(offset) && offset >= 0 && offset <= content.length
      if (!isInside || from > end) throw offsetRefused(hash, offset, content.length)
    }
    const isDamaged = from === 0 && end === content.length && this.#options.hash(content) !== hash
    for (let at = from; at < end; at += CHUNK_BYTES) {
      const next = Math.min(end, at + CHUNK_BYTES)
      // The last byte is not given before all are known to be right.
      if (next === end && isDamaged)
        throw new CheopsError('ERR_BLOB_CORRUPT', `The body ${hash} on the disk is damaged.`, { hash })
      yield content.slice(at, next)
    }
  }

  async append(hash: string, offset: number, bytes: Uint8Array): Promise<number> {
    checkHash(hash)
    const stored = this.#disk.get(hash) ?? { kind: 'partial', content: new Uint8Array() }
    if (stored.kind === 'whole') return stored.content.length
    if (offset !== stored.content.length) throw offsetRefused(hash, offset, stored.content.length)
    this.#checkSpace(bytes.length)
    this.#disk.set(hash, { kind: 'partial', content: joined([stored.content, bytes]) })
    return offset + bytes.length
  }

  async complete(hash: string): Promise<number> {
    checkHash(hash)
    const stored = this.#disk.get(hash)
    if (stored === undefined) throw new CheopsError('ERR_BLOB_NOT_FOUND', `The body ${hash} is not here.`, { hash })
    if (stored.kind === 'whole') return stored.content.length
    const actual = this.#options.hash(stored.content)
    if (actual !== hash) {
      this.#disk.delete(hash)
      throw new CheopsError('ERR_BLOB_HASH', `What came as ${hash} is another body.`, { hash, actual })
    }
    this.#disk.set(hash, { ...stored, kind: 'whole' })
    return stored.content.length
  }

  async delete(hash: string): Promise<void> {
    checkHash(hash)
    this.#disk.delete(hash)
  }

  list(): Iterable<BlobEntry> {
    return [...this.#disk].map(([hash, { kind, content }]) => ({ hash, kind, bytes: content.length }))
  }

  hold(hash: string): () => void {
    checkHash(hash)
    this.#holds.set(hash, (this.#holds.get(hash) ?? 0) + 1)
    this.#heldSinceCollection.add(hash)
    let isHeld = true
    return () => {
      if (isHeld) this.#holds.set(hash, (this.#holds.get(hash) ?? 0) - 1)
      isHeld = false
    }
  }

  async collect(isReferenced: (hash: string) => boolean | Promise<boolean>): Promise<CollectedBlobs> {
    const collection = this.#collection.catch(() => undefined).then(() => this.#collect(isReferenced))
    this.#collection = collection
    return collection
  }

  async #collect(isReferenced: (hash: string) => boolean | Promise<boolean>): Promise<CollectedBlobs> {
    this.#heldSinceCollection.clear()
    const protects = (hash: string): boolean => (this.#holds.get(hash) ?? 0) > 0 || this.#heldSinceCollection.has(hash)
    let removed = 0
    let bytes = 0
    for (const { hash } of this.list()) {
      if (protects(hash) || (await isReferenced(hash)) || protects(hash)) continue
      const stored = this.#disk.get(hash)
      if (stored === undefined) continue
      this.#disk.delete(hash)
      removed++
      bytes += stored.content.length
    }
    return { removed, bytes }
  }

  #checkSpace(bytes: number): void {
    const usedBytes = this.totalBytes
    const { maxBytes } = this
    if (usedBytes + bytes <= maxBytes) return
    const message = `The bodies kept here have ${String(usedBytes)} bytes, and may have ${String(maxBytes)}.`
    throw new CheopsError('ERR_BLOB_SPACE', message, { usedBytes, maxBytes, bytes })
  }
}

const CHUNK_BYTES = 64 * 1024

function checkHash(hash: string): void {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new CheopsError('ERR_BLOB_HASH', 'That is no SHA-256.')
}

function offsetRefused(hash: string, offset: number, bytes: number): CheopsError {
  return new CheopsError('ERR_BLOB_OFFSET', `The body ${hash} has ${String(bytes)} bytes here.`, {
    hash,
    offset,
    bytes,
  })
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const content = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    content.set(chunk, at)
    at += chunk.length
  }
  return content
}

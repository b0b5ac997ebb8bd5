import { replicantKey } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { ReplicationOptions } from '../context.ts'
import { FETCH_GRACE_MS, FETCH_WRITE_BYTES, MIN_FETCH_BYTES_A_SECOND } from '../limits.ts'
import type { BodyRecords, NamedBody } from './body-records.ts'

export interface BodyTransfersParts {
  readonly options: ReplicationOptions
  readonly records: BodyRecords
  /** A body was read as a whole, and has its hash. */
  readonly onWhole: (hash: string) => void
}

/** One large body from one source, in pieces, going on where a cut has stopped it. */
export class BodyTransfers {
  readonly #parts: BodyTransfersParts
  /** For which replicant a partial body has come: another one's members may not complete it. */
  readonly #owners = new Map<string, string>()

  constructor(parts: BodyTransfersParts) {
    this.#parts = parts
  }

  /** A body is here. */
  forget(hash: string): void {
    this.#owners.delete(hash)
  }

  /**
   * Fetches what is missing of a body, or, where it lies here already for another replicant, lets the source show that it has it.
   * @throws CheopsError ERR_BLOB_*, ERR_BODY_*, ERR_SITE_UNREACHABLE, ERR_STORE_*
   */
  async fetch(source: string, body: NamedBody, signal: AbortSignal): Promise<void> {
    const { options, records } = this.#parts
    const { blobs } = options
    const { hash, length } = body
    if (length <= 0) throw new CheopsError('ERR_BLOB_HASH', 'A body without bytes is no file.', { hash })
    const here = blobs.find(hash)
    if (here.kind === 'whole') return this.#compare(source, body, here.bytes, signal)
    const owner = this.#owners.get(hash)
    const isForeign = owner === undefined ? records.isShared(body) : owner !== replicantKey(body.replicant)
    const isTooLong = here.kind === 'partial' && here.bytes > length
    if (here.kind === 'partial' && (isForeign || isTooLong)) await blobs.delete(hash)
    this.#owners.set(hash, replicantKey(body.replicant))
    const found = blobs.find(hash)
    let offset = found.kind === 'absent' ? 0 : found.bytes
    if (length - offset > blobs.maxBytes - blobs.totalBytes)
      throw new CheopsError('ERR_BLOB_SPACE', `There is no room for a body of ${length} bytes.`, { length })
    while (offset < length) offset = await this.#append(source, body, offset, signal)
    await blobs.complete(hash)
    this.#parts.onWhole(hash)
  }

  /** Fetches one piece. What has come of it is kept, whatever ends it. */
  async #append(
    source: string,
    { replicant, hash, length }: NamedBody,
    from: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { bodySource, blobs, clock } = this.#parts.options
    const to = Math.min(length, from + bodySource.pieceBytes)
    const begunAt = clock.monotonic()
    let came = 0
    let [offset, gathered, bytes] = [from, [] as Uint8Array[], 0]
    const write = async (): Promise<void> => {
      const chunk = joined(gathered, bytes)
      ;[gathered, bytes] = [[], 0]
      if (chunk.length > 0) offset = await blobs.append(hash, offset, chunk)
    }
    try {
      for await (const chunk of bodySource.fetch(source, { replicant, hash, from, to }, signal)) {
        came += chunk.length
        const dueMs = FETCH_GRACE_MS + (came / MIN_FETCH_BYTES_A_SECOND) * 1000
        if (clock.monotonic() - begunAt > dueMs)
          throw new CheopsError('ERR_SITE_UNREACHABLE', `${source} gives a body too slowly.`, { site: source })
        gathered.push(chunk)
        bytes += chunk.length
        if (bytes >= FETCH_WRITE_BYTES) await write()
      }
    } finally {
      await write()
    }
    return offset
  }

  /** The bytes lie here already, for another replicant: only who has them can show them. They are compared and not kept. */
  async #compare(
    source: string,
    { replicant, hash, length }: NamedBody,
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { bodySource, blobs } = this.#parts.options
    if (bytes !== length) throw new CheopsError('ERR_BLOB_HASH', `The body ${hash} has another length.`, { hash })
    for (let from = 0; from < length; from += bodySource.pieceBytes) {
      const to = Math.min(length, from + bodySource.pieceBytes)
      let offset = from
      for await (const chunk of bodySource.fetch(source, { replicant, hash, from, to }, signal)) {
        const own: Uint8Array[] = []
        for await (const part of blobs.read(hash, { from: offset, to: offset + chunk.length })) own.push(part)
        const isSame = joined(own, chunk.length).every((byte, place) => byte === chunk[place])
        if (!isSame) throw new CheopsError('ERR_BLOB_HASH', `What came as ${hash} is another body.`, { hash })
        offset += chunk.length
      }
    }
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

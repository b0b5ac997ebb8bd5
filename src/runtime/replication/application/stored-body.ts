/** The body of an operation, which may be a file: as it is sent, and held to be looked into. */
import type { Body } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { RequestBody } from '../../../ports/application.ts'
import type { Blobs } from '../../../ports/blobs.ts'
import { MAX_HELD_BODY_BYTES } from '../limits.ts'

/** A body as it is sent: a file is read meanwhile. */
export function requestBodyOf(blobs: Blobs, body: Body): RequestBody {
  return 'bytes' in body ? body.bytes : { length: body.length, chunks: chunksOf(blobs, body.hash) }
}

/** The bytes of a body that is small enough to be held; undefined for a larger one, and one that is not here. */
export async function heldBytes(blobs: Blobs, body: Body): Promise<Uint8Array | undefined> {
  if ('bytes' in body) return body.bytes
  if (body.length > MAX_HELD_BODY_BYTES || blobs.find(body.hash).kind !== 'whole') return undefined
  const bytes = new Uint8Array(body.length)
  let at = 0
  try {
    for await (const chunk of chunksOf(blobs, body.hash)) {
      if (at + chunk.length > bytes.length) return undefined
      bytes.set(chunk, at)
      at += chunk.length
    }
  } catch (error) {
    if (error instanceof CheopsError && LOST.has(error.code)) return undefined
    throw error
  }
  return at === bytes.length ? bytes : undefined
}

const LOST: ReadonlySet<string> = new Set(['ERR_BLOB_CORRUPT', 'ERR_BLOB_NOT_FOUND'])

/** A damaged body is removed, so that it is fetched again. */
async function* chunksOf(blobs: Blobs, hash: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* blobs.read(hash)
  } catch (error) {
    if (error instanceof CheopsError && error.code === 'ERR_BLOB_CORRUPT') await blobs.delete(hash)
    throw error
  }
}

/** Names are told to the mesh by bucket, since each would cost too much, and says too much. Source: src/consistency.md "Promises to clients". */
import { replicantKey } from './operation.ts'
import type { ReplicantName } from './operation.ts'

/** So few that a bit for each is told to every site at any time, so many that a thousand shared names seldom meet in one. */
export const NAME_BUCKETS = 4096

/** 0 to `NAME_BUCKETS` - 1; the same at all sites: 32-bit FNV-1a over the UTF-16 units of the name. */
export function bucketOf(name: ReplicantName): number {
  const text = replicantKey(name)
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) {
    hash ^= text.charCodeAt(place)
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  // The low bits alone mix badly.
  return (((hash >>> 16) ^ hash) >>> 0) % NAME_BUCKETS
}

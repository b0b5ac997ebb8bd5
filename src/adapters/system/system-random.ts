import type { Random } from '../../ports/random.ts'

/** One call into the operating system for many small requests: a scoped request takes 40 bytes. */
const POOL_BYTES = 8_192

const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

/** Randomness of this machine. `bytes` is fit for keys, `uniform` is not. */
export const systemRandom: Random = {
  uniform: () => Math.random(),
  bytes(length) {
    if (length > POOL_BYTES / 8) return crypto.getRandomValues(new Uint8Array(length))
    if (used + length > POOL_BYTES) {
      crypto.getRandomValues(pool)
      used = 0
    }
    const bytes = pool.slice(used, used + length)
    // What has been given out is not kept.
    pool.fill(0, used, used + length)
    used += length
    return bytes
  },
}

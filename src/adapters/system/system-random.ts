import type { Random } from '../../ports/random.ts'

/** Randomness of this machine. `bytes` is fit for keys, `uniform` is not. */
export const systemRandom: Random = {
  uniform: () => Math.random(),
  bytes: length => crypto.getRandomValues(new Uint8Array(length)),
}

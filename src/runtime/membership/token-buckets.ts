import { remember } from '../../core/resource/remember.ts'
/**
 * Token buckets by key, for what others cause: each key may take `burst` at once and `perSecond` in the long run. Keys are
 * bounded, as they cost those who invent them nothing; the one that was used longest ago goes, and would start full again.
 */
export class TokenBuckets {
  readonly #burst: number
  readonly #perSecond: number
  readonly #maxKeys: number
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>()

  constructor(options: { readonly burst: number; readonly perSecond: number; readonly maxKeys: number }) {
    this.#burst = options.burst
    this.#perSecond = options.perSecond
    this.#maxKeys = options.maxKeys
  }

  /**
   * Takes tokens if there are enough.
   * @param now milliseconds, never going back
   * @param count what it costs; more than `burst` is never to be had
   */
  take(key: string, now: number, count = 1): boolean {
    const before = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    const tokens = Math.min(this.#burst, before.tokens + ((now - before.at) / 1000) * this.#perSecond)
    const isEnough = tokens >= count
    remember(this.#buckets, key, { tokens: isEnough ? tokens - count : tokens, at: now }, this.#maxKeys)
    return isEnough
  }
}

/** A token bucket: so many a second on average, a second's worth at once. */
export class RateLimit {
  readonly #perSecond: number
  #tokens: number
  #at: number | undefined

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
  }

  /** @param now milliseconds, never going back */
  take(now: number): boolean {
    this.#at ??= now
    if (now > this.#at) {
      this.#tokens = Math.min(this.#perSecond, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
      this.#at = now
    }
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

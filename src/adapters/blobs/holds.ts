/**
 * Who holds which body. A collection asks about a body, waits for the answer, and removes it; meanwhile the body may be
 * held, referred to, and released. So a collection leaves alone what was held at any time since it began.
 */
export class Holds {
  readonly #counts = new Map<string, number>()
  readonly #sinceCollection = new Set<string>()

  hold(hash: string): () => void {
    this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1)
    this.#sinceCollection.add(hash)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const count = (this.#counts.get(hash) ?? 0) - 1
      if (count === 0) this.#counts.delete(hash)
      else this.#counts.set(hash, count)
    }
  }

  /** From now on `protects` is about the new collection. */
  beginCollection(): void {
    this.#sinceCollection.clear()
  }

  /** Whether a body is held, or was since the collection began. */
  protects(hash: string): boolean {
    return this.#counts.has(hash) || this.#sinceCollection.has(hash)
  }
}

/**
 * Keys of sites, and which of them each site knows: those of the sites that it has met. Who loses its disk loses its key, and what it knew; an operator at each
 * other site lets its name go then. Where no world has asked for that, everybody has one key, and knows all.
 */
export class SiteKeys {
  /** Whether keys are lost, and are known of who was met only. */
  areLost = false
  /** How many keys a site had before. */
  readonly #lost = new Map<string, number>()
  /** By site, what it knows of others. */
  readonly #known = new Map<string, Map<string, string>>()

  /** The key with which a site signs by now, as text. */
  of(site: string): string {
    const lost = this.#lost.get(site) ?? 0
    return lost === 0 ? site : `${site} after ${lost}`
  }

  /** The key of another site, or its own, as a site knows it. */
  knownAt(site: string, other: string): string | undefined {
    return !this.areLost || site === other ? this.of(other) : this.#known.get(site)?.get(other)
  }

  /** Two sites have each other at the end of a connection. */
  meet(site: string, other: string): void {
    for (const [at, met] of [
      [site, other],
      [other, site],
    ] as const)
      this.#known.set(at, (this.#known.get(at) ?? new Map<string, string>()).set(met, this.of(met)))
  }

  /** A site has lost its disk. */
  lose(site: string): void {
    if (!this.areLost) return
    this.#lost.set(site, (this.#lost.get(site) ?? 0) + 1)
    this.#known.delete(site)
    for (const known of this.#known.values()) known.delete(site)
  }
}

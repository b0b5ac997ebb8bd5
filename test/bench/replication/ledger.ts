/** What became of one write, times in milliseconds of one clock. */
interface Write {
  readonly sequence: number
  acceptedAt: number | undefined
  /** Sites whose application does not have it yet. */
  missing: number
  /** When the last of them had it. */
  everywhereAt: number
  replaced: boolean
}

/**
 * Which writes are where. A site has a write when its application has received it or a later one of the same item: replication may
 * leave out what a later one replaces.
 */
export class Ledger {
  readonly #sites: number
  /** By item: what is on its way, oldest first. Those of one item are sent one after another. */
  readonly #underWay = new Map<number, Write[]>()
  /** By site: greatest number that it has of each item. */
  readonly #has: Map<number, number>[]
  #pending = 0
  #lags: number[] = []
  #replaced = 0

  constructor(sites: number) {
    this.#sites = sites
    this.#has = Array.from({ length: sites }, () => new Map())
  }

  /** Writes that were accepted and are not everywhere. */
  get pending(): number {
    return this.#pending
  }

  sent(place: number, sequence: number): void {
    const write = { sequence, acceptedAt: undefined, missing: this.#sites, everywhereAt: 0, replaced: false }
    const writes = this.#underWay.get(place)
    if (writes === undefined) this.#underWay.set(place, [write])
    else writes.push(write)
  }

  accepted(place: number, sequence: number, at: number): void {
    const write = this.#find(place, sequence)
    if (write === undefined) return
    write.acceptedAt = at
    this.#pending++
    if (write.missing === 0) this.#done(place, write)
  }

  refused(place: number, sequence: number): void {
    const writes = this.#underWay.get(place)
    const write = this.#find(place, sequence)
    if (writes !== undefined && write !== undefined) writes.splice(writes.indexOf(write), 1)
  }

  /** The application of a site (by its index) has carried out a write. */
  received(site: number, place: number, sequence: number, at: number): void {
    const has = this.#has[site]
    const before = has?.get(place) ?? -1
    if (has === undefined || sequence <= before) return
    has.set(place, sequence)
    const news = this.#underWay.get(place)?.filter(write => write.sequence > before && write.sequence <= sequence)
    for (const write of news ?? []) {
      write.missing--
      write.everywhereAt = at
      if (write.sequence < sequence) write.replaced = true
      if (write.missing === 0 && write.acceptedAt !== undefined) this.#done(place, write)
    }
  }

  /**
   * Of all that have arrived everywhere since the last call: milliseconds from the client's answer until the last application had
   * it, and how many did not reach each application because a later one did.
   */
  take(): { readonly lagsMs: number[]; readonly replaced: number } {
    const taken = { lagsMs: this.#lags, replaced: this.#replaced }
    this.#lags = []
    this.#replaced = 0
    return taken
  }

  #find(place: number, sequence: number): Write | undefined {
    return this.#underWay.get(place)?.find(write => write.sequence === sequence)
  }

  #done(place: number, write: Write): void {
    const writes = this.#underWay.get(place) ?? []
    writes.splice(writes.indexOf(write), 1)
    if (writes.length === 0) this.#underWay.delete(place)
    this.#pending--
    // Another site may have it before the client has read its answer.
    this.#lags.push(Math.max(0, write.everywhereAt - (write.acceptedAt ?? 0)))
    if (write.replaced) this.#replaced++
  }
}

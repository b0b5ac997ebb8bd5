import { Journal, openJournal } from '../journal/journal.ts'
import { compareIncarnations } from '../../core/membership/incarnation.ts'
import type { Store, StoreWrite } from '../../ports/store.ts'

/** One outbox: what this site, in one of its incarnations, has to tell one other site. */
export interface Outbox {
  readonly incarnation: string
  readonly journal: Journal
}

const INDEX = 'replication/outboxes/'
const indexKey = (site: string, incarnation: string): string => `${INDEX}${site}/${incarnation}`
const prefixOf = (site: string, incarnation: string): string => `replication/outbox/${site}/${incarnation}/`

/**
 * The outboxes of this site, for each destination one of the present incarnation, and what is left of earlier ones. Those of the
 * present incarnation are empty at the start, so that one can be begun in the middle of a turn.
 */
export class Outboxes {
  readonly #store: Store
  readonly #incarnation: string
  readonly #sites = new Map<string, Outbox[]>()
  readonly #wakers = new Map<string, () => void>()

  constructor(store: Store, incarnation: string) {
    this.#store = store
    this.#incarnation = incarnation
  }

  /**
   * Finds what earlier incarnations have left. Before anything else.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  async open(): Promise<void> {
    const found: (readonly [site: string, incarnation: string])[] = []
    for await (const [key] of this.#store.iterate({ prefix: INDEX })) {
      const rest = key.slice(INDEX.length)
      const end = rest.lastIndexOf('/')
      found.push([rest.slice(0, end), rest.slice(end + 1)])
    }
    for (const [site, incarnation] of found) {
      const journal = await openJournal(this.#store, prefixOf(site, incarnation))
      this.#insert(site, { incarnation, journal })
    }
  }

  /** Sites to which there is, or was, something to tell. */
  get sites(): readonly string[] {
    return [...this.#sites.keys()]
  }

  /** All outboxes to a site, the oldest incarnation first. */
  of(site: string): readonly Outbox[] {
    return this.#sites.get(site) ?? []
  }

  /** That of the present incarnation, and what must be written with its first record. */
  current(site: string): { readonly outbox: Outbox; readonly writes: readonly StoreWrite[] } {
    const known = this.of(site).find(({ incarnation }) => incarnation === this.#incarnation)
    if (known !== undefined) return { outbox: known, writes: [] }
    const journal = new Journal(this.#store, prefixOf(site, this.#incarnation), 1, 1)
    const outbox = { incarnation: this.#incarnation, journal }
    this.#insert(site, outbox)
    return { outbox, writes: [{ kind: 'put', key: indexKey(site, this.#incarnation), value: new Uint8Array([1]) }] }
  }

  /** Forgets an outbox of an earlier incarnation, with all that is in it. */
  async remove(site: string, outbox: Outbox): Promise<void> {
    if (outbox.incarnation === this.#incarnation) return
    await outbox.journal.trim(outbox.journal.next)
    await this.#store.commit([
      { kind: 'delete', key: indexKey(site, outbox.incarnation) },
      { kind: 'delete', key: `${prefixOf(site, outbox.incarnation)}start` },
    ])
    const left = this.of(site).filter(other => other !== outbox)
    this.#sites.set(site, left)
  }

  /** Calls `wake` whenever something new is on the disk for the site; the last caller counts. */
  onNews(site: string, wake: () => void): void {
    this.#wakers.set(site, wake)
  }

  /** Something new is on the disk. */
  news(sites: Iterable<string>): void {
    for (const site of sites) this.#wakers.get(site)?.()
  }

  #insert(site: string, outbox: Outbox): void {
    const all = [...this.of(site), outbox]
    all.sort((a, b) => compareIncarnations(a.incarnation, b.incarnation))
    this.#sites.set(site, all)
  }
}

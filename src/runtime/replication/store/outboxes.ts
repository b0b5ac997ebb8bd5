import { Journal, openJournal } from '../../journal/journal.ts'
import { CheopsError } from '../../../errors.ts'
import { compareIncarnations } from '../../../core/membership/incarnation.ts'
import { DEFAULT_LIMITS } from '../../../config.ts'
import { KEPT_OUTBOXES, MAX_OUTBOX_MARKS, MAX_OUTBOX_RUNS } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Store, StoreWrite } from '../../../ports/store.ts'

/** One outbox: what this site, in one of its incarnations, has to tell one other site. */
export interface Outbox {
  readonly incarnation: string
  readonly journal: Journal
  /** When some of the numbers were there at the latest, oldest first, by the monotonic clock: how far the other site lags behind. */
  readonly marks: { readonly number: number; readonly at: number }[]
  /** The last references to whole replicants, by the replicant; what was read already stands for nothing that comes after. */
  readonly wholes: Map<string, { readonly number: number; readonly is: string }>
  /** Numbers of references of which all that they stand for was put behind the others, in several entries. */
  readonly expanded: Set<number>
  /** Up to where it was read to be told. */
  readUpTo: number
  /** Up to which number entries were given up that the site had not received; 0: none were. */
  cut: number
}

/** What waits for one site at most. */
export interface OutboxBounds {
  readonly entries: number
  readonly bytes: number
  /** Outboxes, one of each run that has left something. */
  readonly runs?: number
}

/** Stands for a replicant that is told to somebody who knows nothing of it: that covers whatever else is asked of it. */
export const ALL_OF_IT = '[]'

/** What stands in memory for how much a site knows that a replicant is to be told to: a hundred bytes at most, since it may know much. */
export function standsFor(knows: unknown, hash: (bytes: Uint8Array) => string): string {
  const text = JSON.stringify(knows)
  return text.length <= 64 ? text : hash(new TextEncoder().encode(text))
}

/** Whether what is to be told of a replicant waits in the outbox already, so that asking again and again fills no disk. */
export function isWaiting({ wholes, readUpTo }: Outbox, replicant: string, is: string): boolean {
  const last = wholes.get(replicant)
  return last !== undefined && last.number > readUpTo && (last.is === is || last.is === ALL_OF_IT)
}

const BOUNDS: OutboxBounds = { entries: DEFAULT_LIMITS.outboxEntries, bytes: DEFAULT_LIMITS.outboxBytes }

const INDEX = 'replication/outboxes/'
const indexKey = (site: string, incarnation: string): string => `${INDEX}${site}/${incarnation}`
const prefixOf = (site: string, incarnation: string): string => `replication/outbox/${site}/${incarnation}/`

/** A 1, or a 2 and up to where entries were given up, in decimal digits. */
function indexOf(cut: number): Uint8Array {
  return cut === 0 ? new Uint8Array([1]) : new Uint8Array([2, ...new TextEncoder().encode(String(cut))])
}

function cutOf(value: Uint8Array): number {
  const cut = value[0] === 2 ? Number(new TextDecoder().decode(value.subarray(1))) : 0
  return Number.isSafeInteger(cut) ? cut : 0
}

/**
 * The outboxes of this site, for each destination one of the present incarnation, and what is left of earlier ones. Those of the
 * present incarnation are empty at the start, so that one can be begun in the middle of a turn.
 */
export class Outboxes {
  readonly #store: Store
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #incarnation: string
  readonly #sites = new Map<string, Outbox[]>()
  readonly #wakers = new Map<string, () => void>()
  readonly #bounds: OutboxBounds
  /** Sites whose outboxes are being shortened. */
  readonly #shortening = new Set<string>()

  constructor(store: Store, incarnation: string, clock: Pick<Clock, 'monotonic'>, bounds: OutboxBounds = BOUNDS) {
    this.#bounds = bounds
    this.#store = store
    this.#clock = clock
    this.#incarnation = incarnation
  }

  /**
   * Finds what earlier incarnations have left. Before anything else.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  async open(): Promise<void> {
    const found: (readonly [site: string, incarnation: string, cut: number])[] = []
    for await (const [key, value] of this.#store.iterate({ prefix: INDEX })) {
      const rest = key.slice(INDEX.length)
      const end = rest.lastIndexOf('/')
      found.push([rest.slice(0, end), rest.slice(end + 1), cutOf(value)])
    }
    for (const [site, incarnation, cut] of found) {
      const journal = await openJournal(this.#store, prefixOf(site, incarnation))
      const marks = journal.first < journal.next ? [{ number: journal.next - 1, at: this.#clock.monotonic() }] : []
      this.#insert(site, { incarnation, journal, marks, wholes: new Map(), expanded: new Set(), readUpTo: 0, cut })
    }
    // A hello lists so many. What the oldest runs have left is found by comparing, as what is beyond the other bounds.
    for (const site of this.sites)
      for (const outbox of this.of(site).slice(0, -(this.#bounds.runs ?? MAX_OUTBOX_RUNS)))
        await this.remove(site, outbox)
  }

  /** Sites to which there is, or was, something to tell. */
  get sites(): readonly string[] {
    return [...this.#sites.keys()]
  }

  /** All outboxes to a site, the oldest incarnation first. */
  of(site: string): readonly Outbox[] {
    return this.#sites.get(site) ?? []
  }

  /** That of the present incarnation. One that is not there yet is known only once it was begun. */
  present(site: string): Outbox {
    const incarnation = this.#incarnation
    const known = this.of(site).find(outbox => outbox.incarnation === incarnation)
    if (known !== undefined) return known
    const journal = new Journal(this.#store, prefixOf(site, incarnation), 1, 1)
    return { incarnation, journal, marks: [], wholes: new Map(), expanded: new Set(), readUpTo: 0, cut: 0 }
  }

  /** It is known from now on. @returns what must be written in the same turn, with its first record; nothing where it was known */
  begin(site: string, outbox: Outbox): readonly StoreWrite[] {
    if (this.of(site).includes(outbox)) return []
    this.#insert(site, outbox)
    return [{ kind: 'put', key: indexKey(site, outbox.incarnation), value: new Uint8Array([1]) }]
  }

  /** Whether an outbox is of a run so long ago that nobody needs to see that it is known here. */
  isForgettable(site: string, outbox: Outbox): boolean {
    return this.of(site).indexOf(outbox) < this.of(site).length - 1 - KEPT_OUTBOXES
  }

  /**
   * An outbox of an earlier incarnation begins anew, empty, behind what the site says that it has of it: this store was set back to
   * before that, perhaps to before the incarnation.
   */
  async passOver(site: string, incarnation: string, upTo: number): Promise<void> {
    if (incarnation === this.#incarnation) return
    const known = this.of(site).find(outbox => outbox.incarnation === incarnation)
    if (known !== undefined) await known.journal.trim(known.journal.next)
    const prefix = prefixOf(site, incarnation)
    const start = new TextEncoder().encode(String(upTo + 1))
    await this.#store.commit([
      { kind: 'put', key: indexKey(site, incarnation), value: new Uint8Array([1]) },
      { kind: 'put', key: `${prefix}start`, value: start },
    ])
    this.#sites.set(
      site,
      this.of(site).filter(outbox => outbox !== known),
    )
    const journal = new Journal(this.#store, prefix, upTo + 1, upTo + 1)
    this.#insert(site, { incarnation, journal, marks: [], wholes: new Map(), expanded: new Set(), readUpTo: 0, cut: 0 })
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

  /**
   * Gives up the oldest entries where too much waits for a site: when it comes back, comparing finds what it lacks, with traffic in proportion. What goes
   * with them are words that nobody asks for again: acknowledgements, until the next one, and outcomes.
   * @returns how many were given up
   * @throws CheopsError ERR_STORE_FAILED
   */
  async shorten(site: string): Promise<number> {
    if (this.#shortening.has(site) || this.#excess(site) <= 1) return 0
    this.#shortening.add(site)
    let dropped = 0
    try {
      // What has come meanwhile counts too: nothing else may come for long.
      for (let last = -1; dropped > last && this.#excess(site) > 1;) {
        last = dropped
        dropped += await this.#cut(site)
      }
    } catch (error) {
      // The next time more.
      if (!(error instanceof CheopsError && error.code === 'ERR_STORE_BUSY')) throw error
    } finally {
      this.#shortening.delete(site)
    }
    return dropped
  }

  /** @returns how many entries went */
  async #cut(site: string): Promise<number> {
    let dropped = 0
    for (const outbox of this.of(site)) {
      const { journal, incarnation } = outbox
      // A tenth more, so that it is not done again at once.
      const excess = this.#excess(site) * 1.1
      if (excess <= 1.1) break
      const length = journal.written - journal.first
      const isPresent = incarnation === this.#incarnation
      const before =
        journal.first + (isPresent ? Math.min(length, Math.ceil(this.length(site) * (1 - 1 / excess))) : length)
      if (before <= journal.first) continue
      dropped += before - journal.first
      outbox.cut = before - 1
      await this.#store.commit([{ kind: 'put', key: indexKey(site, incarnation), value: indexOf(outbox.cut) }])
      await journal.trim(before)
      for (const [key, { number }] of outbox.wholes) if (number < before) outbox.wholes.delete(key)
    }
    return dropped
  }

  /** How many times the bound waits for a site. */
  #excess(site: string): number {
    const bytes = this.of(site).reduce((sum, { journal }) => sum + journal.bytes, 0)
    return Math.max(this.length(site) / this.#bounds.entries, bytes / this.#bounds.bytes)
  }

  /** Calls `wake` whenever something new is on the disk for the site; the last caller counts. */
  onNews(site: string, wake: () => void): void {
    this.#wakers.set(site, wake)
  }

  /** Something new is on the disk. */
  news(sites: Iterable<string>): void {
    for (const site of sites) {
      const outbox = this.of(site).at(-1)
      if (outbox !== undefined) this.#mark(outbox)
      this.#wakers.get(site)?.()
    }
  }

  /** Entries that a site has not received. */
  length(site: string): number {
    return this.of(site).reduce((length, { journal: { first, written } }) => length + written - first, 0)
  }

  /** For how long the oldest of them waits, milliseconds; of what an earlier run has left since the start of this one. 0: none waits. */
  lagMs(site: string): number {
    const waiting = this.of(site).flatMap(({ journal, marks }) => {
      const mark = journal.first < journal.written ? marks.find(({ number }) => number >= journal.first) : undefined
      return mark === undefined ? [] : [mark.at]
    })
    return waiting.length === 0 ? 0 : this.#clock.monotonic() - Math.min(...waiting)
  }

  /** A mark stands for all up to its number; where there are many, every second goes, and the lag is told a little too small. */
  #mark({ journal, marks }: Outbox): void {
    const gone = marks.findIndex(({ number }) => number >= journal.first)
    marks.splice(0, gone === -1 ? marks.length : gone)
    const number = journal.written - 1
    if ((marks.at(-1)?.number ?? 0) < number) marks.push({ number, at: this.#clock.monotonic() })
    if (marks.length > MAX_OUTBOX_MARKS) marks.splice(0, marks.length, ...marks.filter((_, i) => i % 2 === 0))
  }

  #insert(site: string, outbox: Outbox): void {
    const all = [...this.of(site), outbox]
    all.sort((a, b) => compareIncarnations(a.incarnation, b.incarnation))
    this.#sites.set(site, all)
  }
}

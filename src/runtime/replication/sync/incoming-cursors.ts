import { compareIncarnations } from '../../../core/membership/incarnation.ts'
import { CheopsError } from '../../../errors.ts'
import { KEPT_OUTBOXES, MAX_IDLE_CURSORS, MAX_WELCOME_CURSORS } from '../limits.ts'
import { cursorKey } from '../store/replica-keys.ts'
import type { Commit } from '../store/commit.ts'
import type { OutboxCursor, OutboxRange } from '../../../ports/sync.ts'

/** How much of another site's outboxes is here, as one conversation goes on. */
export class IncomingCursors {
  readonly #site: string
  /** Number of the last entry of each outbox that is here, by incarnation. */
  readonly #upTo = new Map<string, number>()
  /** Numbers of the first entries that the other site keeps. */
  readonly #first = new Map<string, number>()
  /** Number of the last entry that each outbox had when the other site opened the conversation, of those that are not here yet. */
  readonly #owed = new Map<string, number>()
  /** Cursors that are moved to a number, or go, with what is taken next. */
  readonly #passed = new Map<string, number | undefined>()

  constructor(site: string) {
    this.#site = site
  }

  /**
   * Begins with the outboxes that the other site has.
   * @param held what is durable here of its outboxes, by incarnation
   * @returns what is here of them, and of those that it should list and does not: it was set back to before them
   */
  open(outboxes: readonly OutboxRange[], held: ReadonlyMap<string, number>): readonly OutboxCursor[] {
    const cursors: OutboxCursor[] = []
    for (const { incarnation, first, next } of outboxes) {
      this.#first.set(incarnation, first)
      const upTo = held.get(incarnation) ?? 0
      this.#upTo.set(incarnation, upTo)
      if (upTo > 0) cursors.push({ incarnation, upTo })
      if (first < next && upTo + 1 < next) this.#owed.set(incarnation, next - 1)
      // Nothing follows under its numbers: what was there before is told anew.
      if (first === next && upTo + 1 < first) this.#passed.set(incarnation, first - 1)
    }
    const listed = outboxes.map(({ incarnation }) => incarnation).toSorted(compareIncarnations)
    const [oldest] = listed
    const known = new Set(listed)
    const others = [...held].filter(([incarnation]) => !known.has(incarnation))
    others.sort(([a], [b]) => compareIncarnations(b, a))
    for (const [place, [incarnation, upTo]] of others.entries()) {
      const isOld =
        listed.length > KEPT_OUTBOXES && oldest !== undefined && compareIncarnations(incarnation, oldest) < 0
      // Names that somebody invents must not fill the disk, nor the welcome.
      const isSurplus = place >= MAX_IDLE_CURSORS || cursors.length >= MAX_WELCOME_CURSORS
      if (isOld || isSurplus) this.#passed.set(incarnation, undefined)
      else cursors.push({ incarnation, upTo })
    }
    return cursors
  }

  /**
   * Of entries that came, numbered from `first` on, those that are not here yet.
   * @throws CheopsError ERR_SYNC_MESSAGE for an outbox that was not listed, and where entries before them were left out
   */
  fresh(incarnation: string, first: number, entries: readonly Uint8Array[]): readonly Uint8Array[] {
    const upTo = this.#upTo.get(incarnation)
    if (upTo === undefined)
      throw new CheopsError('ERR_SYNC_MESSAGE', `${this.#site} has not said that it has such an outbox.`)
    // Where the sender no longer keeps what comes next, it has said so, and tells everything anew.
    if (first > upTo + 1 && !this.isJump(incarnation, first))
      throw new CheopsError('ERR_SYNC_MESSAGE', `Entries before ${first} were left out.`, { reason: 'gap' })
    return entries.slice(Math.max(0, upTo + 1 - first))
  }

  /** Whether entries from `first` on come behind some that their sender has given up. */
  isJump(incarnation: string, first: number): boolean {
    return first > (this.#upTo.get(incarnation) ?? 0) + 1 && first === this.#first.get(incarnation)
  }

  /** Writes with what was taken that entries up to a number are here; `isWhole`: nothing has begun that is not whole yet. */
  write(commit: Commit, incarnation: string, upTo: number, isWhole: boolean): void {
    if (isWhole && upTo > (this.#upTo.get(incarnation) ?? 0)) this.#put(commit, incarnation, upTo)
    // Not before the other site has gone on after the welcome, so that it has seen what was here.
    for (const [passed, to] of this.#passed) {
      if (to === undefined) commit.writes.push({ kind: 'delete', key: cursorKey(this.#site, passed) })
      else this.#put(commit, passed, to)
    }
    this.#passed.clear()
  }

  /** That is on disk. @returns the number of the last entry that is here */
  moved(incarnation: string, upTo: number): number {
    const last = Math.max(this.#upTo.get(incarnation) ?? 0, upTo)
    this.#upTo.set(incarnation, last)
    if (last >= (this.#owed.get(incarnation) ?? 0)) this.#owed.delete(incarnation)
    return last
  }

  /** Number of the last entry that is here; 0 where none is. */
  last(incarnation: string): number {
    return this.#upTo.get(incarnation) ?? 0
  }

  /** Whether all is here that the other site had to tell when it opened the conversation. */
  get isCaughtUp(): boolean {
    return this.#owed.size === 0
  }

  #put(commit: Commit, incarnation: string, upTo: number): void {
    const value = new TextEncoder().encode(String(upTo))
    commit.writes.push({ kind: 'put', key: cursorKey(this.#site, incarnation), value })
  }
}

import { remember } from '../../core/resource/remember.ts'
/**
 * How often a peer may come to be told that it is refused, at once and in the long run. Who dials again in order (after 500 ms, then twice as long each
 * time) or was started again is told each time, since what was said the last time may have been lost, or was said to another run. Beyond that it
 * is not let in: it would have to be greeted as often as it likes.
 */
const TOLD_AT_ONCE = 8
const TOLD_EACH_MS = 1_000
/** Refused peers that are remembered; keys cost nothing to make, so there is a bound. */
const MAX_REFUSED = 1_024

/** Peers that were refused, and are told so no more for the moment. */
export class RefusedPeers {
  /** When each would have been refused for the last time had it come evenly, by the clock. */
  readonly #dueAt = new Map<string, number>()
  readonly #now: () => number

  /** @param now milliseconds, never going back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A peer is told that it is refused. */
  add(peerId: string): void {
    const now = this.#now()
    const dueAt = Math.max(now, this.#dueAt.get(peerId) ?? now) + TOLD_EACH_MS
    remember(this.#dueAt, peerId, dueAt, MAX_REFUSED)
  }

  /** Whether a peer has been told so often that it is not let in. */
  has(peerId: string): boolean {
    const dueAt = this.#dueAt.get(peerId)
    if (dueAt === undefined) return false
    const now = this.#now()
    if (dueAt <= now) this.#dueAt.delete(peerId)
    return dueAt - now > (TOLD_AT_ONCE - 1) * TOLD_EACH_MS
  }
}

import { remember } from '../../core/resource/remember.ts'
/** A peer that was refused is not let in again for this long: its DHT and its redialling would come back at once. */
const REFUSED_MS = 10_000
/** Refused peers that are remembered; keys cost nothing to make, so there is a bound. */
const MAX_REFUSED = 1_024

/** Peers that were refused a moment ago. */
export class RefusedPeers {
  /** When each may come again, by the monotonic clock. */
  readonly #until = new Map<string, number>()

  add(peerId: string): void {
    remember(this.#until, peerId, performance.now() + REFUSED_MS, MAX_REFUSED)
  }

  has(peerId: string): boolean {
    const until = this.#until.get(peerId)
    if (until === undefined) return false
    if (performance.now() < until) return true
    this.#until.delete(peerId)
    return false
  }
}

import { MAX_WAITING_LOOKS, SCAN_AGAIN_MS, SCAN_PAUSE } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'

interface Turn {
  /** The last that was asked for, until it has ended. */
  tail: Promise<void>
  waiting: number
  /** When the next may begin, monotonic. */
  notBefore: number
}

/**
 * Looks at all records that other sites ask for: for each site one at a time, and after each a pause that is a multiple of what it took. Counted for
 * the site, not for a conversation, so that who opens another one gets no more.
 */
export class Scans {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>
  readonly #turns = new Map<string, Turn>()

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#clock = clock
  }

  /**
   * @param isWanted asked when its turn has come
   * @returns undefined where nobody wants it any more, or so many wait for this site already
   */
  async run<T>(site: string, isWanted: () => boolean, look: () => Promise<T>): Promise<T | undefined> {
    const turn = this.#turns.get(site) ?? { tail: Promise.resolve(), waiting: 0, notBefore: -Infinity }
    this.#turns.set(site, turn)
    if (turn.waiting >= MAX_WAITING_LOOKS) return undefined
    turn.waiting++
    const before = turn.tail
    const done = Promise.withResolvers<void>()
    turn.tail = done.promise
    await before
    if (!isWanted()) {
      turn.waiting--
      done.resolve()
      return undefined
    }
    const waitMs = turn.notBefore - this.#clock.monotonic()
    if (waitMs > 0) await new Promise<void>(resolve => void this.#clock.after(waitMs, resolve))
    turn.waiting--
    const begunAt = this.#clock.monotonic()
    try {
      return isWanted() ? await look() : undefined
    } finally {
      const now = this.#clock.monotonic()
      turn.notBefore = Math.max(turn.notBefore, now + Math.max(SCAN_AGAIN_MS, (now - begunAt) * SCAN_PAUSE))
      done.resolve()
    }
  }
}

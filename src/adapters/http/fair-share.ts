/**
 * Shares the event loop between large bodies and everything else. A body that always has more to give would fill each turn of
 * the loop, on both agents that it passes, with a window's worth of data, and every small request waits for several turns of
 * both. So while others are active too, a body gives way after each large chunk until the loop has been around once.
 * Measured: small requests beside 1 GB take a quarter of the time, and the body passes at two thirds of its speed; alone it
 * gives way to nobody.
 *
 * One for the process, as there is one loop.
 */
export class FairShare {
  readonly #now: () => number
  /** Whoever moved something last, and whoever did so before that was another; milliseconds. */
  #last: Mover = NOBODY
  #other: Mover = NOBODY

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * @param who moves a chunk
   * @returns whether it should leave the loop to others now
   */
  givesWay(who: object, bytes: number): boolean {
    const now = this.#now()
    if (this.#last.who !== who) this.#other = this.#last
    this.#last = { who, at: now }
    return bytes >= LARGE_BYTES && now - this.#other.at < ACTIVE_MS
  }
}

interface Mover {
  readonly who: object | undefined
  readonly at: number
}

const NOBODY: Mover = { who: undefined, at: -Infinity }
/** Below this a chunk takes less time than a turn of the loop itself. */
const LARGE_BYTES = 16_384
/** Others count as active for so long after they moved something: small requests come in bursts. */
const ACTIVE_MS = 100

export const fairShare = new FairShare(() => performance.now())

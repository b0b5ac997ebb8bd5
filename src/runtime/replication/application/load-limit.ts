import { BUSY_WITHIN_MS, FORGET_BUSY_AFTER_MS, MAX_ASKED_TOGETHER, MAX_KNOWN_HUNG } from '../limits.ts'

/** So many answers for each request at once, until one more is tried: slowly, since each time too many were tried clients may be refused. */
const ANSWERS_FOR_MORE = 4

/** So many resources must be refused until it is asked less: one may be refused by itself, for a quota or since what serves it is away. */
const RESOURCES_FOR_LESS = 2

/** So many, with nothing answered in between, and one for so many answers at least since it paused last: then it refuses all, and not some that nobody may ask. */
const RESOURCES_FOR_ALL = 4
const ANSWERS_FOR_ALL = 3

export const TOO_MANY_REQUESTS = 429
export const UNAVAILABLE = 503

/** As servers say it that take no more at once. */
export function isBusy(status: number): boolean {
  return status === TOO_MANY_REQUESTS || status === UNAVAILABLE
}

/**
 * How much an application is asked at once: half as much as soon as it says of some resources that it is too busy (429, 503), then more again by and by. One that is refused
 * each time says so once. Source: additive increase, multiplicative decrease, with a slow start, as TCP does it (RFC 5681, 3.1).
 */
export class LoadLimit {
  #most = MAX_ASKED_TOGETHER
  /** Up to there it grows by one with each answer: that much it took before. */
  #knownToGo = MAX_ASKED_TOGETHER
  #answers = 0
  /** Resources for which it was too busy the last time, the newest ones. */
  readonly #refused = new Set<string>()
  /** Of these, for which it was waited in vain until it was less busy. */
  readonly #inVain = new Set<string>()
  /** Those that were refused since anything was answered; not all, if there are many. */
  readonly #inARow = new Set<string>()
  /** How many have become that of late. */
  #news = 0
  #loweredAt = Number.NEGATIVE_INFINITY
  #hasAnswered = true
  /** Since when it has answered nothing else. */
  #busySince: number | undefined
  #busyAt = Number.NEGATIVE_INFINITY
  /** Since it paused last. */
  #since = { answered: 0, refused: 0 }
  #pausedUntil = Number.NEGATIVE_INFINITY

  /** Requests at once, 1 to `MAX_ASKED_TOGETHER`; none while it pauses. @param now by the monotonic clock, milliseconds */
  most(now: number): number {
    if (this.pausesMs(now) > 0) return 0
    return this.isLowered(now) ? this.#most : MAX_ASKED_TOGETHER
  }

  /** Whether it is asked less than others. */
  isLowered(now: number): boolean {
    if (this.#most < MAX_ASKED_TOGETHER && now - this.#loweredAt >= FORGET_BUSY_AFTER_MS) {
      this.#most = MAX_ASKED_TOGETHER
      this.#knownToGo = MAX_ASKED_TOGETHER
    }
    return this.#most < MAX_ASKED_TOGETHER
  }

  /** Whether it refuses all at present, as one does that bounds its rate. */
  get refusesAll(): boolean {
    const { answered, refused } = this.#since
    return this.#inARow.size >= RESOURCES_FOR_ALL && refused * ANSWERS_FOR_ALL >= answered
  }

  /** Nothing is asked until then, by the monotonic clock, milliseconds. */
  pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until)
    this.#since = { answered: 0, refused: 0 }
  }

  /** For how long it still pauses, milliseconds. */
  pausesMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now)
  }

  /** Whether it has answered nothing else for so long that it is rather away, behind something that answers in its place: nobody waits until it is less busy. */
  isAway(now: number): boolean {
    return this.#busySince !== undefined && now - this.#busySince >= BUSY_WITHIN_MS
  }

  /** It was waited in vain until it was less busy with a resource: what waits behind that does not wait too, before it is answered. */
  waitedInVain(key: string): void {
    if (this.#refused.has(key)) this.#inVain.add(key)
  }

  wasWaitedForInVain(key: string): boolean {
    return this.#inVain.has(key)
  }

  /** It has answered something that was asked about a resource. */
  answered(key: string): void {
    this.#forget(key)
    this.#inARow.clear()
    this.#since.answered++
    this.#hasAnswered = true
    this.#busySince = undefined
    this.#answers++
    const isLearnt = this.#answers >= ANSWERS_FOR_MORE * this.#most
    if (isLearnt) this.#news = 0
    if (!isLearnt && this.#most >= this.#knownToGo) return
    this.#answers = 0
    this.#most = Math.min(this.#most + 1, MAX_ASKED_TOGETHER)
  }

  /**
   * It was too busy for something that was asked about a resource at `began`; both by the monotonic clock, milliseconds. What was asked before it was lowered last says
   * nothing of what it takes since.
   * @returns whether it is asked less from now on
   */
  wasBusy(key: string, began: number, now: number): boolean {
    // What it was a minute ago says nothing of now.
    if (this.#busySince === undefined || now - this.#busyAt >= FORGET_BUSY_AFTER_MS) this.#busySince = now
    this.#busyAt = now
    this.#since.refused++
    if (this.#inARow.size < RESOURCES_FOR_ALL) this.#inARow.add(key)
    if (this.#refused.has(key)) return false
    this.#refused.add(key)
    const [oldest] = this.#refused
    if (this.#refused.size > MAX_KNOWN_HUNG && oldest !== undefined) this.#forget(oldest)
    if (began < this.#loweredAt || ++this.#news < RESOURCES_FOR_LESS) return false
    this.#news = 0
    this.#most = Math.max(1, Math.floor(this.#most / 2))
    // One that answers nothing is not busy with what it is asked: when it is back it may take as much as before.
    if (this.#hasAnswered) this.#knownToGo = this.#most
    this.#hasAnswered = false
    this.#answers = 0
    this.#loweredAt = now
    return true
  }

  #forget(key: string): void {
    this.#refused.delete(key)
    this.#inVain.delete(key)
  }
}

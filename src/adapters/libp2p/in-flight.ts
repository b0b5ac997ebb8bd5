import type { StreamMuxer } from '@libp2p/interface'

/** What a queue on the way may add to a round trip; as much again as the way itself takes, where that is more. Jitter is less. */
const QUEUE_MS = 200
/** Until anything was measured: the first window of one stream. */
const FIRST_LIMIT_BYTES = 256 * 1024
/** Half a second at a megabit a second; with less, frames would no longer follow each other. */
const LEAST_LIMIT_BYTES = 64 * 1024
/** So much is sent without asking where the other side is, and so long it is not asked again while there is room. */
const ASK_AFTER_BYTES = 32 * 1024
const ASK_AGAIN_MS = 10
/** What is sent at once is asked for in parts: answered as a whole it would be followed by as much at once, with a pause between that nothing fills. */
const PARTS = 8
/** While less is sent it is asked now and then: how long the way takes shows only where nothing stands on it. The shortest of the last few counts. */
const IDLE_ASK_MS = 10_000
const IDLE_ANSWERS = 4
/**
 * While the bound holds something back nothing is idle: after so long, and so many of the shortest, what is large waits until it has arrived and one
 * echo is back. Some hundredths of what the way carries. Longer than the last no way takes: the other side stood still.
 */
const RENEW_AFTER_MS = 10_000
const RENEW_AFTER_TIMES = 60
const LONGEST_WAY_MS = 1_000
/** Of the last measures the fastest counts: what else is on the way, and what was lost on it, make one slow. */
const MEASURES = 8
/** Frames up to this size go at once and are not counted: what else is there to be answered soon, and makes no queue; many of them leave room for a large one. */
export const SMALL_FRAME_BYTES = 8 * 1024

/**
 * How much of the large frames that were sent over a connection has not arrived, and how much may be on the way: what the way carries in a round trip, and a
 * little. What is sent beyond it only stands in the system's buffers, before every small request, beat and ping; over a megabit a second six bodies filled them for twelve
 * seconds, nothing was answered for so long, and the connection was taken for dead and closed. On a fast way the bound is never reached.
 *
 * An echo of the muxer tells that all that was sent before it has arrived.
 */
export class InFlight {
  readonly #echo: () => Promise<unknown>
  readonly #onRoom: () => void
  readonly #now: () => number
  #sent = 0
  #arrived = 0
  /** Of these, in large frames. */
  #large = 0
  #largeArrived = 0
  #limit = FIRST_LIMIT_BYTES
  /** When it was seen last how long the way takes, and whether that is being looked at anew. */
  #idleAt = -Infinity
  #isRenewing = false
  /** Somebody was told that there is no room. */
  #isAwaited = false
  /** Echoes that are under way, up to where the last one was asked for, and when. */
  #asked = 0
  #askedUpTo = 0
  /** When all that was sent had arrived last, or the last echo came. */
  #since = 0
  #askedAt = -Infinity
  /** How long the last echoes took that were asked for while little was on the way. */
  readonly #idleMs: number[] = []
  /** Bytes a millisecond. */
  readonly #rates: number[] = []

  /**
   * @param echo resolves when the other side has answered; rejects when it will not
   * @param onRoom called when there is room again, after it was said that there is none
   */
  constructor(echo: () => Promise<unknown>, onRoom: () => void, now = (): number => performance.now()) {
    this.#echo = echo
    this.#onRoom = onRoom
    this.#now = now
  }

  /** Who is told that there is none is told when there is. */
  hasRoom(): boolean {
    this.#isAwaited ||= this.#isFull
    return !this.#isFull
  }

  get #isFull(): boolean {
    return this.#isRenewing || this.#large - this.#largeArrived >= this.#limit
  }

  /** @returns whether more of the kind may be sent */
  send(bytes: number): boolean {
    if (this.#sent === this.#arrived) this.#since = this.#now()
    this.#sent += bytes
    const isLarge = bytes > SMALL_FRAME_BYTES
    if (isLarge) this.#large += bytes
    if (this.#isDue()) void this.#ask()
    return !isLarge || this.hasRoom()
  }

  #isDue(): boolean {
    const bytes = this.#sent - this.#askedUpTo
    const isMuch = bytes >= ASK_AFTER_BYTES
    const isSilent = this.#asked === 0
    if (!isMuch && !isSilent) return false
    // The first ones fall into the start of both ends, and take long.
    if (this.#isFull || (isMuch && bytes >= this.#limit / PARTS) || (isSilent && this.#idleMs.length < IDLE_ANSWERS))
      return true
    return this.#now() - this.#askedAt >= (isMuch ? ASK_AGAIN_MS : IDLE_ASK_MS)
  }

  async #ask(): Promise<void> {
    const [before, upTo, largeUpTo, askedAt] = [this.#arrived, this.#sent, this.#large, this.#now()]
    const wasFull = this.#isFull
    const renews = this.#isRenewing && largeUpTo === this.#largeArrived
    this.#asked++
    this.#askedAt = askedAt
    this.#askedUpTo = upTo
    try {
      await this.#echo()
    } catch {
      // It is being closed, and nothing will be told of it any more.
      this.#limit = Infinity
      this.#isRenewing = false
      this.#tell()
      return
    }
    const now = this.#now()
    const bytes = upTo - before
    this.#asked--
    this.#arrived = upTo
    this.#largeArrived = largeUpTo
    if (renews) this.#renew(now - askedAt)
    else if (bytes < ASK_AFTER_BYTES || this.#idleMs.length === 0) this.#idle(now - askedAt)
    else this.#isRenewing ||= wasFull && now - this.#idleAt >= this.#renewAfterMs
    if (bytes >= ASK_AFTER_BYTES)
      this.#measure(bytes / Math.max(now - Math.min(askedAt, this.#since), 0.01), wasFull || this.#isFull)
    this.#since = now
    if (this.#isDue()) void this.#ask()
    this.#tell()
  }

  #idle(tookMs: number): void {
    remember(this.#idleMs, tookMs, IDLE_ANSWERS)
    this.#idleAt = this.#now()
  }

  /** A way that has become longer, or has others' queue on it, was else taken for a slower one again and again, until next to nothing was sent. */
  #renew(tookMs: number): void {
    this.#isRenewing = false
    this.#idleMs.length = 0
    this.#idle(Math.min(tookMs, LONGEST_WAY_MS))
  }

  get #renewAfterMs(): number {
    return Math.max(RENEW_AFTER_MS, RENEW_AFTER_TIMES * Math.min(...this.#idleMs))
  }

  #tell(): void {
    if (!this.#isAwaited || this.#isFull) return
    this.#isAwaited = false
    this.#onRoom()
  }

  /** @param wasFull what was sent was all that might be: else a slow measure says nothing of the way */
  #measure(rate: number, wasFull: boolean): void {
    if (!wasFull && rate <= Math.max(...this.#rates, 0)) return
    remember(this.#rates, rate, MEASURES)
    const shortestMs = Math.min(...this.#idleMs)
    const onTheWayMs = shortestMs + Math.max(shortestMs, QUEUE_MS)
    this.#limit = Math.max(LEAST_LIMIT_BYTES, Math.max(...this.#rates) * onTheWayMs)
  }
}

function remember(last: number[], value: number, most: number): void {
  last.push(value)
  if (last.length > most) last.shift()
}

type EchoingMuxer = StreamMuxer & {
  sendPing: (id: number) => void
  handlePingResponse: (id: number) => void
}

/** The library's own numbers begin at 0, and it asks for one each half a minute. */
const FIRST_NUMBER = 2 ** 31

/**
 * The echo of the muxer of `@libp2p/yamux`; that of another muxer is not known. The library has one under way at a time, and answers to others end the
 * connection.
 */
export function echoOf(muxer: StreamMuxer): (() => Promise<void>) | undefined {
  if (!canEcho(muxer)) return undefined
  const awaited = new Map<number, () => void>()
  const handle = muxer.handlePingResponse.bind(muxer)
  let number = FIRST_NUMBER
  muxer.handlePingResponse = id => {
    const resolve = awaited.get(id)
    if (resolve === undefined) return handle(id)
    awaited.delete(id)
    resolve()
  }
  return () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    number = number + 1 < 2 ** 32 ? number + 1 : FIRST_NUMBER
    awaited.set(number, resolve)
    muxer.sendPing(number)
    return promise
  }
}

function canEcho(muxer: StreamMuxer): muxer is EchoingMuxer {
  return (
    'sendPing' in muxer &&
    typeof muxer.sendPing === 'function' &&
    'handlePingResponse' in muxer &&
    typeof muxer.handlePingResponse === 'function'
  )
}

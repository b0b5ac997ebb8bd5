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
/** While less is sent it is asked now and then: how long the way takes shows only where nothing stands on it. The shortest of the last few counts. */
const IDLE_ASK_MS = 10_000
const IDLE_ANSWERS = 4
/** Of the last measures the fastest counts: what else is on the way, and what was lost on it, make one slow. */
const MEASURES = 8
/** Frames up to this size go at once: what else is there to be answered soon, and makes no queue. */
export const SMALL_FRAME_BYTES = 8 * 1024

/**
 * How much of what was sent over a connection has not arrived, and how much of it may be on the way: what the way carries in a round trip, and a
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
  #limit = FIRST_LIMIT_BYTES
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
    return this.#sent - this.#arrived >= this.#limit
  }

  /** @returns whether more of the kind may be sent */
  send(bytes: number): boolean {
    if (this.#sent === this.#arrived) this.#since = this.#now()
    this.#sent += bytes
    if (this.#isDue()) void this.#ask()
    return bytes <= SMALL_FRAME_BYTES || this.hasRoom()
  }

  #isDue(): boolean {
    const isMuch = this.#sent - this.#askedUpTo >= ASK_AFTER_BYTES
    const isSilent = this.#asked === 0
    if (!isMuch && !isSilent) return false
    // The first ones fall into the start of both ends, and take long.
    if (this.#isFull || (isSilent && this.#idleMs.length < IDLE_ANSWERS)) return true
    return this.#now() - this.#askedAt >= (isMuch ? ASK_AGAIN_MS : IDLE_ASK_MS)
  }

  async #ask(): Promise<void> {
    const [before, upTo, askedAt] = [this.#arrived, this.#sent, this.#now()]
    const wasFull = this.#isFull
    this.#asked++
    this.#askedAt = askedAt
    this.#askedUpTo = upTo
    try {
      await this.#echo()
    } catch {
      // It is being closed, and nothing will be told of it any more.
      this.#limit = Infinity
      this.#tell()
      return
    }
    const now = this.#now()
    const bytes = upTo - before
    this.#asked--
    this.#arrived = upTo
    if (bytes < ASK_AFTER_BYTES || this.#idleMs.length === 0) remember(this.#idleMs, now - askedAt, IDLE_ANSWERS)
    if (bytes >= ASK_AFTER_BYTES)
      this.#measure(bytes / Math.max(now - Math.min(askedAt, this.#since), 0.01), wasFull || this.#isFull)
    this.#since = now
    if (this.#isDue()) void this.#ask()
    this.#tell()
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

import { CheopsError } from '../../src/errors.ts'
import { FrameError, FrameStream } from './frame-stream.ts'
import {
  CLOSE_TIMEOUT_MS,
  FIRST_MESSAGE_LIMIT_MS,
  FIRST_MESSAGE_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  MAX_WAITING_SENDS,
  SILENCE_MS,
} from './limits.ts'
import { tellParts } from './sent-parts.ts'
import type { SentPart } from './sent-parts.ts'
import type { Clock, TimerHandle } from '../../src/ports/clock.ts'
import type { SyncChannel, SyncCloseReason, SyncCodec, SyncMessage, SyncWork } from '../../src/ports/sync.ts'
import type { Stream } from '@libp2p/interface'

export interface ChannelParts {
  readonly stream: Stream
  /** Who is at the other end, by its key. */
  readonly site: string
  readonly role: SyncChannel['role']
  readonly codec: Pick<SyncCodec, 'encodeMessage' | 'decodeMessage'>
  readonly clock: Clock
  /** Bounds what reading the messages of the site takes. */
  readonly work?: SyncWork | undefined
  /** Told of what is sent, behind its length. */
  readonly onSent?: ((part: SentPart, bytes: number) => void) | undefined
}

/** What each end may say after its first message. */
const SAID_BY: Readonly<Record<SyncChannel['role'], ReadonlySet<SyncMessage['kind']>>> = {
  sender: new Set(['entries', 'digest', 'symbols', 'names', 'goodbye']),
  receiver: new Set(['received', 'want', 'digest', 'audit', 'lack', 'goodbye']),
}
const FIRST = { sender: 'hello', receiver: 'welcome' } as const
/** Reasons after which `messages` ends in order. */
const IN_ORDER: ReadonlySet<SyncCloseReason> = new Set(['done', 'stopping'])
/** Reasons without a goodbye: the other end cannot hear it, or it is not to be said. */
const UNSAID: ReadonlySet<SyncCloseReason> = new Set(['lost', 'unknown'])
const NOTHING = new Uint8Array(0)

/** One end of a conversation over a stream. README.md says what passes over it, and in which order. */
export class StreamChannel implements SyncChannel {
  readonly site: string
  readonly role: SyncChannel['role']
  readonly messages: AsyncIterable<SyncMessage>
  readonly closed: Promise<SyncCloseReason>
  readonly #codec: ChannelParts['codec']
  readonly #clock: Clock
  readonly #work: ChannelParts['work']
  readonly #onSent: ChannelParts['onSent']
  readonly #frames: FrameStream
  readonly #closing = Promise.withResolvers<SyncCloseReason>()
  #reason: SyncCloseReason | undefined
  #closeDone: Promise<void> | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #waitingSends = 0
  #heardFirst = false
  #heardAt: number
  #saidAt: number
  /** While a message waits for whoever reads `messages`, or for its site's turn, the other end is not silent but held back. */
  #isHolding = false
  readonly #openedAt: number
  #firstTimer: TimerHandle
  #tick: TimerHandle

  constructor({ stream, site, role, codec, clock, work, onSent }: ChannelParts) {
    this.site = site
    this.role = role
    this.#codec = codec
    this.#clock = clock
    this.#work = work
    this.#onSent = onSent
    this.#openedAt = this.#heardAt = this.#saidAt = clock.monotonic()
    this.#frames = new FrameStream(stream, () => (this.#heardAt = clock.monotonic()))
    this.closed = this.#closing.promise
    this.#firstTimer = clock.after(FIRST_MESSAGE_TIMEOUT_MS, () => this.#onFirstTimeout())
    this.#tick = clock.after(KEEP_ALIVE_MS, this.#onTick)
    this.messages = this.#checked(this.#pumped())
    void this.#frames.broken.then(() => this.#end('lost'))
  }

  get silentMs(): number {
    return this.#clock.monotonic() - this.#heardAt
  }

  async send(message: SyncMessage): Promise<void> {
    if (this.#reason !== undefined) throw this.#error()
    // Encoded in this very call, so that what it throws is the caller's, and the order is that of the calls.
    const frame = this.#codec.encodeMessage(message)
    if (this.#waitingSends >= MAX_WAITING_SENDS) {
      // It does not read what it is told.
      this.#end('time-out')
      throw this.#error()
    }
    this.#waitingSends++
    try {
      await this.#write(frame)
      if (this.#onSent !== undefined) tellParts(message, frame.length, this.#onSent)
    } finally {
      this.#waitingSends--
    }
  }

  close(reason: SyncCloseReason): Promise<void> {
    this.#end(reason)
    return this.#closeDone ?? Promise.resolve()
  }

  #write(frame: Uint8Array): Promise<void> {
    const written = this.#writing.then(async () => {
      if (this.#reason !== undefined) throw this.#error()
      try {
        await this.#frames.write(frame)
      } catch (cause) {
        this.#end('lost')
        throw this.#error(cause)
      }
      this.#saidAt = this.#clock.monotonic()
    })
    this.#writing = written.catch(() => {})
    return written
  }

  /**
   * Reads on while the one message that was read before is not yet taken, so that a goodbye, rubbish or the loss of the stream are
   * noticed behind it, and no further.
   */
  #pumped(): AsyncIterable<SyncMessage> {
    const waiting: SyncMessage[] = []
    let ended = false
    let wakeReader: (() => void) | undefined
    let wakePump: (() => void) | undefined
    const pump = async (): Promise<void> => {
      try {
        for await (const frame of this.#frames.frames) {
          if (this.#reason !== undefined) return
          const message = await this.#readInTurn(frame)
          if (this.#isOver()) return
          if (message === undefined) continue
          if (message.kind === 'goodbye') {
            this.#end(message.reason, false)
            return
          }
          waiting.push(message)
          wakeReader?.()
          if (waiting.length > 1) {
            this.#isHolding = true
            await new Promise<void>(resolve => (wakePump = resolve))
            this.#isHolding = false
            this.#heardAt = this.#clock.monotonic()
          }
        }
        // A FIN without a goodbye: the other end was broken off in a way that looks like an end.
        this.#end('lost')
      } catch (cause) {
        this.#end(reasonOf(cause))
      }
    }
    void this.closed.then(() => {
      ended = true
      wakePump?.()
      wakeReader?.()
    })
    void pump()
    return {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const message = waiting.shift()
          if (message !== undefined) {
            wakePump?.()
            yield message
          } else if (ended) return
          else await new Promise<void>(resolve => (wakeReader = resolve))
        }
      },
    }
  }

  async *#checked(messages: AsyncIterable<SyncMessage>): AsyncGenerator<SyncMessage> {
    yield* messages
    if (!IN_ORDER.has(await this.closed)) throw this.#error()
  }

  #isOver(): boolean {
    return this.#reason !== undefined
  }

  /** Seventy bytes of what is compressed may take a millisecond to read, and nothing between one frame and the next would let others go first. */
  async #readInTurn(frame: Uint8Array): Promise<SyncMessage | undefined> {
    if (this.#work === undefined) return this.#read(frame)
    this.#isHolding = true
    try {
      return await this.#work.read(() => this.#read(frame))
    } finally {
      this.#isHolding = false
      this.#heardAt = this.#clock.monotonic()
    }
  }

  /** @throws CheopsError ERR_SYNC_MESSAGE, ERR_SYNC_CLOSED with the reason */
  #read(frame: Uint8Array): SyncMessage | undefined {
    const message = this.#codec.decodeMessage(frame)
    if (message.kind === 'unknown') return undefined
    const other = this.role === 'sender' ? 'receiver' : 'sender'
    if (!this.#heardFirst && message.kind !== 'goodbye') {
      if (message.kind !== FIRST[other]) throw closedError('wrong-order')
      // Its name is the one that its key has, or it speaks for somebody else.
      if (message.site !== this.site) throw closedError('invalid')
      this.#heardFirst = true
      this.#firstTimer.cancel()
      return message
    }
    if (!SAID_BY[other].has(message.kind)) throw closedError('wrong-order')
    return message
  }

  #onFirstTimeout(): void {
    if (this.#heardFirst) return
    const now = this.#clock.monotonic()
    const silentMs = this.#isHolding ? 0 : now - this.#heardAt
    const leftMs = FIRST_MESSAGE_TIMEOUT_MS - silentMs
    if (leftMs <= 0 || now - this.#openedAt >= FIRST_MESSAGE_LIMIT_MS) this.#end('time-out')
    else this.#firstTimer = this.#clock.after(leftMs, () => this.#onFirstTimeout())
  }

  readonly #onTick = (): void => {
    if (this.#reason !== undefined) return
    const now = this.#clock.monotonic()
    if (!this.#isHolding && this.#frames.isDrained && now - this.#heardAt >= SILENCE_MS) {
      this.#end('time-out')
      return
    }
    // What waits to be sent is as good a sign of life, once the other end reads it.
    if (this.#waitingSends === 0 && now - this.#saidAt >= KEEP_ALIVE_MS) void this.#write(NOTHING).catch(() => {})
    this.#tick = this.#clock.after(KEEP_ALIVE_MS, this.#onTick)
  }

  #end(reason: SyncCloseReason, sayGoodbye = true): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#firstTimer.cancel()
    this.#tick.cancel()
    this.#closing.resolve(reason)
    this.#closeDone = this.#finish(reason, sayGoodbye && !UNSAID.has(reason))
  }

  /** Says goodbye and closes, or breaks off when that takes too long: the other end may read nothing any more. */
  async #finish(reason: SyncCloseReason, sayGoodbye: boolean): Promise<void> {
    if (reason === 'lost') {
      this.#frames.abort()
      return
    }
    const time = new AbortController()
    const timer = this.#clock.after(CLOSE_TIMEOUT_MS, () => {
      time.abort()
      this.#frames.abort()
    })
    try {
      await this.#writing
      if (sayGoodbye) await this.#frames.write(this.#codec.encodeMessage({ kind: 'goodbye', reason }))
      await this.#frames.close(time.signal)
    } catch {
      this.#frames.abort()
    } finally {
      timer.cancel()
    }
  }

  #error(cause?: unknown): CheopsError {
    return closedError(this.#reason ?? 'lost', cause)
  }
}

function closedError(reason: SyncCloseReason, cause?: unknown): CheopsError {
  return new CheopsError('ERR_SYNC_CLOSED', `The conversation has ended: ${reason}.`, { reason }, { cause })
}

function reasonOf(cause: unknown): SyncCloseReason {
  if (cause instanceof FrameError) return cause.failure
  if (cause instanceof CheopsError && cause.code === 'ERR_SYNC_CLOSED') return cause.meta['reason'] as SyncCloseReason
  return 'invalid'
}

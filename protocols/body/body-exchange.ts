/** Who fetches a piece of a large body, and who is given one. README.md says what passes over the stream. */
import { CheopsError } from '../../src/errors.ts'
import { bad, decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './codec.ts'
import {
  BODY_LIMITS,
  BODY_PROTOCOL,
  MAX_BODY_STREAMS,
  MAX_PIECES_TO_A_SITE,
  PIECE_ANSWER_MS,
  PIECE_IDLE_MS,
} from './limits.ts'
import { PacedStream } from './paced-stream.ts'
import type { Stream } from '@libp2p/interface'
import type { BodyPiece, BodySource } from '../../src/ports/bodies.ts'
import type { Clock, TimerHandle } from '../../src/ports/clock.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { PeerTransport } from '../../src/ports/transport.ts'

export interface BodyExchangeParts {
  readonly transport: PeerTransport
  readonly clock: Clock
  readonly logger: Logger
  /** The site that a peer has proved to be, undefined for one that is no member of the mesh. */
  readonly siteOfPeer: (peerId: string) => string | undefined
  /** The bytes of a piece for a site; undefined for what it is not given, for whatever reason. */
  readonly pieceFor: (site: string, piece: BodyPiece) => Promise<AsyncIterable<Uint8Array> | undefined>
}

/** Fetches pieces of large bodies from other members, and gives them theirs. */
export class BodyExchange implements BodySource {
  readonly pieceBytes = BODY_LIMITS.pieceBytes
  readonly #parts: BodyExchangeParts
  readonly #given = new Map<string, number>()
  /** What ends each piece that is under way. */
  readonly #ends = new Set<AbortController>()
  #isStopped = false

  constructor(parts: BodyExchangeParts) {
    this.#parts = parts
  }

  /** Gives from now on. */
  start(): Promise<void> {
    return this.#parts.transport.serve(
      BODY_PROTOCOL,
      { maxInboundStreams: MAX_BODY_STREAMS },
      (stream, peerId) => void this.#serve(stream, this.#parts.siteOfPeer(peerId)),
    )
  }

  /** Neither fetches nor gives any more; what is under way is broken off. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const end of this.#ends) end.abort()
    await this.#parts.transport.unserve(BODY_PROTOCOL)
  }

  async *fetch(site: string, piece: BodyPiece, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const request = encodeRequest(piece)
    const watch = new Watch(this.#parts.clock, this.#ends, PIECE_ANSWER_MS)
    const stop = (): void => watch.end.abort()
    signal.addEventListener('abort', stop, { once: true })
    let stream: PacedStream | undefined
    let isOver = false
    try {
      if (signal.aborted || this.#isStopped) stop()
      watch.end.signal.throwIfAborted()
      const opened = await this.#parts.transport.openStream(site, BODY_PROTOCOL, watch.end.signal)
      stream = watch.guard(new PacedStream(opened))
      await stream.write(request)
      yield* received(stream, piece, watch)
      await stream.end(watch.end.signal)
      isOver = true
    } catch (cause) {
      if (cause instanceof CheopsError) throw cause
      throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} did not give the body to its end.`, { site }, { cause })
    } finally {
      signal.removeEventListener('abort', stop)
      watch.close()
      if (!isOver) stream?.abort(new Error('the piece was not taken to its end'))
    }
  }

  async #serve(opened: Stream, site: string | undefined): Promise<void> {
    // A stranger is sent away before a byte of it is read.
    if (site === undefined) return opened.abort(new Error('not a member'))
    const given = this.#given.get(site) ?? 0
    if (given >= MAX_PIECES_TO_A_SITE || this.#isStopped) return opened.abort(new Error('too many at a time'))
    this.#given.set(site, given + 1)
    const watch = new Watch(this.#parts.clock, this.#ends, PIECE_IDLE_MS)
    const stream = watch.guard(new PacedStream(opened))
    try {
      await this.#give(stream, site, watch)
    } catch (error) {
      stream.abort(new Error('the piece was not given to its end'))
      this.#parts.logger.debug({ site, error: String(error) }, 'a piece of a large body was not given')
    } finally {
      watch.close()
      const left = (this.#given.get(site) ?? 1) - 1
      if (left === 0) this.#given.delete(site)
      else this.#given.set(site, left)
    }
  }

  async #give(stream: PacedStream, site: string, watch: Watch): Promise<void> {
    const piece = decodeRequest(await firstOf(stream.frames(BODY_LIMITS.requestBytes)))
    watch.moved()
    const chunks = await this.#parts.pieceFor(site, piece)
    await stream.write(encodeAnswer(chunks !== undefined))
    if (chunks !== undefined)
      for await (const chunk of chunks)
        for (let at = 0; at < chunk.length; at += BODY_LIMITS.frameBytes) {
          await stream.write(chunk.subarray(at, at + BODY_LIMITS.frameBytes))
          watch.moved()
        }
    await stream.end(watch.end.signal)
  }
}

/** What comes after the request: an answer, then exactly the piece. */
async function* received(stream: PacedStream, { hash, from, to }: BodyPiece, watch: Watch): AsyncGenerator<Uint8Array> {
  let isTold = false
  let left = to - from
  for await (const frame of stream.frames(BODY_LIMITS.frameBytes)) {
    watch.moved()
    if (!isTold) {
      if (!decodeAnswer(frame)) throw new CheopsError('ERR_BODY_NOT_TOLD', `The body ${hash} is not given.`, { hash })
      isTold = true
      continue
    }
    left -= frame.length
    if (left < 0) throw bad('a piece is longer than was asked for')
    watch.pause()
    yield frame
    watch.moved()
  }
  if (!isTold) throw bad('a stream ended before an answer')
  if (left > 0) throw bad('a piece is shorter than was asked for')
}

/** The one frame that who asks has said; its FIN may come later. */
async function firstOf(frames: AsyncIterator<Uint8Array, void, undefined>): Promise<Uint8Array> {
  const first = await frames.next()
  if (first.done === true) throw bad('a stream ended before a request')
  return first.value
}

/** Ends a piece of which nothing moves any more. */
class Watch {
  readonly end = new AbortController()
  readonly #clock: Clock
  readonly #ends: Set<AbortController>
  #timer: TimerHandle | undefined

  /** @param firstMs until the first byte */
  constructor(clock: Clock, ends: Set<AbortController>, firstMs: number) {
    this.#clock = clock
    this.#ends = ends
    ends.add(this.end)
    this.#wait(firstMs)
  }

  /** Whatever is waited for on the stream ends when the piece does. */
  guard(stream: PacedStream): PacedStream {
    this.end.signal.addEventListener('abort', () => stream.abort(new Error('it took too long, or the agent stops')))
    if (this.end.signal.aborted) stream.abort(new Error('the agent stops'))
    return stream
  }

  moved(): void {
    this.#wait(PIECE_IDLE_MS)
  }

  /** What is done with the bytes here is no silence of the other end. */
  pause(): void {
    this.#timer?.cancel()
  }

  close(): void {
    this.#timer?.cancel()
    this.#ends.delete(this.end)
  }

  #wait(ms: number): void {
    this.#timer?.cancel()
    if (!this.end.signal.aborted) this.#timer = this.#clock.after(ms, () => this.end.abort())
  }
}

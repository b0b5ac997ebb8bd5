import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { READ_AHEAD_BYTES, SYNC_LIMITS } from './limits.ts'
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** The stream has ended without a FIN, or in the middle of a frame; or something else than frames has come. */
export type FrameFailure = 'lost' | 'too-large' | 'invalid'

export class FrameError extends Error {
  readonly failure: FrameFailure

  constructor(failure: FrameFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'FrameError'
    this.failure = failure
  }
}

/**
 * A libp2p stream as frames, each behind its length (unsigned varint).
 *
 * - Who does not read frames holds the other end back: behind `READ_AHEAD_BYTES` the stream is paused, and the muxer's window is full.
 * - `write` resolves when the muxer has taken everything: whoever waits for it keeps one frame in memory, and no queue behind it.
 * - An abort, a reset or a lost connection is an error, never the end of the frames.
 *
 * `for await` of libp2p's streams has no back-pressure, hence the events; protocols/forward tells what else of them loses data.
 */
export class FrameStream {
  /** Frames of the other end, until its FIN. Can be read once. @throws FrameError */
  readonly frames: AsyncIterable<Uint8Array>
  readonly #stream: Stream
  readonly #onHeard: () => void
  #chunks: (Uint8Array | Uint8ArrayList)[] = []
  #chunkBytes = 0
  #remoteEnded: boolean
  #ended = false
  #failure: FrameError | undefined
  #isDiscarding = false
  #resuming = false
  #pauseAfterResume = false
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined
  readonly #broken = Promise.withResolvers<void>()

  /** @param onHeard called whenever bytes have come, whatever they are */
  constructor(stream: Stream, onHeard: () => void) {
    this.#stream = stream
    this.#onHeard = onHeard
    this.#remoteEnded = stream.remoteWriteStatus === 'closed' && stream.status === 'open'
    this.frames = this.#decode()
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('drain', this.#onFlush)
    stream.addEventListener('idle', this.#onFlush)
    // What happened before this wrapper came was told to nobody: look at it.
    if (stream.readableEnded) this.#onEnd()
    if (stream.status !== 'open' && stream.status !== 'closing') this.#fail(`the stream was ${stream.status}`)
  }

  /** Resolves when the stream is lost, and never when it ends in order. */
  get broken(): Promise<void> {
    return this.#broken.promise
  }

  /** Whether nothing of the other end waits here: then it is silent, and not held back. */
  get isDrained(): boolean {
    return this.#chunkBytes === 0
  }

  /** One at a time. @throws FrameError */
  async write(frame: Uint8Array): Promise<void> {
    this.#throwIfBroken()
    try {
      this.#stream.send(lp.encode.single(frame))
    } catch (cause) {
      throw new FrameError('lost', 'the stream takes no more', cause)
    }
    while (!this.#isFlushed()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wakeWriter = resolve
      await promise
      this.#throwIfBroken()
    }
  }

  /** FIN, once everything has left, and then the other end's; resets the stream if that does not come about until the signal. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isDiscarding = true
    this.#chunks = []
    this.#chunkBytes = 0
    const stream = this.#stream
    const closed = new Promise<void>(resolve => {
      stream.addEventListener('close', () => resolve(), { once: true })
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await stream.close({ signal })
      // The other end's FIN stands behind what it has said meanwhile.
      this.#resume()
      if (stream.status !== 'closed') await closed
    } finally {
      this.abort()
    }
  }

  abort(): void {
    if (this.#stream.status === 'open' || this.#stream.status === 'closing') {
      this.#stream.abort(new Error('the conversation was broken off'))
    }
    this.#fail('this end broke off')
    this.#detach()
  }

  async *#decode(): AsyncGenerator<Uint8Array> {
    try {
      const frames = pipe(this.#read(), source => lp.decode(source, { maxDataLength: SYNC_LIMITS.frameBytes }))
      for await (const frame of frames) yield frame.subarray()
    } catch (cause) {
      if (cause instanceof FrameError) throw cause
      const name = cause instanceof Error ? cause.name : ''
      if (name === 'UnexpectedEOFError')
        throw new FrameError('lost', 'the stream ended in the middle of a frame', cause)
      if (name === 'InvalidDataLengthError') throw new FrameError('too-large', 'a frame is too long', cause)
      throw new FrameError('invalid', 'a frame has no length', cause)
    }
  }

  async *#read(): AsyncGenerator<Uint8Array | Uint8ArrayList> {
    for (;;) {
      const chunks = this.#chunks
      this.#chunks = []
      // Looked at before the chunks are given out: more may come with each of them.
      const [ended, failure] = [this.#ended, this.#failure]
      for (const chunk of chunks) {
        this.#chunkBytes -= chunk.byteLength
        yield chunk
      }
      if (this.#chunks.length > 0) continue
      if (ended) return
      if (failure !== undefined) throw failure
      this.#resume()
      if (this.#chunks.length > 0 || this.#ended || this.#failure !== undefined) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wakeReader = resolve
      await promise
    }
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (this.#isDiscarding) return
    this.#onHeard()
    this.#chunks.push(event.data)
    this.#chunkBytes += event.data.byteLength
    if (this.#chunkBytes >= READ_AHEAD_BYTES) {
      // resume() dispatches first and opens the window afterwards: a pause within it would be undone.
      if (this.#resuming) this.#pauseAfterResume = true
      else this.#pause()
    }
    this.#wakeReader?.()
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #resume(): void {
    if (this.#stream.readStatus !== 'paused' || this.#resuming) return
    this.#resuming = true
    try {
      this.#stream.resume()
    } finally {
      this.#resuming = false
    }
    if (this.#pauseAfterResume) {
      this.#pauseAfterResume = false
      this.#pause()
    }
  }

  readonly #onRemoteCloseWrite = (): void => {
    if (this.#stream.status === 'open' || this.#stream.status === 'closing') this.#remoteEnded = true
  }

  /** libp2p says 'end' for a reset and an abort too, before it says 'close' with the error. */
  readonly #onEnd = (): void => {
    if (!this.#remoteEnded) return
    this.#ended = true
    this.#wakeReader?.()
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error !== undefined || !this.#remoteEnded) this.#fail('the stream was broken off', event.error)
  }

  #throwIfBroken(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = new FrameError('lost', message, cause)
    this.#broken.resolve()
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }

  /** `send` returning true is not enough: data may still wait in libp2p's own buffer, which has no bound. */
  #isFlushed(): boolean {
    return this.#stream.writeBufferLength === 0 && !this.#stream.writableNeedsDrain
  }

  /** At the moment of 'drain' libp2p's own listener may not yet have sent what waits: look a microtask later. */
  readonly #onFlush = (): void => queueMicrotask(() => this.#wakeWriter?.())

  #detach(): void {
    const stream = this.#stream
    stream.removeEventListener('message', this.#onMessage)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.removeEventListener('end', this.#onEnd)
    stream.removeEventListener('close', this.#onClose)
    stream.removeEventListener('drain', this.#onFlush)
    stream.removeEventListener('idle', this.#onFlush)
  }
}

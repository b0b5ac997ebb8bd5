import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { bad } from './codec.ts'
import { READ_AHEAD_BYTES } from './limits.ts'
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * Frames on a libp2p stream, read no faster than they are taken and written no faster than they leave. The library's own iterator has no
 * bound. A stream that is broken off is an error for both, never an end.
 */
export class PacedStream {
  readonly #stream: Stream
  #chunks: (Uint8Array | Uint8ArrayList)[] = []
  #bytes = 0
  #remoteEnded = false
  #ended = false
  #failure: Error | undefined
  #resuming = false
  #pauseAfterResume = false
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('drain', this.#onFlush)
    stream.addEventListener('idle', this.#onFlush)
    if (stream.status !== 'open' && stream.status !== 'closing') this.#fail(`the stream was ${stream.status}`)
  }

  /**
   * Frames of at most so many bytes, to the other end's FIN. Once.
   * @throws CheopsError ERR_BODY_MESSAGE for what is no frame; Error when the stream broke
   */
  async *frames(maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    const frames = pipe(this.#read(), source => lp.decode(source, { maxDataLength: maxBytes }))
    try {
      for await (const frame of frames) yield frame.subarray()
    } catch (cause) {
      throw cause === this.#failure ? cause : bad('what came is no frame', cause)
    }
  }

  /** Resolves when it has left, so that no more than one frame waits here. @throws Error when the stream broke */
  async write(frame: Uint8Array): Promise<void> {
    this.#throwIfBroken()
    this.#stream.send(lp.encode.single(frame))
    // `send` returning true is not enough: data may still wait in libp2p's own buffer, which has no bound.
    while (this.#stream.writeBufferLength > 0 || this.#stream.writableNeedsDrain) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wakeWriter = resolve
      await promise
      this.#throwIfBroken()
    }
  }

  /** FIN, once everything has left. */
  async end(signal: AbortSignal): Promise<void> {
    await this.#stream.close({ signal })
  }

  /** Ends it as an error for both sides; does nothing where it is over. */
  abort(reason: Error): void {
    if (this.#stream.status === 'open' || this.#stream.status === 'closing') this.#stream.abort(reason)
    this.#fail(reason.message, reason)
  }

  async *#read(): AsyncGenerator<Uint8Array | Uint8ArrayList> {
    for (;;) {
      const chunks = this.#chunks
      this.#chunks = []
      // Looked at before the chunks are given out: more may come with each of them.
      const [ended, failure] = [this.#ended, this.#failure]
      for (const chunk of chunks) {
        this.#bytes -= chunk.byteLength
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
    this.#chunks.push(event.data)
    this.#bytes += event.data.byteLength
    if (this.#bytes >= READ_AHEAD_BYTES) {
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
    this.#failure ??= new Error(message, { cause })
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }

  /** At the moment of 'drain' libp2p's own listener may not yet have sent what waits: look a microtask later. */
  readonly #onFlush = (): void => queueMicrotask(() => this.#wakeWriter?.())
}

import { Duplex } from 'node:stream'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { CLOSE_TIMEOUT_MS, STREAM_HIGH_WATER_MARK_BYTES } from './limits.ts'

/**
 * A libp2p stream as a Node Duplex, good enough for node:http on either side.
 *
 * - Back-pressure works both ways: a slow reader stops the sender at its yamux window, a slow peer holds back `write`.
 * - Half-close: `end()` sends FIN and leaves the readable side open; FIN of the other side is `end` here.
 * - An abort, a reset or a lost connection is an `error` with code `ECONNRESET`, never an `end`: a body that was cut off
 *   must not look complete. `destroy()` before both sides have ended resets the stream.
 *
 * Each rule that looks odd below is there because the obvious way loses data or hangs; the contract test holds them all.
 */
export class StreamDuplex extends Duplex {
  readonly #stream: Stream
  /** The other side has sent FIN: what comes after is a clean end. */
  #remoteEnded: boolean
  #resuming = false
  #pauseAfterResume = false
  #flushed: (() => void) | undefined
  #timeout: NodeJS.Timeout | undefined
  #timeoutMs = 0

  constructor(stream: Stream) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: STREAM_HIGH_WATER_MARK_BYTES,
      writableHighWaterMark: STREAM_HIGH_WATER_MARK_BYTES,
    })
    this.#stream = stream
    this.#remoteEnded = stream.remoteWriteStatus === 'closed' && stream.status === 'open'
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', this.#onClose)
    // What happened before this wrapper came was told to nobody: look at it.
    if (stream.readableEnded) this.#onEnd()
    if (stream.status !== 'open' && stream.status !== 'closing' && !this.#remoteEnded) {
      process.nextTick(() => this.destroy(connectionReset(`the stream was ${stream.status} before it was used`)))
    }
  }

  // Reading ---------------------------------------------------------------------------------------------------------

  readonly #onMessage = (event: StreamMessageEvent): void => {
    this.#touch()
    let wantsMore = true
    if (event.data instanceof Uint8Array) wantsMore = this.push(event.data)
    else for (const chunk of event.data) wantsMore = this.push(chunk)
    if (wantsMore) return
    // resume() dispatches first and opens the window afterwards: a pause within it would be undone.
    if (this.#resuming) this.#pauseAfterResume = true
    else this.#pause()
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  override _read(): void {
    if (this.#pauseAfterResume) {
      this.#pauseAfterResume = false
      return
    }
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
    if (this.#remoteEnded) this.push(null)
  }

  // Writing ---------------------------------------------------------------------------------------------------------

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(callback, () => this.#stream.send(chunk))
  }

  /** What was corked together becomes one message: one yamux frame, one encryption, one write to the socket. */
  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#send(callback, () => this.#stream.send(new Uint8ArrayList(...chunks.map(each => each.chunk))))
  }

  #send(callback: (error?: Error | null) => void, send: () => void): void {
    this.#touch()
    try {
      send()
    } catch (cause) {
      callback(connectionReset('the stream takes no more data', cause))
      return
    }
    if (this.#isFlushed()) {
      callback()
      return
    }
    this.#flushed = callback
    // Only while somebody waits for it: the library makes an event for each message that is sent, where anybody listens.
    this.#stream.addEventListener('drain', this.#onFlush)
    this.#stream.addEventListener('idle', this.#onFlush)
  }

  #listenNoMore(): void {
    this.#stream.removeEventListener('drain', this.#onFlush)
    this.#stream.removeEventListener('idle', this.#onFlush)
  }

  /** `send` returning true is not enough: data may still wait in libp2p's own buffer, which has no bound. */
  #isFlushed(): boolean {
    return this.#stream.writeBufferLength === 0 && !this.#stream.writableNeedsDrain
  }

  /** At the moment of 'drain' libp2p's own listener may not yet have sent what waits: look a microtask later. */
  readonly #onFlush = (): void => {
    if (this.#flushed === undefined) return
    queueMicrotask(() => {
      if (this.#flushed === undefined || !this.#isFlushed()) return
      const callback = this.#flushed
      this.#flushed = undefined
      this.#listenNoMore()
      this.#touch()
      callback()
    })
  }

  override _final(callback: (error?: Error | null) => void): void {
    // close() waits for ever on a peer that never reads.
    void this.#close().then(callback)
  }

  async #close(): Promise<Error | undefined> {
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) })
      return undefined
    } catch (cause) {
      return connectionReset('the stream could not be closed', cause)
    }
  }

  // The end ---------------------------------------------------------------------------------------------------------

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error !== undefined) this.destroy(connectionReset('the other side broke off', event.error))
    else if (!this.#remoteEnded) this.destroy(connectionReset('the connection was closed in the middle'))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timeout)
    const stream = this.#stream
    stream.removeEventListener('message', this.#onMessage)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.removeEventListener('end', this.#onEnd)
    stream.removeEventListener('close', this.#onClose)
    this.#listenNoMore()
    // abort() does nothing to a stream that has ended; everything else must reach the other side as a reset.
    if (stream.status === 'open' || stream.status === 'closing') {
      stream.abort(error ?? connectionReset('this side broke off'))
    }
    this.#flushed = undefined
    callback(error)
  }

  // What node:http expects of a socket ------------------------------------------------------------------------------

  /** 'timeout' after so many milliseconds without data either way; 0 ends that. */
  setTimeout(ms: number, listener?: () => void): this {
    this.#timeoutMs = ms
    if (ms > 0 && listener !== undefined) this.once('timeout', listener)
    else if (listener !== undefined) this.removeListener('timeout', listener)
    clearTimeout(this.#timeout)
    this.#timeout = ms > 0 ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined
    return this
  }

  #touch(): void {
    if (this.#timeoutMs > 0) this.#timeout?.refresh()
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

function connectionReset(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ECONNRESET' })
}

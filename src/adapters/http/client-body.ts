import type { IncomingMessage, ServerResponse } from 'node:http'
import { CheopsError } from '../../errors.ts'

export interface ClientBodyLimits {
  /** Bytes of the whole body. */
  readonly bodyBytes: number
  /** Between two parts of it, while they are waited for. */
  readonly bodyIdleMs: number
}

/**
 * A body that comes more slowly than this, bytes a second, after `bodyIdleMs` to begin, is given up: only what the client is waited for counts.
 * Whoever sends a byte now and then would hold a place, or a file, for ever.
 */
export const MIN_BODY_BYTES_A_SECOND = 4096

/**
 * The body of a client's request, part by part, as fast as it is asked for: what nobody has asked for yet waits in the client's
 * connection. A client that waits for 100-continue gets it when the first part is asked for.
 * @throws CheopsError ERR_REQUEST_BODY_TOO_LARGE, ERR_REQUEST_TIMEOUT, ERR_REQUEST_GONE
 */
export async function* clientBody(
  request: IncomingMessage,
  answer: ServerResponse,
  limits: ClientBodyLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limits.bodyBytes) throw tooLarge(limits.bodyBytes)
  const parts = new Parts(request)
  try {
    if (expectsContinue(request)) answer.writeContinue()
    let left = limits.bodyBytes
    for (;;) {
      const part = await parts.next(limits.bodyIdleMs)
      if (part === undefined) return
      left -= part.length
      if (left < 0) throw tooLarge(limits.bodyBytes)
      yield part
    }
  } finally {
    parts.stop()
  }
}

/** HTTP/1.0 knows no interim answers. */
function expectsContinue(request: IncomingMessage): boolean {
  return request.httpVersionMinor > 0 && request.headers.expect?.toLowerCase() === '100-continue'
}

export function tooLarge(bound: number): CheopsError {
  return new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', `the body is larger than ${bound} bytes`)
}

/** Not the request's own iterator: that one destroys the connection when it is left early, and no answer could follow. */
class Parts {
  readonly #request: IncomingMessage
  readonly #ready: Buffer[] = []
  #waitedMs = 0
  #bytes = 0
  #wake: () => void = () => {}

  constructor(request: IncomingMessage) {
    this.#request = request
    request.on('data', this.#onData).pause()
    for (const event of ENDINGS) request.on(event, this.#onChange)
  }

  /** The next part; undefined after the last. */
  async next(idleMs: number): Promise<Buffer | undefined> {
    const request = this.#request
    const deadline = performance.now() + idleMs
    for (;;) {
      const part = this.#ready.shift()
      if (part !== undefined) {
        this.#bytes += part.length
        return part
      }
      if (request.readableEnded && request.complete) return undefined
      if (request.destroyed || request.readableEnded) {
        throw new CheopsError('ERR_REQUEST_GONE', 'the client went away before its body was complete')
      }
      const left = deadline - performance.now()
      if (left <= 0) throw new CheopsError('ERR_REQUEST_TIMEOUT', `no part of the body came for ${idleMs / 1000} s`)
      const begunAt = performance.now()
      await this.#change(left)
      this.#waitedMs += performance.now() - begunAt
      if (this.#waitedMs > idleMs + (this.#bytes / MIN_BODY_BYTES_A_SECOND) * 1000)
        throw new CheopsError(
          'ERR_REQUEST_TIMEOUT',
          `the body comes with less than ${MIN_BODY_BYTES_A_SECOND} bytes a second`,
        )
    }
  }

  #change(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#wake(), ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
      this.#request.resume()
    })
  }

  stop(): void {
    this.#request.off('data', this.#onData)
    for (const event of ENDINGS) this.#request.off(event, this.#onChange)
    this.#request.pause()
  }

  readonly #onData = (part: Buffer): void => {
    this.#request.pause()
    this.#ready.push(part)
    this.#wake()
  }

  readonly #onChange = (): void => this.#wake()
}

const ENDINGS = ['end', 'close', 'error'] as const

import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import http from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Limits, Timeouts } from '../../../config.ts'
import { SAFE_METHODS } from '../../../core/resource/methods.ts'
import { ownBytes } from '../../../core/resource/own-bytes.ts'
import { CheopsError } from '../../../errors.ts'
import type { ErrorCode } from '../../../errors.ts'
import type { ApplicationAnswer, RequestBody } from '../../../ports/application.ts'
import { answerHeaders, withSaidHost } from '../message-heads.ts'
import { MAX_INFORMATION, errorCode, failureOf, faultOf, inDoubt, unreachable, wasIdle } from '../upstream-failure.ts'
import type { Certainty } from '../upstream-failure.ts'
import type { Upstream } from '../upstream.ts'

/** A request as it goes out. */
export interface OutgoingMessage {
  readonly method: string
  /** Path and query within the service. */
  readonly path: string
  /** Names and values in turn, framing included. */
  readonly headers: readonly string[]
  readonly body: RequestBody | undefined
  readonly maxAnswerBytes: number
  /** The answer to a read that is larger is hashed, and not kept. */
  readonly hashesLarge: boolean
  readonly signal: AbortSignal | undefined
}

export type SingleRequestLimits = Pick<Limits, 'bodyBytes'> & Pick<Timeouts, 'answerMs' | 'bodyIdleMs'>

/**
 * Sends one request to one upstream and collects the answer. A read whose connection was closed while it lay idle is sent once
 * more; nothing else is ever sent twice. Errors are those of `Application.request`.
 */
export function sendRequest(
  upstream: Upstream,
  message: OutgoingMessage,
  limits: SingleRequestLimits,
): Promise<ApplicationAnswer> {
  return new Promise((resolve, reject) => new SingleRequest(upstream, message, limits, resolve, reject).send())
}

class SingleRequest {
  readonly #upstream: Upstream
  readonly #message: OutgoingMessage
  readonly #limits: SingleRequestLimits
  readonly #resolve: (answer: ApplicationAnswer) => void
  readonly #reject: (error: CheopsError) => void
  #outgoing!: ClientRequest
  #timer: NodeJS.Timeout | undefined
  /** Bytes may have reached the upstream. */
  #sent = false
  #bodyGiven = false
  #head: IncomingMessage | undefined
  readonly #chunks: Buffer[] = []
  #bytes = 0
  /** Of an answer that is too large to be kept. */
  #hash: Hash | undefined
  #informed = 0
  #retried = false
  #settled = false

  constructor(
    upstream: Upstream,
    message: OutgoingMessage,
    limits: SingleRequestLimits,
    resolve: (answer: ApplicationAnswer) => void,
    reject: (error: CheopsError) => void,
  ) {
    this.#upstream = upstream
    this.#message = message
    this.#limits = limits
    this.#resolve = resolve
    this.#reject = reject
  }

  // The request -----------------------------------------------------------------------------------------------------

  send(): void {
    const { method, path, headers, body, signal } = this.#message
    if (signal?.aborted === true) {
      this.#onAbort()
      return
    }
    signal?.addEventListener('abort', this.#onAbort)
    let outgoing: ClientRequest
    try {
      outgoing = http.request({
        agent: this.#upstream.pool,
        method,
        path: this.#upstream.basePath + path,
        headers: this.#upstream.host === undefined ? headers : withSaidHost(headers, this.#upstream.host),
        setHost: false,
        maxHeaderSize: this.#upstream.maxHeaderBytes,
      })
    } catch (cause) {
      // Its message would quote what cannot be said, and that may be a secret.
      const message = `the request for ${this.#upstream.name} has a method, a path or a header that HTTP cannot say`
      this.#fail(new CheopsError('ERR_REQUEST_INVALID', message, {}, { cause: new Error(errorCode(cause)) }))
      return
    }
    this.#outgoing = outgoing
    // By default node:http drops all headers of an answer beyond the thousandth.
    outgoing.maxHeadersCount = 0
    outgoing.on('socket', () => {
      this.#sent = true
      // Not before: a body that is read while it is sent can be read only once.
      if (body !== undefined && !(body instanceof Uint8Array)) void this.#sendBody(body)
    })
    outgoing.on('response', answer => this.#onAnswer(answer))
    outgoing.on('information', () => this.#onInformation())
    outgoing.on('upgrade', (_answer, socket) => {
      socket.destroy()
      this.#fail(this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} upgraded unasked`))
    })
    outgoing.on('error', error => this.#onError(error))
    this.#wait(this.#answerMs, this.#onSilence)
    if (body === undefined || body instanceof Uint8Array) {
      this.#bodyGiven = true
      outgoing.end(body)
    }
  }

  async #sendBody({ length, chunks }: Exclude<RequestBody, Uint8Array>): Promise<void> {
    const outgoing = this.#outgoing
    let left = length
    // The part that completes the body waits until it is known to be the last: what is too long must not look whole.
    let last: Uint8Array | undefined
    this.#wait(this.#limits.bodyIdleMs, this.#onBodyStall)
    try {
      for await (const chunk of chunks) {
        // The answer is there, or nobody waits for it any more: what is left is not for anybody.
        if (this.#settled || outgoing.destroyed) return
        left -= chunk.length
        if (left < 0) break
        if (this.#head === undefined) this.#timer?.refresh()
        if (left === 0) last ??= chunk
        else if (!outgoing.write(chunk)) await drained(outgoing)
      }
    } catch (error) {
      this.#fail(this.#bodyFailure(error))
      return
    }
    if (this.#settled || outgoing.destroyed) return
    if (left !== 0) {
      this.#fail(
        this.#doubt('ERR_STORE_FAILED', `the body of the request does not have the ${length} bytes that it should`),
      )
      return
    }
    this.#bodyGiven = true
    outgoing.end(last)
    if (this.#head === undefined) this.#wait(this.#answerMs, this.#onSilence)
  }

  #bodyFailure(error: unknown): CheopsError {
    if (error instanceof CheopsError) return this.#doubt(error.code, error.message)
    return this.#doubt(
      'ERR_STORE_FAILED',
      `the body of the request could not be read (${errorCode(error) || 'unknown'})`,
    )
  }

  // The answer ------------------------------------------------------------------------------------------------------

  #onInformation(): void {
    if (++this.#informed <= MAX_INFORMATION) return
    this.#fail(this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} sent too many 1xx answers`))
  }

  #onAnswer(answer: IncomingMessage): void {
    const { name, codes } = this.#upstream
    answer.on('error', () => {})
    if (this.#settled) {
      answer.destroy()
      return
    }
    const fault = faultOf(answer)
    if (fault !== undefined) {
      this.#fail(this.#doubt(codes.invalid, `${name} ${fault}`))
      return
    }
    this.#head = answer
    // It is collected, so its end is waited for as long as its head was.
    this.#wait(this.#answerMs, () => this.#finish(false))
    answer.on('data', (chunk: Buffer) => this.#onChunk(chunk))
    answer.on('end', () => this.#finish(answer.complete))
    answer.on('close', () => this.#finish(false))
  }

  #onChunk(chunk: Buffer): void {
    const { maxAnswerBytes } = this.#message
    if (this.#settled) return
    if (this.#hash !== undefined) this.#onHashed(chunk, this.#hash)
    else if (this.#bytes + chunk.length <= maxAnswerBytes) {
      this.#bytes += chunk.length
      this.#chunks.push(chunk)
    } else if (this.#isSafe && this.#message.hashesLarge) {
      this.#hash = createHash('sha256')
      for (const each of this.#chunks.splice(0)) this.#hash.update(each)
      this.#onHashed(chunk, this.#hash)
    } else if (this.#isSafe) {
      const message = `the answer of ${this.#upstream.name} has more than ${maxAnswerBytes} bytes`
      this.#fail(new CheopsError('ERR_APPLICATION_ANSWER_TOO_LARGE', message))
    } else this.#finish(false)
  }

  /** As long as it goes on it may take its time: nobody could say how long a body of any size takes. */
  #onHashed(chunk: Buffer, hash: Hash): void {
    const { bodyBytes, bodyIdleMs } = this.#limits
    this.#bytes += chunk.length
    hash.update(chunk)
    if (this.#bytes <= bodyBytes) return this.#wait(bodyIdleMs, () => this.#finish(false))
    const message = `the answer of ${this.#upstream.name} has more than ${bodyBytes} bytes`
    this.#fail(new CheopsError('ERR_APPLICATION_ANSWER_TOO_LARGE', message))
  }

  #finish(isComplete: boolean): void {
    const head = this.#head
    if (this.#settled || head === undefined) return
    this.#settle()
    // Else the connection can be used again, once what is left of the request is not in the way.
    if (!isComplete || !this.#bodyGiven) this.#outgoing.destroy()
    this.#resolve({
      status: head.statusCode ?? 0,
      reason: head.statusMessage ?? '',
      // Without its chunks, as for a client that knows none.
      rawHeaders: answerHeaders(head.rawHeaders, this.#upstream.strips, [], true),
      body: ownBytes(Buffer.concat(this.#chunks)),
      isComplete,
      ...(this.#hash !== undefined && { digest: { hash: this.#hash.digest('hex'), length: this.#bytes } }),
    })
  }

  // What goes wrong -------------------------------------------------------------------------------------------------

  #onError(error: Error): void {
    if (this.#settled) return
    if (this.#head !== undefined) this.#finish(false)
    else if (!this.#sent) this.#fail(unreachable(error, this.#upstream))
    else if (this.#mayRetry(error)) {
      this.#retried = true
      this.#sent = false
      clearTimeout(this.#timer)
      this.send()
    } else this.#fail(failureOf(error, this.#upstream, this.#certainty, this.#outgoing))
  }

  #mayRetry(error: Error): boolean {
    return !this.#retried && this.#isSafe && this.#message.body === undefined && wasIdle(this.#outgoing, error)
  }

  readonly #onSilence = (): void => {
    const seconds = this.#limits.answerMs / 1000
    this.#fail(this.#doubt(this.#upstream.codes.timeout, `${this.#upstream.name} did not answer within ${seconds} s`))
  }

  /** No part of the body has moved: either it does not come, or the application takes none. */
  readonly #onBodyStall = (): void => {
    const seconds = this.#limits.bodyIdleMs / 1000
    const message = this.#outgoing.writableNeedDrain
      ? `${this.#upstream.name} took no part of the body for ${seconds} s`
      : `no part of the body for ${this.#upstream.name} came for ${seconds} s`
    this.#fail(this.#doubt(this.#upstream.codes.timeout, message))
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#message.signal?.reason
    if (reason instanceof CheopsError) this.#fail(this.#doubt(reason.code, reason.message))
    else this.#fail(this.#doubt(this.#upstream.codes.timeout, `the request to ${this.#upstream.name} was given up`))
  }

  get #isSafe(): boolean {
    return SAFE_METHODS.has(this.#message.method)
  }

  get #answerMs(): number {
    return this.#limits.answerMs + this.#upstream.graceMs
  }

  get #certainty(): Certainty {
    return { sent: this.#sent, safe: this.#isSafe }
  }

  #doubt(code: ErrorCode, message: string): CheopsError {
    return inDoubt(code, message, this.#certainty)
  }

  #fail(error: CheopsError): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(error)
    // There is none yet where the request could not be made.
    ;(this.#outgoing as ClientRequest | undefined)?.destroy()
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms).unref()
  }

  #settle(): void {
    this.#settled = true
    clearTimeout(this.#timer)
    this.#message.signal?.removeEventListener('abort', this.#onAbort)
  }
}

/** Until more can be written, or never will be. */
function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      outgoing.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    outgoing.on('drain', done)
    outgoing.on('close', done)
    if (outgoing.destroyed) done()
  })
}

import type { ClientRequest, IncomingMessage, InformationEvent } from 'node:http'
import type { Duplex } from 'node:stream'
import { CheopsError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Limits, Timeouts } from '../../config.ts'
import type { RelayOptions, RelayResult } from '../../ports/exchange.ts'
import type { Rewrite } from '../../ports/glue.ts'
import type { ClientSide } from './client-side.ts'
import { requestTrailers } from './message-heads.ts'
import { openRequest } from './open-request.ts'
import { streamBody, writeHead, writeUpgradeHead } from './pass-answer.ts'
import type { Passing } from './pass-answer.ts'
import { breakOff, discard, endGently, linger, pump, splice } from './pump.ts'
import { rewrittenAnswer } from './rewritten-answer.ts'
import { MAX_INFORMATION, failureOf, faultOf, inDoubt, unreachable, wasIdle } from './upstream-failure.ts'
import type { Certainty } from './upstream-failure.ts'
import type { Upstream } from './upstream.ts'

export type RelayLimits = Pick<Limits, 'bodyBytes'> & Pick<Timeouts, 'answerMs' | 'bodyIdleMs'>

/**
 * Sends one request to one upstream and its answer back, streaming. Nothing is buffered but what a rewrite asks for. Never
 * rejects; a request that may change something is sent at most once.
 */
export function relay(
  side: ClientSide,
  upstream: Upstream,
  path: string,
  options: RelayOptions,
  limits: RelayLimits,
): Promise<RelayResult> {
  return new Promise(resolve => new Relay(side, upstream, path, options, limits, resolve).send())
}

class Relay {
  readonly #side: ClientSide
  readonly #upstream: Upstream
  /** What of its answer the client is not given. */
  readonly #passing: Passing
  readonly #path: string
  readonly #options: RelayOptions
  readonly #limits: RelayLimits
  readonly #resolve: (result: RelayResult) => void
  #outgoing!: ClientRequest
  #timer: NodeJS.Timeout | undefined
  /** Bytes may have reached the upstream. */
  #sent = false
  #answered = false
  /** The upgrade was given: the two connections look after each other. */
  #joined = false
  #settled = false
  #retried = false
  #informed = 0

  constructor(
    side: ClientSide,
    upstream: Upstream,
    path: string,
    options: RelayOptions,
    limits: RelayLimits,
    resolve: (result: RelayResult) => void,
  ) {
    this.#side = side
    this.#upstream = upstream
    const { strips } = upstream
    const { dropAnswerHeaders: dropped } = options
    this.#passing =
      dropped === undefined ? upstream : { strips: name => strips(name) || dropped.has(name.toLowerCase()) }
    this.#path = path
    this.#options = options
    this.#limits = limits
    this.#resolve = resolve
  }

  // The request -----------------------------------------------------------------------------------------------------

  send(): void {
    const { request, upgrade } = this.#side
    // Who went while it was found out where the request belongs is not told of any more: it would hold a connection until a body comes.
    if (this.#side.answer.destroyed) {
      this.#settle({ kind: 'gone' })
      return
    }
    const { body } = this.#options
    const outgoing = openRequest(this.#side, this.#upstream, this.#path, this.#options)
    this.#outgoing = outgoing
    outgoing.on('socket', () => {
      this.#sent = true
      // Not before: what is taken from the client while there is no connection yet could not be sent to another site instead.
      if (this.#side.hasBody && body === undefined) this.#sendBody()
    })
    outgoing.on('response', answer => this.#onAnswer(answer))
    outgoing.on('information', info => this.#onInformation(info))
    outgoing.on('upgrade', (answer, socket, head) => this.#onUpgrade(answer, socket, head))
    outgoing.on('error', error => this.#onError(error))
    this.#side.answer.on('close', this.#onClientClose)
    this.#waitForAnswer()
    if (body !== undefined && upgrade === undefined) {
      // Trailers were read with the body, and go where it goes.
      if (request.rawTrailers.length > 0) outgoing.addTrailers(requestTrailers(request))
      outgoing.end(body)
    } else if (!this.#side.hasBody) outgoing.end()
  }

  #sendBody(): void {
    const { request } = this.#side
    const outgoing = this.#outgoing
    let left = this.#limits.bodyBytes
    this.#wait(this.#limits.bodyIdleMs, this.#onBodyStall)
    pump(request, outgoing, chunk => {
      left -= chunk.length
      if (left < 0) {
        this.#fail(new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', bodyTooLarge(this.#limits.bodyBytes)))
        return false
      }
      if (!this.#answered) this.#timer?.refresh()
      return true
    })
    request.on('end', () => {
      if (this.#settled) return
      if (request.rawTrailers.length > 0) outgoing.addTrailers(requestTrailers(request))
      outgoing.end()
      if (!this.#answered) this.#waitForAnswer()
    })
    // A body that breaks off ends the request that carries it: the application must not take it for whole.
    request.on('error', () => outgoing.destroy())
    request.on('close', () => {
      if (!request.complete) outgoing.destroy()
    })
  }

  // The answer ------------------------------------------------------------------------------------------------------

  #onInformation(info: InformationEvent): void {
    const { answer: out, request } = this.#side
    if (++this.#informed > MAX_INFORMATION) {
      this.#fail(this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} sent too many 1xx answers`))
      return
    }
    if (this.#settled || out.headersSent || request.httpVersionMinor === 0) return // HTTP/1.0 knows none
    if (info.statusCode === 100) out.writeContinue()
    else out.writeInformation(info.statusCode, info.rawHeaders)
  }

  #onAnswer(answer: IncomingMessage): void {
    if (this.#settled) {
      answer.destroy()
      return
    }
    const head = {
      status: answer.statusCode ?? 0,
      reason: answer.statusMessage ?? '',
      rawHeaders: answer.rawHeaders,
    }
    const fault = faultOf(answer)
    if (fault !== undefined) {
      answer.destroy()
      this.#fail(this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} ${fault}`))
      return
    }
    if (this.#options.accept?.(head) === false) {
      discard(answer)
      this.#settle({ kind: 'declined', status: head.status })
      return
    }
    const rewrite = this.#options.rewrite?.(head)
    if (rewrite === undefined) this.#passOn(answer)
    else void this.#passOnRewritten(answer, rewrite)
  }

  #passOn(answer: IncomingMessage): void {
    this.#answered = true
    clearTimeout(this.#timer)
    try {
      writeHead(answer, answer.rawHeaders, this.#side, this.#passing, this.#options.answerHeaders)
    } catch {
      this.#answered = false
      answer.destroy()
      this.#fail(
        this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} sent a head that cannot be passed on`),
      )
      return
    }
    streamBody(answer, this.#side, this.#passing, this.#limits.bodyIdleMs, status => this.#onAnswerEnd(status))
  }

  /** Nothing has reached the client until the whole answer is here, so whatever goes wrong by then is a problem of its own. */
  async #passOnRewritten(answer: IncomingMessage, rewrite: Rewrite): Promise<void> {
    const { answer: out, request } = this.#side
    try {
      this.#waitForAnswer()
      const { rawHeaders, body } = await rewrittenAnswer(answer, rewrite, request.method === 'HEAD')
      if (this.#settled) return
      this.#answered = true
      clearTimeout(this.#timer)
      writeHead(answer, rawHeaders, this.#side, this.#passing, this.#options.answerHeaders)
      out.end(body)
      this.#onAnswerEnd(answer.statusCode ?? 502)
    } catch (error) {
      answer.destroy()
      this.#answered = false
      this.#fail(failureOf(error, this.#upstream, this.#certainty(), this.#outgoing))
    }
  }

  #onAnswerEnd(status: number): void {
    const { request, hasBody, upgrade } = this.#side
    if (hasBody && !request.complete) {
      // The application has answered without reading the whole body. Nobody will read the rest.
      this.#outgoing.destroy()
      linger(request, this.#side.answer)
    } else if (upgrade !== undefined) this.#side.answer.once('finish', () => endGently(upgrade.socket.resume()))
    this.#settle({ kind: 'answered', status, complete: true })
  }

  #onUpgrade(answer: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { upgrade } = this.#side
    if (upgrade === undefined || this.#settled) {
      socket.destroy()
      this.#fail(this.#doubt(this.#upstream.codes.invalid, `${this.#upstream.name} upgraded unasked`))
      return
    }
    this.#answered = true
    this.#joined = true
    clearTimeout(this.#timer)
    writeUpgradeHead(answer, upgrade.socket, this.#upstream, this.#options.answerHeaders)
    if (head.length > 0) upgrade.socket.write(head)
    if (upgrade.head.length > 0) socket.write(upgrade.head)
    void splice(upgrade.socket, socket).then(complete =>
      this.#settle({ kind: 'answered', status: answer.statusCode ?? 101, complete }),
    )
  }

  // What goes wrong -------------------------------------------------------------------------------------------------

  readonly #onClientClose = (): void => {
    if (this.#settled || this.#joined) return
    if (this.#side.answer.writableFinished) return
    this.#settle(this.#answered ? { kind: 'answered', status: 0, complete: false } : { kind: 'gone' })
    this.#outgoing.destroy()
  }

  readonly #onSilence = (): void => {
    const seconds = this.#limits.answerMs / 1000
    this.#fail(this.#doubt(this.#upstream.codes.timeout, `${this.#upstream.name} did not answer within ${seconds} s`))
  }

  readonly #onStuck = (): void => {
    const seconds = this.#limits.bodyIdleMs / 1000
    const message = `${this.#upstream.name} took no part of the body for ${seconds} s`
    this.#fail(this.#doubt(this.#upstream.codes.timeout, message))
  }

  /** No part of the body has moved: either the client sends none, or the upstream takes none. */
  readonly #onBodyStall = (): void => {
    if (this.#side.request.isPaused()) this.#wait(this.#upstream.graceMs, this.#onStuck)
    else {
      const seconds = this.#limits.bodyIdleMs / 1000
      this.#fail(new CheopsError('ERR_REQUEST_TIMEOUT', `no part of the body came for ${seconds} s`))
    }
  }

  #onError(error: Error): void {
    if (this.#settled) return
    if (this.#answered) {
      if (this.#side.answer.writableEnded) return
      breakOff(this.#side.answer)
      this.#settle({ kind: 'answered', status: 0, complete: false })
      return
    }
    if (!this.#sent) {
      this.#fail(unreachable(error, this.#upstream))
      return
    }
    if (this.#mayRetry(error)) {
      this.#retried = true
      this.#sent = false
      this.#side.answer.off('close', this.#onClientClose)
      clearTimeout(this.#timer)
      this.send()
      return
    }
    this.#fail(failureOf(error, this.#upstream, this.#certainty(), this.#outgoing))
  }

  #mayRetry(error: Error): boolean {
    return (
      !this.#retried &&
      this.#options.isRead &&
      !this.#side.hasBody &&
      this.#side.upgrade === undefined &&
      wasIdle(this.#outgoing, error)
    )
  }

  #doubt(code: ErrorCode, message: string): CheopsError {
    return inDoubt(code, message, this.#certainty())
  }

  #certainty(): Certainty {
    return { sent: this.#sent, safe: this.#options.isRead }
  }

  #fail(error: CheopsError): void {
    if (this.#settled) return
    this.#settle({ kind: 'failed', error })
    this.#outgoing.destroy()
  }

  #waitForAnswer(): void {
    this.#wait(this.#limits.answerMs + this.#upstream.graceMs, this.#onSilence)
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms).unref()
  }

  #settle(result: RelayResult): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    this.#side.answer.off('close', this.#onClientClose)
    this.#resolve(result)
  }
}

function bodyTooLarge(bound: number): string {
  return `the body is larger than ${bound} bytes`
}

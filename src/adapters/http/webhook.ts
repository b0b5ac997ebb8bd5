import { backoffMs, spread } from '../../core/resource/backoff.ts'
import { isSuccess } from '../../core/resource/success.ts'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { WebhookConfig } from '../../config.ts'
import type { Clock, TimerHandle } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Counter } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { WatchedFile } from './application-client/watched-file.ts'

/** What a receiver gets, as JSON. */
export interface WebhookMessage {
  /** The same each time that it is sent, and of no other message: whoever has it already leaves it out. */
  readonly id: string
  /** When it happened, Unix milliseconds. */
  readonly at: number
  /** The site that tells it. */
  readonly site: string
  /** `replication.done` and so on. */
  readonly kind: string
  readonly [name: string]: unknown
}

export interface WebhookParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** By the host of the receiver and by `delivered`, `dropped` (the queue was full), `refused`, `expired` or `unsent` (the agent stopped). */
  readonly messages: Counter
}

type Tried = { readonly is: 'delivered' } | { readonly is: 'refused' | 'failed'; readonly why: string }

/** Minutes of a receiver's restart at a few messages a second, and a megabyte at most: the agent's memory is for requests. */
export const MAX_QUEUED = 1_000
/** A receiver needs less; the next message waits for it. */
export const ANSWER_TIMEOUT_MS = 10_000
/** An older message is told once, not again: what a receiver that was away for longer wants to know the CLI shows. */
export const MAX_AGE_MS = 15 * 60_000
/** Waits between tries: at first as long as a restart takes, at last seldom. */
export const FIRST_BACKOFF_MS = 500
export const MAX_BACKOFF_MS = 60_000
/** What still waits when the agent stops is sent as long as the receiver takes it, this long at most. */
export const DRAIN_MS = 2_000
/** No secret is longer. */
const MAX_SECRET_BYTES = 65_536
/** Answers that say nothing of the message itself, but of the receiver or of who asks: a later try may be taken. */
const PASSING = new Set([401, 403, 404, 407, 408, 421, 425, 429])

/**
 * One receiver: messages are sent one after the other, each until it was taken (2xx), at least once while the agent runs. Nobody waits
 * for it: what is more than the queue holds goes, the oldest first, and is counted.
 */
export class Webhook {
  readonly #config: WebhookConfig
  readonly #parts: WebhookParts
  /** All of the URL that may be shown. */
  readonly #host: string
  readonly #secret: WatchedFile | undefined
  readonly #connections: http.Agent
  readonly #stopped = new AbortController()
  readonly #queue: WebhookMessage[] = []
  #sending: Promise<void> | undefined
  #isClosing = false
  #wake: () => void = () => {}
  /** Tries without success, of whatever message. */
  #failures = 0
  #isFull = false

  constructor(config: WebhookConfig, parts: WebhookParts) {
    this.#config = config
    this.#parts = parts
    const { host, protocol } = new URL(config.url)
    this.#host = host
    this.#secret = config.secretFile === undefined ? undefined : new WatchedFile(config.secretFile, MAX_SECRET_BYTES)
    const options = { keepAlive: true, maxSockets: 1 }
    this.#connections = protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
  }

  /** Never waits and never throws. */
  tell(message: WebhookMessage): void {
    if (this.#isClosing) return
    if (this.#queue.length >= MAX_QUEUED) {
      this.#queue.shift()
      this.#count('dropped')
      if (!this.#isFull) this.#warn('a webhook does not keep up: its oldest messages are dropped')
      this.#isFull = true
    }
    this.#queue.push(message)
    this.#sending ??= this.#sendAll()
  }

  /** What is queued is sent while it is taken, for `DRAIN_MS` at most; then nothing is left running. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#wake()
    const timer = this.#parts.clock.after(DRAIN_MS, () => this.#stopped.abort())
    await this.#sending
    timer.cancel()
    this.#stopped.abort()
    this.#connections.destroy()
  }

  async #sendAll(): Promise<void> {
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      await this.#send(message)
      if (this.#queue.length < MAX_QUEUED / 2) this.#isFull = false
    }
    // In the same turn in which none was left: the next one begins anew.
    this.#sending = undefined
  }

  /** Until it is taken or given up. */
  async #send(message: WebhookMessage): Promise<void> {
    const body = JSON.stringify(message)
    for (;;) {
      // One that fails while the agent stops, or would be tried for the first time only after one has failed, stays unsent.
      if (this.#isClosing && (this.#failures > 0 || this.#stopped.signal.aborted)) return this.#count('unsent')
      const tried = await this.#try(message.id, body)
      if (tried.is === 'delivered') {
        if (this.#failures > 1) this.#parts.logger.info({ webhook: this.#host }, 'a webhook takes messages again')
        this.#failures = 0
        return this.#count('delivered')
      }
      if (tried.is === 'refused') {
        this.#failures = 0
        this.#count('refused')
        // Debug: a receiver that refuses all would fill the log; the metric shows it.
        return this.#parts.logger.debug(
          { webhook: this.#host, id: message.id, why: tried.why },
          'a message was refused',
        )
      }
      // The first may be a connection that was closed when it was idle.
      if (++this.#failures === 2) this.#warn('a webhook cannot be told: it is tried again', tried.why)
      if (this.#parts.clock.now() - message.at > MAX_AGE_MS) return this.#count('expired')
      await this.#backOff()
    }
  }

  async #try(id: string, body: string): Promise<Tried> {
    try {
      const secret = (await this.#secret?.text())?.trim()
      if (secret === '') return { is: 'failed', why: 'the secret file is empty' }
      const status = await this.#post(id, body, secret)
      if (isSuccess(status)) return { is: 'delivered' }
      const why = `it answered ${status}`
      return status >= 400 && status < 500 && !PASSING.has(status) ? { is: 'refused', why } : { is: 'failed', why }
    } catch (error) {
      // Codes only: messages may have the URL.
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      return { is: 'failed', why: code === 'ENOENT' ? 'there is no such host or secret file' : code }
    }
  }

  /** @returns the status of the answer; what else is in it nobody reads. Redirects are not followed: what is signed is for this URL */
  #post(id: string, body: string, secret: string | undefined): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const bytes = Buffer.from(body)
    const request = (this.#config.url.startsWith('https:') ? https : http).request(this.#config.url, {
      method: 'POST',
      agent: this.#connections,
      signal: this.#stopped.signal,
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': bytes.length,
        'User-Agent': 'cheops',
        'Cheops-Event-Id': id,
        ...(secret === undefined ? {} : { 'Cheops-Signature': signatureOf(bytes, secret) }),
      },
    })
    const timer = this.#parts.clock.after(ANSWER_TIMEOUT_MS, () =>
      request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
    )
    request.on('error', reject)
    request.on('response', response => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
      // The connection serves the next message once the answer was read, all of it.
      response.resume()
    })
    request.on('close', () => {
      timer.cancel()
      reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    })
    request.end(bytes)
    return promise
  }

  /** Half of the wait is by chance, so that many agents do not come back at once. Ends at once when the agent stops. */
  async #backOff(): Promise<void> {
    if (this.#isClosing) return
    const longest = backoffMs(this.#failures - 1, FIRST_BACKOFF_MS, MAX_BACKOFF_MS)
    const waitMs = spread(longest, this.#parts.random.uniform())
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer: TimerHandle = this.#parts.clock.after(waitMs, resolve)
    this.#wake = resolve
    await promise
    timer.cancel()
  }

  #count(outcome: 'delivered' | 'dropped' | 'refused' | 'expired' | 'unsent'): void {
    this.#parts.messages.add(1, this.#host, outcome)
  }

  #warn(message: string, why?: string): void {
    this.#parts.logger.warn({ webhook: this.#host, ...(why === undefined ? {} : { why }) }, message)
  }
}

/** `sha256=` and, in hexadecimal, the HMAC-SHA256 of the body as it was sent. */
export function signatureOf(body: Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

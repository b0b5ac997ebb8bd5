import type { ApplicationAnswer } from './application.ts'
import type { Target } from './exchange.ts'

/** Sends one client's request to several places and collects the answers, where `Exchange.relay` streams one. */
export interface PartRequests {
  /**
   * Sends one part. Any status is an answer; `Cheops-*` headers in it are the other agent's. A part that may change something is sent at
   * most once.
   * @throws CheopsError as `Application.request`; ERR_SITE_UNREACHABLE, ERR_SITE_BUSY, ERR_SITE_BROKEN, ERR_SITE_TIMEOUT for another site
   */
  request(part: PartRequest): Promise<ApplicationAnswer>
}

export interface PartRequest {
  readonly target: Target
  readonly method: string
  /** Path and query within the service. */
  readonly path: string
  /** Names and values in turn, as the application or the other agent shall see them; those of the hop and of the framing are left out. */
  readonly rawHeaders: readonly string[]
  /** Undefined where the request has none. */
  readonly body: Uint8Array | undefined
  /** Bytes that the answer's body may have. */
  readonly maxAnswerBytes: number
  /** How long it is waited for, milliseconds; then it is broken off, and what was sent by then is in doubt. */
  readonly timeoutMs: number
}

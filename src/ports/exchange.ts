import type { RequestHead, ResponseHead } from '../core/resource/http-head.ts'
import type { CheopsError } from '../errors.ts'
import type { LinkContext, Rewrite } from './glue.ts'

/**
 * One request and its answer. The router says where it goes; the exchange carries it there and back without looking into
 * it, streaming, and cancels at one end what breaks off at the other.
 */
export interface Exchange {
  readonly head: RequestHead
  /** The service that is addressed. */
  readonly service: string
  /** Path and query within the service: prefixes of scope and service removed. */
  readonly path: string
  /** The scope that the client wrote into the URL, decoded. */
  readonly urlScope: string | undefined
  /** Who asks, as far as the connection tells: an address, or the name of the site that has sent it here. */
  readonly client: string
  /** Whether the request has a body: unless that was read (`readBody`), it can be sent only once. */
  readonly hasBody: boolean
  /** Where links in answers have to lead; undefined where another agent has asked: it writes them itself. */
  links(): LinkContext | undefined
  /**
   * Sends the request to `target` and its answer back to the client. Resolves when all is over; it never rejects.
   * After `declined` and `failed` nothing has reached the client, and another target can be tried if the request has no body, or
   * one that was read, or `error.spec.retry` says that nothing was sent.
   */
  relay(target: Target, options: RelayOptions): Promise<RelayResult>
  /**
   * The whole body of the request, empty where it has none. It is read now, not before: a client that waits for 100-continue gets
   * it here. The bytes are kept, so that a later `relay` sends them; asking again gives the same.
   * @param maxBytes what the caller is ready to hold in memory
   * @throws CheopsError ERR_REQUEST_BODY_TOO_LARGE, ERR_REQUEST_TIMEOUT, ERR_REQUEST_GONE. What was read is lost then: `refuse` is
   * all that can follow
   */
  readBody(maxBytes: number): Promise<Uint8Array>
  /**
   * Reads as much of the body as says whether it has more bytes than that. `readBody` or `bodyStream` may follow, and give it from its
   * beginning. Once, and before `bodyStream`; behind `readBody` it says so of what was read.
   * @throws CheopsError as `bodyStream`
   */
  isBodyLarger(bytes: number): Promise<boolean>
  /**
   * The body in parts, for one that is too large to hold: each is taken from the client when it is asked for, so a slow reader
   * slows the client down. It can be asked for once, in place of `readBody`, and is not kept: no `relay` without `body` can follow.
   * @throws CheopsError as `readBody`, while it is read; the bound is `limits.bodyBytes`
   */
  bodyStream(): AsyncIterable<Uint8Array>
  /**
   * Answers with what Cheops has composed, or holds as a whole. The framing is made anew, a HEAD is answered without the body, and
   * a client that is still sending its request gets the answer before its connection ends. Called once, and not after an answer.
   */
  answer(answer: ComposedAnswer): void
  /**
   * Answers with an error, in the dialect of the service's application where its glue has one.
   * @param answerHeaders to add to the answer, names and values in turn
   */
  refuse(error: CheopsError, answerHeaders?: readonly string[]): void
}

export interface ComposedAnswer {
  readonly status: number
  /** The usual one of the status where it is left out. */
  readonly reason?: string | undefined
  /** Names and values in turn. Those of the hop are left out; so is Content-Length, but for HEAD with an empty body and 304. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}

export type Target =
  | { readonly kind: 'application'; readonly service: string }
  | { readonly kind: 'site'; readonly site: string; readonly service: string }

export interface RelayOptions {
  /** Headers of the request, lower case, that are not passed on, beside those of the hop itself. */
  readonly dropHeaders: ReadonlySet<string>
  /** Headers to add to the request, names and values in turn. */
  readonly addHeaders: readonly string[]
  /** Headers to add to the answer, names and values in turn. */
  readonly answerHeaders: readonly string[]
  /** Headers and trailers of the answer, lower case, that are not passed on, beside those of the hop itself. */
  readonly dropAnswerHeaders?: ReadonlySet<string>
  /**
   * The body to send in place of the client's, which has been read to its end or never existed. Undefined: the client's own,
   * from `readBody` where that was called, else as it comes. It goes out in the framing of the client's.
   */
  readonly body?: Uint8Array | undefined
  /** The request changes nothing: it may be sent again, and is never in doubt. */
  readonly isRead: boolean
  /** Says of an answer whether it is passed on; what is not becomes `declined`. All are, where this is undefined. */
  readonly accept?: ((answer: ResponseHead) => boolean) | undefined
  /** Says whether the answer's body has to be rewritten. */
  readonly rewrite?: ((answer: ResponseHead) => Rewrite | undefined) | undefined
}

export type RelayResult =
  /** The answer went to the client. `complete` is false if it broke off in the middle. */
  | { readonly kind: 'answered'; readonly status: number; readonly complete: boolean }
  | { readonly kind: 'declined'; readonly status: number }
  | { readonly kind: 'failed'; readonly error: CheopsError }
  /** The client went away before there was an answer; what was under way is cancelled. */
  | { readonly kind: 'gone' }

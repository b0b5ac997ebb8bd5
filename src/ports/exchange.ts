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
  /** Whether the request has a body: then it can be sent only once. */
  readonly hasBody: boolean
  /** Where links in answers have to lead; undefined where another agent has asked: it writes them itself. */
  links(): LinkContext | undefined
  /**
   * Sends the request to `target` and its answer back to the client. Resolves when all is over; it never rejects.
   * After `declined` and `failed` nothing has reached the client, and another target can be tried if the request has no body
   * or `error.spec.retry` says that nothing was sent.
   */
  relay(target: Target, options: RelayOptions): Promise<RelayResult>
  /**
   * Answers with an error, in the dialect of the service's application where its glue has one.
   * @param answerHeaders to add to the answer, names and values in turn
   */
  refuse(error: CheopsError, answerHeaders?: readonly string[]): void
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

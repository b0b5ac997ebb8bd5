/**
 * The service instances of this site, for what the agent asks of its own accord: what runs later or elsewhere than the client
 * that wanted it (members, replay, repair), and what is read to decide. Clients' own requests stream through `Exchange.relay`.
 */
export interface Application {
  /**
   * Sends one request and collects its answer. Any status is an answer. A request that may change something is sent at most once.
   *
   * @throws CheopsError, whose code tells how certain the failure is:
   * * `ERR_OUTCOME_UNKNOWN`: in doubt. The method may change something, bytes may have reached the application, and no answer came
   *   (a time-out, a connection that broke, garbage, `signal`). `meta.reason` has the code of what went wrong.
   * * any other code: certainly nothing was changed. Either nothing was sent (`ERR_APPLICATION_UNREACHABLE`, `ERR_APPLICATION_BUSY`,
   *   `ERR_CREDENTIAL`, `ERR_SERVICE_NOT_LOCAL`, `ERR_REQUEST_INVALID` for what cannot be said in HTTP), or the method changes nothing
   *   (`ERR_APPLICATION_TIMEOUT`, `_BROKEN`, `_INVALID`, `_ANSWER_TOO_LARGE`). `error.spec.retry` says that the same may be tried soon.
   */
  request(request: ApplicationRequest): Promise<ApplicationAnswer>
}

export interface ApplicationRequest {
  /** Name of a service of this site. */
  readonly service: string
  readonly method: string
  /** Path and query within the service, as they stand in the request line. */
  readonly path: string
  /**
   * What is asked, names and values in turn: Content-Type, Accept, preconditions. Those of the hop and of the framing, and
   * Accept-Encoding, are left out, and are made anew.
   */
  readonly headers: readonly string[]
  readonly body?: RequestBody | undefined
  readonly authority: Authority
  /** Bytes that the answer's body may have, if fewer than the adapter takes. */
  readonly maxAnswerBytes?: number | undefined
  /** Reads only: an answer's body beyond the bound is no error; it is read to its end, hashed and not kept. See `ApplicationAnswer.digest`. */
  readonly hashesLarge?: boolean | undefined
  /** Gives up waiting. What was sent by then is in doubt. */
  readonly signal?: AbortSignal | undefined
}

/** A body in memory, or one that is read while it is sent (a file); it must give exactly `length` bytes, and is asked for once. */
export type RequestBody =
  Uint8Array | { readonly length: number; readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }

export type Authority =
  /**
   * The agent's own account, `services[].credential` of this site; none where none is configured. Headers of the request that
   * would say who asks (Authorization, Cookie, what the credential names) are left out.
   */
  | 'agent'
  /**
   * The client that waits for the answer: the head of its request, names and values in turn, never stored. All of it goes along
   * but what says how it is sent, what its body is, under which conditions, and how the answer shall look; no list
   * could tell which headers carry credentials. Those of the request itself take the place of the client's.
   */
  | { readonly client: readonly string[] }

export interface ApplicationAnswer {
  readonly status: number
  readonly reason: string
  /** As they came, without those of the hop and `Cheops-*`; a body in chunks is one that is collected here. */
  readonly rawHeaders: readonly string[]
  /**
   * Decoded from its framing, and, where it is JSON, from a Content-Encoding that this agent knows: compressed answers are not asked for, and some
   * applications give them all the same. `rawHeaders` describe it as it is.
   */
  readonly body: Uint8Array
  /**
   * False where the head is known and the body is not: it broke off, stood still, or, for a method that may change something, is
   * larger than the bound. `body` has what came before. The status is certain, and so is what it says of the effect.
   */
  readonly isComplete: boolean
  /** Of a body that is larger than the bound, where `hashesLarge` was asked for: `body` is empty then. */
  readonly digest?: BodyDigest | undefined
}

export interface BodyDigest {
  /** SHA-256 in lower-case hexadecimal. */
  readonly hash: string
  /** Bytes. */
  readonly length: number
}

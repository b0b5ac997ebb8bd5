import type { RequestHead, ResponseHead } from '../core/resource/http-head.ts'
import type { CheopsError } from '../errors.ts'
import type { ReplicationGlue } from './replication-glue.ts'

/**
 * The driver that teaches Cheops an application. It is made from a definition (YAML, see src/glue/README.md) and, where a
 * definition cannot say it, a module beside it. All methods are synchronous and pure. Sharing reads no body but that of an
 * answer which `rewrite` has asked for; replication gives bodies that `parseBody` has read.
 */
export interface Glue extends ReplicationGlue {
  /** Name of the application: `inventory`, `openstack`. */
  readonly application: string
  /** The same at two sites whose definitions replicate alike: text that can only be compared. */
  readonly fingerprint: string
  /** Headers that tell the calls of one request apart, for applications that propagate neither baggage nor traceparent. */
  readonly correlate: readonly CorrelationRule[]
  /** JSON Pointers (RFC 6901) of values in bodies that are never logged. */
  readonly secrets: readonly string[]
  /** What is this request? `path` is the request's path and query within the service: prefix of service and scope removed. */
  analyse(head: RequestHead, path: string): Analysis
  /** It changes nothing: it may be sent again or elsewhere, and is never in doubt. */
  isRead(head: RequestHead, path: string): boolean
  /** A problem of Cheops in the application's own dialect, or undefined where problem+json is right. */
  refuse(error: CheopsError, head: RequestHead): Refusal | undefined
  /**
   * Says whether the body of this answer must be rewritten so that the links in it lead back to `base`.
   * Undefined, as it nearly always is: the answer streams through untouched. Otherwise the answer is read, up to
   * `maxBytes`, decoded, given to `body`, and sent with a length of its own; an answer above the bound is an error.
   */
  rewrite(head: RequestHead, path: string, answer: ResponseHead, links: LinkContext): Rewrite | undefined
}

export interface CorrelationRule {
  /** Header of the request that went to the application, lower case. */
  readonly in: string
  /** Header of the call that the application makes for it, lower case. */
  readonly out: string
}

export interface Analysis {
  /** Kind of the resource, undefined where the path names none (discovery, version). */
  readonly kind: string | undefined
  readonly verb: 'create' | 'get' | 'list' | 'replace' | 'merge' | 'patch' | 'delete' | 'other'
  /** Name or ID in the path. */
  readonly id: string | undefined
  /** What stands below the resource's own path (`status`, `file`), or the name that the definition gives the operation. */
  readonly operation: string | undefined
}

export interface Refusal {
  readonly status: number
  /** Names and values in turn. Content-Length is added by the caller. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}

/** Where links in answers have to lead so that a client which follows them comes back with its scope. */
export interface LinkContext {
  /** The service that answered. */
  readonly service: string
  /** Address under which the client reached `service`, scope prefix included, no slash at the end: `http://h:1/~%7B…%7D/image`. */
  readonly base: string
  /** The same for any service of the catalog that this agent can be asked for; undefined where it cannot. */
  baseOf(service: string): string | undefined
  /** Endpoints of this site's service instances: what an application would write into links to itself. */
  readonly endpoints: Readonly<Record<string, string>>
}

export interface Rewrite {
  readonly maxBytes: number
  body(decoded: Uint8Array): Uint8Array
  /** Headers with links of their own (`Location`), names and values in turn, replaced as a whole. */
  readonly rawHeaders: readonly string[]
}

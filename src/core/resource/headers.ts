/**
 * Names of the headers with which requests are routed, lower case. They are a public interface; a test pins them. (The admin API
 * has one of its own, `Cheops-Timeout`: adapters/http/admin.)
 */

/** Request: the scope. */
export const SCOPE_HEADER = 'cheops-scope'
/** Answer to a scoped request: name of the site that answered. */
export const SITE_HEADER = 'cheops-site'
/** Answer: code of an error of Cheops, whatever dialect its body speaks. */
export const ERROR_HEADER = 'cheops-error'
/** Request and answer: what the client has seen, for reading its own writes at another site. */
export const CONTEXT_HEADER = 'cheops-context'
/** Request: the level of a resource that is created. Answer: the level achieved. */
export const LEVEL_HEADER = 'cheops-level'
/** Request: `true`: the site may leave the members of the resource for it. */
export const DETACH_HEADER = 'cheops-detach'
/** Request: how many members shall be done with it. */
export const REQUIRE_HEADER = 'cheops-require'
/** Between agents only: the service that the request is for. */
export const SERVICE_HEADER = 'cheops-service'
/** Answer to `Cheops-If-Replicated`: the members of the resource. */
export const MEMBERS_HEADER = 'cheops-members'
/** Between agents only: to be answered only if the resource is replicated at the receiver; `members`: without asking its application. */
export const IF_REPLICATED_HEADER = 'cheops-if-replicated'
/** Between agents only: how many agents the request has passed. */
export const HOPS_HEADER = 'cheops-hops'

/** As they are written. */
export const HEADER_NAMES = {
  scope: 'Cheops-Scope',
  site: 'Cheops-Site',
  error: 'Cheops-Error',
  service: 'Cheops-Service',
  hops: 'Cheops-Hops',
  ifReplicated: 'Cheops-If-Replicated',
  members: 'Cheops-Members',
  /** Answer to an operation on a replicant: what it came to here, which it is, what is known of each member, and the level achieved. */
  outcome: 'Cheops-Outcome',
  operation: 'Cheops-Operation',
  sites: 'Cheops-Sites',
  level: 'Cheops-Level',
  /** Answer to a write on a replicant: kind and name, percent-encoded. */
  replicant: 'Cheops-Replicant',
  /** Answer: `true` where the request was here before, by its idempotency key, and nothing was sent. */
  repeated: 'Cheops-Repeated',
  /** Answer: sites whose part is missing from it. */
  partial: 'Cheops-Partial',
  /** Answer: what the client has seen after it; to be sent back. */
  context: 'Cheops-Context',
} as const

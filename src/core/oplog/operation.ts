/**
 * An operation: one accepted mutating request on a replicated resource, as members hold it and pass it on. Plain data (bytes aside);
 * its signature stands in the envelope that carries it. Source: src/consistency.md.
 */
import { dotKey } from './order.ts'
import type { Context } from './context.ts'
import type { Dot, LifeId, OperationId, Stamp } from './order.ts'

/** A replicant without its life. Where the application assigns IDs, `name` is the meta-ID. */
export interface ReplicantName {
  /** As scopes call it, e.g. `inventory`. */
  readonly service: string
  /** As the glue calls it, e.g. `v1/Pod`. */
  readonly kind: string
  readonly name: string
}

/**
 * `create`, `replace`, `delete` and `state` are resets: they say what the resource is, whatever it was. `merge` and `patch` change
 * parts of it. `members` changes who holds it, and is no part of the schedule. `state` is what repair or bounding issues: the body
 * that the origin's application answered.
 */
export const OPERATION_TYPES = ['create', 'replace', 'merge', 'patch', 'delete', 'state', 'members'] as const

/** One of {@link OPERATION_TYPES}, or a type of a kind's own, named by its glue. */
export type OperationType = (typeof OPERATION_TYPES)[number] | (string & {})

/** Bytes of a request's body: inline up to 64 KiB, beyond that a file that is named by its hash. */
export type Body =
  | { readonly bytes: Uint8Array }
  /** SHA-256 in lower-case hexadecimal, and the length in bytes. */
  | { readonly hash: string; readonly length: number }

/** What is stored of a request: never Authorization, Cookie or preconditions. */
export interface Payload {
  readonly method: string
  /** Path and query, beginning with `/`. */
  readonly path: string
  /** Content-Type and what the glue lists, in their order; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Body
}

/** How membership changes. A create adds its members, and removes nobody. Names of sites, sorted, each once. */
export interface MembersChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export interface Idempotency {
  /** Who sent the key: one key of two principals is two keys. */
  readonly principal: string
  readonly key: string
  /**
   * SHA-256 in lower-case hexadecimal of what was asked: one key of two requests is two operations, where it could not be refused. Operations of
   * earlier versions have none.
   */
  readonly request?: string
}

export interface Operation extends OperationId {
  readonly dot: Dot
  /** Greater than every stamp in the context. */
  readonly stamp: Stamp
  readonly replicant: ReplicantName
  /** Of a create: its own stamp and dot. */
  readonly life: LifeId
  readonly type: OperationType
  /** The origin's previous operation on this life, of whatever incarnation; none for its first. */
  readonly previous?: Dot
  /** What was executed at the origin when the operation was sent to its application: operations of this life only. */
  readonly context: Context
  /** SHA-256 in lower-case hexadecimal of the resolution matrix that decides its pairs with earlier ones; none: the default rule. */
  readonly matrix?: string
  /**
   * By which operation the origin was a member when it wrote this, if not by the create: the ≺-greatest that added it. So that all
   * agree on which operations of a site that was removed and added again count.
   */
  readonly memberBy?: OperationId
  readonly idempotency?: Idempotency
  /**
   * Level of the life, if not `eventual`: of its create, and of the delete that ends it. At `none` the record alone is logged: nothing is
   * executed by it.
   */
  readonly level?: string
  /**
   * Of a create: what the members' applications have by the name already is the resource, `all` whatever it is, else if what it shows has
   * this SHA-256 (lower-case hexadecimal). None: what is there is something else's.
   */
  readonly adopts?: string
  /**
   * Of a `state`: what it has seen and does not count in, since the application of the site that says it has refused that for good. Whoever wrote that was told of
   * success: it is a conflict as long as the state counts.
   */
  readonly refused?: readonly Dot[]
  /**
   * Of a `state` that nobody has asked for: conflicts that it has seen. They stay conflicts as long as the state counts, since no person has looked at them.
   */
  readonly unsettled?: readonly Dot[]
  /** None for `members`. */
  readonly payload?: Payload
  /** Of `create` and `members` only. */
  readonly members?: MembersChange
}

/** Text that is equal for equal names and for no others. */
export function replicantKey({ service, kind, name }: ReplicantName): string {
  return JSON.stringify([service, kind, name])
}

/** Text that is equal for equal lives and for no others. The dot alone tells lives apart: no two creates share one. */
export function lifeKey(life: LifeId): string {
  return dotKey(life.dot)
}

/** What a `state` has seen and does not count in, nor settles. */
export function leftOutBy({ refused = [], unsettled = [] }: Operation): readonly Dot[] {
  return unsettled.length === 0 ? refused : [...refused, ...unsettled]
}

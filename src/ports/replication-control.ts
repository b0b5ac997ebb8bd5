import type { Conflict, ReplicantName } from '../core/oplog/index.ts'
import type { AbortOptions } from './control.ts'
import type { ReplicantInfo } from './replicant-info.ts'
import type { Outcome } from './sync.ts'

/** What an operator sees of single operations, and does to replicants: a part of `AgentControl`. */
export interface ReplicationControl {
  /**
   * The operations of a replicant that are still known here, in canonical order, each with what became of it.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_STORE_CORRUPT, ERR_STORE_FAILED
   */
  history(name: ReplicantName): Promise<ReplicantHistory>
  /**
   * One operation, of whatever origin, by its identity: found in memory if it is of this run, else by a look through the store.
   * @param operation as `Cheops-Operation` has it
   * @throws CheopsError ERR_OPERATION_NOT_FOUND, ERR_ADMIN_INPUT for what is no identity, ERR_ADMIN_TIMEOUT
   */
  operation(operation: string, options: OperationQuery): Promise<OperationDetail>
  /**
   * The request of an operation with its body, as long as it is held here: of a write that lost, what was lost.
   * @throws CheopsError as `operation`
   */
  operationBody(operation: string, options: AbortOptions): Promise<OperationBody>
  /**
   * Removes a site from the members of replicants, a page at a time: what it has written and no other member held is shown as
   * conflicts. Those of which it is no member are left alone, so that asking again does no harm.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_REPLICANT_MEMBERS where nobody would be left, ERR_REPLICANT_MEMBER_ALIVE unless it is forced,
   *   ERR_SITE_UNKNOWN, ERR_REPLICANT_BUSY
   */
  detach(site: string, query: DetachQuery): Promise<DetachedPage>
  /**
   * Adds a site to the members of replicants: of those that are named, or, a page at a time, of all from which it was removed. It gets their
   * state; what it has by such a name and is not theirs is `unbound` there.
   * @throws CheopsError ERR_SITE_UNKNOWN, ERR_REPLICANT_NOT_FOUND, ERR_SCOPE_SERVICE_NOT_AT_SITE, ERR_REPLICANT_BUSY
   */
  attach(site: string, query: AttachQuery): Promise<AttachedPage>
  /**
   * Copies the state of another member that agrees, or of the one that is named, to the application here, now.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _UNBOUND, _LOCKED, _MEMBERS, _BUSY, ERR_SERVICE_NOT_LOCAL
   */
  repair(name: ReplicantName, from: string | undefined, options: AbortOptions): Promise<RepairResult>
  /**
   * Says what becomes of a name that belongs to something else here (state `unbound`): `adopt`: what is here is the resource from now on,
   * at all members; `replace`: what is here gives way to what is replicated; `leave`: it stays, and this site is no member any more.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _BOUND, _LOCKED, _MEMBERS, _BUSY, ERR_SERVICE_NOT_LOCAL, ERR_REQUEST_BODY_TOO_LARGE
   */
  resolve(name: ReplicantName, how: 'adopt' | 'replace' | 'leave'): Promise<void>
  /**
   * Settles all conflicts of a replicant that are known here, at all members: `keep`: what counts stays; `take`: a write that has lost
   * is carried out again with this site's own account, named by its identity, or by the site that wrote it (of several the last).
   * @returns the operations that were conflicts
   * @throws CheopsError ERR_CONFLICT_NOT_FOUND, ERR_CONFLICT_REFUSED, ERR_REPLICANT_NOT_FOUND, _UNBOUND, _LOCKED, _BUSY,
   *   ERR_SERVICE_NOT_LOCAL, ERR_REQUEST_BODY_TOO_LARGE
   */
  settle(name: ReplicantName, choice: SettleChoice): Promise<readonly string[]>
  /**
   * Says of the write in doubt (state `uncertain`) whether it took effect at the application here: what was written here is told to all or
   * void, what another site wrote counts as carried out or is sent again.
   * @returns the operation
   * @throws CheopsError ERR_REPLICANT_CERTAIN, ERR_REPLICANT_BUSY, ERR_SERVICE_NOT_LOCAL
   */
  decide(name: ReplicantName, tookEffect: boolean): Promise<string>
  /**
   * Makes one replicant of what the application here has by the name, and the other members too; nothing is sent here.
   * @param scope members with "&" between them, this site among them
   * @param overwrites whether what other members have by the name gives way where it shows something else; else it is `unbound` there
   * @throws CheopsError ERR_SCOPE_*, ERR_REPLICANT_BOUND, _NOT_FOUND, _UNNAMED, _LEVEL, _LOCKED, _MEMBERS, _BUSY, ERR_SERVICE_NOT_LOCAL,
   *   ERR_REQUEST_BODY_TOO_LARGE, ERR_APPLICATION_BROKEN, ERR_BLOB_SPACE
   */
  adopt(name: ReplicantName, scope: string, overwrites: boolean): Promise<Adopted>
  /** How this site stands with each one that it tells of replicants, sorted by name. From memory. */
  peers(): readonly ReplicationPeer[]
}

export type AttachQuery = Omit<DetachQuery, 'force'>

export interface AttachedPage {
  readonly attached: readonly { readonly replicant: ReplicantName; readonly operation: string }[]
  readonly next: string | undefined
}

export interface Adopted {
  /** The create of its life, as `Cheops-Operation` has it. */
  readonly operation: string
  readonly members: readonly string[]
  /** JSON Pointers of what the application never shows, as its definition says: that is no part of what was adopted, and other members have it once somebody writes it. */
  readonly neverShown?: readonly string[]
}

export type SettleChoice = { readonly how: 'keep' } | { readonly how: 'take'; readonly write: string }

/** What a client wrote: without its credentials, which nobody keeps. */
export interface OperationBody {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly bytes: number
  /** `none`: there is no body. `elsewhere`: it is too large to be shown here; `hash` is its SHA-256 in hexadecimal. */
  readonly encoding: 'none' | 'text' | 'base64' | 'elsewhere'
  readonly body?: string
  readonly hash?: string
}

export interface RepairResult {
  /**
   * - `nobody`: no member could be reached that holds the same and has nothing left to do.
   * - `not-yet`: so it is now, and members are there that are not connected, or have not compared what both hold, since the start.
   * - `busy`: too much is repaired at the moment; it has its turn.
   * - `not-taken`: the application here could not be read, or did not take it.
   * - `unclear`: no member shows fields that were written, and nobody can say what they are by now.
   * - `not-exposed`: this site does not expose what the state is made of, or lets none of those that have it write what only their applications can say.
   */
  readonly result: 'copied' | 'nobody' | 'not-yet' | 'busy' | 'not-taken' | 'not-exposed' | 'unclear'
  /** Sites, where it is `not-yet`. */
  readonly waitsFor?: readonly string[]
}

export interface OperationQuery extends AbortOptions {
  /** Answers only when `version` is another than this, or the time is over. */
  readonly known?: string | undefined
  /** Milliseconds to wait for that; none: it answers at once. */
  readonly waitMs?: number | undefined
}

export interface DetachQuery extends AbortOptions {
  /** These only; undefined: all of which the site is a member. */
  readonly replicants: readonly ReplicantName[] | undefined
  /** Although the site is alive. */
  readonly force: boolean
  /** `next` of the page before. */
  readonly after: string | undefined
}

export interface DetachedPage {
  readonly detached: readonly { readonly replicant: ReplicantName; readonly operation: string }[]
  /** Not detached, since no member would be left. */
  readonly kept: readonly ReplicantName[]
  readonly next: string | undefined
}

/**
 * - `executed`: it counts, and was carried out here. Of a change of members: it is in force.
 * - `queued`: it counts, and is not carried out here yet.
 * - `waits`: something that it builds on is not here yet.
 * - `superseded`: a later write, or a later change of members, that has seen it takes its place.
 * - `conflict`: it has no effect, though nobody who decided so had seen it.
 * - `uncertain`: whether it took effect at the application here is not known yet.
 */
export type OperationFate = 'executed' | 'queued' | 'waits' | 'superseded' | 'conflict' | 'uncertain'

/** One operation as this site knows it; without its body. */
export interface HistoryEntry {
  /** As `Cheops-Operation` has it. */
  readonly operation: string
  /** Where a client wrote it. */
  readonly site: string
  /** When, Unix milliseconds by the clock of that site. */
  readonly at: number
  /** Of a forgotten one only what became of it is remembered, and not what it was. */
  readonly type: string | undefined
  /** Method, path and bytes of the request. */
  readonly request: { readonly method: string; readonly path: string; readonly bytes: number } | undefined
  /** Of a create or a change of members. */
  readonly members: { readonly added: readonly string[]; readonly removed: readonly string[] } | undefined
  readonly fate: OperationFate
  /** More on the fate, in words. */
  readonly detail: string | undefined
  /** The create of the life that it belongs to; undefined for a forgotten one. */
  readonly life: string | undefined
  /** What is known here of each member: all of it where the operation was written, less elsewhere. Sorted by site. */
  readonly sites: readonly OperationSite[]
}

export interface OperationSite {
  readonly site: string
  /** `received`: the site holds it; what came of it there it tells only the origin. `unknown`: nothing was told to this site, or, of itself, it does not remember. */
  readonly outcome: Outcome | 'received' | 'unknown'
  readonly status?: number
  /** Code of an error that says why, where no answer of the application does. */
  readonly error?: string
  /** When that was told, Unix milliseconds; 0 where nothing was. */
  readonly at: number
}

export interface ReplicantHistory extends Omit<ReplicantInfo, 'conflicts'> {
  /** The newest are last; older ones are left out where there are too many. */
  readonly operations: readonly HistoryEntry[]
  /** Older ones that are left out. */
  readonly omitted: number
}

export interface OperationDetail extends HistoryEntry {
  readonly replicant: ReplicantName
  readonly why: Conflict['why'] | undefined
  /**
   * No member is `pending`: nothing more will come by itself; a member that tells an `error` carries it out once that is mended. Only known
   * where it was written; false elsewhere.
   */
  readonly done: boolean
  /** Equal for equal answers: for `known` of the next question. */
  readonly version: string
}

/** How this site stands with another one that it tells of replicants. */
export interface ReplicationPeer {
  readonly site: string
  /** A conversation in which this site tells the other one is open. */
  readonly connected: boolean
  /** Entries that the other site has not received. */
  readonly outbox: number
  /** For how long the oldest of them waits, milliseconds; of what an earlier run has left since the start of this one. 0: none waits. */
  readonly lagMs: number
  /** Replicants that both are members of; undefined while a start counts them. */
  readonly shared: number | undefined
  /** Whether both hold the same of all that they share, as far as both have told; `unknown` before they have compared. */
  readonly digest: 'agrees' | 'differs' | 'unknown'
  /** When they were last seen to agree, Unix milliseconds by this site's clock; undefined: not since the start of this agent. */
  readonly agreedAt: number | undefined
}

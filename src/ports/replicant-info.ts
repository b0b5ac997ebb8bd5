/** What operators see of replicants. */
import type { Conflict, ReplicantName } from '../core/oplog/index.ts'
import type { Outcome } from './sync.ts'

/** A replicant at this site, as lists show it. */
export interface ReplicantInfo extends ReplicantName {
  /** Names of sites, sorted. */
  readonly members: readonly string[]
  /**
   * How it stands at this site, whatever becomes of it elsewhere: that is `failing`.
   *
   * - `agrees`: this site has done all that it knows of.
   * - `busy`: it has something left to do.
   * - `uncertain`: what became of a write at its application is not known yet.
   * - `unbound`: the name belongs to something else at this site, which nothing touches.
   * - `diverged`: its application cannot be made equal to the others by itself.
   */
  readonly state: 'agrees' | 'busy' | 'uncertain' | 'unbound' | 'diverged'
  /** It was deleted: remembered for a month at least, so that nothing that comes late brings it back. */
  readonly deleted: boolean
  /** Why it is `uncertain`, `unbound` or `diverged`, as a part of a sentence; undefined for the others. */
  readonly reason: string | undefined
  /** Other members that have not carried out what was written here, though it counts: until they do, or copy a state in its place, or another write takes it. */
  readonly failing: readonly FailingInfo[]
  /** How many. */
  readonly conflicts: number
}

export interface FailingInfo {
  readonly site: string
  /** The first such write, as `Cheops-Operation` has it. */
  readonly operation: string
  /** `failed`: refused there, or not let; `uncertain`: nobody can tell there; `pending`: for more than a minute. */
  readonly outcome: 'failed' | 'uncertain' | 'pending'
  /** What the application there has answered. */
  readonly status?: number
  /** Code of the error, where it is the agents': `ERR_FORWARD_NOT_EXPOSED`, `ERR_REPLICANT_OTHER_GLUE`, `ERR_REPLICANT_UNBOUND`. */
  readonly error?: string
}

export interface ReplicantDetail extends Omit<ReplicantInfo, 'conflicts'> {
  /** Of one that is `unbound`: why, and what to do about it, where more is known than that the name is taken. */
  readonly detail: string | undefined
  /** It agrees as far as is known: its application was not looked at yet since the agent has started. */
  readonly unchecked?: true
  /** Large bodies that its operations name and that are not here yet: what needs them waits. */
  readonly missingBodies: readonly MissingBodyInfo[]
  readonly conflicts: readonly ConflictInfo[]
  /** How many older ones were given up, as far as is known here: of a resource 32 are kept. Left out where none was. */
  readonly conflictsForgotten?: number
  /** The newest operations of this site, the oldest of them first, with what is known of them at each member. */
  readonly operations: readonly OperationInfo[]
}

export interface MissingBodyInfo {
  /** SHA-256 in lower-case hexadecimal. */
  readonly hash: string
  readonly bytes: number
  /** How many of them have come. */
  readonly here: number
}

/** An operation that was accepted and has no effect, though nobody who decided so had seen it. Without its body. */
export interface ConflictInfo {
  readonly replicant: ReplicantName
  /** As `Cheops-Operation` has it: `site1/1763762400000-9f86d081884c7d65/7`. */
  readonly operation: string
  /** `create`, `replace`, `merge`, `patch`, `delete`, `state`, or one of the kind's own. */
  readonly type: string
  /** Where a client wrote it. */
  readonly site: string
  /** When, Unix milliseconds by the clock of that site. */
  readonly at: number
  readonly why: Conflict['why']
  /** The same in words. */
  readonly detail: string
  /** The operation that counts instead, where one can be named. */
  readonly against: string | undefined
}

export interface OperationInfo {
  /** As `Cheops-Operation` has it. */
  readonly operation: string
  readonly sites: readonly {
    readonly site: string
    readonly outcome: Outcome
    /** What the application there answered. */
    readonly status?: number
    /** Code of an error that says why, where no answer of the application does. */
    readonly error?: string
    /** When that site has told it, Unix milliseconds; 0 where it has told nothing. */
    readonly at: number
  }[]
}

import type { Conflict, Dot, LifeId, ReplicantName } from '../../core/oplog/index.ts'
import type { SiteOutcome } from './replica.ts'
import type { Outcome } from '../../ports/sync.ts'

/** What happened to a replicant here, for the CLI, metrics and logs; never with bodies. */
export type ReplicationEvent =
  /** A local write was accepted, and the other members will get it. */
  | { readonly kind: 'released'; readonly replicant: ReplicantName; readonly dot: Dot; readonly type: string }
  /** What became of an operation at a site: here, or elsewhere as that site has told. */
  | {
      readonly kind: 'outcome'
      readonly replicant: ReplicantName
      readonly dot: Dot
      readonly site: string
      readonly outcome: Outcome
      readonly status?: number | undefined
      /** Code of an error, as `Came` has it. */
      readonly error?: string
    }
  /** Every member has told what became of an operation of this site: nothing more will come. */
  | {
      readonly kind: 'done'
      readonly replicant: ReplicantName
      readonly dot: Dot
      readonly sites: readonly SiteOutcome[]
    }
  | { readonly kind: 'conflict' | 'settled'; readonly replicant: ReplicantName; readonly conflict: Conflict }
  /** The name belongs to something here that is not ours: nothing is done to it. */
  | { readonly kind: 'unbound'; readonly replicant: ReplicantName; readonly why?: string }
  /** The application shows something else than after what ran last: somebody has changed the resource past Cheops. */
  | { readonly kind: 'drift'; readonly replicant: ReplicantName }
  /** It cannot be made equal to its siblings by itself: `why` says in a few words what stands in the way. */
  | { readonly kind: 'diverged'; readonly replicant: ReplicantName; readonly why: string }
  /** For a minute its application could not be asked, or did not take what is to be done: what it answered last, if it answered. Told once. */
  | { readonly kind: 'behind'; readonly replicant: ReplicantName; readonly status: number | undefined }
  | { readonly kind: 'agrees'; readonly replicant: ReplicantName }
  | { readonly kind: 'members'; readonly replicant: ReplicantName; readonly members: readonly string[] }
  /** Members that were silent for so long were detached by this site. */
  | { readonly kind: 'detached'; readonly replicant: ReplicantName; readonly sites: readonly string[] }
  /**
   * This site has left, and keeps nothing of it any more, since another member holds all that it held; or nobody has said so for a month, and so many
   * operations were given up.
   */
  | { readonly kind: 'left'; readonly replicant: ReplicantName; readonly givenUp: number }
  | { readonly kind: 'hole'; readonly replicant: ReplicantName; readonly life: LifeId; readonly last: Dot }
  /** The stamp of an operation is so far ahead of this site's clock, by milliseconds, that a clock must be wrong: mostly its origin's. */
  | { readonly kind: 'ahead'; readonly replicant: ReplicantName; readonly dot: Dot; readonly byMs: number }
  /** An operation of another site was not taken: it contradicts itself, or nobody has signed it. */
  | { readonly kind: 'refused'; readonly from: string; readonly why: string }
  /** A site has said that a name is replicated, and with which members, and none of these says so: what a client creates here under that name is not held up by it. */
  | {
      readonly kind: 'unbelieved'
      readonly replicant: ReplicantName
      readonly from: string
      readonly members: readonly string[]
    }
  /** A large body that an operation names could not be fetched yet; it is tried again. Told once. */
  | {
      readonly kind: 'waits-for-body'
      readonly replicant: ReplicantName
      /** SHA-256 in hexadecimal. */
      readonly hash: string
      readonly bytes: number
      readonly why: string
    }
  /** It is here, verified. */
  | {
      readonly kind: 'body-here'
      readonly replicant: ReplicantName
      readonly hash: string
      readonly bytes: number
      /** The site that gave it. */
      readonly from: string
    }
  /** A peer's store, or this one's, was set back: everything that is shared with it is told anew. */
  | { readonly kind: 'set-back'; readonly site: string }
  /** What both share was found to differ from what another site holds, for long; or, after that, to be the same again. */
  | { readonly kind: 'compared'; readonly site: string; readonly agrees: boolean }
  /** A site speaks no version of the sync protocol that this one does: nothing is told to it until one of the two is updated. */
  | { readonly kind: 'foreign'; readonly site: string }

export type ReplicationListener = (event: ReplicationEvent) => void

import {
  NOTHING_EXECUTED,
  holderOf,
  membersOfReplicant,
  newReplicant,
  type Acknowledgements,
  type Context,
  type Dot,
  type Executed,
  type Operation,
  type Replicant,
  type ReplicantName,
} from '../../core/oplog/index.ts'
import type { KeptRequest } from './write/kept-requests.ts'
import type { Prepared } from './lane/prepared.ts'
import type { Seen } from './application/state.ts'
import type { Outcome } from '../../ports/sync.ts'

/** A replicant in memory: always what the last commit that was *given* says; what leaves the site waits until it is on disk. */
export interface Replica {
  readonly name: ReplicantName
  /** Below which its records lie. */
  readonly prefix: string
  readonly core: CoreState
  /** Changed as a whole: `commit.local(replica, {…})`. */
  local: LocalState
  /** The local write that is not decided. */
  draft: Operation | undefined
  /** That, encoded. */
  draftBytes: Uint8Array | undefined
  /** Its records are of an earlier version: the next step writes all of them. */
  isOld: boolean
  /** What the application answered last, where that may stand for reading it: see `execution.ts`. */
  seen: Seen | undefined
  /** What the lane does next is intended already. */
  prepared: Prepared | undefined
  /** The replay that goes on has carried out its reset in this run of the agent. */
  isBegunAnew: boolean
  /** What is known of it in this run of the agent alone. */
  readonly run: RunState
}

/** What a run of the agent has found out about a replicant, and writes nowhere: the same object when the replicant is read from the disk again. */
export interface RunState {
  /** False until the lane has looked at the application since the start. */
  checked: boolean
}

/** What the core decides by. Waiting operations are in it, and durable: what was received is not sent again. */
export interface CoreState {
  replicant: Replicant
  acknowledgements: Acknowledgements
}

/** What this site has done, and how its application stands to it. */
export interface LocalState {
  executed: Executed
  /** The resource that the application has under the name is ours. */
  bound: boolean
  /** The name was found to belong to something else: nothing touches it. */
  unbound: boolean
  /** Of what is `unbound`: why nobody can tell what the application has, if it shows something for each name. */
  showsAll: string | undefined
  /** Its life has ended, and the application has something by the name all the same: nothing touches that. */
  leftover: boolean
  /** This site is no member any more, and the lane has not looked since it is one again: with the hash of what the application showed then. */
  parted: { readonly hash?: string | undefined } | undefined
  /** What a lane is doing, so that after a crash it is known what may have happened. */
  intent: Intent | undefined
  /** A local write that was sent and is not decided; the operation itself stands in a record of its own. */
  draft: Draft | undefined
  /** A replay or repair has begun: it is finished before a local write is taken. */
  replaying: boolean
  /** An operation of another site of which nobody can tell whether it took effect; the lane holds before it. */
  uncertain: Dot | undefined
  /** Of the state that the application showed when the lane was idle; unknown from the next intent on. */
  hash: string | undefined
  /** Of `hash`, as long as it is that: the hash of what operations have set, as other members are told, and of what was known by then. */
  shown:
    | {
        readonly of: string
        readonly is: string
        readonly knowledge: string
        /** It is something else than was written, as far as that can be told. */
        readonly isOther?: boolean
        /** As `is`, before it was changed past Cheops, where nobody has said since what the resource is: what was given up may have landed. */
        readonly was?: string
      }
    | undefined
  /** JSON Pointers of what was written and was not shown so when that was looked at last: never shown, or as something else (`***`). */
  hidden: readonly string[]
  /** What was executed then, where operations of the definition's own may come after it: what these have named was shown, or is in `hidden`. */
  looked: Context
  /** What was not shown as written then, as an operation of the application's own may have left it; undefined: agents of an earlier version did not keep it. */
  gone: readonly string[] | undefined
  /** Hash of the knowledge by which others were last told what the application shows; those who were not take it for what was written. */
  spoke: string | undefined
  /** What other members have told of what their applications show, where it is not the same here. */
  told: readonly TellOf[]
  /** Hash of the knowledge by which a state was copied because others show something else: once for each. */
  mended: string | undefined
  /** Hash of the knowledge by which the others were told that this site looks for a state, and what it shows. */
  looks: string | undefined
  /** Hash of what was deleted here last: the application may show it until it is gone, and has the name free then. */
  leaving: string | undefined
  /** What the application here has refused for good, though it counts: this member differs by it. The newest ones. */
  failed: readonly Dot[]
  /** Of these, what has failed since its large body came from nobody: it is tried again when the body is here. */
  lacked: readonly Dot[]
  /** What was sent last, and the application may not show yet. */
  settling: Settling | undefined
  /** What it refuses at present, and how often in a row. */
  refused: { readonly dot: Dot; readonly times: number } | undefined
  /**
   * What it has made, of what the reset `by` says, under another name than this one, which it may do each time: as what the last time, and how often. It holds for this
   * resource alone, and not behind another reset, nor where an operator asks for a repair.
   */
  called: { readonly by: Dot | undefined; readonly is: string; readonly times: number } | undefined
  /** Of the body with which the application answered last. */
  answered: string | undefined
  /** When something was given up here, or sent again, that may land yet, Unix milliseconds; and the keys of such requests: a start knows of nothing else that may. */
  givenUp: { readonly at: number; readonly keys: readonly string[] } | undefined
  /** What the application answers to writes is what it shows when it is read, as was seen the last time. */
  answersTell: boolean
  /** The application does not show what it did last: nothing runs until an agreeing member's state is copied. */
  suspect: boolean
  /** Suspect since a start has found it so: the store may have been set back, so that more was carried out than is written down. */
  unsure: boolean
  /** The state that this site has said last, where it was `unsure` then: what that does not know of may be in it. */
  saidUnsure: Dot | undefined
  /** Suspect only because others show something else, and what is here may be what was written: only what surely is that is copied. */
  copiesOnlyFitting: boolean
  diverged: boolean
  /** Why it is, or was the last time, as the event has told. */
  divergedBy: string | undefined
  /** What may not be sent twice was sent again, since its effect was not there: the first one may have landed later. Whoever shows something else is believed. */
  sentAgain: boolean
  /** Own operations, oldest first, with what became of them elsewhere. */
  outcomes: readonly KnownOutcomes[]
  /** Own requests with an idempotency key, oldest first. */
  requests: readonly KeptRequest[]
  /** Acknowledgement is due. */
  acknowledges: boolean
}

/** What an application has by a name: a hash of it, or {@link ABSENT}. */
export type Found = string

/** No hash is like it. */
export const ABSENT: Found = 'absent'

export interface Intent {
  readonly dot: Dot
  readonly action: 'create' | 'replace' | 'delete' | 'send'
  /** When it was written, Unix milliseconds: only of kinds whose effects come later. */
  readonly at?: number
  /** What the application had before: nothing, something with this hash, or it was not read. */
  readonly before: Found | undefined
  /** Operations that are carried out by the same request, behind that one: see `together.ts`. */
  readonly also?: readonly Dot[]
}

/** Something that the application has answered with success, and that it shows later. */
export interface Settling {
  readonly does: 'create' | 'change' | 'delete'
  /** When it was answered, Unix milliseconds by this site's clock. */
  readonly since: number
  readonly withinMs: number
  /** What the application had before. */
  readonly before?: Found | undefined
  /** What was accepted before it was still to be shown then: that something else is shown does not tell that all of it is. */
  readonly isOneOfMore?: true
}

export interface Draft {
  readonly before: Found | undefined
  /** When it was written, Unix milliseconds: only of kinds whose effects come later. */
  readonly at?: number
  /** Reading back could not tell. */
  readonly uncertain: boolean
  /** The application has taken it on, and may do nothing, since the resource is there: it counts if that shows it, so long after. */
  readonly accepted?: Pick<Settling, 'since' | 'withinMs'> & { readonly status: number }
}

/** The last that a member has told of what its application shows. */
export interface TellOf {
  readonly site: string
  /** Hash of what it held by then. */
  readonly knowledge: string
  /** None: it has no such resource. */
  readonly hash?: string
  /** It looks for a state. */
  readonly diverged: boolean
  readonly fits: boolean
}

export interface KnownOutcomes {
  readonly dot: Dot
  /** It was not noted with its release, or that was forgotten, or lost with the disk: who is not among `sites` may have told of it before. */
  readonly isInPart?: true
  readonly sites: readonly SiteOutcome[]
}

export interface SiteOutcome {
  readonly site: string
  readonly outcome: Outcome
  readonly status?: number
  /** As `Came` has it. */
  readonly error?: string
  readonly at: number
}

export function newLocalState(): LocalState {
  return {
    executed: NOTHING_EXECUTED,
    bound: false,
    unbound: false,
    showsAll: undefined,
    leftover: false,
    parted: undefined,
    intent: undefined,
    draft: undefined,
    replaying: false,
    uncertain: undefined,
    hash: undefined,
    shown: undefined,
    hidden: [],
    looked: [],
    gone: undefined,
    spoke: undefined,
    told: [],
    mended: undefined,
    looks: undefined,
    leaving: undefined,
    failed: [],
    lacked: [],
    settling: undefined,
    refused: undefined,
    called: undefined,
    answered: undefined,
    givenUp: undefined,
    answersTell: false,
    suspect: false,
    unsure: false,
    saidUnsure: undefined,
    copiesOnlyFitting: false,
    diverged: false,
    divergedBy: undefined,
    sentAgain: false,
    outcomes: [],
    requests: [],
    acknowledges: false,
  }
}

/** What changes once a reset is carried out: what was given up, and may have landed before, is gone with it. */
export function withoutLanded({ shown }: LocalState): Pick<LocalState, 'shown'> {
  if (shown?.was === undefined) return { shown }
  const { was: _, ...others } = shown
  return { shown: others }
}

export function newCore(name: ReplicantName, site: string): CoreState {
  return { replicant: newReplicant(name, site), acknowledgements: new Map() }
}

/** Whether a name is replicated here: else its requests are none of replication's business. */
export function isReplicatedAt(replica: Replica, site: string): boolean {
  const holder = holderOf(replica.core.replicant)
  return holder !== undefined && membersOfReplicant(replica.core.replicant).includes(site)
}

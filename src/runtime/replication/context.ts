import type { Executed, LifeKnowledge, Matrices, Operation, ReplicantName } from '../../core/oplog/index.ts'
import type { DoubtPolicy } from '../../config.ts'
import type { Application } from '../../ports/application.ts'
import type { Blobs } from '../../ports/blobs.ts'
import type { BodySource } from '../../ports/bodies.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ReplicationGlue } from '../../ports/replication-glue.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'
import type { OperationSeal, SyncCodec, SyncNetwork } from '../../ports/sync.ts'
import type { ApplicationTurns } from './application/application-turns.ts'
import type { HeardNames } from '../names/heard-names.ts'
import type { OwnNames } from '../names/own-names.ts'
import type { OutboxBounds } from './store/outboxes.ts'
import type { ReplicationListener } from './events.ts'
import type { GivenNames } from './application/given-names.ts'
import type { Slashes } from './application/slashes.ts'
import type { Tellers } from './sync/told-work.ts'

/** All that replication touches of the world. */
export interface ReplicationPorts {
  readonly store: Store
  /** Large bodies; the store refers to them. */
  readonly blobs: Blobs
  /** Where those are fetched that others wrote. */
  readonly bodySource: BodySource
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly network: SyncNetwork
  readonly codec: SyncCodec
  readonly seal: OperationSeal
  readonly logger: Logger
}

export interface ReplicationOptions extends ReplicationPorts {
  /** This site. */
  readonly site: string
  /** Opened by this start of the agent, and never used before: its numbers begin at 1. */
  readonly incarnation: string
  /** The driver of a service; undefined for one that is not known here. */
  readonly glueOf: (service: string) => ReplicationGlue | undefined
  /** A hash of bytes as 64 hexadecimal digits, for comparing states, with others too: SHA-256 in an agent. */
  readonly hash: (bytes: Uint8Array) => string
  /** Asks another member for its state of a replicant; undefined when it cannot be reached, or has something left to do itself. */
  readonly fetchState: (site: string, replicant: ReplicantName) => Promise<MemberState | undefined>
  /** Whether this site lets the origin do to its application what an operation says; asked each time before one of another site is run, or copied. */
  readonly mayRun: (operation: Operation) => boolean
  /** Whether there is, or was, such a site, as far as is known here: for others nothing is kept until they are met. All, where it is not told. */
  readonly isSite?: (site: string) => boolean
  /** The key by which operations of a site are checked now, as text; undefined where none is known. Where it is not told, a site has one for ever. */
  readonly keyOf?: (site: string) => string | undefined
  /** What becomes of a request of a service in doubt that nobody can find out about; `hold` if not given. */
  readonly onDoubt?: ((service: string) => DoubtPolicy) | undefined
  /** By how many milliseconds the clocks of other sites that are heard are ahead of this machine's; none if not given. */
  readonly othersAheadMs?: () => readonly number[]
  /** How long a member of a replicant may be silent before it is detached, milliseconds; `RETENTION_MS` if not given. */
  readonly detachAfterMs?: number | undefined
  /** Whether there is room on disk for more than what is there already; always if not given. */
  readonly hasRoom?: (() => boolean) | undefined
  /** What waits for one site at most; `limits.outboxEntries` and `limits.outboxBytes` as they are by default if not given. */
  readonly outboxBounds?: OutboxBounds | undefined
  /** In which buckets this site holds names, which others are told, and what they tell; where it is not given nothing is said of it. */
  readonly names?: { readonly own: OwnNames; readonly heard: HeardNames } | undefined
  /** Where the network counts by it what reading messages takes; one of its own if not given. */
  readonly tellers?: Tellers | undefined
  readonly onEvent: ReplicationListener
}

/** The options, and what is known of resolution matrices: what all parts of replication are given. */
export interface ReplicationContext extends ReplicationOptions {
  /** By hash; the same map grows. */
  readonly matrices: Matrices
  /** How lanes ask `application`, which itself is for what clients ask. */
  readonly turns: ApplicationTurns
  readonly slashes: Slashes
  readonly givenNames: GivenNames
}

/** What a member that has nothing left to do tells of a replicant, for repair. */
export interface MemberState {
  readonly lives: readonly LifeKnowledge[]
  readonly executed: Executed
  /** The body that its application answers, undefined where there is no resource. */
  readonly state: { readonly rawHeaders: readonly string[]; readonly body: Uint8Array } | undefined
}

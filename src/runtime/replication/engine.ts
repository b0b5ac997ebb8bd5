import type { BodyRecords, NamedBody } from './bodies/body-records.ts'
import type { MatrixBook } from './admission/matrix-book.ts'
import type { Waiters } from './waiters.ts'
import type { Repairs } from './drift/repair.ts'
import type { Replica } from './replica.ts'
import type { ReplicasStore } from './store/replicas-store.ts'
import type { ReplicationContext } from './context.ts'
import type { TokenBuckets } from '../membership/token-buckets.ts'
import type { StampTime } from './write/stamp-time.ts'
import type { KeyRuns } from './sync/key-runs.ts'
import type { Scans } from './sync/scans.ts'
import type { Heard } from './write/settled.ts'
import type { Behind } from './lane/behind.ts'
import type { Standing } from './sync/standing.ts'
import type { Strangers } from './sync/strangers.ts'
import type { Ungiven } from './sync/ungiven.ts'
import type { Unanswered } from './lane/unanswered.ts'
import type { Tellers } from './sync/told-work.ts'
import type { UnprovenNames } from './admission/unproven-names.ts'
import type { WaitingRoom } from './sync/waiting-room.ts'
import type { Dot, ReplicantName, Stamp } from '../../core/oplog/index.ts'

/** What drives replication at one site: its parts, as each knows the others. */
export interface Engine {
  readonly options: ReplicationContext
  readonly matrices: MatrixBook
  readonly replicas: ReplicasStore
  readonly unanswered: Unanswered
  /** For outcomes. */
  readonly waiters: Waiters<Dot>
  readonly repairs: Repairs
  /** What each site has said when its last conversation with this one began. */
  readonly heard: Map<string, Heard>
  readonly standing: Standing
  /** What cannot go on for now. */
  readonly behind: Behind
  /** Looks at all records that others ask for. */
  readonly scans: Scans
  /** Since which run each site signs with its key. */
  readonly keyRuns: KeyRuns
  /** What waits until the key of its origin is known, or somebody brings it whose word counts. */
  readonly strangers: Strangers
  /** What members have acknowledged and do not give. */
  readonly ungiven: Ungiven
  /** Names that are kept here on others' word only. */
  readonly unproven: UnprovenNames
  readonly waitingRoom: WaitingRoom
  /** What each site may ask for by name, and states that it may ask for. */
  readonly wants: TokenBuckets
  readonly states: TokenBuckets
  /** How much work others make here by what they tell. */
  readonly tellers: Tellers
  /** Since when another site is connected, monotonic; undefined while it is not. */
  readonly connectedSince: (site: string) => number | undefined
  /** Sites that were set back, by the incarnation in which everything was told to them anew. */
  readonly toldAnew: Map<string, string>
  /** The number of the next operation of this run. */
  readonly nextNumber: () => number
  /** The number that was given last, 0 before the first. */
  readonly lastNumber: () => number
  readonly bodies: BodyRecords
  /** Lets large bodies be fetched that are not here. */
  readonly fetchBodies: () => void
  /** Whether nobody has given a large body for so long that it is not waited for any more. */
  readonly isGivenUp: (body: NamedBody) => boolean
  /** The greatest stamp that was given or seen and is not far ahead. */
  clock: Stamp
  /** By which stamps are given. */
  readonly time: StampTime
  /** Something unexpected went wrong with a replicant: it is left alone and shown. Throws what concerns more than it. */
  readonly leaveAlone: (name: ReplicantName, error: unknown) => void
  /** Operations of a replicant wait for others. */
  readonly waits: (name: ReplicantName) => void
  /** Lets the lane of a replicant look whether there is something to do. */
  readonly kick: (replica: Replica) => void
  /** Likewise, after so many milliseconds at the latest. */
  readonly kickIn: (replica: Replica, inMs: number) => void
  /** Whether the application of a service was just found to have lost what it had. */
  readonly losesAll: (service: string) => boolean
  /** What a replicant's application shows is read soon: it may not be there any more. */
  readonly lookAt: (name: ReplicantName) => void
  /** Whether the lane of a replicant has nothing to do, and nothing waits in it. */
  readonly isIdle: (replica: Replica) => boolean
}

import type { Dot, Replicant, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Application } from '../../../src/ports/application.ts'
import type { Blobs } from '../../../src/ports/blobs.ts'
import type { BodyPiece, BodySource } from '../../../src/ports/bodies.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { ReplicationGlue } from '../../../src/ports/replication-glue.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { MemberState } from '../../../src/runtime/replication/context.ts'
import type { ReplicationListener } from '../../../src/runtime/replication/events.ts'
import type { DiskCopy } from './disk.ts'
import type { Replica } from './ending.ts'
import type { SettleChoice } from '../../../src/ports/replication-control.ts'
import type { Random } from '../../../src/ports/random.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { OperationSeal, SyncCodec, SyncNetwork } from '../../../src/ports/sync.ts'

/** What one run of an agent gets from the world. */
export interface AgentPorts {
  readonly site: string
  readonly incarnation: string
  readonly store: Store
  readonly blobs: Blobs
  readonly bodySource: BodySource
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly network: SyncNetwork
  readonly codec: SyncCodec
  readonly seal: OperationSeal
  readonly glue: ReplicationGlue
  readonly logger: Logger
  readonly onEvent: ReplicationListener
  /** Whether this site lets another one write there. */
  readonly isOpenTo: (site: string) => boolean
  /** The key of a site as it is known there, as text; where keys may be lost. */
  readonly keyOf?: (site: string) => string | undefined
  /** Another site's agent, as long as it can be reached; undefined if it cannot. */
  readonly reach: (site: string) => Promise<Agent | undefined>
}

/** A client's request to an agent. */
export interface ClientRequest {
  readonly method: string
  readonly path: string
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array | undefined
  readonly name: ReplicantName
  /** Of a create: where the resource shall be. */
  readonly members: readonly string[] | undefined
  /** Idempotency key. */
  readonly key?: string
}

/** What the client was told. */
export interface ClientAnswer {
  readonly status: number
  /** Of an operation that was accepted. */
  readonly dot: Dot | undefined
}

/** What an operator asks of an agent. */
export type OperatorDeed =
  | { readonly do: 'settle'; readonly name: ReplicantName; readonly choice: SettleChoice }
  | {
      readonly do: 'adopt'
      readonly name: ReplicantName
      readonly members: readonly string[]
      readonly adopts: 'same' | 'all'
    }
  | { readonly do: 'repair'; readonly name: ReplicantName; readonly from: string | undefined }
  | { readonly do: 'resolve'; readonly name: ReplicantName; readonly how: 'adopt' | 'replace' | 'leave' }
  /** `tookEffect` is asked with the body of the request in doubt, if that is of one of these types. */
  | {
      readonly do: 'decide'
      readonly name: ReplicantName
      readonly types: readonly string[]
      readonly tookEffect: (body: unknown) => boolean
    }
  | { readonly do: 'detach' | 'attach'; readonly site: string }

/** The real replication at one site, as the simulation speaks to it. */
export interface Agent {
  /** As the membership tells it: the site can be reached, or cannot any more. */
  connect(site: string): void
  disconnect(site: string): void
  /** As an operator tells it: the name of a site is let go, so that another key may have it. */
  forget(site: string): void
  write(request: ClientRequest): Promise<ClientAnswer>
  changeMembers(name: ReplicantName, added: readonly string[], removed: readonly string[]): Promise<ClientAnswer>
  /** What an operator wants. */
  operate(deed: OperatorDeed): Promise<ClientAnswer>
  /** What another member may copy of a name. */
  stateFor(name: ReplicantName, to: string): Promise<MemberState | undefined>
  /** A piece of a large body for another site. */
  pieceFor(site: string, piece: BodyPiece): Promise<AsyncIterable<Uint8Array> | undefined>
  /** What stands on the disk of a name, and what the agent says of itself (`diverged`, …) where that is not well, and why. */
  show(name: ReplicantName, disk: DiskCopy): Promise<Pick<Replica, 'replicant' | 'admits' | 'reason'>>
}

/** What a disk holds of a name. */
export type ReadReplicant = (name: ReplicantName, disk: DiskCopy) => Promise<Replicant>

export type StartAgent = (ports: AgentPorts) => Promise<Agent>

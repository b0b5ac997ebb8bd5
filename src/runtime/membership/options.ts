import type { Clock } from '../../ports/clock.ts'
import type { HeartbeatCodec } from '../../ports/heartbeat-codec.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerNetwork } from '../../ports/peer-network.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'
import type { SiteRecord } from '../../core/membership/record.ts'
import type { Cuts } from './cuts.ts'
import type { Lifetime } from './lifetime.ts'
import type { MeshView } from './mesh-view.ts'

export interface MembershipOptions {
  readonly mesh: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly services: SiteRecord['services']
  readonly version: string
  /** Multiaddresses of any peers, with or without `/p2p/<id>`. */
  readonly bootstrap: readonly string[]
  /** Time between two beats in a small mesh, milliseconds. */
  readonly beatIntervalMs: number
  /** Until a connection stands, milliseconds; background attempts that failed three times take longer. */
  readonly dialTimeoutMs: number
  readonly times?: Partial<MembershipTimes>
}

/** Everything periodic, milliseconds. Tests and simulations make it faster. */
export interface MembershipTimes {
  /** Between two looks at who was not heard. */
  readonly tickMs: number
  /** For the answer to a hello: several round trips of the slowest links. */
  readonly helloTimeoutMs: number
  /** An inbound connection that has shown no record after this is closed. */
  readonly strangerMs: number
  /** Between two pings over a connection; each costs a stream. */
  readonly pingIntervalMs: number
  /** The same between the first few. */
  readonly firstPingsMs: number
  /** For its answer, over a link without delay. */
  readonly pingTimeoutMs: number
  /** Between two attempts to connect to a site that only connects to us. */
  readonly probeIntervalMs: number
  readonly probeTimeoutMs: number
  /** Until the first of those, after the site connected. */
  readonly probeDelayMs: number
  /** Who has the larger peer ID leaves the other this time to dial first. */
  readonly politeMs: number
  /** Between two looks at peers with more than one connection. */
  readonly duplicateCheckMs: number
  /** Between two attempts at a direct connection to a site that is reached through a relay. */
  readonly upgradeIntervalMs: number
  /** Between two puts of the own record into the DHT; values there die after 48 h. */
  readonly republishMs: number
  /** From a reason to put the record until it is put: several reasons come together. */
  readonly republishDelayMs: number
  readonly dhtTimeoutMs: number
  /** Between two requests for records that a beat has shown to be missing, to one peer. */
  readonly resyncMs: number
  /** Between two looks for what can be forgotten. */
  readonly forgetIntervalMs: number
  /** A site that was never met is forgotten after that much silence; whoever has met it tells of it again. */
  readonly forgetUnmetMs: number
  /** Between two own records that answer records which the mesh shows of this site: two agents with one key must not race. */
  readonly raiseMs: number
  /** How long a stop waits until all that are connected have heard of it: a round trip. */
  readonly goodbyeMs: number
}

export const DEFAULT_TIMES: MembershipTimes = {
  tickMs: 250,
  helloTimeoutMs: 20_000,
  strangerMs: 30_000,
  pingIntervalMs: 10_000,
  firstPingsMs: 1_000,
  pingTimeoutMs: 5_000,
  probeIntervalMs: 60_000,
  probeTimeoutMs: 3_000,
  probeDelayMs: 5_000,
  politeMs: 500,
  duplicateCheckMs: 5_000,
  upgradeIntervalMs: 60_000,
  republishMs: 3_600_000,
  republishDelayMs: 1_000,
  dhtTimeoutMs: 15_000,
  resyncMs: 2_000,
  forgetIntervalMs: 60_000,
  forgetUnmetMs: 3_600_000,
  raiseMs: 10_000,
  goodbyeMs: 300,
}

export interface MembershipDeps {
  readonly network: PeerNetwork
  readonly codec: HeartbeatCodec
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Load average of a minute per core, in per cent. */
  readonly loadPercent: () => number
}

/** What the parts of the membership share. */
export interface MeshContext extends Omit<MembershipDeps, 'store'> {
  readonly options: MembershipOptions
  readonly times: MembershipTimes
  readonly view: MeshView
  readonly cuts: Cuts
  readonly life: Lifetime
}

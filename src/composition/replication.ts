import { hash } from 'node:crypto'
import { BodyExchange } from '../../protocols/body/body-exchange.ts'
import { StateExchange } from '../../protocols/state/state-exchange.ts'
import { syncCodec } from '../../protocols/sync/codec.ts'
import { createOperationSeal } from '../../protocols/sync/seal.ts'
import type { SentPart } from '../../protocols/sync/sent-parts.ts'
import { createSyncNetwork } from '../../protocols/sync/sync-network.ts'
import { ApplicationClient } from '../adapters/http/application-client/index.ts'
import type { Config } from '../config.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import type { PeerNode } from '../peer-node.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { ReplicationCounts } from '../ports/control.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership, MembershipChange } from '../ports/membership.ts'
import type { Random } from '../ports/random.ts'
import type { Store } from '../ports/store.ts'
import type { ReplicationEvent, ReplicationListener } from '../runtime/replication/events.ts'
import { HeardNames } from '../runtime/names/heard-names.ts'
import { NameAnnouncer } from '../runtime/names/name-announcer.ts'
import { OwnNames } from '../runtime/names/own-names.ts'
import { ReplicantListing } from '../runtime/replication/operator/replicant-listing.ts'
import { OperationsView } from '../runtime/replication/operator/operations-view.ts'
import { Replicator } from '../runtime/replication/replicator.ts'
import { Tellers } from '../runtime/replication/sync/told-work.ts'
import { isExposed } from './exposed-operation.ts'
import { ReplicationLog } from './replication-log.ts'
import { ReplicationOperator } from './replication-operator.ts'
import type { Services } from './services.ts'

export interface ReplicationParts {
  /** Of this start, see `nextIncarnation`. */
  readonly incarnation: string
  readonly config: Config
  readonly services: Services
  readonly peer: PeerNode
  readonly store: Store
  /** Large bodies, of this agent alone. */
  readonly blobs: Blobs
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Whether there is room on disk. */
  readonly hasRoom: () => boolean
  /** Told of everything that happens; must not throw. */
  readonly onEvent: ReplicationListener
  /** Told of each part of what is said to other sites; must not throw. */
  readonly onSent: (part: SentPart, bytes: number) => void
}

/** Replication in this agent: the replicator with the real ports, told by the membership who can be reached. */
export class AgentReplication {
  readonly replicator: Replicator
  /** What operators see of the replicants. */
  readonly listing: ReplicantListing
  readonly operator: ReplicationOperator
  /** In which buckets others hold names. */
  readonly heardNames: HeardNames
  readonly #operations: OperationsView
  readonly #application: ApplicationClient
  readonly #states: StateExchange
  readonly #bodies: BodyExchange
  readonly #peer: PeerNode
  readonly #ownNames: OwnNames
  readonly #announcer: NameAnnouncer
  readonly #log: ReplicationLog
  readonly #onEvent: ReplicationListener
  #unwatch: () => void = () => {}

  constructor({
    incarnation,
    config,
    services,
    peer,
    store,
    blobs,
    clock,
    random,
    logger,
    hasRoom,
    onEvent,
    onSent,
  }: ReplicationParts) {
    const { membership } = peer
    this.#peer = peer
    this.#log = new ReplicationLog(logger, clock)
    this.#onEvent = onEvent
    this.#application = new ApplicationClient({
      service: name => services.get(name),
      limits: config.limits,
      timeouts: config.timeouts,
    })
    this.#states = new StateExchange({
      transport: peer.transport,
      clock,
      logger,
      siteOfPeer: peerId => membership.siteOfPeer(peerId),
      statusOf: replicant => this.replicator.status(replicant),
      stateFor: (replicant, site) => this.replicator.stateFor(replicant, site),
    })
    this.#bodies = new BodyExchange({
      transport: peer.transport,
      clock,
      logger,
      siteOfPeer: peerId => membership.siteOfPeer(peerId),
      pieceFor: (site, piece) => this.replicator.pieceFor(site, piece),
    })
    const names = (): AsyncIterable<ReplicantName> => this.replicator.names()
    this.#ownNames = new OwnNames({ store, logger, names })
    this.heardNames = new HeardNames({ store, clock, logger })
    const tellers = new Tellers(clock)
    this.replicator = new Replicator({
      site: config.site,
      incarnation,
      store,
      blobs,
      bodySource: this.#bodies,
      application: this.#application,
      clock,
      random,
      network: createSyncNetwork({
        transport: peer.transport,
        clock,
        siteOfPeer: peerId => membership.siteOfPeer(peerId),
        workOf: site => tellers.of(site),
        onSent,
      }),
      tellers,
      codec: syncCodec,
      seal: createOperationSeal({
        mesh: config.mesh,
        site: config.site,
        sign: bytes => peer.sign(bytes),
        publicKeyOf: site => peer.publicKeyOf(site),
      }),
      logger,
      mayRun: operation => isExposed(operation, services.get(operation.replicant.service)),
      isSite: site => membership.site(site) !== undefined,
      keyOf: site => {
        const key = peer.publicKeyOf(site)
        return key && Buffer.from(key).toString('hex')
      },
      glueOf: service => services.get(service)?.glue,
      onDoubt: service => services.get(service)?.config.doubt ?? 'hold',
      hash: sha256,
      // One that is down is not dialled: a client's write may wait for the answer.
      fetchState: async (site, replicant) =>
        membership.site(site)?.liveness === 'down' ? undefined : this.#states.ask(site, replicant),
      othersAheadMs: () => clocksOf(membership),
      detachAfterMs: config.timeouts.silentMemberMs,
      hasRoom,
      outboxBounds: { entries: config.limits.outboxEntries, bytes: config.limits.outboxBytes },
      names: { own: this.#ownNames, heard: this.heardNames },
      onEvent: event => {
        this.tell(event)
        this.#operations.see(event)
        if (event.kind === 'members' && event.members.includes(config.site)) this.#ownNames.add(event.replicant)
        if (event.kind === 'set-back') this.#announcer.forgotten(event.site)
      },
    })
    this.listing = new ReplicantListing(store, this.replicator, clock)
    this.#operations = new OperationsView(config.site, store, clock, this.replicator)
    this.operator = new ReplicationOperator(this.replicator, this.listing, this.#operations, membership, clock)
    this.#announcer = new NameAnnouncer({ buckets: peer.nameBuckets, own: this.#ownNames, store, clock, logger })
    peer.nameBuckets.answerWith(bucket => this.#holders(bucket))
  }

  /** Has operators see what has happened. */
  tell(event: ReplicationEvent): void {
    this.#log.see(event)
    this.#onEvent(event)
  }

  /** How the replicants here stand. */
  counts(): ReplicationCounts {
    const { counts } = this.replicator
    return counts === undefined ? { state: 'counting' } : { state: 'counted', ...counts }
  }

  /** After the peer: others may begin to tell at once. */
  async start(): Promise<void> {
    const { membership } = this.#peer
    await this.#ownNames.start()
    await this.heardNames.start()
    await this.#announcer.start()
    await this.replicator.start()
    await this.#states.start()
    await this.#bodies.start()
    this.#unwatch = membership.onChange(change => this.#onChange(change))
    for (const { name, liveness } of membership.sites()) {
      if (liveness === 'down') continue
      this.replicator.connected(name, liveness === 'alive')
      if (name !== membership.self) this.#announcer.reached(name)
    }
  }

  async stop(): Promise<void> {
    this.#unwatch()
    this.#announcer.stop()
    await this.#states.stop()
    await this.#bodies.stop()
    await this.replicator.stop()
    this.heardNames.stop()
    this.#log.close()
    this.#application.close()
  }

  #onChange({ kind, site }: MembershipChange): void {
    if (kind === 'forgotten') {
      this.replicator.forgotten(site)
      this.heardNames.forgotten(site)
      this.#announcer.lost(site)
    }
    if (kind !== 'liveness' && kind !== 'connected') return
    const liveness = this.#peer.membership.site(site)?.liveness
    if (liveness === 'alive') {
      this.replicator.connected(site)
      this.#announcer.reached(site)
    }
    if (liveness === 'down') {
      this.replicator.disconnected(site)
      this.#announcer.lost(site)
    }
  }

  /** Peers of the sites that hold names of a bucket, this one among them. */
  #holders(bucket: number): readonly string[] {
    const { membership, peerId } = this.#peer
    const others = this.heardNames.holders(bucket).flatMap(site => membership.site(site)?.peerId ?? [])
    return this.#ownNames.buckets.has(bucket) ? [peerId, ...others] : others
  }
}

/** By how much the clocks of the others that are heard are ahead of this machine's. */
function clocksOf(membership: Membership): readonly number[] {
  return membership
    .sites()
    .flatMap(({ name, liveness, clockOffsetMs }) =>
      name === membership.self || liveness !== 'alive' || clockOffsetMs === undefined ? [] : [clockOffsetMs],
    )
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes)
}

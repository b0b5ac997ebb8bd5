import { PeerComparison } from './peer-comparison.ts'
import { tellLookAgain } from '../drift/looking.ts'
import { mayHear } from './arrivals.ts'
import { MAX_RESYNCS_AN_HOUR, RESYNC_AGAIN_MS, TOLD_TOGETHER } from '../limits.ts'
import { SyncReceiver } from './sync-receiver.ts'
import { SyncSender } from './sync-sender.ts'
import type { Engine } from '../engine.ts'
import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { ReplicationPeer } from '../../../ports/replication-control.ts'
import type { SyncChannel } from '../../../ports/sync.ts'

const HOUR_MS = 3_600_000

interface Receiving {
  readonly receiver: SyncReceiver
  readonly ended: Promise<void>
}

/** All conversations with other sites: at most one each way with each of them. */
export class Peers {
  readonly #engine: Engine
  readonly #onFault: (error: unknown) => void
  readonly #senders = new Map<string, SyncSender>()
  readonly #receivers = new Map<string, Receiving>()
  readonly #comparisons = new Map<string, PeerComparison>()
  readonly #resyncs = new Map<string, Promise<void>>()
  /** When everything was told anew, within the last hour. */
  readonly #resynced = new Map<string, readonly number[]>()
  #isStopped = false

  /** @param onFault is told of what replication cannot go on with */
  constructor(engine: Engine, onFault: (error: unknown) => void) {
    this.#engine = engine
    this.#onFault = onFault
  }

  /** A site can be reached. */
  connected(site: string): void {
    if (this.#isStopped) return
    const sender = this.#senders.get(site) ?? this.#senderTo(site)
    this.#senders.set(site, sender)
    sender.connect()
  }

  /** A site was not heard for a while. */
  doubted(site: string): void {
    this.#senders.get(site)?.doubt()
  }

  /** A site is none any more: it is not told anything until it is `connected` again. */
  forgotten(site: string): void {
    this.#senders.get(site)?.stop()
    this.#senders.delete(site)
    this.#comparisons.delete(site)
  }

  /** A site can be reached, so that its key is known: what others have told of it, and could not be looked at, is asked for. */
  met(site: string): void {
    for (const teller of this.#engine.strangers.met(site)) this.#receivers.get(teller)?.receiver.askForStrangers()
  }

  /** Another site has opened a conversation. The one before, if there is one, leads nowhere any more. */
  serve(channel: SyncChannel): void {
    const { site } = channel
    const before = this.#receivers.get(site)
    before?.receiver.replace()
    const receiver = new SyncReceiver(this.#engine, channel, this.#comparisonWith(site), other => this.#resync(other))
    // What the one before has begun to take it takes before this one says what is here.
    const ended = (before?.ended ?? Promise.resolve())
      .then(() => receiver.run())
      .catch((error: unknown) => this.#onFault(error))
      .finally(() => {
        if (this.#receivers.get(site)?.receiver === receiver) this.#receivers.delete(site)
      })
    this.#receivers.set(site, { receiver, ended })
  }

  stop(): void {
    this.#isStopped = true
    for (const sender of this.#senders.values()) sender.stop()
  }

  /** Sorted by name. */
  status(): readonly ReplicationPeer[] {
    const { outboxes, digests } = this.#engine.replicas
    const sites = new Set([...this.#senders.keys(), ...outboxes.sites])
    return [...sites].sort().map(site => ({
      site,
      connected: this.#senders.get(site)?.isWelcome ?? false,
      outbox: outboxes.length(site),
      lagMs: outboxes.lagMs(site),
      shared: digests.of(site)?.count,
      ...this.#comparisonWith(site).status,
    }))
  }

  #senderTo(site: string): SyncSender {
    return new SyncSender(this.#engine, site, this.#comparisonWith(site), other => this.#resync(other))
  }

  #comparisonWith(site: string): PeerComparison {
    const known = this.#comparisons.get(site)
    const comparison = known ?? new PeerComparison(this.#engine, site, other => this.#resync(other))
    this.#comparisons.set(site, comparison)
    return comparison
  }

  /**
   * Everything that is or was shared with a site is told to it anew, since one of the two was set back, once at a time. To before its
   * removal, perhaps, and then it takes itself for a member.
   */
  #resync(site: string): Promise<void> {
    const running = this.#resyncs.get(site)
    if (running !== undefined) return running
    const resync = this.#tellAll(site).finally(() => this.#resyncs.delete(site))
    this.#resyncs.set(site, resync)
    return resync
  }

  async #tellAll(site: string): Promise<void> {
    const { clock } = this.#engine.options
    const since = clock.monotonic() - HOUR_MS
    const before = (this.#resynced.get(site) ?? []).filter(at => at > since)
    if (before.length >= MAX_RESYNCS_AN_HOUR) return
    const waitMs = (before.at(-1) ?? -Infinity) + RESYNC_AGAIN_MS - clock.monotonic()
    if (waitMs > 0) await new Promise<void>(resolve => void clock.after(waitMs, resolve))
    await this.#tellEach(site)
    this.#resynced.set(site, [...before, clock.monotonic()])
  }

  async #tellEach(site: string): Promise<void> {
    const { replicas } = this.#engine
    const names: ReplicantName[] = []
    const looking: ReplicantName[] = []
    const tell = async (): Promise<void> => {
      await replicas.commit(commit => {
        for (const replicant of names.splice(0)) commit.tell(site, { kind: 'replicant', replicant, knows: [] })
      })
      for (const name of looking.splice(0)) await replicas.with(name, replica => tellLookAgain(this.#engine, replica))
    }
    for await (const name of replicas.names()) {
      const isTold = await replicas.with(name, ({ core, local }) => {
        if (!mayHear(core.replicant, site)) return false
        if (local.suspect && local.looks !== undefined) looking.push(name)
        return true
      })
      if (isTold) names.push(name)
      if (names.length === TOLD_TOGETHER) await tell()
    }
    await tell()
  }
}

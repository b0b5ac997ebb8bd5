import { CodedSet, DifferenceReader } from '../../../core/reconcile/coded-symbols.ts'
import {
  AUDIT_AFTER_MS,
  AUDIT_AGAIN_CAP_MS,
  AUDIT_AGAIN_MS,
  BUSY_AUDIT_AFTER_MS,
  BUSY_AUDIT_AGAIN_MS,
  DIGEST_QUIET_MS,
  DIFFERS_AFTER_MS,
  FIRST_SYMBOLS,
  MAX_AUDIT_SYMBOLS,
  MAX_SYMBOLS_TOGETHER,
} from '../limits.ts'
import { paced } from '../store/paced.ts'
import type { Engine } from '../engine.ts'
import type { Known } from './shared-digests.ts'
import type { ReplicationPeer } from '../../../ports/replication-control.ts'
import type { SetDigest, SyncChannel, SyncMessage } from '../../../ports/sync.ts'

/** Words of an element that stand for the name. */
const NAME_WORDS = 3

interface Audit {
  readonly seed: number
  readonly reader: DifferenceReader
  readonly channel: SyncChannel
  /** Writes came while it was begun, so that much of what it finds is on its way. */
  readonly isBusy: boolean
}

/**
 * Whether this site and another hold the same of what they share. Digests tell that they do; where they differ for long, although nothing
 * is on its way, coded symbols tell in what, and each asks for what it lacks.
 */
export class PeerComparison {
  readonly #engine: Engine
  readonly #site: string
  readonly #resync: (site: string) => Promise<void>
  #state: ReplicationPeer['digest'] = 'unknown'
  #agreedAt: number | undefined
  /** When digests were first seen to differ since they agreed last, monotonic. */
  #differsSince: number | undefined
  /** The same while writes came without a pause: what is on its way makes them differ too. */
  #unequalSince: number | undefined
  /** What `changes` was last, and since when, monotonic. */
  #lastChanges = 0
  #changedAt = -Infinity
  /** When the last one had looked at all records here. */
  #auditAt = -Infinity
  #audits = 0
  #audit: Audit | undefined
  #isAuditing = false

  constructor(engine: Engine, site: string, resync: (site: string) => Promise<void>) {
    this.#engine = engine
    this.#site = site
    this.#resync = resync
  }

  get status(): Pick<ReplicationPeer, 'digest' | 'agreedAt'> {
    return { digest: this.#state, agreedAt: this.#agreedAt }
  }

  /** Whether the last digests that were compared were not equal. */
  get isOpen(): boolean {
    return this.#differsSince !== undefined
  }

  /** Another number after each change of what counts for the digest. */
  get changes(): number {
    return this.#engine.replicas.digests.changesOf(this.#site)
  }

  /** This site's digest now; undefined while it is not known. */
  mine(): SetDigest | undefined {
    return this.#engine.replicas.digests.of(this.#site)
  }

  /** Whether something of what both share has changed here just now, as far as somebody has asked. */
  isBusy(): boolean {
    const now = this.#engine.options.clock.monotonic()
    if (this.changes !== this.#lastChanges) this.#changedAt = now
    this.#lastChanges = this.changes
    return now - this.#changedAt < DIGEST_QUIET_MS
  }

  /** The other site has told its digest. */
  heard(theirs: SetDigest): void {
    const mine = this.mine()
    if (mine === undefined) return
    const { clock, onEvent } = this.#engine.options
    const isBusy = this.isBusy()
    if (isEqual(mine, theirs)) {
      if (this.#state === 'differs') onEvent({ kind: 'compared', site: this.#site, agrees: true })
      this.#state = 'agrees'
      this.#agreedAt = Math.floor(clock.now())
      this.#differsSince = undefined
      this.#unequalSince = undefined
      this.#audits = 0
      return
    }
    this.#unequalSince ??= clock.monotonic()
    if (isBusy) return
    this.#differsSince ??= clock.monotonic()
    if (this.#state === 'differs' || clock.monotonic() - this.#differsSince < DIFFERS_AFTER_MS) return
    this.#state = 'differs'
    onEvent({ kind: 'compared', site: this.#site, agrees: false })
  }

  /** Begins an audit over a conversation that the other site has opened, if it is time for one, and this site's turn to ask. */
  async auditIfDue(channel: SyncChannel): Promise<void> {
    const { clock, random, site } = this.#engine.options
    const isBusy = this.isBusy()
    const since = isBusy ? this.#unequalSince : this.#differsSince
    if (since === undefined || this.#isAuditing || site > this.#site) return
    const now = clock.monotonic()
    if (now - since < (isBusy ? BUSY_AUDIT_AFTER_MS : AUDIT_AFTER_MS)) return
    const growing = Math.min(AUDIT_AGAIN_CAP_MS, AUDIT_AGAIN_MS * 2 ** Math.max(0, this.#audits - 1))
    // Also where they have agreed in between: whoever says now this and now that has no more of them.
    if (now - this.#auditAt < (isBusy ? BUSY_AUDIT_AGAIN_MS : growing)) return
    this.#audits++
    this.#isAuditing = true
    try {
      const seed = new DataView(random.bytes(4).slice().buffer).getUint32(0)
      const own = await this.codedSet(seed)
      this.#audit = { seed, reader: new DifferenceReader(own, seed), channel, isBusy }
    } finally {
      this.#isAuditing = false
      this.#auditAt = clock.monotonic()
    }
    await channel.send({ kind: 'audit', seed: this.#audit.seed, from: 0, count: FIRST_SYMBOLS })
  }

  /** The other site has answered. */
  async symbols({ from, symbols }: SyncMessage & { readonly kind: 'symbols' }, channel: SyncChannel): Promise<void> {
    const audit = this.#audit
    if (audit === undefined || audit.channel !== channel || from !== audit.reader.taken) return
    const { reader, seed, isBusy } = audit
    const difference = this.#engine.tellers.of(this.#site).do(() => reader.take(symbols))
    if (difference !== undefined) {
      this.#audit = undefined
      return this.#exchange([...difference.theirs, ...difference.ours], channel)
    }
    if (reader.hasFailed || reader.taken >= MAX_AUDIT_SYMBOLS) {
      this.#audit = undefined
      // So much is on its way that nothing can be told: it is tried again later.
      return isBusy ? undefined : this.#exchangeAll(channel)
    }
    const count = Math.min(MAX_SYMBOLS_TOGETHER, Math.max(FIRST_SYMBOLS, reader.taken))
    await channel.send({ kind: 'audit', seed, from: reader.taken, count })
  }

  /** Everything that both share, as it is on disk. */
  async codedSet(seed: number): Promise<CodedSet> {
    const { codec } = this.#engine.options
    const set = new CodedSet(seed)
    for await (const { name, lives } of this.#allShared()) set.add(codec.auditElement(name, lives))
    return set
  }

  /** All that is held here of names that the other site lacks is told to it. */
  async tellLacked(names: readonly Uint32Array[]): Promise<void> {
    const { replicas, options } = this.#engine
    const wanted = new Set(names.map(words => words.join()))
    for await (const { name } of this.#allShared()) {
      if (!wanted.has(options.codec.auditElement(name, []).subarray(0, NAME_WORDS).join())) continue
      await replicas.commit(commit => commit.tell(this.#site, { kind: 'replicant', replicant: name, knows: [] }))
    }
  }

  /** Each asks for what it lacks of these. */
  async #exchange(elements: readonly Uint32Array[], channel: SyncChannel): Promise<void> {
    const { codec, logger } = this.#engine.options
    const differing = new Map(elements.map(element => [element.slice(0, NAME_WORDS).join(), element]))
    logger.info({ site: this.#site, replicants: differing.size }, 'an audit has found what differs')
    for await (const known of this.#allShared()) {
      const key = codec.auditElement(known.name, []).subarray(0, NAME_WORDS).join()
      if (differing.delete(key)) await this.#exchangeOne(known, channel)
    }
    const lacked = [...differing.values()].map(element => element.slice(0, NAME_WORDS))
    for (let at = 0; at < lacked.length; at += MAX_SYMBOLS_TOGETHER)
      await channel.send({ kind: 'lack', names: lacked.slice(at, at + MAX_SYMBOLS_TOGETHER) })
  }

  async #exchangeAll(channel: SyncChannel): Promise<void> {
    await this.#resync(this.#site)
    for await (const { name, lives } of this.#allShared()) await channel.send({ kind: 'want', replicant: name, lives })
  }

  async #exchangeOne({ name, lives }: Known, channel: SyncChannel): Promise<void> {
    const { replicas } = this.#engine
    await channel.send({ kind: 'want', replicant: name, lives })
    await replicas.commit(commit => commit.tell(this.#site, { kind: 'replicant', replicant: name, knows: [] }))
  }

  async *#allShared(): AsyncGenerator<Known> {
    const { replicas, options } = this.#engine
    await replicas.onDisk()
    for await (const known of paced(replicas.allKnown(), options.clock))
      if (known.members.includes(options.site) && known.members.includes(this.#site)) yield known
  }
}

export function isEqual(a: SetDigest, b: SetDigest): boolean {
  return a.count === b.count && a.sum === b.sum
}

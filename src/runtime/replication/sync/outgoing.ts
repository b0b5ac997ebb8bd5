import {
  NOTHING_KNOWN,
  lifeKey,
  membersOfReplicant,
  partingFor,
  replicantKey,
  sameDot,
  transferFor,
  type Known,
  type LifeId,
  type LifeTransfer,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { ownBytes } from '../../../core/resource/own-bytes.ts'
import { CheopsError } from '../../../errors.ts'
import {
  MAX_ENTRIES_BYTES,
  MAX_ENTRIES_TOGETHER,
  MAX_LOOKUPS_TOGETHER,
  MAX_REMEMBERED_REPLICANTS,
  MAX_TRANSFER_ATTEMPTS,
} from '../limits.ts'
import { signTogether } from './sign-together.ts'
import { mayHear } from './arrivals.ts'
import { decodeOutboxRecord, type OutboxRecord } from '../store/outbox-record.ts'
import type { Engine } from '../engine.ts'
import type { Outbox } from '../store/outboxes.ts'
import type { Replica } from '../replica.ts'
import type { OutboxEntry, SealedOperation } from '../../../ports/sync.ts'

/** A record of an outbox, and the operation that it names as long as that is kept. */
interface Numbered {
  readonly number: number
  readonly record: OutboxRecord
  sealed: SealedOperation | undefined
}

type Knows = (OutboxRecord & { readonly kind: 'replicant' })['knows']

/** The entries of operations that are kept in memory: each is told to several sites. */
const told = new WeakMap<SealedOperation, Uint8Array>()

/** What one conversation tells another site: records of outboxes made into entries, when it is their turn. */
export class Outgoing {
  readonly #engine: Engine
  readonly #site: string
  /** Up to which number of an outbox a replicant has been told as a whole. */
  readonly #transferred = new Map<string, number>()

  constructor(engine: Engine, site: string) {
    this.#engine = engine
    this.#site = site
  }

  /**
   * The next entries from a number on, as many as go into one message; at least one if the number is on disk.
   * @param maxBytes of all together, unless the first one is larger
   */
  async entries(outbox: Outbox, first: number, maxBytes: number): Promise<Uint8Array[]> {
    const limit = Math.min(MAX_ENTRIES_TOGETHER, outbox.journal.written - first)
    const entries: Uint8Array[] = []
    let bytes = 0
    if (limit <= 0) return entries
    for (const number of outbox.expanded) if (number < outbox.journal.first) outbox.expanded.delete(number)
    const records: Numbered[] = []
    for await (const [number, value] of outbox.journal.read({ from: first, limit }))
      records.push({ number, record: decodeOutboxRecord(value), sealed: undefined })
    // What is asked for from now on is told anew.
    outbox.readUpTo = Math.max(outbox.readUpTo, first + limit - 1)
    for (const { record, number } of records)
      if (record.kind === 'replicant' && outbox.wholes.get(replicantKey(record.replicant))?.number === number)
        outbox.wholes.delete(replicantKey(record.replicant))
    for (const [place, numbered] of records.entries()) {
      if (place % MAX_LOOKUPS_TOGETHER === 0) await this.#lookUp(records.slice(place, place + MAX_LOOKUPS_TOGETHER))
      const entry = await this.#entry(numbered, outbox)
      if (entries.length > 0 && bytes + entry.length > maxBytes) break
      entries.push(entry)
      bytes += entry.length
      if (bytes >= maxBytes) break
    }
    return entries
  }

  async #lookUp(records: readonly Numbered[]): Promise<void> {
    await Promise.all(
      records.map(async numbered => {
        const { record } = numbered
        if (record.kind !== 'operation') return
        numbered.sealed = await this.#engine.replicas.sealed(record.replicant, record.dot)
      }),
    )
    const found = records.flatMap(({ record, sealed }) =>
      record.kind === 'operation' && sealed !== undefined ? { name: record.replicant, dot: record.dot, sealed } : [],
    )
    const signed = new Map(signTogether(this.#engine, found).map(each => [each.dot, each.sealed]))
    for (const numbered of records)
      if (numbered.record.kind === 'operation') numbered.sealed = signed.get(numbered.record.dot)
  }

  async #entry({ record, number, sealed }: Numbered, outbox: Outbox): Promise<Uint8Array> {
    const { replicas, options } = this.#engine
    const { codec } = options
    if (record.kind === 'entry') return record.bytes
    const { replicant } = record
    if (outbox.expanded.has(number)) return codec.encodeEntry(nothingOf(replicant))
    if (record.kind === 'operation') {
      if (sealed !== undefined) return this.#operation(sealed)
      // It is forgotten. What became of it is told once, whatever else of the replicant is forgotten up to now.
      const key = `${outbox.incarnation} ${replicantKey(replicant)}`
      if (number < (this.#transferred.get(key) ?? 0)) return codec.encodeEntry(nothingOf(replicant))
      if (this.#transferred.size >= MAX_REMEMBERED_REPLICANTS) this.#transferred.clear()
      this.#transferred.set(key, outbox.journal.next)
    }
    const knows = record.kind === 'operation' ? 'acknowledged' : record.knows
    const entries = await replicas
      .with(replicant, replica => this.#transfers(replica, knows))
      .catch((error: unknown) => {
        if (!(error instanceof CheopsError) || error.code !== 'ERR_SYNC_TOO_LARGE') throw error
        // What a member has made of it may not hold up what stands behind it.
        const why = { site: this.#site, replicant: replicantText(replicant), error: error.message }
        options.logger.error(why, 'what is known of a resource is too long to be told')
        return []
      })
    if (entries.length === 1 && entries[0] !== undefined && entries[0].length <= MAX_ENTRIES_BYTES) return entries[0]
    // One number is one entry: more of them follow at the end.
    if (entries.length > 0)
      await replicas.commit(commit => {
        for (const bytes of entries) commit.tell(this.#site, { kind: 'entry', bytes })
        // Once in a run, however often it is read before it is received.
        commit.afterwards(() => outbox.expanded.add(number))
      })
    return codec.encodeEntry(nothingOf(replicant))
  }

  #operation(sealed: SealedOperation): Uint8Array {
    const known = told.get(sealed)
    if (known !== undefined) return known
    const entry = ownBytes(this.#engine.options.codec.encodeEntry({ kind: 'operation', operation: sealed }))
    told.set(sealed, entry)
    return entry
  }

  /** What the site lacks of a replicant, an entry for each part. */
  async #transfers(replica: Replica, knows: Knows, attempts = 0): Promise<Uint8Array[]> {
    if (attempts > MAX_TRANSFER_ATTEMPTS)
      throw new CheopsError('ERR_SYNC_CLOSED', `${replica.name.name} changes too fast to be told as a whole.`)
    const { replicas, options } = this.#engine
    const { codec } = options
    const entries: Uint8Array[] = []
    // Whatever has put it into the outbox: who is and was no member is told nothing of it.
    if (!mayHear(replica.core.replicant, this.#site)) return entries
    const matrices = new Set<string>()
    for (const { life, transfer } of this.#lacked(replica, knows)) {
      // Nothing of it may be taken back by a crash here.
      await replicas.onDisk()
      const found = []
      for (const { dot } of transfer.operations) {
        const sealed = await replicas.sealed(replica.name, dot)
        // Forgotten meanwhile: what is told then is newer than this.
        if (sealed === undefined) return this.#transfers(replica, knows, attempts + 1)
        found.push({ name: replica.name, dot, sealed })
      }
      const operations = signTogether(this.#engine, found).map(({ sealed }) => sealed)
      const { summary } = transfer
      for (const { matrix } of [...transfer.operations, ...(summary?.droppers ?? [])])
        if (matrix !== undefined) matrices.add(matrix)
      const parts: OutboxEntry[] = []
      let part: SealedOperation[] = []
      let bytes = 0
      for (const sealed of operations) {
        if (part.length > 0 && bytes + sealed.bytes.length > MAX_ENTRIES_BYTES / 2) {
          const whole = { life, operations: part }
          parts.push({ kind: 'transfer', replicant: replica.name, transfer: whole, more: true })
          ;[part, bytes] = [[], 0]
        }
        part.push(sealed)
        bytes += sealed.bytes.length
      }
      const last = { life, operations: part, ...(summary !== undefined && { summary }) }
      parts.push({ kind: 'transfer', replicant: replica.name, transfer: last, more: false })
      entries.push(...parts.map(entry => codec.encodeEntry(entry)))
    }
    // Who asks for all this may know none of them.
    const before = [...matrices].flatMap(hash => this.#engine.matrices.entryOf(hash) ?? [])
    return [...before.map(entry => codec.encodeEntry(entry)), ...entries]
  }

  /** By lives, in their order. Who is no member any more learns that, and nothing of what was written. */
  #lacked({ core }: Replica, knows: Knows): readonly { readonly life: LifeId; readonly transfer: LifeTransfer }[] {
    const { site } = this.#engine.options
    const { replicant, acknowledgements } = core
    const acknowledged = acknowledgements.get(this.#site)?.knowledge
    const known = (life: LifeId): Known =>
      typeof knows === 'string'
        ? { knowledge: acknowledged?.get(lifeKey(life)) ?? [], holes: [] }
        : (knows.find(each => sameDot(each.life.dot, life.dot)) ?? NOTHING_KNOWN)
    if (!membersOfReplicant(replicant).includes(this.#site)) return partingFor(replicant, this.#site, site, known)
    const wasRemoved = replicant.lives.some(({ changes }) =>
      changes.some(change => change.site === this.#site && !change.member),
    )
    return replicant.lives.flatMap(life => {
      const transfer = transferFor(life, known(life.life), site, wasRemoved)
      return transfer === undefined ? [] : [{ life: life.life, transfer }]
    })
  }
}

/** Stands under a number whose operation is forgotten: it says nothing. */
function nothingOf(replicant: ReplicantName): OutboxEntry {
  return { kind: 'acknowledgement', replicant, lives: [], clock: { ms: 0, counter: 0 } }
}

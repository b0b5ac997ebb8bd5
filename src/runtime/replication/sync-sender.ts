import { dotKey, lifeKey, replicantKey, transferFor, type Context, type ReplicantName } from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import {
  MAX_ENTRIES_BYTES,
  MAX_ENTRIES_TOGETHER,
  MAX_LOOKUPS_TOGETHER,
  MAX_REMEMBERED_REPLICANTS,
  MAX_TRANSFER_ATTEMPTS,
  MAX_UNRECEIVED_ENTRIES,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
} from './limits.ts'
import { decodeOutboxRecord, type OutboxRecord } from './records.ts'
import type { Shared } from './admission.ts'
import type { Outbox } from './outboxes.ts'
import type { Replica } from './replicas-store.ts'
import type { OutboxEntry, SealedOperation, SyncChannel, SyncMessage } from '../../ports/sync.ts'

/** A record of an outbox, and the operation that it names as long as that is kept. */
interface Numbered {
  readonly number: number
  readonly record: OutboxRecord
  sealed: SealedOperation | undefined
}

/**
 * Tells one other site what stands in the outboxes to it, for as long as it is connected. It begins anew wherever a conversation was
 * broken off: what the receiver has, it says itself. In memory stands no more than one message.
 */
export class SyncSender {
  readonly #shared: Shared
  readonly #site: string
  /** Where everything that both share is to be told anew. */
  readonly #resync: (site: string) => Promise<void>
  #abort: AbortController | undefined
  #failures = 0
  /** Wakes whoever waits for something new, for room, or for the end. */
  #wake: () => void = () => undefined

  constructor(shared: Shared, site: string, resync: (site: string) => Promise<void>) {
    this.#shared = shared
    this.#site = site
    this.#resync = resync
    shared.replicas.outboxes.onNews(site, () => this.#wake())
  }

  /** The site can be reached. */
  connect(): void {
    if (this.#abort !== undefined) return
    const abort = new AbortController()
    this.#abort = abort
    this.#failures = 0
    this.#run(abort.signal).catch((error: unknown) => {
      this.#shared.options.logger.error({ site: this.#site, error: String(error) }, 'sync has ended')
    })
  }

  /** The site cannot be reached, or this one stops. */
  disconnect(): void {
    this.#abort?.abort()
    this.#abort = undefined
    this.#wake()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#shared.options
    while (!signal.aborted) {
      try {
        await this.#converse(signal)
        this.#failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof CheopsError)) throw error
        if (error.code === 'ERR_STORE_FAILED' || error.code === 'ERR_STORE_CORRUPT') throw error
        logger.debug({ site: this.#site, code: error.code }, 'a conversation of sync has ended')
      }
      if (signal.aborted) return
      const full = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#failures++, 16))
      await new Promise<void>(resolve => {
        clock.after(full * (0.5 + random.uniform() / 2), resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async #converse(signal: AbortSignal): Promise<void> {
    const { network, site, incarnation } = this.#shared.options
    const channel = await network.open(this.#site, signal)
    const stop = (): void => void channel.close('stopping')
    signal.addEventListener('abort', stop, { once: true })
    try {
      const own = this.#shared.replicas.outboxes.current(this.#site)
      if (own.writes.length > 0) await this.#shared.options.store.commit(own.writes)
      const outboxes = this.#shared.replicas.outboxes.of(this.#site)
      const ranges = outboxes.map(({ incarnation: of, journal: { first, next } }) => ({ incarnation: of, first, next }))
      await channel.send({ kind: 'hello', version: 0, site, incarnation, outboxes: ranges })
      await this.#tell(channel, outboxes)
    } finally {
      signal.removeEventListener('abort', stop)
      await channel.close('done')
    }
  }

  async #tell(channel: SyncChannel, outboxes: readonly Outbox[]): Promise<void> {
    const received = new Map<string, number>()
    const welcome = Promise.withResolvers<void>()
    let ended = false
    const listening = this.#listen(channel, received, welcome.resolve).finally(() => {
      ended = true
      welcome.resolve()
      this.#wake()
    })
    // Whoever waits below hears of it; the error is thrown at the end.
    listening.catch(() => undefined)
    await welcome.promise
    if (ended) return listening
    for (const outbox of outboxes) {
      if (await this.#compare(channel, outbox, received.get(outbox.incarnation) ?? 0)) return listening
    }
    this.#failures = 0
    const positions = new Map(
      outboxes.map(outbox => [outbox, Math.max(outbox.journal.first, (received.get(outbox.incarnation) ?? 0) + 1)]),
    )
    const transferred = new Map<string, number>()
    while (!ended) {
      const outbox = outboxes.find(
        each =>
          (positions.get(each) ?? 0) < each.journal.written &&
          (positions.get(each) ?? 0) <= (received.get(each.incarnation) ?? 0) + MAX_UNRECEIVED_ENTRIES,
      )
      if (outbox === undefined) {
        const woken = new Promise<void>(resolve => (this.#wake = resolve))
        // It may have ended, or more may have come, while the promise was made: nothing awaits in between.
        await woken
        continue
      }
      const first = positions.get(outbox) ?? 1
      const entries = await this.#entries(outbox, first, transferred)
      if (ended) break
      await channel.send({ kind: 'entries', incarnation: outbox.incarnation, first, entries })
      positions.set(outbox, first + entries.length)
    }
    return listening
  }

  /** @returns true when the conversation must begin anew */
  async #compare(channel: SyncChannel, outbox: Outbox, upTo: number): Promise<boolean> {
    const { journal } = outbox
    const { outboxes } = this.#shared.replicas
    if (upTo >= journal.next) {
      // It holds what this store does not know of: this one was set back.
      this.#shared.options.onEvent({ kind: 'set-back', site: this.#shared.options.site })
      await outboxes.remove(this.#site, outbox)
      await this.#resync(this.#site)
      await channel.close('beyond')
      return true
    }
    if (upTo + 1 < journal.first) {
      this.#shared.options.onEvent({ kind: 'set-back', site: this.#site })
      await this.#resync(this.#site)
      return false
    }
    await this.#trim(outbox, upTo)
    return false
  }

  async #listen(channel: SyncChannel, received: Map<string, number>, welcome: () => void): Promise<void> {
    for await (const message of channel.messages) {
      if (message.kind === 'welcome') {
        for (const { incarnation, upTo } of message.cursors) received.set(incarnation, upTo)
        welcome()
      } else await this.#hear(message, received)
    }
  }

  async #hear(message: SyncMessage, received: Map<string, number>): Promise<void> {
    const { replicas } = this.#shared
    if (message.kind === 'want') {
      const { replicant, lives } = message
      await replicas.commit(commit => commit.tell(this.#site, { kind: 'replicant', replicant, knows: lives }))
    }
    // Digests and audits are not answered yet.
    if (message.kind !== 'received') return
    const { incarnation, upTo } = message
    const outbox = replicas.outboxes.of(this.#site).find(each => each.incarnation === incarnation)
    // An outbox that is removed is one of which everything was received.
    if (outbox === undefined) return
    if (upTo >= outbox.journal.next)
      throw new CheopsError('ERR_SYNC_MESSAGE', `${this.#site} says that it has what was never sent.`)
    received.set(incarnation, Math.max(upTo, received.get(incarnation) ?? 0))
    await this.#trim(outbox, upTo)
    this.#wake()
  }

  async #trim(outbox: Outbox, upTo: number): Promise<void> {
    const { replicas, options } = this.#shared
    try {
      await outbox.journal.trim(upTo + 1)
      const isOld = outbox.incarnation !== options.incarnation
      if (isOld && outbox.journal.first === outbox.journal.next) await replicas.outboxes.remove(this.#site, outbox)
    } catch (error) {
      // What is not removed now is removed next time.
      if (!(error instanceof CheopsError) || error.code !== 'ERR_STORE_BUSY') throw error
    }
  }

  /** What is sent under the numbers from `first` on; at least one. */
  async #entries(outbox: Outbox, first: number, transferred: Map<string, number>): Promise<Uint8Array[]> {
    const entries: Uint8Array[] = []
    let bytes = 0
    const records: Numbered[] = []
    for await (const [number, value] of outbox.journal.read({ from: first, limit: MAX_ENTRIES_TOGETHER }))
      records.push({ number, record: decodeOutboxRecord(value), sealed: undefined })
    for (const [place, numbered] of records.entries()) {
      if (place % MAX_LOOKUPS_TOGETHER === 0) await this.#lookUp(records.slice(place, place + MAX_LOOKUPS_TOGETHER))
      const entry = await this.#entry(numbered, outbox, transferred)
      if (entries.length > 0 && bytes + entry.length > MAX_ENTRIES_BYTES) break
      entries.push(entry)
      bytes += entry.length
      if (bytes >= MAX_ENTRIES_BYTES) break
    }
    return entries
  }

  async #lookUp(records: readonly Numbered[]): Promise<void> {
    await Promise.all(
      records.map(async numbered => {
        const { record } = numbered
        if (record.kind !== 'operation') return
        numbered.sealed = await this.#shared.replicas.sealed(record.replicant, record.dot)
      }),
    )
  }

  async #entry(
    { record, number, sealed }: Numbered,
    outbox: Outbox,
    transferred: Map<string, number>,
  ): Promise<Uint8Array> {
    const { replicas, options } = this.#shared
    const { codec } = options
    if (record.kind === 'entry') return record.bytes
    const { replicant } = record
    if (record.kind === 'operation') {
      if (sealed !== undefined) return codec.encodeEntry({ kind: 'operation', operation: sealed })
      // It is forgotten. What became of it is told once, whatever else of the replicant is forgotten up to now.
      const key = `${outbox.incarnation} ${replicantKey(replicant)}`
      if (number < (transferred.get(key) ?? 0)) return codec.encodeEntry(nothingOf(replicant))
      if (transferred.size >= MAX_REMEMBERED_REPLICANTS) transferred.clear()
      transferred.set(key, outbox.journal.next)
    }
    const knows = record.kind === 'operation' ? 'acknowledged' : record.knows
    const entries = await replicas.with(replicant, replica => this.#transfers(replica, knows))
    if (entries.length === 1 && entries[0] !== undefined && entries[0].length <= MAX_ENTRIES_BYTES) return entries[0]
    // One number is one entry: more of them follow at the end.
    if (entries.length > 0)
      await replicas.commit(commit => {
        for (const bytes of entries) commit.tell(this.#site, { kind: 'entry', bytes })
      })
    return codec.encodeEntry(nothingOf(replicant))
  }

  /** What the site lacks of a replicant, an entry for each part. */
  async #transfers(
    replica: Replica,
    knows: (OutboxRecord & { readonly kind: 'replicant' })['knows'],
    attempts = 0,
  ): Promise<Uint8Array[]> {
    if (attempts > MAX_TRANSFER_ATTEMPTS)
      throw new CheopsError('ERR_SYNC_CLOSED', `${replica.name.name} changes too fast to be told as a whole.`)
    const { replicas, options } = this.#shared
    const { codec, site } = options
    const entries: Uint8Array[] = []
    const matrices = new Set<string>()
    const acknowledged = replica.core.acknowledgements.get(this.#site)?.knowledge
    for (const life of replica.core.replicant.lives) {
      const told =
        typeof knows === 'string' ? undefined : knows.find(each => dotKey(each.life.dot) === dotKey(life.life.dot))
      const known: Context = acknowledged?.get(lifeKey(life.life)) ?? []
      const theirs =
        typeof knows === 'string' ? { knowledge: known, holes: [] } : (told ?? { knowledge: [], holes: [] })
      const transfer = transferFor(life, theirs, site)
      if (transfer === undefined) continue
      // Nothing of it may be taken back by a crash here.
      await replicas.onDisk()
      const operations = []
      for (const { dot } of transfer.operations) {
        const sealed = await replicas.sealed(replica.name, dot)
        // Forgotten meanwhile: what is told then is newer than this.
        if (sealed === undefined) return this.#transfers(replica, knows, attempts + 1)
        operations.push(sealed)
      }
      const { summary } = transfer
      for (const { matrix } of [...transfer.operations, ...(summary?.droppers ?? [])])
        if (matrix !== undefined) matrices.add(matrix)
      const parts: OutboxEntry[] = []
      let part: typeof operations = []
      let bytes = 0
      for (const sealed of operations) {
        if (part.length > 0 && bytes + sealed.bytes.length > MAX_ENTRIES_BYTES / 2) {
          const whole = { life: life.life, operations: part }
          parts.push({ kind: 'transfer', replicant: replica.name, transfer: whole, more: true })
          ;[part, bytes] = [[], 0]
        }
        part.push(sealed)
        bytes += sealed.bytes.length
      }
      const last = { life: life.life, operations: part, ...(summary !== undefined && { summary }) }
      parts.push({ kind: 'transfer', replicant: replica.name, transfer: last, more: false })
      entries.push(...parts.map(entry => codec.encodeEntry(entry)))
    }
    // Who asks for all this may know none of them.
    const before = [...matrices].flatMap(hash => this.#shared.matrices.entryOf(hash) ?? [])
    return [...before.map(entry => codec.encodeEntry(entry)), ...entries]
  }
}

/** Stands under a number whose operation is forgotten: it says nothing. */
function nothingOf(replicant: ReplicantName): OutboxEntry {
  return { kind: 'acknowledgement', replicant, lives: [], clock: { ms: 0, counter: 0 } }
}

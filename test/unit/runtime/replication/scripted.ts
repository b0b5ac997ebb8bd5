/**
 * One site with a real replicator, codec and signatures on a store in memory, and peers whose every message the test says itself. No
 * application: what arrives is held, and not executed.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { syncCodec } from '../../../../protocols/sync/codec.ts'
import { createOperationSeal } from '../../../../protocols/sync/seal.ts'
import { MemoryBlobs } from '../../../../sims/world/memory-blobs.ts'
import { simBodies, simHash } from '../../../../sims/world/replication/sim-bodies.ts'
import type { Dot, LifeKnowledge, Operation } from '../../../../src/core/oplog/index.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { HeardNames } from '../../../../src/runtime/names/heard-names.ts'
import { OwnNames } from '../../../../src/runtime/names/own-names.ts'
import { Replicator } from '../../../../src/runtime/replication/replicator.ts'
import { MemoryStore } from '../../../support/memory-store.ts'
import { realClock, realRandom, silentLogger } from '../../../support/real-time.ts'
import type { Clock } from '../../../../src/ports/clock.ts'
import type { ReplicationEvent } from '../../../../src/runtime/replication/events.ts'
import type {
  OperationSeal,
  OutboxEntry,
  SyncChannel,
  SyncCloseReason,
  SyncMessage,
} from '../../../../src/ports/sync.ts'
import { sealedBy } from '../../../support/sealed-by.ts'

export const HERE = 'here'
export const INCARNATION = '1763762400000-0000000000000001'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The end of a conversation that the replicator has; the test has the other. */
export class ScriptedChannel implements SyncChannel {
  readonly site: string
  readonly role: SyncChannel['role']
  readonly closed: Promise<SyncCloseReason>
  readonly messages: AsyncIterable<SyncMessage>
  silentMs = 0
  readonly #closing = Promise.withResolvers<SyncCloseReason>()
  readonly #heard: SyncMessage[] = []
  readonly #said: SyncMessage[] = []
  #reason: SyncCloseReason | undefined
  #wake: () => void = () => undefined
  #wakeTest: () => void = () => undefined

  constructor(site: string, role: SyncChannel['role']) {
    this.site = site
    this.role = role
    this.closed = this.#closing.promise
    this.messages = { [Symbol.asyncIterator]: () => this.#read() }
  }

  async send(message: SyncMessage): Promise<void> {
    if (this.#reason !== undefined) throw ended(this.#reason)
    this.#said.push(message)
    this.#wakeTest()
  }

  async close(reason: SyncCloseReason): Promise<void> {
    this.#reason ??= reason
    this.#closing.resolve(this.#reason)
    this.#wake()
    this.#wakeTest()
  }

  /** The peer says this. */
  says(message: SyncMessage): void {
    this.#heard.push(message)
    this.#wake()
  }

  /** The next thing of a kind that the replicator says, or why it ended the conversation. */
  async next<K extends SyncMessage['kind']>(kind: K): Promise<Extract<SyncMessage, { kind: K }> | SyncCloseReason> {
    for (;;) {
      const place = this.#said.findIndex(message => message.kind === kind)
      const found = place === -1 ? undefined : this.#said.splice(place, 1)[0]
      if (found !== undefined) return found as Extract<SyncMessage, { kind: K }>
      if (this.#reason !== undefined) return this.#reason
      await new Promise<void>(resolve => (this.#wakeTest = resolve))
    }
  }

  /** All of a kind that the replicator has said and nobody has taken yet. */
  said<K extends SyncMessage['kind']>(kind: K): readonly SyncMessage[] {
    return this.#said.filter(message => message.kind === kind)
  }

  async *#read(): AsyncGenerator<SyncMessage> {
    for (;;) {
      const message = this.#heard.shift()
      if (message !== undefined) yield message
      else if (this.#reason === undefined) await new Promise<void>(resolve => (this.#wake = resolve))
      else if (this.#reason === 'done' || this.#reason === 'stopping') return
      else throw ended(this.#reason)
    }
  }
}

function ended(reason: SyncCloseReason): CheopsError {
  return new CheopsError('ERR_SYNC_CLOSED', `The conversation has ended: ${reason}.`, { reason })
}

export class Scripted implements AsyncDisposable {
  readonly store: MemoryStore
  readonly events: ReplicationEvent[] = []
  readonly replicator: Replicator
  /** Conversations that the replicator has opened, by site, the newest last. */
  readonly opened = new Map<string, ScriptedChannel[]>()
  /** Sites that speak another version, and how often they were asked. */
  readonly foreign = new Set<string>()
  attempts = 0
  /** Signatures that the replicator has looked at. */
  looked = 0
  /** Sites whose keys are not known here. */
  readonly unknown = new Set<string>()
  /** What this site lets others do here. */
  mayRun: (operation: Operation) => boolean = () => true
  /** Whether there is such a site. */
  isSite: (site: string) => boolean = () => true
  /** Keys of this site and of all others, as they are now. */
  #keys = new Map<string, ReturnType<typeof generateKeyPairSync>>()
  #serve: (channel: SyncChannel) => void = () => undefined
  #number = 0
  #onOpened: () => void = () => undefined
  /** In which buckets this site has names, and the others. */
  readonly names: { readonly own: OwnNames; readonly heard: HeardNames }

  private constructor(store: MemoryStore, clock: Clock, incarnation: string, keys?: Scripted) {
    this.store = store
    if (keys !== undefined) this.#keys = keys.#keys
    this.names = {
      own: new OwnNames({ store, logger: silentLogger, names: () => this.replicator.names() }),
      heard: new HeardNames({ store, clock, logger: silentLogger }),
    }
    this.replicator = new Replicator({
      site: HERE,
      incarnation,
      store,
      application: {
        request: () => Promise.reject(new CheopsError('ERR_SERVICE_NOT_LOCAL', 'There is none.')),
      },
      // No large body comes here.
      blobs: new MemoryBlobs(new Map(), { hash: simHash, maxBytes: 0 }),
      bodySource: simBodies(HERE, async () => undefined),
      clock,
      random: realRandom,
      network: {
        open: async (site, signal) => {
          signal.throwIfAborted()
          if (this.foreign.has(site)) {
            this.attempts++
            throw new CheopsError('ERR_SITE_UNREACHABLE', 'It speaks another version.', { site, unsupported: 'x' })
          }
          const channel = new ScriptedChannel(site, 'sender')
          this.opened.set(site, [...(this.opened.get(site) ?? []), channel])
          this.#onOpened()
          return channel
        },
        serve: async handler => {
          this.#serve = handler
          return async () => undefined
        },
      },
      codec: syncCodec,
      seal: this.#counting(this.sealOf(HERE)),
      logger: silentLogger,
      glueOf: () => undefined,
      hash: sha256,
      fetchState: async () => undefined,
      mayRun: operation => this.mayRun(operation),
      isSite: site => this.isSite(site),
      keyOf: site => (this.unknown.has(site) ? undefined : Buffer.from(this.#publicKey(site)).toString('hex')),
      names: this.names,
      onEvent: event => void this.events.push(event),
    })
  }

  /** @param keys whose keys are these too: another run of the same sites */
  static async start(
    store = new MemoryStore(),
    clock: Clock = realClock,
    incarnation = INCARNATION,
    keys?: Scripted,
  ): Promise<Scripted> {
    const scripted = new Scripted(store, clock, incarnation, keys)
    await scripted.replicator.start()
    return scripted
  }

  /** A peer opens a conversation, and waits for nothing. */
  from(site: string): ScriptedChannel {
    const channel = new ScriptedChannel(site, 'receiver')
    this.#serve(channel)
    return channel
  }

  /** The conversation that the replicator opens to a site, once it does. */
  async to(site: string, count = 1): Promise<ScriptedChannel> {
    for (;;) {
      const channel = this.opened.get(site)?.[count - 1]
      if (channel !== undefined) return channel
      await new Promise<void>(resolve => (this.#onOpened = resolve))
    }
  }

  sealOf(site: string): OperationSeal {
    const secret = this.#keyOf(site).privateKey
    return createOperationSeal({
      mesh: 'test',
      site,
      sign: bytes => new Uint8Array(sign(null, bytes, secret)),
      publicKeyOf: name => {
        if (site === HERE && this.unknown.has(name)) return undefined
        return this.#publicKey(name)
      },
    })
  }

  /** A site has lost its key, and has another one from now on. */
  rekey(site: string): void {
    this.#keys.delete(site)
  }

  #publicKey(name: string): Uint8Array {
    const jwk = this.#keyOf(name).publicKey.export({ format: 'jwk' })
    return new Uint8Array(Buffer.from(jwk.x ?? '', 'base64url'))
  }

  /** A create by a site, not signed. */
  create(site: string, name: string, members: readonly string[]): Operation {
    const dot: Dot = { site, incarnation: INCARNATION, number: ++this.#number }
    const stamp = { ms: 1_763_762_400_000 + this.#number, counter: 0 }
    const body = { bytes: new TextEncoder().encode(JSON.stringify({ id: name })) }
    return {
      dot,
      stamp,
      replicant: { service: 'shop', kind: 'items', name },
      life: { stamp, dot },
      type: 'create',
      context: [],
      members: { added: members.toSorted(), removed: [] },
      payload: { method: 'POST', path: '/items', headers: [], body },
    }
  }

  signed(operation: Operation): OutboxEntry {
    return { kind: 'operation', operation: sealedBy(this.sealOf(operation.dot.site), operation) }
  }

  /** What somebody knows of a create who holds nothing else of it. */
  knowledge({ life, dot }: Operation): LifeKnowledge {
    return { life, knowledge: [dot], holes: [] }
  }

  /** How many keys stand below a prefix. */
  async count(prefix: string): Promise<number> {
    let count = 0
    for await (const _ of this.store.iterate({ prefix })) count++
    return count
  }

  refusals(): string[] {
    return this.events.flatMap(event => (event.kind === 'refused' ? [`${event.from}: ${event.why}`] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.replicator.stop()
  }

  #counting(seal: OperationSeal): OperationSeal {
    const open: OperationSeal['open'] = sealed => {
      this.looked++
      return seal.open(sealed)
    }
    return { ...seal, open }
  }

  #keyOf(site: string): ReturnType<typeof generateKeyPairSync> {
    const known = this.#keys.get(site) ?? generateKeyPairSync('ed25519')
    this.#keys.set(site, known)
    return known
  }
}

export function hello(site: string, last: number, more: Partial<SyncMessage & { kind: 'hello' }> = {}): SyncMessage {
  const outboxes = [{ incarnation: INCARNATION, first: 1, next: last + 1 }]
  return { kind: 'hello', version: 0, site, incarnation: INCARNATION, outboxes, ...more }
}

export function entries(first: number, ...of: readonly OutboxEntry[]): SyncMessage {
  return { kind: 'entries', incarnation: INCARNATION, first, entries: of.map(entry => syncCodec.encodeEntry(entry)) }
}

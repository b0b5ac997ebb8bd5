/**
 * What is written of a replicant. Records are JSON with a version in front: they are small, are read by people when something is
 * wrong, and grow new optional fields without a migration. Operations, the bulk, are the origin's own bytes and signature.
 */
import {
  NOTHING_EXECUTED,
  dotKey,
  newReplicant,
  type Acknowledged,
  type Acknowledgements,
  type Context,
  type Dot,
  type Executed,
  type Life,
  type LifeKnowledge,
  type Operation,
  type OperationId,
  type Replicant,
  type ReplicantName,
  type Stamp,
} from '../../core/oplog/index.ts'
import type { Outcome, SealedOperation } from '../../ports/sync.ts'

const VERSION = 1

/** What the core decides by. Waiting operations are in it, and durable: what was received is not sent again. */
export interface CoreState {
  replicant: Replicant
  acknowledgements: Acknowledgements
}

/** What this site has done, and how its application stands to it. */
export interface LocalState {
  executed: Executed
  /** The resource that the application has under the name is ours. */
  bound: boolean
  /** The name was found to belong to something else: nothing touches it. */
  unbound: boolean
  /** What a lane is doing, so that after a crash it is known what may have happened. */
  intent: Intent | undefined
  /** A local write that was sent and is not decided; the operation itself stands in a record of its own. */
  draft: Draft | undefined
  /** A replay or repair has begun: it is finished before a local write is taken. */
  replaying: boolean
  /** An operation of another site of which nobody can tell whether it took effect; the lane holds before it. */
  uncertain: Dot | undefined
  /** Of the state that the application showed when the lane was idle; unknown from the next intent on. */
  hash: string | undefined
  /** Of the body with which the application answered last. */
  answered: string | undefined
  /** What the application answers to writes is what it shows when it is read, as was seen the last time. */
  answersTell: boolean
  /** The application does not show what it did last: nothing runs until an agreeing member's state is copied. */
  suspect: boolean
  diverged: boolean
  /** Own operations, oldest first, with what became of them elsewhere. */
  outcomes: readonly KnownOutcomes[]
  /** Acknowledgement is due. */
  acknowledges: boolean
}

/** What an application has by a name: a hash of it, or {@link ABSENT}. */
export type Found = string

/** No hash is like it. */
export const ABSENT: Found = 'absent'

export interface Intent {
  readonly dot: Dot
  readonly action: 'create' | 'replace' | 'delete' | 'send'
  /** What the application had before: nothing, something with this hash, or it was not read. */
  readonly before: Found | undefined
}

export interface Draft {
  readonly before: Found | undefined
  /** Reading back could not tell. */
  readonly uncertain: boolean
}

export interface KnownOutcomes {
  readonly dot: Dot
  readonly sites: readonly SiteOutcome[]
}

export interface SiteOutcome {
  readonly site: string
  readonly outcome: Outcome
  readonly status?: number
  readonly at: number
}

export function newLocalState(): LocalState {
  return {
    executed: NOTHING_EXECUTED,
    bound: false,
    unbound: false,
    intent: undefined,
    draft: undefined,
    replaying: false,
    uncertain: undefined,
    hash: undefined,
    answered: undefined,
    answersTell: false,
    suspect: false,
    diverged: false,
    outcomes: [],
    acknowledges: false,
  }
}

/** A life as it is stored: operations by their dots. */
type StoredLife = Omit<Life, 'keys' | OperationList> & {
  readonly keys: readonly (readonly [string, OperationId])[]
} & Readonly<Record<OperationList, readonly string[]>>
type OperationList = 'live' | 'conflicts' | 'outside' | 'membership'

interface StoredCore {
  readonly version: number
  readonly name: ReplicantName
  readonly lives: readonly StoredLife[]
  readonly waiting: readonly string[]
  /** Not in records of earlier versions. */
  readonly early?: Replicant['early']
  readonly clock: Stamp
  readonly acknowledgements: readonly (readonly [
    member: string,
    { readonly knowledge: readonly (readonly [string, Context])[]; readonly clock: Stamp },
  ])[]
}

export function newCore(name: ReplicantName, site: string): CoreState {
  return { replicant: newReplicant(name, site), acknowledgements: new Map() }
}

export function encodeCore({ replicant, acknowledgements }: CoreState): Uint8Array {
  const { name, lives, waiting, early, clock } = replicant
  const stored: StoredCore = {
    version: VERSION,
    name,
    lives: lives.map(life => ({
      ...life,
      keys: [...life.keys],
      live: dotsOf(life.live),
      conflicts: dotsOf(life.conflicts),
      outside: dotsOf(life.outside),
      membership: dotsOf(life.membership),
    })),
    waiting: dotsOf(waiting),
    ...(early.length > 0 && { early }),
    clock,
    acknowledgements: [...acknowledgements].map(([member, told]) => [
      member,
      { knowledge: [...told.knowledge], clock: told.clock },
    ]),
  }
  return encodeJson(stored)
}

/** @throws RangeError when an operation is not there: state and operations are written together */
export function decodeCore(bytes: Uint8Array, site: string, operations: ReadonlyMap<string, Operation>): CoreState {
  const stored = decodeJson(bytes) as StoredCore
  if (stored.version !== VERSION) throw new RangeError(`version ${stored.version} of a replicant is not known`)
  const all = (dots: readonly string[]): Operation[] =>
    dots.map(dot => {
      const operation = operations.get(dot)
      if (operation === undefined) throw new RangeError(`the operation ${dot} is gone`)
      return operation
    })
  const lives = stored.lives.map(life => ({
    ...life,
    keys: new Map(life.keys),
    live: all(life.live),
    conflicts: all(life.conflicts),
    outside: all(life.outside),
    membership: all(life.membership),
  }))
  const told = stored.acknowledgements.map(([member, { knowledge, clock }]): [string, Acknowledged] => [
    member,
    { knowledge: new Map(knowledge), clock },
  ])
  const { name, early = [], clock } = stored
  const replicant = { name, site, lives, waiting: all(stored.waiting), early, clock }
  return { replicant, acknowledgements: new Map(told) }
}

/** Name of the replicant of a core record, without its operations. */
export function nameOfCore(bytes: Uint8Array): ReplicantName {
  return (decodeJson(bytes) as StoredCore).name
}

export function encodeLocal(local: LocalState): Uint8Array {
  return encodeJson({ version: VERSION, ...local })
}

export function decodeLocal(bytes: Uint8Array): LocalState {
  return { ...newLocalState(), ...(decodeJson(bytes) as LocalState) }
}

/** 64 bytes of signature, then the operation. */
export function encodeSealed({ bytes, signature }: SealedOperation): Uint8Array {
  const record = new Uint8Array(1 + signature.length + bytes.length)
  record[0] = signature.length
  record.set(signature, 1)
  record.set(bytes, 1 + signature.length)
  return record
}

export function decodeSealed(record: Uint8Array): SealedOperation {
  const end = 1 + (record[0] ?? 0)
  return { signature: record.slice(1, end), bytes: record.slice(end) }
}

/**
 * What an outbox holds: an entry as it will be sent, or what is looked up when it is. So an operation that is forgotten before a site
 * comes back is not sent to it, and a body is on the disk once, for however many sites.
 */
export type OutboxRecord =
  | { readonly kind: 'entry'; readonly bytes: Uint8Array }
  | { readonly kind: 'operation'; readonly replicant: ReplicantName; readonly dot: Dot }
  /** What a site lacks that knows this much: as it has acknowledged, or as it has said itself. */
  | {
      readonly kind: 'replicant'
      readonly replicant: ReplicantName
      readonly knows: 'acknowledged' | readonly LifeKnowledge[]
    }

export function encodeOutboxRecord(record: OutboxRecord): Uint8Array {
  if (record.kind !== 'entry') return encodeJson(record)
  const bytes = new Uint8Array(1 + record.bytes.length)
  bytes.set(record.bytes, 1)
  return bytes
}

export function decodeOutboxRecord(bytes: Uint8Array): OutboxRecord {
  // JSON begins with a brace, an entry with zero.
  if (bytes[0] === 0) return { kind: 'entry', bytes: bytes.slice(1) }
  return decodeJson(bytes) as OutboxRecord
}

function dotsOf(operations: readonly Operation[]): string[] {
  return operations.map(({ dot }) => dotKey(dot))
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

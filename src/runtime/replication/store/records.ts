/**
 * What is written of a replicant. Records are JSON with a version in front: they are small, are read by people when something is
 * wrong, and grow new optional fields without a migration. Operations, the bulk, are the origin's own bytes and signature.
 *
 * Version 1 had acknowledgements in the core, and outcomes and draft in the local record; version 2 had there what `growing-records.ts` writes: a
 * step wrote all of it again.
 */
import {
  dotKey,
  membersOfReplicant,
  type Acknowledged,
  type Context,
  type Dot,
  type Executed,
  type Life,
  type Operation,
  type OperationId,
  type Replicant,
  type ReplicantName,
  type Stamp,
} from '../../../core/oplog/index.ts'
import { encodeJson } from './encode-json.ts'
import { EXECUTED_TOGETHER, LIVE_TOGETHER, grownKeys, grownLive, type Grown } from './growing-records.ts'
import { decodePacked, encodePacked, openPacked, type OpenRecord } from './packed-record.ts'
import { mayConflict } from '../operator/unwell.ts'
import {
  newLocalState,
  type CoreState,
  type Draft,
  type Intent,
  type KnownOutcomes,
  type LocalState,
  type TellOf,
} from '../replica.ts'
import { plainFilled, plainLeftOut } from './plain-life.ts'
import type { Known } from '../sync/shared-digests.ts'
import type { Outcome, SealedOperation } from '../../../ports/sync.ts'

const VERSION = 3
const VERSIONS: ReadonlySet<unknown> = new Set([1, 2, VERSION])

/** A life as it is stored: operations by their dots, in version 1 by their `dotKey`; of `live` the first ones. */
type StoredLife = Omit<Life, 'keys' | OperationList> & {
  /** In versions 1 and 2 only. */
  readonly keys: readonly (readonly [string, OperationId])[]
} & Readonly<Record<OperationList, readonly StoredDot[]>>
type OperationList = 'live' | 'conflicts' | 'outside' | 'membership'
type StoredDot = Dot | string

export interface StoredCore {
  readonly version: number
  readonly name: ReplicantName
  readonly lives: readonly StoredLife[]
  readonly waiting: readonly StoredDot[]
  /** Not in records of earlier versions. */
  readonly early?: Replicant['early']
  readonly clock: Stamp
  /** In version 1 only. */
  readonly acknowledgements?: readonly (readonly [member: string, StoredAcknowledged])[]
}

interface StoredAcknowledged {
  readonly knowledge: readonly (readonly [life: string, Context])[]
  readonly clock: Stamp
}

/** Of the core without the acknowledgements. */
export function encodeCore({ replicant }: Pick<CoreState, 'replicant'>): Uint8Array {
  const { name, lives, waiting, early, clock } = replicant
  const stored: StoredCore = {
    version: VERSION,
    name,
    lives: lives.map(life => ({
      ...life,
      keys: [],
      live: dotsOf(life.live.slice(0, LIVE_TOGETHER)),
      conflicts: dotsOf(life.conflicts),
      outside: dotsOf(life.outside),
      membership: dotsOf(life.membership),
    })),
    waiting: dotsOf(waiting),
    ...(early.length > 0 && { early }),
    clock,
  }
  return encodePacked({ ...stored, lives: stored.lives.map(plainLeftOut) })
}

/** @throws RangeError when an operation is not there: state and operations are written together */
export function decodeCore(
  bytes: Uint8Array,
  site: string,
  operations: ReadonlyMap<string, Operation>,
  grown: Grown,
): CoreState {
  const stored = readCore(bytes)
  if (!VERSIONS.has(stored.version)) throw new RangeError(`version ${stored.version} of a replicant is not known`)
  const all = (dots: readonly StoredDot[]): Operation[] =>
    dots.map(dot => {
      const key = typeof dot === 'string' ? dot : dotKey(dot)
      const operation = operations.get(key)
      if (operation === undefined) throw new RangeError(`the operation ${key} is gone`)
      return operation
    })
  const lives = stored.lives.map(life => ({
    ...life,
    keys: grownKeys(grown, life.life, life.keys),
    live: all(grownLive(grown, life.life, life.live)),
    conflicts: all(life.conflicts),
    outside: all(life.outside),
    membership: all(life.membership),
  }))
  const told = (stored.acknowledgements ?? []).map(
    ([member, acknowledged]) => [member, acknowledgedOf(acknowledged)] as const,
  )
  const { name, early = [], clock } = stored
  const replicant = { name, site, lives, waiting: all(stored.waiting), early, clock }
  return { replicant, acknowledgements: new Map(told) }
}

/** A core record, without its operations. */
export function readCore(bytes: Uint8Array): StoredCore {
  const stored = decodePacked(bytes) as StoredCore
  return { ...stored, lives: stored.lives.map(plainFilled) }
}

/** Who is a member and what is known, without the operations. */
export function knownOfCore(bytes: Uint8Array): Known {
  return knownOf(openPacked(bytes))
}

/** The same, and whether there may be conflicts. */
export function storedOfCore(bytes: Uint8Array): Known & { readonly mayBeUnwell: boolean } {
  const record = openPacked(bytes)
  const lives = (record.packed['lives'] as StoredCore['lives']).map(plainFilled)
  return { ...knownOf(record), mayBeUnwell: mayConflict(lives) }
}

/** All records are read for it at a start: only what is asked for is unpacked. */
function knownOf({ packed, unpack }: OpenRecord): Known {
  const { name, waiting, ...stored } = packed as unknown as StoredCore
  const lives = stored.lives.map(plainFilled)
  const field = <K extends keyof StoredLife>(life: StoredLife, key: K): StoredLife[K] =>
    unpack(life[key]) as StoredLife[K]
  // What decides on members is whole in the record.
  const changes = lives.map(life => ({ changes: field(life, 'changes') }))
  return {
    name: unpack(name) as ReplicantName,
    members: membersOfReplicant({ lives: changes } as unknown as Replicant),
    lives: lives.map(life => ({
      life: field(life, 'life'),
      knowledge: field(life, 'knowledge'),
      holes: field(life, 'holes'),
    })),
    waits: waiting.length > 0,
  }
}

/** Whether a core or local record is an earlier one, so that what it holds besides is in no record of its own. */
export function isOldRecord(bytes: Uint8Array): boolean {
  const { packed } = openPacked(bytes)
  return packed['version'] !== VERSION || packed['intent'] !== undefined || packed['told'] !== undefined
}

export function encodeAcknowledged({ knowledge, clock }: Acknowledged): Uint8Array {
  return encodePacked({ version: VERSION, knowledge: [...knowledge], clock })
}

export function decodeAcknowledged(bytes: Uint8Array): Acknowledged {
  return acknowledgedOf(decodePacked(bytes) as StoredAcknowledged)
}

function acknowledgedOf({ knowledge, clock }: StoredAcknowledged): Acknowledged {
  return { knowledge: new Map(knowledge), clock }
}

/** Fields that are records of their own, or follow from others. */
const APART: ReadonlySet<string> = new Set<keyof LocalState>([
  'draft',
  'intent',
  'told',
  'outcomes',
  'requests',
  'acknowledges',
])
const TOGETHER = (Object.keys(newLocalState()) as (keyof LocalState)[]).filter(name => !APART.has(name))

/**
 * Whether the local record is another one. An intent says by itself that nobody knows what the application shows; when it goes, so does
 * the word of it.
 */
export function localDiffers(a: LocalState, b: LocalState): boolean {
  const intends = a.intent !== undefined && a.hash === undefined
  if (a.intent === undefined && b.intent !== undefined) return true
  return TOGETHER.some(name => !Object.is(a[name], b[name]) && !(intends && name === 'hash'))
}

/** What is as in the beginning is left out, and so is what was told of something that is not shown any more, but for what that was before it was changed past Cheops. */
export function encodeLocal(local: LocalState): Uint8Array {
  const said: Record<string, unknown> = { version: VERSION }
  for (const name of TOGETHER) {
    const value = local[name]
    if (value === false || (Array.isArray(value) && value.length === 0)) continue
    if (name === 'shown' && local.shown?.of !== local.hash && local.shown?.was === undefined) continue
    said[name] = name === 'executed' ? withFirst(local.executed) : value
  }
  return encodePacked(said)
}

function withFirst({ operations, ...executed }: Executed): Executed {
  return { ...executed, operations: operations.slice(0, EXECUTED_TOGETHER) }
}

export function encodeIntent(intent: Intent): Uint8Array {
  return encodeJson({ version: VERSION, ...intent })
}

export function decodeIntent(bytes: Uint8Array): Intent {
  const { dot, action, before, at, also } = decodeJson(bytes) as Intent
  return { dot, action, before, ...(at !== undefined && { at }), ...(also !== undefined && { also }) }
}

export function encodeTold(told: readonly TellOf[]): Uint8Array {
  return encodeJson({ version: VERSION, told })
}

export function decodeTold(bytes: Uint8Array): readonly TellOf[] {
  return (decodeJson(bytes) as { readonly told: readonly TellOf[] }).told
}

/** Draft and outcomes as a record of version 1 has them, the intent and what others have told also as earlier ones of version 2 have. */
export function decodeLocal(bytes: Uint8Array): LocalState {
  const { version: _, ...local } = decodePacked(bytes) as LocalState & { readonly version: number }
  return { ...newLocalState(), ...local }
}

const TRUE_OF = ['"diverged":true', '"suspect":true', '"unbound":true', '"uncertain":'].map(word => Buffer.from(word))

/** Whether a local record, without being read, may say that this member differs, or waits for somebody to decide. */
export function localMayBeUnwell(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return TRUE_OF.some(word => text.includes(word))
}

const FAILED = Buffer.from('"failed"')

/** Whether a record of outcomes, without being read, may say that a member does not carry the operation out. */
export function outcomesMayBeUnwell(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(FAILED)
}

/** As many as operations: each site in a line. Earlier ones said what each thing is. */
export function encodeOutcomes({ dot, sites, isInPart }: KnownOutcomes): Uint8Array {
  const told = sites.map(({ site, outcome, at, status, error }) => [
    site,
    outcome,
    at,
    ...(error === undefined ? (status === undefined ? [] : [status]) : [status ?? 0, error]),
  ])
  return encodePacked({ version: VERSION, dot, ...(isInPart === true && { isInPart }), told })
}

export function decodeOutcomes(bytes: Uint8Array): KnownOutcomes {
  const { dot, sites, isInPart, told } = decodePacked(bytes) as StoredOutcomes
  if (told === undefined) return { dot, sites }
  return {
    dot,
    ...(isInPart === true && { isInPart }),
    sites: told.map(([site, outcome, at, status = 0, error]) => ({
      site,
      outcome,
      at,
      ...(status !== 0 && { status }),
      ...(error !== undefined && { error }),
    })),
  }
}

type StoredOutcomes = KnownOutcomes & {
  readonly told?: readonly (readonly [site: string, outcome: Outcome, at: number, status?: number, error?: string])[]
}

/** A draft with the operation, encoded, that it stands for. */
export interface DraftRecord extends Draft {
  readonly operation: Uint8Array
}

/** No operation begins with it: version 1 had the operation alone. */
const DRAFT_MARK = 0

/** A zero, the length of what was before and whether it is uncertain, as JSON, two bytes, the greater first; that JSON; the operation. */
export function encodeDraft({ operation, before, uncertain, at, accepted }: DraftRecord): Uint8Array {
  const head = encodeJson({ before, uncertain, at, accepted })
  const record = new Uint8Array(3 + head.length + operation.length)
  record.set([DRAFT_MARK, head.length >> 8, head.length & 0xff])
  record.set(head, 3)
  record.set(operation, 3 + head.length)
  return record
}

/** @param old what the local record said of it in version 1 */
export function decodeDraft(bytes: Uint8Array, old: Draft | undefined): DraftRecord {
  if (bytes[0] !== DRAFT_MARK) return { before: undefined, uncertain: false, ...old, operation: bytes }
  const end = 3 + ((bytes[1] ?? 0) << 8) + (bytes[2] ?? 0)
  return { ...plainDraft(decodeJson(bytes.slice(3, end)) as Draft), operation: bytes.slice(end) }
}

/** Without what a record has besides. */
export function plainDraft({ before, uncertain, at, accepted }: Draft): Draft {
  return { before, uncertain, ...(at !== undefined && { at }), ...(accepted !== undefined && { accepted }) }
}

/** The length of the signature in a byte, it, and the operation. Those of this site have none. */
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

function dotsOf(operations: readonly Operation[]): Dot[] {
  return operations.map(({ dot }) => dot)
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

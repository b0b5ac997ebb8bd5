/**
 * The records of one replicant, each under a key of its own, so that a step writes only what it has changed. The key layout is in README.md.
 */
import {
  dotKey,
  sameDot,
  withOwnKeys,
  withOwnKeysIn,
  type Acknowledged,
  type Dot,
  type Life,
  type Operation,
  type Replicant,
} from '../../../core/oplog/index.ts'
import {
  decodeAcknowledged,
  decodeCore,
  decodeDraft,
  plainDraft,
  decodeIntent,
  decodeLocal,
  decodeOutcomes,
  decodeSealed,
  decodeTold,
  encodeAcknowledged,
  encodeCore,
  encodeDraft,
  encodeIntent,
  encodeLocal,
  encodeOutcomes,
  encodeTold,
  isOldRecord,
  localDiffers,
} from './records.ts'
import { grownLocal, grownRecords, keyRecordsWithout, nothingGrown, takeGrown } from './growing-records.ts'
import { dotPath } from './replica-keys.ts'
import { withOwnKey } from '../write/kept-requests.ts'
import { compareAge, outcomesNotIn } from '../outcomes.ts'
import { newCore, newLocalState, type KnownOutcomes, type Replica } from '../replica.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Store, StoreWrite } from '../../../ports/store.ts'

/** What of a replicant is written, as it was before a commit. */
export type Before = Pick<Replica, 'core' | 'local' | 'draft' | 'isOld'>

const operationsPrefix = (prefix: string): string => `${prefix}operation/`
export const operationKey = (prefix: string, dot: Dot): string => operationsPrefix(prefix) + dotPath(dot)
const acknowledgedKey = (prefix: string, member: string): string => `${prefix}acknowledged/${member}`
/** Of a key without the prefix of its replicant. */
export const isOutcomesPart = (part: string): boolean => part.startsWith('outcomes/')
const outcomesPrefix = (prefix: string): string => `${prefix}outcomes/`
const outcomesKey = (prefix: string, dot: Dot): string => outcomesPrefix(prefix) + dotPath(dot)

/** What has to be written of a replicant, operations aside, so that the disk has what is in memory. */
export function changedRecords(replica: Replica, before: Before): StoreWrite[] {
  const { core, local, prefix } = replica
  const { isOld } = before
  const writes: StoreWrite[] = []
  const put = (key: string, value: Uint8Array): void => void writes.push({ kind: 'put', key, value })
  const keep = (key: string, value: Uint8Array | undefined): void =>
    void writes.push(value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value })
  const had = before.core.acknowledgements
  // Of a name of which nothing is known any more nothing stays. One that was only acknowledged by others is found by this record.
  const isListed = !isEmpty(core.replicant) || core.acknowledgements.size > 0
  const isNewlyTold = isEmpty(core.replicant) && core.acknowledgements !== had
  if (isOld || core.replicant !== before.core.replicant || isNewlyTold)
    keep(`${prefix}core`, isListed ? encodeCore(core) : undefined)
  if (isOld || localDiffers(local, before.local)) {
    const encoded = encodeLocal(local)
    keep(`${prefix}local`, isNothing(encoded) ? undefined : encoded)
  }

  const growing = { executed: local.executed, requests: local.requests, lives: core.replicant.lives }
  const { executed, requests } = before.local
  writes.push(
    ...grownRecords(prefix, growing, isOld ? undefined : { executed, requests, lives: before.core.replicant.lives }),
  )

  for (const [member, acknowledged] of core.acknowledgements)
    if (isOld || had.get(member) !== acknowledged)
      put(acknowledgedKey(prefix, member), encodeAcknowledged(acknowledged))
  if (core.acknowledgements !== had)
    for (const member of had.keys())
      if (!core.acknowledgements.has(member)) writes.push({ kind: 'delete', key: acknowledgedKey(prefix, member) })

  const { intent, told } = local
  if ((isOld && intent !== undefined) || intent !== before.local.intent)
    keep(`${prefix}intent`, intent && encodeIntent(intent))
  if ((isOld && told.length > 0) || told !== before.local.told)
    keep(`${prefix}told`, told.length === 0 ? undefined : encodeTold(told))

  if (isOld || local.outcomes !== before.local.outcomes) {
    // There are many, and few change, mostly the newest.
    const news = isOld ? local.outcomes : outcomesNotIn(before.local.outcomes, local.outcomes)
    for (const outcomes of news) put(outcomesKey(prefix, outcomes.dot), encodeOutcomes(outcomes))
    for (const outcomes of outcomesNotIn(local.outcomes, before.local.outcomes))
      if (!news.some(({ dot }) => sameDot(dot, outcomes.dot)))
        writes.push({ kind: 'delete', key: outcomesKey(prefix, outcomes.dot) })
  }

  if (isOld || replica.draft !== before.draft || local.draft !== before.local.draft) {
    const kept = local.draft ?? { before: undefined, uncertain: false }
    if (replica.draft !== undefined && replica.draftBytes !== undefined)
      put(`${prefix}draft`, encodeDraft({ ...kept, operation: replica.draftBytes }))
    else if (before.draft !== undefined) writes.push({ kind: 'delete', key: `${prefix}draft` })
  }
  return writes
}

const NOTHING = encodeLocal(newLocalState())

function isNothing(local: Uint8Array): boolean {
  return local.length === NOTHING.length && local.every((byte, place) => byte === NOTHING[place])
}

function isEmpty({ lives, waiting, early }: Replicant): boolean {
  return lives.length === 0 && waiting.length === 0 && early.length === 0
}

type Stored = Pick<Replica, 'core' | 'local' | 'draft' | 'draftBytes' | 'isOld'> & { readonly isNew: boolean }

/**
 * Reads a replicant; one of which nothing is known is empty, and new.
 * @throws RangeError, SyntaxError when its records do not fit together; CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED,
 *   ERR_SYNC_MESSAGE
 */
export async function loadRecords(
  { store, codec, hash, site }: Pick<ReplicationOptions, 'store' | 'codec' | 'hash' | 'site'>,
  name: Replica['name'],
  prefix: string,
): Promise<Stored> {
  const operations = new Map<string, Operation>()
  const acknowledged: (readonly [member: string, Acknowledged])[] = []
  const outcomes: KnownOutcomes[] = []
  const grown = nothingGrown()
  const single = new Map<string, Uint8Array>()
  // One pass over all of it: a replicant of which nothing is known is the most frequent.
  for await (const [key, value] of store.iterate({ prefix })) {
    if (key.startsWith(operationsPrefix(prefix))) {
      const operation = withOwnKey(codec.decodeOperation(decodeSealed(value).bytes), hash)
      operations.set(dotKey(operation.dot), operation)
    } else if (key.startsWith(outcomesPrefix(prefix))) outcomes.push(decodeOutcomes(value))
    else if (key.startsWith(acknowledgedKey(prefix, '')))
      acknowledged.push([key.slice(acknowledgedKey(prefix, '').length), decodeAcknowledged(value)])
    else if (!takeGrown(grown, key.slice(prefix.length), value)) single.set(key.slice(prefix.length), value)
  }
  const [core, local, draft, intent, told] = ['core', 'local', 'draft', 'intent', 'told'].map(name => single.get(name))
  const decodedCore = core === undefined ? newCore(name, site) : decodeCore(core, site, operations, grown)
  const lives = decodedCore.replicant.lives.map(withOwnKeys)
  await forgetKeys(store, prefix, decodedCore.replicant.lives, lives)
  const decodedLocal = grownLocal(grown, local === undefined ? newLocalState() : decodeLocal(local))
  const decodedDraft = draft === undefined ? undefined : decodeDraft(draft, decodedLocal.draft)
  return {
    core: {
      replicant: { ...decodedCore.replicant, lives },
      acknowledgements: new Map([...decodedCore.acknowledgements, ...acknowledged]),
    },
    local: {
      ...decodedLocal,
      executed: withOwnKeysIn(decodedLocal.executed, dot => operations.get(dotKey(dot))),
      // From then on nobody knows what the application shows.
      ...(intent !== undefined && { intent: decodeIntent(intent), hash: undefined }),
      ...(told !== undefined && { told: decodeTold(told) }),
      // An earlier version has kept them in this record, as they were told; from then on each is a record of its own.
      outcomes: [
        ...decodedLocal.outcomes.filter(({ dot }) => !outcomes.some(own => sameDot(own.dot, dot))),
        ...outcomes,
      ].toSorted(byAge),
      draft: decodedDraft && plainDraft(decodedDraft),
    },
    draft: decodedDraft && codec.decodeOperation(decodedDraft.operation),
    draftBytes: decodedDraft?.operation,
    isOld: [core, local].some(record => record !== undefined && isOldRecord(record)),
    isNew: core === undefined && local === undefined && draft === undefined,
  }
}

/** What an agent of the version before has remembered as the key of an operation that has none would count again once that operation is forgotten. */
async function forgetKeys(store: Store, prefix: string, before: readonly Life[], now: readonly Life[]): Promise<void> {
  const writes = before.flatMap((life, place) => keyRecordsWithout(prefix, life, now[place]?.keys ?? life.keys))
  if (writes.length > 0) await store.commit(writes)
}

/** Outcomes of own operations, the oldest first. @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
export async function loadOutcomes(store: Store, prefix: string): Promise<KnownOutcomes[]> {
  const all: KnownOutcomes[] = []
  for await (const [, value] of store.iterate({ prefix: outcomesPrefix(prefix) })) all.push(decodeOutcomes(value))
  return all.sort(byAge)
}

function byAge({ dot: a }: KnownOutcomes, { dot: b }: KnownOutcomes): number {
  return compareAge(a, b)
}

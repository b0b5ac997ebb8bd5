import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { Store, StoreWrite } from '../../../ports/store.ts'
import type { SetDigest } from '../../../ports/sync.ts'
import { encodeJson } from './encode-json.ts'
import { INCARNATION_BEFORE } from '../next-incarnation.ts'

/** What a start has to know of all replicants together; else it reads all their records. */
export interface DigestCheckpoint {
  /** Of which this site is a member. */
  readonly replicants: number
  /** By site: of what both are members of. */
  readonly sums: ReadonlyMap<string, SetDigest>
  /** Of which operations wait for others. */
  readonly waiting: readonly ReplicantName[]
  /** That have conflicts, or differ. */
  readonly unwell: readonly ReplicantName[]
}

const KEY = 'replication/digests'
const VERSION = 1

interface Stored {
  readonly version: number
  /** The run that has written it. */
  readonly incarnation: string
  readonly replicants: number
  /** The sum in hexadecimal. */
  readonly sums: readonly (readonly [site: string, count: number, sum: string])[]
  readonly waiting: readonly ReplicantName[]
  readonly unwell: readonly ReplicantName[]
}

/** Goes with the first commit that changes what a checkpoint says: so one that is there holds, whatever the agent ended by. */
export const NO_CHECKPOINT: StoreWrite = { kind: 'delete', key: KEY }

/** Holds for all that was given to the store before. */
export function checkpointWrite(incarnation: string, checkpoint: DigestCheckpoint): StoreWrite {
  const { sums, ...others } = checkpoint
  const texts = [...sums].map(([site, { count, sum }]) => [site, count, sum.toString(16)] as const)
  const stored: Stored = { version: VERSION, incarnation, ...others, sums: texts }
  return { kind: 'put', key: KEY, value: encodeJson(stored) }
}

/**
 * That of the last run; undefined if there is none. One of an earlier run is none: an agent of an earlier version, which does not know of it,
 * may have run since.
 * @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT
 */
export async function readCheckpoint(store: Store): Promise<DigestCheckpoint | undefined> {
  const [value, before] = await Promise.all([store.get(KEY), store.get(INCARNATION_BEFORE)])
  if (value === undefined || before === undefined) return undefined
  const decoder = new TextDecoder()
  const stored = JSON.parse(decoder.decode(value)) as Stored
  if (stored.version !== VERSION || stored.incarnation !== decoder.decode(before)) return undefined
  const { replicants, waiting, unwell } = stored
  const sums = new Map(stored.sums.map(([site, count, sum]) => [site, { count, sum: BigInt(`0x${sum}`) }]))
  return { replicants, sums, waiting, unwell }
}

import path from 'node:path'
import { ed25519Keys } from '../../../protocols/heartbeat/keys.ts'
import { createOperationSeal } from '../../../protocols/sync/seal.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { loadPeerKey } from '../../../src/adapters/libp2p/peer-key.ts'
import { NAME_BUCKETS, bucketOf } from '../../../src/core/oplog/index.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import type { OperationSeal } from '../../../src/ports/sync.ts'
import type { Store, StoreWrite } from '../../../src/ports/store.ts'
import { NO_CHECKPOINT } from '../../../src/runtime/replication/store/digest-checkpoint.ts'
import { nameOf } from './items.ts'
import { Pattern } from './pattern.ts'

/** Of agents that do not run. */
export interface CopyPlan {
  /** Data folders of all members; the site of the first has created the pattern, and is the origin of the copies. */
  readonly folders: readonly string[]
  readonly mesh: string
  readonly service: string
  /** Place of an item that was created through an agent and is at rest at all sites: read back, and everything told. */
  readonly pattern: number
  /** Places and numbers of what is to be made. */
  readonly copies: Iterable<readonly [place: number, sequence: number]>
  readonly signal: AbortSignal
}

/** Items whose records go into the stores together: some two megabytes. */
const COPIED_TOGETHER = 1_000
/** Operations that the origin has written by itself in that run have smaller numbers. */
const FIRST_NUMBER = 1_000_000
/** A bit for each bucket of names that is announced. */
const BUCKETS = 'replication/buckets'

/**
 * Makes further items in the stores of agents that do not run, as copies of one that was made through them: the same records with
 * another name, body, dot and stamp, encoded by the agents' own codecs and signed with the key of the origin. For what an agent writes
 * of an item that it makes by itself see `test/integration/bench/copies.test.ts`, which compares both. Outboxes and cursors, which are
 * empty at rest, do not count the copies.
 * @returns how many were made
 * @throws Error when the pattern is not at rest, or its records are not those that are known here
 */
export async function copyItems({ folders, mesh, service, pattern, copies, signal }: CopyPlan): Promise<number> {
  const glue = await loadGlue('rest', service)
  const sites: {
    readonly store: Store
    readonly pattern: Pattern
    readonly buckets: Uint8Array
    writes: StoreWrite[]
  }[] = []
  const opened: Store[] = []
  try {
    for (const folder of folders) {
      const store = await openLevelStore(path.join(folder, 'store'))
      opened.push(store)
      const buckets = Uint8Array.from((await store.get(BUCKETS)) ?? new Uint8Array(NAME_BUCKETS / 8))
      const replicant = { service, kind: 'items', name: nameOf(pattern) }
      sites.push({ store, pattern: await Pattern.read(store, glue, replicant), buckets, writes: [] })
    }
    const [origin] = sites
    if (origin === undefined) throw new Error('there is no site')
    const { create } = origin.pattern
    const seal = await sealOf(folders[0] ?? '', mesh, create.dot.site)
    let count = 0
    const commit = async (): Promise<void> => {
      signal.throwIfAborted()
      await Promise.all(sites.map(site => site.store.commit(site.writes)))
      for (const site of sites) site.writes = []
    }
    for (const [place, sequence] of copies) {
      // Of the past: the clocks of the sites must not run ahead.
      const stamp = { ms: create.stamp.ms - 1 - count, counter: 0 }
      const copy = origin.pattern.createOf({ place, sequence, number: FIRST_NUMBER + count, stamp })
      const own = seal.encode(copy)
      const [signed = own] = seal.sign([own])
      const bucket = bucketOf(copy.replicant)
      for (const site of sites) {
        site.writes.push(...site.pattern.recordsOf(copy, site === origin ? own : signed))
        site.buckets[bucket >> 3] = (site.buckets[bucket >> 3] ?? 0) | (1 << (bucket & 7))
      }
      if (++count % COPIED_TOGETHER === 0) await commit()
    }
    // What the last run has noted of all records together is of fewer.
    for (const { writes, buckets } of sites) writes.push({ kind: 'put', key: BUCKETS, value: buckets }, NO_CHECKPOINT)
    await commit()
    return count
  } finally {
    for (const store of opened) await store.close()
  }
}

/** Signs for a site with the key in its data folder. */
export async function sealOf(folder: string, mesh: string, site: string): Promise<OperationSeal> {
  const { sign } = ed25519Keys(await loadPeerKey(path.join(folder, 'peer.key')))
  return createOperationSeal({ mesh, site, sign, publicKeyOf: () => undefined })
}

import type { Store } from '../../ports/store.ts'

const INDEX = 'replication/outboxes/'

/**
 * How many entries wait for each site that was ever told something, as the disk has it; 0 where all are received. Keys are those of
 * `outboxes.ts` and of the journal: the first and the last of each outbox are read, whose numbers are dense.
 * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED
 */
export async function outboxLengths(store: Store): Promise<ReadonlyMap<string, number>> {
  const lengths = new Map<string, number>()
  const outboxes: string[] = []
  for await (const [key] of store.iterate({ prefix: INDEX })) outboxes.push(key.slice(INDEX.length))
  for (const outbox of outboxes) {
    const site = outbox.slice(0, outbox.lastIndexOf('/'))
    const prefix = `replication/outbox/${outbox}/r/`
    const [first, last] = await Promise.all([numberAt(store, prefix, false), numberAt(store, prefix, true)])
    // What is appended or trimmed meanwhile is counted or not.
    const length = first === undefined || last === undefined ? 0 : Math.max(0, last - first + 1)
    lengths.set(site, (lengths.get(site) ?? 0) + length)
  }
  return lengths
}

async function numberAt(store: Store, prefix: string, reverse: boolean): Promise<number | undefined> {
  for await (const [key] of store.iterate({ prefix, limit: 1, reverse }))
    return Number.parseInt(key.slice(prefix.length), 16)
  return undefined
}

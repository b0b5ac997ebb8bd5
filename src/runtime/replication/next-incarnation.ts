import { isIncarnation, openIncarnation } from '../../core/membership/incarnation.ts'
import { CheopsError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'

const KEY = 'replication/incarnation'
/** That of the start before, whatever version of the agent it was. */
export const INCARNATION_BEFORE = 'replication/incarnation-before'

/**
 * Opens the incarnation of this start: greater than all before it that this store knows, also when the clock went back, so that what is
 * said later is never taken for the older. A store that was set back opens one that nobody has seen all the same: it has 64 random bits.
 * @throws CheopsError ERR_STORE_CORRUPT, with which the store has failed; ERR_STORE_FAILED
 */
export async function nextIncarnation(store: Store, clock: Clock, random: Random): Promise<string> {
  const stored = await store.get(KEY)
  const above = stored === undefined ? undefined : new TextDecoder().decode(stored)
  if (above !== undefined && !isIncarnation(above)) {
    const error = new CheopsError('ERR_STORE_CORRUPT', 'The last incarnation cannot be read.', { key: KEY })
    store.fail(error)
    throw error
  }
  const incarnation = openIncarnation(clock.now(), random.bytes(8), above)
  const value = new TextEncoder().encode(incarnation)
  const before = stored === undefined ? [] : [{ kind: 'put', key: INCARNATION_BEFORE, value: stored } as const]
  await store.commit([{ kind: 'put', key: KEY, value }, ...before])
  return incarnation
}

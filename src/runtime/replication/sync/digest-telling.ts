import { DIGEST_AGAIN_MS, DIGEST_BUSY_MS, DIGEST_QUIET_MS, DIGEST_REFRESH_MS } from '../limits.ts'
import { isEqual, type PeerComparison } from './peer-comparison.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { SetDigest, SyncChannel } from '../../../ports/sync.ts'

/**
 * Tells the digest of what both share, in a conversation, whenever all is received and quiet; seldom while writes come without a pause.
 * @param isDrained whether the other site has received all that it was told
 */
export function tellDigests(
  clock: Clock,
  channel: SyncChannel,
  comparison: PeerComparison,
  isDrained: () => boolean,
): { readonly stop: () => void } {
  let told: SetDigest | undefined
  let toldAt = 0
  const look = (): void => {
    timer = clock.after(DIGEST_QUIET_MS, look)
    const isBusy = comparison.isBusy()
    const isDue = isBusy ? clock.monotonic() - toldAt >= DIGEST_BUSY_MS : isDrained()
    const mine = isDue ? comparison.mine() : undefined
    if (mine === undefined) return
    const isNew = told === undefined || !isEqual(mine, told)
    const pause = comparison.isOpen ? DIGEST_AGAIN_MS : DIGEST_REFRESH_MS
    if (!isNew && clock.monotonic() - toldAt < pause) return
    told = mine
    toldAt = clock.monotonic()
    // Whether the conversation stands is known to others.
    channel.send({ kind: 'digest', digest: mine }).catch(() => undefined)
  }
  let timer = clock.after(DIGEST_QUIET_MS, look)
  return { stop: () => timer.cancel() }
}

import { MAX_ADDED_BUCKETS, NAMES_EVERY_MS, NAMES_EVERY_MS_A_SITE } from '../limits.ts'
import type { TimerHandle } from '../../../ports/clock.ts'
import type { SyncChannel } from '../../../ports/sync.ts'
import type { ReplicationOptions } from '../context.ts'

/** Version of the protocol from which on buckets of names are understood. */
const NAMES_FROM_VERSION = 1

/**
 * Says in a conversation, as its sender, in which buckets this site has names: all of them at once, and each that is new, with what comes within a moment.
 * @param version of the protocol, that the other site knows
 */
export function tellNames(
  { names, clock }: Pick<ReplicationOptions, 'names' | 'clock'>,
  channel: SyncChannel,
  version: number,
): { readonly stop: () => void } {
  if (names === undefined || version < NAMES_FROM_VERSION) return { stop: () => undefined }
  const { own } = names
  const fresh: number[] = []
  let isStopped = false
  let timer: TimerHandle | undefined
  let isSaying = false
  const say = async (message: { readonly all: Uint8Array } | { readonly added: readonly number[] }): Promise<void> => {
    isSaying = true
    // Whether the conversation stands is known to others. One at a time: where nobody reads, no more than that waits.
    await channel.send({ kind: 'names', ...message }).catch(() => undefined)
    isSaying = false
    if (!isStopped) timer = clock.after(Math.max(NAMES_EVERY_MS, NAMES_EVERY_MS_A_SITE * own.told), next)
  }
  const next = (): void => {
    timer = undefined
    if (fresh.length === 0) return
    const added = fresh.splice(0)
    void say(added.length <= MAX_ADDED_BUCKETS ? { added } : { all: own.buckets.bits })
  }
  const endNew = own.onNew(bucket => {
    fresh.push(bucket)
    if (!isSaying) timer ??= clock.after(0, next)
  })
  const endTelling = own.telling(channel.site)
  void say({ all: own.buckets.bits })
  return {
    stop: () => {
      isStopped = true
      timer?.cancel()
      endNew()
      endTelling()
    },
  }
}

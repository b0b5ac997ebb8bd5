import { CheopsError } from '../errors.ts'
import type { Membership } from '../ports/membership.ts'

/**
 * How long a site that is down is tried, milliseconds: it may have come back a moment ago, and a client does not wait for what nobody has heard of for long. Its
 * own links are dialled again all the time.
 */
export const DOWN_TRIED_MS = 1_000

/**
 * Opens something at another site; at one that is down it is given up soon.
 * @throws CheopsError ERR_SITE_UNREACHABLE with why it is down; what `open` throws
 */
export async function openAt<T>(
  site: string,
  membership: Pick<Membership, 'site'>,
  open: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  if (membership.site(site)?.liveness !== 'down') return open(signal)
  const soon = AbortSignal.timeout(DOWN_TRIED_MS)
  try {
    return await open(AbortSignal.any([signal, soon]))
  } catch (cause) {
    signal.throwIfAborted()
    const { liveness, reason } = membership.site(site) ?? {}
    // That it is down follows from that.
    const isCut = cause instanceof CheopsError && cause.meta['isCut'] === true
    if (isCut || liveness !== 'down') throw cause
    throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} is down: ${reason ?? ''}`, { site }, { cause })
  }
}

import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Host } from './host.ts'

/** An address did not lead to a peer within its time. */
export class DialTimeoutError extends Error {
  override readonly name = 'DialTimeoutError'
}

/** One address must not use up the time of a dial that has several. */
const ADDRESS_SHARE = 2
const MIN_ADDRESS_MS = 1_000

/**
 * Dials the addresses of a peer one after the other until one leads to it. The library would do so too, but with a bound for each address that is
 * the same for all dials: either too short for a link with seconds of delay, or so long that one dead address takes all the time of a request.
 * @throws DialTimeoutError, or what the library has thrown; of several an AggregateError
 */
export async function dialEach(
  host: Host,
  targets: readonly Multiaddr[],
  { timeoutMs, force }: { readonly timeoutMs: number; readonly force: boolean },
): Promise<Connection> {
  const whole = AbortSignal.timeout(timeoutMs)
  const errors: unknown[] = []
  for (const target of targets.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const share = AbortSignal.timeout(Math.max(MIN_ADDRESS_MS, Math.ceil(timeoutMs / ADDRESS_SHARE)))
    const signal = targets.length === 1 ? whole : AbortSignal.any([whole, share])
    try {
      return await host.dial(target, { signal, force })
    } catch (error) {
      const isLate = signal.aborted
      // What a handshake says that is cut short looks like what another key of the mesh makes it say.
      errors.push(
        isLate ? new DialTimeoutError(`no connection in time to ${target.toString()}`, { cause: error }) : error,
      )
    }
    if (whole.aborted) break
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'no address leads to the peer')
}

/** Through a relay after directly; to this machine last, since the address may be another machine's own. */
function rankOf(target: Multiaddr): number {
  const text = target.toString()
  if (/^\/ip4\/127\.|^\/ip6\/::1\//.test(text)) return 2
  return text.includes('/p2p-circuit') ? 1 : 0
}

import { CheopsError } from '../errors.ts'
import type { Exchange, RelayResult } from '../ports/exchange.ts'

/** Where a request ended, for counts and logs. */
export interface Routed {
  readonly result: RelayResult | { readonly kind: 'refused'; readonly error: CheopsError }
  /** The site that answered, or that would have. */
  readonly site: string
  readonly scope: string | undefined
}

/** A relayed request has ended: its client is told if it has no answer. */
export function finish(
  exchange: Exchange,
  result: RelayResult,
  site: string,
  scope: string | undefined,
  answerHeaders?: readonly string[],
): Routed {
  if (result.kind === 'failed') exchange.refuse(result.error, answerHeaders)
  return { result, site, scope }
}

/** Refuses what could not be routed. Throws what is no CheopsError. */
export function refused(
  exchange: Exchange,
  error: unknown,
  site: string,
  scope: string | undefined,
  answerHeaders?: readonly string[],
): Routed {
  if (!(error instanceof CheopsError)) throw error
  exchange.refuse(error, answerHeaders)
  return { result: { kind: 'refused', error }, site, scope }
}

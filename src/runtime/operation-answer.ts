import type { Dot } from '../core/oplog/index.ts'
import { HEADER_NAMES } from '../core/resource/headers.ts'
import { isSuccess } from '../core/resource/success.ts'
import { CheopsError } from '../errors.ts'
import type { ComposedAnswer } from '../ports/exchange.ts'
import { siteItem, warning, without } from './answer-headers.ts'
import type { SiteOutcome } from './replication/replica.ts'
import type { Accepted } from './replication/replicator.ts'

/**
 * The application's answer at this site, with what is known of the other members. Where there is none (its effect was found by reading) 204.
 * @throws CheopsError ERR_OUTCOME_UNKNOWN, ERR_APPLICATION_BROKEN (without any effect)
 */
export function composeAnswer(site: string, accepted: Accepted, sites: readonly SiteOutcome[]): ComposedAnswer {
  const { answer, operation, replicant } = accepted
  const isAccepted = accepted.outcome === 'uncertain' && answer !== undefined && isSuccess(answer.status)
  const told = sites.find(({ site: at }) => at === site)?.outcome
  // What was waited for may be known by now.
  const outcome = isAccepted && (told === 'applied' || told === 'void') ? told : accepted.outcome
  if (outcome === 'uncertain' && !isAccepted) {
    const message = `What became of the request at ${site} is not known; ${replicant.name} takes no other until it is.`
    throw new CheopsError('ERR_OUTCOME_UNKNOWN', message, { site, name: replicant.name })
  }
  if (outcome === 'void' && answer === undefined)
    throw new CheopsError(
      'ERR_APPLICATION_BROKEN',
      `The application at ${site} broke off, and the request had no effect.`,
    )
  const headers = [HEADER_NAMES.site, site, HEADER_NAMES.outcome, outcome]
  if (accepted.isRepeated) headers.push(HEADER_NAMES.repeated, 'true')
  if (operation !== undefined) {
    headers.push(HEADER_NAMES.level, 'eventual', HEADER_NAMES.operation, operationText(operation))
    headers.push(HEADER_NAMES.replicant, `${replicant.kind}/${encodeURIComponent(replicant.name)}`)
    if (sites.length > 0) headers.push(HEADER_NAMES.sites, sitesText(sites))
  }
  headers.push(...failedWarning(sites, site))
  if (isAccepted && outcome !== 'applied') headers.push(...warning(acceptedText(site, replicant, outcome)))
  if (answer === undefined) return { status: 204, rawHeaders: headers, body: new Uint8Array(0) }
  const { status, reason, rawHeaders, body, isComplete } = answer
  if (isComplete) return { status, reason, rawHeaders: [...rawHeaders, ...headers], body }
  // What is certain is the status. A part must not look like all of it.
  const kept = without(rawHeaders, name => name.startsWith('content-') || name === 'etag')
  const why = `the body of the application's answer is too large, or broke off: read ${replicant.name} for it`
  return { status, reason, rawHeaders: [...kept, ...headers, ...warning(why)], body: new Uint8Array(0) }
}

/** A success is not all of it where other members have failed: most clients look at the status alone, and people at warnings. */
function failedWarning(sites: readonly SiteOutcome[], self: string): readonly string[] {
  const failed = sites.filter(({ site, outcome }) => outcome === 'failed' && site !== self)
  if (failed.length === 0) return []
  const why = failed.map(
    ({ site, status, error }) => `${site} (${error ?? (status === undefined ? 'failed' : String(status))})`,
  )
  return warning(`not carried out at ${why.join(', ')}; see cheops replicant show`)
}

function acceptedText(site: string, { name }: Accepted['replicant'], outcome: Accepted['outcome']): string {
  const begun = `${name} is there already, and the application at ${site} has accepted this all the same`
  return outcome === 'void'
    ? `${begun}: it has not done it, and no other site sees it`
    : `${begun}: the other members see it once it has done it`
}

/** `site1/1763762400000-9f86d081884c7d65/7`. */
function operationText({ site, incarnation, number }: Dot): string {
  return `${site}/${incarnation}/${number}`
}

/** An RFC 9651 list: `site1;s=applied;c=201, site2;s=failed;e=ERR_FORWARD_NOT_EXPOSED`. */
function sitesText(sites: readonly SiteOutcome[]): string {
  return sites
    .map(({ site, outcome, status, error }) => {
      const why = `${status === undefined ? '' : `;c=${status}`}${error === undefined ? '' : `;e=${error}`}`
      return `${siteItem(site)};s=${outcome}${why}`
    })
    .join(', ')
}

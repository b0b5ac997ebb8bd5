import type { EndingChecker } from './ending-checker.ts'
import type { Operation, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { KeyedRequest } from '../../world/replication/ledger.ts'
import type { Effect } from '../../world/fake-application.ts'
import type { Ending } from '../../world/replication/ending.ts'

/**
 * One idempotency key of a resource is one request, wherever and however often it is sent: one operation of each origin, one line in each
 * resource, and never two bodies that one site has accepted. Each operation takes effect once, and two of them, of sites that were cut off from
 * each other, not on top of each other: only a reset that has not seen the one that stays can come between. Sites that lost a part of what
 * they had on disk may have forgotten that they took it, but for what their resources show at the end.
 */
export const oncePerKey: EndingChecker = {
  name: 'once per key',
  look: ending =>
    ending.names.flatMap(name =>
      keysOf(ending, name).flatMap(key => [
        ...twiceInEffect(ending, name, key),
        ...twiceReleased(ending, name, key),
        ...twiceShown(ending, name, key),
        ...twoBodies(ending, name, key),
      ]),
    ),
}

function keysOf({ ledger }: Ending, { name }: ReplicantName): readonly string[] {
  return [...new Set(ledger.keyed.filter(answer => answer.name.name === name).map(({ key }) => key))]
}

function twiceInEffect(ending: Ending, name: ReplicantName, key: string): readonly string[] {
  const operations = Math.max(1, released(ending, name, key).length)
  const isAsked = (asked: KeyedRequest): boolean => asked.name.name === name.name && asked.key === key
  return [...ending.effects].flatMap(([site, all]) => {
    if (ending.setBack.has(site)) return []
    const here = all.filter(({ path }) => path === ending.pathOf(name))
    const places = here.flatMap(({ added }, place) => (keyIn(added) === key ? [place] : []))
    const at = (all: readonly KeyedRequest[]): number =>
      all.filter(asked => isAsked(asked) && asked.site === site).length
    // What was in doubt may have been undone, and done again.
    const doubts = at(ending.ledger.asked) - at(ending.ledger.keyed)
    const isOnTop = places.some((place, i) => i > 0 && here.slice(places[i - 1], place).every(saysNotAll))
    const what = `${key} took effect ${places.length} times at ${name.name} of ${site}`
    return [
      ...(isOnTop ? [`${what}, on top of itself`] : []),
      ...(places.length > operations + doubts ? [`${what}, for ${operations} operations`] : []),
    ]
  })
}

/** What is no PUT, creation or deletion leaves what was there before. */
function saysNotAll({ method, added }: Effect): boolean {
  return method === 'PATCH' || added !== undefined
}

function twiceReleased(ending: Ending, name: ReplicantName, key: string): readonly string[] {
  const origins = released(ending, name, key).map(({ dot }) => dot.site)
  return [...new Set(origins)]
    .filter(site => !ending.setBack.has(site) && origins.filter(other => other === site).length > 1)
    .map(site => `${site} released ${key} of ${name.name} more than once`)
}

function twiceShown(ending: Ending, name: ReplicantName, key: string): readonly string[] {
  return ending.replicasOf(name).flatMap(({ site, resource, admits }) => {
    const lines = resource?.['lines']
    const shown = (Array.isArray(lines) ? lines : []).filter(line => keyIn(line) === key).length
    return shown > 1 && admits === undefined ? [`${name.name} of ${site} shows ${key} ${shown} times`] : []
  })
}

/** From its own operation on a site knows what was asked; of another's it forgets the body with the operation. */
function twoBodies({ ledger, setBack }: Ending, name: ReplicantName, key: string): readonly string[] {
  const accepted = ledger.keyed.filter(answer => answer.name.name === name.name && answer.key === key && answer.dot)
  return [...Map.groupBy(accepted, ({ site }) => site)].flatMap(([site, answers]) => {
    const taken = answers.findIndex(({ dot }) => dot?.site === site)
    const tokens = taken < 0 ? [] : [...new Set(answers.slice(taken).map(({ token }) => token))]
    return tokens.length > 1 && !setBack.has(site)
      ? [`${site} accepted ${key} of ${name.name} with the bodies ${tokens.join(' and ')}`]
      : []
  })
}

function released({ ledger }: Ending, name: ReplicantName, key: string): readonly Operation[] {
  return ledger.operationsOf(name).filter(({ idempotency }) => idempotency?.key === key)
}

/** Bodies say the key that they were sent with. */
export function keyIn(line: unknown): unknown {
  return typeof line === 'object' && line !== null && 'key' in line ? line.key : undefined
}

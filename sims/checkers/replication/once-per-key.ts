import { covers, dotKey, sameDot } from '../../../src/core/oplog/index.ts'
import { bodyOf } from './expected.ts'
import { withoutUnknowable } from './late-effects.ts'
import type { EndingChecker } from './ending-checker.ts'
import type { Dot, Operation, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { KeyedAnswer, KeyedRequest } from '../../world/replication/ledger.ts'
import type { Effect, JsonObject } from '../../world/fake-application.ts'
import type { Ending } from '../../world/replication/ending.ts'

/**
 * One request with one idempotency key is one operation of each origin and one line in each resource, wherever and however often it is sent. Each
 * operation takes effect once, and two of them, of sites that were cut off from each other, not on top of each other: only a reset that has not
 * seen the one that stays can come between. Another body with that key is refused by whoever knows of the first, and is an operation of its own
 * where nobody could know; no client is ever told of an operation with another body than its own. Sites that lost a part of what they had on
 * disk may have forgotten that they took a key, but for what their resources show at the end.
 */
export const oncePerKey: EndingChecker = {
  name: 'once per key',
  look: ending =>
    ending.names.flatMap(name => [
      ...requestsOf(ending, name).flatMap(request => [
        ...twiceInEffect(ending, name, request),
        ...twiceReleased(ending, name, request),
        ...twiceShown(ending, name, request),
      ]),
      ...takenKnowingly(ending, name),
      ...toldOfAnother(ending, name),
    ]),
}

/** A key and a body. */
type Request = Pick<KeyedRequest, 'key' | 'token'>

function requestsOf({ ledger }: Ending, { name }: ReplicantName): readonly Request[] {
  // Those that say all that the resource is have a checker of their own.
  const all = ledger.keyed.filter(answer => answer.name.name === name && answer.do === 'add')
  return [...new Map(all.map(({ key, token }) => [`${key} ${token}`, { key, token }])).values()]
}

function twiceInEffect(ending: Ending, name: ReplicantName, request: Request): readonly string[] {
  const operations = Math.max(1, released(ending, name, request).length)
  const isAsked = (asked: KeyedRequest): boolean => asked.name.name === name.name && isSame(asked, request)
  return [...ending.effects].flatMap(([site, all]) => {
    if (ending.setBack.has(site)) return []
    const here = all.filter(({ path }) => path === ending.pathOf(name))
    const found = here.flatMap(({ added }, place) => (isSame(requestIn(added), request) ? [place] : []))
    const known = new Set(
      withoutUnknowable(
        found.flatMap(place => here[place] ?? []),
        here,
        ending.looks.get(site) ?? [],
        operations > 1,
      ),
    )
    const places = found.filter(place => here[place] !== undefined && known.has(here[place]))
    const at = (all: readonly KeyedRequest[]): number =>
      all.filter(asked => isAsked(asked) && asked.site === site).length
    // What was in doubt may have been undone, and done again.
    const doubts = at(ending.ledger.asked) - at(ending.ledger.keyed)
    const isOnTop = places.some((place, i) => i > 0 && here.slice(places[i - 1], place).every(saysNotAll))
    const what = `${wordsOf(request)} took effect ${places.length} times at ${name.name} of ${site}`
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

function twiceReleased(ending: Ending, name: ReplicantName, request: Request): readonly string[] {
  const origins = released(ending, name, request).map(({ dot }) => dot.site)
  return [...new Set(origins)]
    .filter(site => !ending.setBack.has(site) && origins.filter(other => other === site).length > 1)
    .map(site => `${site} released ${wordsOf(request)} of ${name.name} more than once`)
}

/**
 * A state that was said of what shows it twice makes it so, where nobody could have known. What was asked first and stands on no disk any more may still be in
 * what an application shows: nobody knows then that it was asked.
 */
function twiceShown(ending: Ending, name: ReplicantName, request: Request): readonly string[] {
  if (wasSaidTwice(ending, name, request)) return []
  const lost = released(ending, name, request).filter(({ dot }) => ending.lost.has(dotKey(dot))).length
  return ending.replicasOf(name).flatMap(({ site, resource, admits }) => {
    const shown = shownIn(resource, request)
    return shown > 1 + lost && admits === undefined
      ? [`${name.name} of ${site} shows ${wordsOf(request)} ${shown} times`]
      : []
  })
}

function wasSaidTwice(ending: Ending, name: ReplicantName, request: Request): boolean {
  const { ledger, effects, looks, bodies } = ending
  const isUnknowable = [...effects].some(([site, all]) => {
    const same = all.filter(({ path, added }) => path === ending.pathOf(name) && isSame(requestIn(added), request))
    return withoutUnknowable(same, all, looks.get(site) ?? []).length < same.length
  })
  const states = ledger.operationsOf(name).filter(({ type }) => type === 'state')
  return isUnknowable && states.some(state => shownIn(bodyOf(state, bodies), request) > 1)
}

function shownIn(resource: JsonObject | undefined, request: Request): number {
  const lines = resource?.['lines']
  return (Array.isArray(lines) ? lines : []).filter(line => isSame(requestIn(line), request)).length
}

/** A site took another body with a key of which it had carried out the first. */
function takenKnowingly({ ledger, setBack, bodies }: Ending, name: ReplicantName): readonly string[] {
  const all = ledger.operationsOf(name).filter(({ idempotency }) => idempotency !== undefined)
  const knew = (later: Operation, earlier: Operation): boolean =>
    later.idempotency?.key === earlier.idempotency?.key &&
    sameDot(later.life.dot, earlier.life.dot) &&
    covers(later.context, earlier.dot) &&
    !setBack.has(later.dot.site) &&
    !setBack.has(earlier.dot.site)
  return all.flatMap(later =>
    all
      .filter(earlier => knew(later, earlier))
      .map(
        earlier =>
          `${later.dot.site} released ${wordsOf(requestOf(later, bodies))} of ${name.name}, and knew ${wordsOf(requestOf(earlier, bodies))}`,
      ),
  )
}

/** A client was told of an operation that is not what it asked for. */
function toldOfAnother({ ledger, bodies }: Ending, name: ReplicantName): readonly string[] {
  type Accepted = KeyedAnswer & { readonly dot: Dot }
  return ledger.keyed
    .filter((answer): answer is Accepted => answer.name.name === name.name && answer.dot !== undefined)
    .flatMap(({ site, dot, ...asked }) => {
      const operation = ledger.find(dot)
      if (operation === undefined || isSame(requestOf(operation, bodies), asked)) return []
      return [`${site} answered ${wordsOf(asked)} of ${name.name} with ${wordsOf(requestOf(operation, bodies))}`]
    })
}

function released({ ledger, bodies }: Ending, name: ReplicantName, request: Request): readonly Operation[] {
  return ledger
    .operationsOf(name)
    .filter(operation => operation.idempotency?.key === request.key && isSame(requestOf(operation, bodies), request))
}

function isSame(a: Request | undefined, b: Request): boolean {
  return a !== undefined && a.key === b.key && a.token === b.token
}

function wordsOf(request: Request | undefined): string {
  return request === undefined ? 'nothing' : `${request.key} (${request.token})`
}

/** The key and the body of an operation: what adds a line says the key in it, the others say what the resource is. */
export function requestOf(operation: Operation, bodies: Ending['bodies']): Request | undefined {
  const body = bodyOf(operation, bodies)
  const key = operation.idempotency?.key
  const { base } = body
  return requestIn(body) ?? (key === undefined ? undefined : { key, token: typeof base === 'string' ? base : '' })
}

/** Bodies say the key that they were sent with. */
export function requestIn(line: unknown): Request | undefined {
  if (typeof line !== 'object' || line === null || !('key' in line) || !('line' in line)) return undefined
  return { key: String(line.key), token: String(line.line) }
}

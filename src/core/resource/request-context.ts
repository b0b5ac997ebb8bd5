/**
 * What stays with a request on its way through applications: its scope and how deep it is nested. It is carried in two
 * members of the W3C `baggage` header, which every OpenTelemetry-instrumented application passes on to its own calls.
 *
 * Source: W3C Baggage, https://www.w3.org/TR/baggage/ (list of `key=value;properties`, values percent-encoded).
 */
export interface RequestContext {
  /** The scope in its canonical form. */
  readonly scope: string
  /** How many agents the request and those that caused it have passed. */
  readonly hops: number
}

/** Agents that one request may pass, calls of applications included: deeper nesting is taken for a loop. */
export const MAX_HOPS = 16

const SCOPE_MEMBER = 'cheops-scope'
const HOPS_MEMBER = 'cheops-hops'

/**
 * Reads both members; what is missing is undefined. The scope is text, not yet parsed; where it cannot be decoded it is given as it
 * came, so that reading it fails and is not taken for none.
 * @param baggage the values of all baggage headers: they are one list
 */
export function readBaggage(baggage: readonly string[]): { scope: string | undefined; hops: number | undefined } {
  let scope: string | undefined
  let hops: number | undefined
  for (const member of baggage.flatMap(header => header.split(','))) {
    const [key, value] = splitMember(member)
    if (key === SCOPE_MEMBER) scope ??= decode(value) ?? value
    else if (key === HOPS_MEMBER && /^\d{1,3}$/.test(value)) hops = Math.max(hops ?? 0, Number(value))
  }
  return { scope, hops }
}

/** The baggage to pass on: the other members of `existing` as they stand, then ours. */
export function writeBaggage(existing: readonly string[], context: RequestContext): string {
  const others = existing
    .flatMap(header => header.split(','))
    .map(member => member.trim())
    .filter(member => {
      const [key] = splitMember(member)
      return member !== '' && key !== SCOPE_MEMBER && key !== HOPS_MEMBER
    })
  const ours = [`${SCOPE_MEMBER}=${encodeURIComponent(context.scope)}`, `${HOPS_MEMBER}=${context.hops}`]
  return [...others, ...ours].join(',')
}

function splitMember(member: string): [key: string, value: string] {
  const properties = member.indexOf(';')
  const pair = properties < 0 ? member : member.slice(0, properties)
  const equals = pair.indexOf('=')
  return equals < 0 ? [pair.trim(), ''] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

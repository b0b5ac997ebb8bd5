/**
 * What a client has seen, as it carries it from site to site in `Cheops-Context`: for each resource that it has read or written the
 * last operations that were in effect. A site that has all of them in effect shows nothing older than what the client has seen.
 * Source: src/consistency.md "Promises to clients".
 */
import { covers, EMPTY_CONTEXT, join } from './context.ts'
import { MAX_CLIENT_CONTEXT_BYTES, MAX_CLIENT_CONTEXT_MARKS } from './limits.ts'
import { replicantKey } from './operation.ts'
import { dotKey } from './order.ts'
import type { Context } from './context.ts'
import type { Executed } from './executed.ts'
import type { Life } from './life.ts'
import type { ReplicantName } from './operation.ts'
import type { Dot } from './order.ts'

/** One operation on one resource, and with it all that this operation had seen. */
export interface ClientMark {
  readonly replicant: ReplicantName
  readonly dot: Dot
}

/** What was seen last stands at the end. */
export type ClientContext = readonly ClientMark[]

export const NOTHING_SEEN: ClientContext = []

/**
 * What a client has seen after it has seen more. Of one origin's operations on a resource the greatest is enough; beyond the bound
 * what was seen first is left out.
 */
export function withSeen(context: ClientContext, seen: ClientContext): ClientContext {
  const marks = new Map<string, ClientMark>()
  for (const mark of [...context, ...seen]) {
    const { site, incarnation, number } = mark.dot
    const key = `${site}/${incarnation} ${replicantKey(mark.replicant)}`
    const known = marks.get(key)
    marks.delete(key)
    marks.set(key, known !== undefined && known.dot.number > number ? known : mark)
  }
  const all = [...marks.values()].slice(-MAX_CLIENT_CONTEXT_MARKS)
  while (clientContextText(all).length > MAX_CLIENT_CONTEXT_BYTES) all.shift()
  return all
}

/**
 * The operations in effect at a site that no other of them has seen: who has these in effect has all of them.
 * @param life the life that `executed` speaks of, for the contexts of what is still held
 */
export function frontierOf(executed: Executed, life: Life | undefined): readonly Dot[] {
  const contexts = new Map(life?.live.map(({ dot, context }) => [dotKey(dot), context]))
  const seen = executed.operations.reduce<Context>(
    (all, { dot }) => join(all, contexts.get(dotKey(dot)) ?? EMPTY_CONTEXT),
    EMPTY_CONTEXT,
  )
  return executed.operations.map(({ dot }) => dot).filter(dot => !covers(seen, dot))
}

/**
 * An RFC 9651 list of strings, each an operation as `Cheops-Operation` writes it, with the resource as parameter `r`:
 * `"site1/1763762400000-9f86d081884c7d65/7";r="inventory/items/bolt"`. Parts of names are percent-encoded.
 */
export function clientContextText(context: ClientContext): string {
  return context
    .map(({ replicant: { service, kind, name }, dot: { site, incarnation, number } }) => {
      const resource = [service, kind, name].map(part => encodeURIComponent(part.toWellFormed())).join('/')
      return `"${site}/${incarnation}/${number}";r="${resource}"`
    })
    .join(', ')
}

/** Undefined for what is not one, and for more than the bounds allow. Parameters of later versions are passed over. */
export function readClientContext(text: string): ClientContext | undefined {
  if (text.length > MAX_CLIENT_CONTEXT_BYTES) return undefined
  if (text.trim() === '') return NOTHING_SEEN
  const marks: ClientMark[] = []
  for (const item of text.split(',')) {
    const [, site = '', incarnation = '', digits = '', parameters = ''] = ITEM.exec(item.trim()) ?? []
    const resource = /(?:^|;)\s*r="([^"]*)"/.exec(parameters)?.[1]
    const [service, kind, name, ...rest] = (resource ?? '').split('/').map(decoded)
    const number = Number(digits)
    if (site === '' || number < 1 || !Number.isSafeInteger(number) || rest.length > 0) return undefined
    if (service === undefined || service === '' || kind === undefined || name === undefined) return undefined
    marks.push({ replicant: { service, kind, name }, dot: { site, incarnation, number } })
  }
  return marks.length > MAX_CLIENT_CONTEXT_MARKS ? undefined : marks
}

/** Strings and keys; no comma can stand in one, since names are percent-encoded. */
const ITEM =
  /^"([^"/,;\s]{1,63})\/(\d{1,16}-[0-9a-f]{16})\/(\d{1,16})"((?:\s*;\s*[a-z*][a-z0-9_.*-]*(?:="[^"]*"|=[^";]*)?)*)$/

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

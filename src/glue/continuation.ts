/**
 * The continuation of a merged list: one token that names each site's own, since what one site gives another does not understand. A client sends it
 * back where the application takes its own (`list.token`), or follows the link that has it.
 */
import type { ListContinuation } from '../ports/replication-glue.ts'
import type { CompiledKind } from './compile.ts'

/** Of the composed token: it stands in URLs, which agents and applications take up to 8 KiB of. */
export const MAX_CONTINUATION_CHARACTERS = 4096

/** No application's own begins like this. */
const PREFIX = 'cheops.'
/** Where the continuation of an application is a link, the query of which only it understands. */
const LINK_PARAMETER = 'cheops-continue'

/** What a request for a further page asks of each site; `none` for a first page. */
export function continuationIn(kind: CompiledKind, path: string): ListContinuation {
  const [pathname = '', query = ''] = splitOnce(path, '?')
  const parameters = query.split('&').map(pair => [pair, splitOnce(pair, '=')] as const)
  for (const [pair, [name = '', value = '']] of parameters) {
    const token = kind.definition.list?.token
    const [isToken, isLink] = [decoded(name) === token, decoded(name) === LINK_PARAMETER]
    const text = decoded(value) ?? ''
    if (!(isToken || isLink) || !text.startsWith(PREFIX)) continue
    const sites = sitesIn(text)
    if (sites === undefined) return { is: 'bad' }
    const paths = [...sites].map(([site, own]) => {
      const rest = isLink ? own : query.replace(pair, `${name}=${encodeURIComponent(own)}`)
      return [site, { own, path: `${pathname}?${rest}` }] as const
    })
    return { is: 'continues', sites: new Map(paths) }
  }
  return { is: 'none' }
}

/**
 * The continuation of a merged list.
 * @param path of the request
 * @param nexts what each site that has more has said
 * @param kept what sites that could not be asked were to be asked with
 * @returns what the list says, and the sites whose more it does not lead to
 */
export function composedNext(
  kind: CompiledKind,
  path: string,
  nexts: ReadonlyMap<string, unknown>,
  kept: ReadonlyMap<string, string>,
): { readonly next: string | undefined; readonly lost: readonly string[] } {
  const [pathname = ''] = splitOnce(path, '?')
  const isToken = kind.definition.list?.token !== undefined
  const owns = new Map(kept)
  const lost: string[] = []
  let link: string | undefined
  for (const [site, next] of nexts) {
    const own = isToken ? tokenOf(next) : queryOf(next, pathname)
    if (own === undefined) lost.push(site)
    else owns.set(site, own)
    if (own !== undefined && typeof next === 'string') link ??= splitOnce(next, '?')[0]
  }
  if (owns.size === 0) return { next: undefined, lost }
  const text = PREFIX + Buffer.from(JSON.stringify(Object.fromEntries(owns))).toString('base64url')
  if (text.length > MAX_CONTINUATION_CHARACTERS) return { next: undefined, lost: [...lost, ...owns.keys()] }
  return { next: isToken ? text : `${link ?? pathname}?${LINK_PARAMETER}=${text}`, lost }
}

function tokenOf(next: unknown): string | undefined {
  return typeof next === 'number' ? String(next) : typeof next === 'string' ? next : undefined
}

/** The query of a link to the same collection, which may have an address and a prefix of the application's own. */
function queryOf(next: unknown, pathname: string): string | undefined {
  const url = typeof next === 'string' ? URL.parse(next, `http://application${pathname}`) : null
  return url?.pathname.endsWith(pathname) === true && url.search.length > 1 ? url.search.slice(1) : undefined
}

/** By site; undefined for what no agent has made. */
function sitesIn(text: string): ReadonlyMap<string, string> | undefined {
  if (text.length > MAX_CONTINUATION_CHARACTERS) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString())
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value)
    // As a query it must lead nowhere else.
    const isSound =
      entries.length > 0 && entries.every(([, own]) => typeof own === 'string' && /^[^#\s\p{C}]+$/u.test(own))
    return isSound ? new Map(entries as [string, string][]) : undefined
  } catch {
    return undefined
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

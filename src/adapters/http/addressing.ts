import type { RequestHead } from '../../core/resource/http-head.ts'
import { CheopsError } from '../../errors.ts'

/** Which service a request is for, found in one of the four ways in (src/README.md, "Ways in"). */
export interface Address {
  readonly service: string
  /** Path and query within the service. */
  readonly path: string
  /** Scope of the URL prefix, decoded, without its parameters. */
  readonly scope: string | undefined
  /** Parameters of the URL prefix: `level=strong` as `['level', 'strong']`. */
  readonly parameters: ReadonlyMap<string, string>
  /** How it was found, for links in answers and for metrics. */
  readonly way: 'listener' | 'proxy' | 'host' | 'path'
  /** Host and port of an absolute URL, as they stood: they count, and not the Host header (RFC 9112, 3.2.2). */
  readonly authority: string | undefined
  /** What the client wrote before `path`: origin for the proxy form, then the prefixes as they stood. */
  readonly prefix: string
}

/** Where the endpoint of a service stands below its authority. */
export interface EndpointAddress {
  readonly service: string
  /** Path of the endpoint's URL, no slash at the end: a URL of the application itself begins with it. */
  readonly basePath: string
}

/** What an ingress knows about names. */
export interface ServiceNames {
  /** Whether some site offers a service of this name. */
  isService(name: string): boolean
  /** Service that clients reach under this host name (configured `hosts`, names), lower case, without port. */
  serviceOfHost(host: string): string | undefined
  /** Services whose endpoint has this authority, `host:port`, lower case; those with the longest base path first. */
  servicesOfAuthority(authority: string): readonly EndpointAddress[]
  /** What to say when nothing matches: the nearest name, if there is one. */
  nearest(name: string): string | undefined
}

/**
 * @param listenerService the service that the listener belongs to, undefined for the shared ingress
 * @throws CheopsError ERR_SERVICE_UNKNOWN, ERR_REQUEST_PATH
 */
export function addressOf(
  head: RequestHead & { readonly host: string | undefined },
  listenerService: string | undefined,
  names: ServiceNames,
): Address {
  const absolute = absoluteForm(head.target)
  if (listenerService !== undefined) {
    const target = absolute?.path ?? head.target
    const { origin = '', authority } = absolute ?? {}
    return withScope(target, { service: listenerService, way: 'listener', authority, prefix: origin })
  }
  if (absolute !== undefined) {
    const { authority, origin, path } = absolute
    const found = byAuthority(authority, path, names, { way: 'proxy', authority, prefix: origin })
    if (found !== undefined) return found
    throw unknown(hostOf(authority), names, `no service answers to the host "${authority}"`)
  }
  if (head.host !== undefined) {
    const found = byAuthority(head.host, head.target, names, { way: 'host', authority: undefined, prefix: '' })
    if (found !== undefined) return found
  }
  const { rest, scope, parameters, prefix } = splitScope(head.target)
  const end = endOfSegment(rest)
  const service = decodeSegment(rest.slice(1, end))
  if (!names.isService(service)) {
    const what = service === '' ? 'the path names no service' : `no site offers a service "${service}"`
    throw unknown(service, names, `${what}; write /<service>/… before the path`)
  }
  const path = rest.slice(end)
  return {
    service,
    path: path.startsWith('/') ? path : `/${path}`,
    scope,
    parameters,
    way: 'path',
    authority: undefined,
    prefix: prefix + rest.slice(0, end),
  }
}

function byAuthority(
  authority: string,
  target: string,
  names: ServiceNames,
  way: Pick<Address, 'way' | 'authority' | 'prefix'>,
): Address | undefined {
  const lower = authority.toLowerCase()
  // A URL of the application itself has the base path of its endpoint, which is written before every path on the way on.
  for (const { service, basePath } of names.servicesOfAuthority(lower)) {
    const address = withScope(target, { service, ...way })
    const path = below(basePath, address.path)
    if (path !== undefined) return { ...address, path, prefix: address.prefix + basePath }
  }
  const service = names.serviceOfHost(hostOf(lower))
  return service === undefined ? undefined : withScope(target, { service, ...way })
}

function below(basePath: string, path: string): string | undefined {
  if (!path.startsWith(basePath)) return undefined
  const rest = path.slice(basePath.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : undefined
}

function hostOf(authority: string): string {
  if (authority.startsWith('[')) return authority.slice(1, Math.max(1, authority.indexOf(']')))
  const colon = authority.lastIndexOf(':')
  return colon < 0 ? authority : authority.slice(0, colon)
}

function absoluteForm(target: string): { origin: string; authority: string; path: string } | undefined {
  if (target.startsWith('/')) return undefined // as nearly always
  const match = /^https?:\/\/([^/?]*)/i.exec(target)
  if (match === null) return undefined
  const authority = match[1] as string
  const path = target.slice(match[0].length)
  return { origin: match[0], authority, path: path.startsWith('/') ? path : `/${path}` }
}

function withScope(target: string, found: Pick<Address, 'service' | 'way' | 'authority' | 'prefix'>): Address {
  const { rest, scope, parameters, prefix } = splitScope(target)
  return { ...found, path: rest, scope, parameters, prefix: found.prefix + prefix }
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map()

/** `/~`, also as clients write it that encode every character which older standards reserve. */
const SCOPE_PREFIX = /^\/(?:~|%7e)/i

/** Takes `/~<percent-encoded scope>;a=b/` off the front. Clients encode it anew in their own way, so it is decoded first. */
function splitScope(target: string): {
  rest: string
  scope: string | undefined
  parameters: ReadonlyMap<string, string>
  prefix: string
} {
  const code = target.charCodeAt(1)
  const sign = code === 126 || code === 37 ? SCOPE_PREFIX.exec(target) : null // "~" or "%"
  if (sign === null) return { rest: target, scope: undefined, parameters: NO_PARAMETERS, prefix: '' }
  const end = endOfSegment(target)
  const [scope = '', ...parameters] = decodeSegment(target.slice(sign[0].length, end)).split(';')
  const rest = target.slice(end)
  return {
    rest: rest.startsWith('/') ? rest : `/${rest}`,
    scope,
    parameters: new Map(
      parameters.map(each => {
        const equals = each.indexOf('=')
        return equals < 0 ? [each.trim(), ''] : [each.slice(0, equals).trim(), each.slice(equals + 1).trim()]
      }),
    ),
    prefix: target.slice(0, end),
  }
}

function endOfSegment(path: string): number {
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === 47 || code === 63) return i // "/" or "?"
  }
  return path.length
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new CheopsError('ERR_REQUEST_PATH', `"${segment.slice(0, 80)}" is not percent-encoded UTF-8`)
  }
}

function unknown(name: string, names: ServiceNames, message: string): CheopsError {
  const nearest = names.nearest(name)
  const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return new CheopsError('ERR_SERVICE_UNKNOWN', message + suggestion, { service: name, nearest })
}

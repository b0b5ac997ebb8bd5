import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/**
 * Whether a browser sends this for a page that is not one of this machine's: what an open ingress on loopback must not take, since any page that is open
 * in a browser here can send requests to it. Browsers say so by `Sec-Fetch-Site` only where both are https or this machine; else the page's own origin
 * says it, or, where a name of somebody else was made to lead here (DNS rebinding), the name.
 *
 * @param isNamed whether the request came by a name that leads to a service here by itself
 */
export function isForeignPage(headers: IncomingHttpHeaders, isNamed: boolean): boolean {
  const site = headers['sec-fetch-site']
  const origin = headers.origin ?? headers.referer
  const isBrowser = origin !== undefined || site !== undefined || headers['user-agent']?.startsWith('Mozilla/') === true
  if (!isBrowser) return false
  if (site === 'cross-site') return true
  const host = hostnameOf(`http://${headers.host ?? ''}`)
  if (host === undefined || (!isNamed && !isOfThisMachine(host))) return true
  // Another port of the same host is another page of this machine, which the browser has let ask.
  return origin !== undefined && site === undefined && hostnameOf(origin) !== host
}

/** No name that somebody else can have lead here: an address, or a name that no public DNS has. */
function isOfThisMachine(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0 || !host.includes('.') || host.endsWith('.localhost')
}

function hostnameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname
}

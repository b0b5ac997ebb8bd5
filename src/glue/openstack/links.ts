import type { LinkContext } from '../../ports/glue.ts'

/**
 * Where a link that an OpenStack service wrote must lead so that the client comes back to the agent with its scope.
 *
 * The client's agent may stand at another site than the service that wrote the link, and then knows no endpoint of it.
 * So a link is recognised by the endpoints of this site first, and else by OpenStack's own custom: below a service's root
 * everything stands under a version (`/v3`, `/v2.1`), so what begins with the first version in a path is the part to keep.
 */

/** A link to the service that answered: version documents, `Location`. `href` may be absolute or a path. */
export function linkToSelf(href: string, links: LinkContext): string {
  const path = pathOf(href)
  if (path === undefined) return href
  const endpoint = links.endpoints[links.service] ?? ''
  const atEndpoint = path === href || originOf(href) === originOf(endpoint)
  return links.base + ((atEndpoint ? below(path, pathOf(endpoint)) : undefined) ?? fromVersion(path))
}

/** Whether a link is certainly one to the service that answered: a path, or at the address of its endpoint or of the agent. */
export function isLinkToSelf(href: string, links: LinkContext): boolean {
  if (href.startsWith('/') && !href.startsWith('//')) return true
  const origin = originOf(href)
  if (origin === undefined) return false
  return origin === originOf(links.endpoints[links.service] ?? '') || origin === originOf(links.base)
}

/**
 * The URL of an endpoint in a catalog. Which service it is: the one whose endpoint at this site it is, else the one that
 * is called as the catalog calls it. A service that this agent cannot be asked for keeps its URL.
 * @param names type and name of the service in the catalog: `image`, `glance`
 */
export function linkToEndpoint(url: string, names: readonly (string | undefined)[], links: LinkContext): string {
  const path = pathOf(url)
  if (path === undefined) return url
  for (const [service, endpoint] of Object.entries(links.endpoints)) {
    const rest = originOf(endpoint) === originOf(url) ? below(path, pathOf(endpoint)) : undefined
    const base = rest === undefined ? undefined : links.baseOf(service)
    if (base !== undefined) return base + rest
  }
  for (const name of names) {
    const base = name === undefined ? undefined : links.baseOf(name)
    if (base !== undefined) return base + fromVersion(path)
  }
  return url
}

/** Path and query of a URL or of a path, as they stand there: catalogs hold `%(project_id)s`, which must not be encoded. */
function pathOf(href: string): string | undefined {
  if (href.startsWith('/') && !href.startsWith('//')) return href
  const authority = /^https?:\/\/[^/?#]*/i.exec(href)
  return authority === null ? undefined : href.slice(authority[0].length)
}

function originOf(href: string): string | undefined {
  return URL.canParse(href) ? new URL(href).origin : undefined
}

/** What stands below a root, undefined where the path does not lie there. */
function below(path: string, root: string | undefined): string | undefined {
  if (root === undefined) return undefined
  const prefix = root.replace(/\/$/, '')
  if (!path.startsWith(prefix)) return undefined
  const rest = path.slice(prefix.length)
  return rest === '' || /^[/?#]/.test(rest) ? rest : undefined
}

/** The path from its first version on; nothing where there is none, since then it is a service's root. */
function fromVersion(path: string): string {
  const at = path.search(/\/v\d+(\.\d+)?([/?#]|$)/)
  return at === -1 ? '' : path.slice(at)
}

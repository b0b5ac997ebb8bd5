import { isObject } from '../../core/resource/json-object.ts'
import type { RequestHead, ResponseHead } from '../../core/resource/http-head.ts'
import type { LinkContext, Rewrite } from '../../ports/glue.ts'
import { isLinkToSelf, linkToEndpoint, linkToSelf } from './links.ts'

/**
 * Clients of OpenStack follow two kinds of links: those of version documents and those of the catalog in a token's
 * answer (keystoneauth). One that is not led back to the agent loses the scope, and what comes next lands at the wrong
 * site. These and `Location` are rewritten; everything else, images above all, streams through untouched.
 */
export function rewrite(
  head: RequestHead,
  path: string,
  answer: ResponseHead,
  links: LinkContext,
): Rewrite | undefined {
  const { rawHeaders, changed } = rewriteLocation(answer, links)
  const bodyRewrite = head.method === 'HEAD' ? undefined : rewriteOf(head.method, path, answer)
  if (bodyRewrite === undefined) {
    return changed ? { maxBytes: MAX_BODY_BYTES, body: decoded => decoded, rawHeaders } : undefined
  }
  return {
    maxBytes: MAX_BODY_BYTES,
    body: decoded => rewriteJson(decoded, value => bodyRewrite(value, links)),
    rawHeaders,
  }
}

/** The catalog of a cloud with 50 services in 20 regions has 600 KB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

type BodyRewrite = (value: unknown, links: LinkContext) => void

/** Answers that carry a token, and with it the catalog. */
const CATALOG_PATHS = ['/v3/auth/tokens', '/v3/auth/catalog', '/v3/ec2tokens', '/v3/s3tokens']

function rewriteOf(method: string, path: string, answer: ResponseHead): BodyRewrite | undefined {
  const plain = (path.split(/[?#]/, 1)[0] as string).replace(/\/$/, '')
  if (CATALOG_PATHS.includes(plain) || (plain.startsWith('/v3/OS-FEDERATION/') && plain.endsWith('/auth'))) {
    return answer.status === 200 || answer.status === 201 ? rewriteCatalog : undefined
  }
  // Glance answers any path that it does not know with 300 and its versions.
  const isVersionDocument =
    answer.status === 300 ||
    (answer.status === 200 && (plain === '' || plain === '/versions' || /^\/v\d+(\.\d+)?$/.test(plain)))
  return method === 'GET' && isVersionDocument ? rewriteVersions : undefined
}

/** `{"versions": {"values": […]}}` (Keystone), `{"versions": […]}` (Glance), `{"version": …}` (one of them). */
const rewriteVersions: BodyRewrite = (value, links) => {
  const versions = member(value, 'versions')
  for (const version of [...list(versions), ...list(member(versions, 'values')), member(value, 'version')]) {
    for (const link of list(member(version, 'links'))) {
      const href = member(link, 'href')
      // Other relations (describedby) lead to the documentation.
      if (!isObject(link) || typeof href !== 'string') continue
      if (link['rel'] === 'self' || isLinkToSelf(href, links)) link['href'] = linkToSelf(href, links)
    }
  }
}

/** `{"token": {"catalog": […]}}`, and `{"catalog": […]}` of GET /v3/auth/catalog. */
const rewriteCatalog: BodyRewrite = (value, links) => {
  for (const service of [...list(member(member(value, 'token'), 'catalog')), ...list(member(value, 'catalog'))]) {
    const names = [member(service, 'type'), member(service, 'name')].map(n => (typeof n === 'string' ? n : undefined))
    for (const endpoint of list(member(service, 'endpoints'))) {
      const url = member(endpoint, 'url')
      if (isObject(endpoint) && typeof url === 'string') endpoint['url'] = linkToEndpoint(url, names, links)
    }
  }
}

/** What is no JSON after all has no links that a client could follow, and goes on as it came. */
function rewriteJson(decoded: Uint8Array, change: (value: unknown) => void): Uint8Array {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decoded))
  } catch {
    return decoded
  }
  change(value)
  return new TextEncoder().encode(JSON.stringify(value))
}

/** What was created and where versions are chosen is the service itself; another redirect may lead to anywhere. */
function rewriteLocation(
  answer: ResponseHead,
  links: LinkContext,
): { rawHeaders: readonly string[]; changed: boolean } {
  const own = answer.status === 201 || answer.status === 202 || answer.status === 300
  if (!own && !(answer.status >= 300 && answer.status < 400)) return { rawHeaders: answer.rawHeaders, changed: false }
  const rawHeaders = [...answer.rawHeaders]
  let changed = false
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] as string
    if (rawHeaders[i]?.toLowerCase() !== 'location' || !(own || isLinkToSelf(value, links))) continue
    rawHeaders[i + 1] = linkToSelf(value, links)
    changed ||= rawHeaders[i + 1] !== value
  }
  return { rawHeaders, changed }
}

function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

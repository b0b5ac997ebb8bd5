/** Parameters of a query that are credentials, by their names: some applications take an API key or a token there. */

const CREDENTIAL =
  /(^|[^a-z])(api[^a-z]?key|key|token|secret|password|passwd|pwd|auth|authorization|credentials?|session|sid|sig|signature|jwt)([^a-z]|$)/i

export function hasQueryCredentials(path: string): boolean {
  return withoutQueryCredentials(path) !== path
}

/** The same path without them; what else stands in the query stays as it is. */
export function withoutQueryCredentials(path: string): string {
  const place = path.indexOf('?')
  if (place < 0) return path
  const parts = path.slice(place + 1).split('&')
  const kept = parts.filter(part => !isCredential(part))
  if (kept.length === parts.length) return path
  return kept.length === 0 ? path.slice(0, place) : `${path.slice(0, place)}?${kept.join('&')}`
}

function isCredential(part: string): boolean {
  // `accessToken` is `access_token`.
  return [...new URLSearchParams(part).keys()].some(name =>
    CREDENTIAL.test(name.replaceAll(/([a-z])([A-Z])/g, '$1_$2')),
  )
}

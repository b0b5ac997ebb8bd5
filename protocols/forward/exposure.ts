/** What other sites may use of a service; an empty list allows nothing. */
export interface Exposure {
  /** Names of sites, or `*`. */
  readonly sites: readonly string[]
  /** Methods in capitals, or `*`. */
  readonly methods: readonly string[]
  /** `/items/*` is one segment below, `/items/**` the path itself and all below it. */
  readonly paths: readonly string[]
}

export const NOTHING_EXPOSED: Exposure = { sites: [], methods: [], paths: [] }

/** @param target path and query as they stand in the request line */
export function exposes(exposure: Exposure, site: string, method: string, target: string): boolean {
  if (!allows(exposure.sites, site) || !allows(exposure.methods, method)) return false
  if (exposure.paths.includes('/**')) return true
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  // Applications read these in different ways: a rule for paths takes only what can be read in one.
  if (!path.startsWith('/')) return false
  if (path.includes('//') || path.includes('\\') || path.includes(';') || /%2f|%5c/i.test(path)) return false
  const segments = decodeSegments(path)
  if (segments === undefined || segments.includes('.') || segments.includes('..')) return false
  return exposure.paths.some(pattern => matches(pattern.split('/').slice(1), segments))
}

function allows(list: readonly string[], value: string): boolean {
  return list.includes(value) || list.includes('*')
}

/** `%69tems` is `items` to the application: compare what it will see. */
function decodeSegments(path: string): string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (part === '**' && index === pattern.length - 1) return true
    const segment = segments[index]
    if (segment === undefined || (part === '*' ? segment === '' : part !== segment)) return false
  }
  return pattern.length === segments.length
}

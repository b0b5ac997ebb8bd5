/**
 * Methods that change nothing (RFC 9110, 9.2.1, and those of WebDAV, DeltaV and SEARCH in the registry of methods): they may be sent again or
 * elsewhere, and their outcome is never in doubt.
 */
export const SAFE_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
])

/** What of a read may be told to sites that its client has not named: what is read, and in which form; nothing that says who reads. */

const SAYS_WHAT: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'prefer',
  'range',
  'traceparent',
  'user-agent',
  // Of the connection: who forwards makes its own.
  'connection',
  'host',
  'te',
])

/** @param name of a header of a request, in lower case */
export function leavesAnonymously(name: string): boolean {
  return SAYS_WHAT.has(name)
}

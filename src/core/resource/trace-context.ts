/**
 * W3C Trace Context, https://www.w3.org/TR/trace-context/: `00-<trace id>-<parent id>-<flags>`, lower-case hexadecimal.
 * Cheops reads the trace ID to tell the calls of one request apart, and starts a trace where the client has none.
 */
export function traceIdOf(traceparent: string): string | undefined {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent.trim())
  return match?.[1] === '0'.repeat(32) ? undefined : match?.[1]
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

/**
 * A traceparent that starts a trace. It is flagged as sampled, since "not sampled" would make every instrumented
 * application behind it drop its own traces.
 * @param random 24 random bytes: 16 for the trace, 8 for the parent
 */
export function newTraceparent(random: Uint8Array): string {
  const hex = toHex(random)
  return `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-01`
}

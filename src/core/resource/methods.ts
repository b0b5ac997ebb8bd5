/** Methods that change nothing (RFC 9110, 9.2.1): they may be sent again or elsewhere, and their outcome is never in doubt. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

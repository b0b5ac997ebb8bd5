/** Bytes of a scope in UTF-8. It travels in headers beside the application's own, of which Node takes 16 KiB in all. */
export const MAX_SCOPE_BYTES = 4096

/** Parentheses inside each other. Nobody writes a tenth of it; it bounds every recursion of this module. */
export const MAX_SCOPE_DEPTH = 32

/** Different sites that one service has in a scope, once dynamic locations are expanded; also the largest n of `nearest(n)`. */
export const MAX_SCOPE_SITES = 256

/** Longest distance of `around`, microseconds: an hour, beyond any round trip, and far below what a number holds exactly. */
export const MAX_AROUND_US = 3_600_000_000

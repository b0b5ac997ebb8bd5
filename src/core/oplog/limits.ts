/** Every queue and list of the operation log that others could fill has its bound here, with its reason. */

/** Operations of one name that wait for what they depend on. A relay that delivers from the wrong end fills it; more are refused, not acknowledged, and come again. */
export const MAX_WAITING_OPERATIONS = 1024

/** Members' words on removals that are not known yet, of one name, the newest ones: some removals of a large group that overtake each other. */
export const MAX_EARLY_WORDS = 256

/** Of those, of one member; and the dots in them, each word counted as one more. A removed site has written in a few dozen incarnations. */
export const MAX_EARLY_WORDS_EACH = 32
export const MAX_EARLY_DOTS = 1024

/** Bodies of one life that are kept as conflicts, the ≺-greatest ones: what a person would still look through. */
export const MAX_CONFLICTS = 32

/** Idempotency keys that one life remembers, the ≺-greatest ones: a client that sends a key with every POST, ten a minute for two hours. */
export const MAX_IDEMPOTENCY_KEYS = 1024

/**
 * Those of resets among them: a client that sends a key with every PUT, each ten seconds for forty minutes. Less than of others, which a key
 * keeps from taking effect twice without anybody asking: all of them travel with each summary of the life, 150 bytes each.
 */
export const MAX_RESET_KEYS = 256

/** Operations past the last reset before a `state` operation is due. Source: src/consistency.md "Forgetting". */
export const MAX_OPERATIONS_PAST_RESET = 100

/** How many more there are until the next member in turn says it, since those before it have not: it cannot be read there, or the site is away. */
export const OPERATIONS_PAST_TURN = 400

/**
 * How old an operation is that a member must have acknowledged, milliseconds, before a state is said that takes its place: what is written without a pause is on its
 * way for two round trips, of 4 s over the slowest links.
 */
export const SHORTENED_AFTER_MS = 10_000

/** How far a stamp may be ahead of the local clock and still raise it, in milliseconds. Source: src/consistency.md "Identity and order". */
export const MAX_STAMP_AHEAD_MS = 10 * 60 * 1000

/**
 * How far a stamp may be ahead of the local clock and be taken at all, in milliseconds: a thousand years. Any clock that somebody writes by is wrong by less, since a site believes none that
 * says more than 2125: what is acknowledged there is taken here. And what is taken is far from the end of time, so that there is always room behind it.
 */
export const MAX_STAMP_FUTURE_MS = 1000 * 366 * 24 * 60 * 60 * 1000

/** The greatest counter of a stamp: 32 bits, as it travels. */
export const MAX_STAMP_COUNTER = 2 ** 32 - 1

/** Ended lives of one name that are kept for the retention time, the ≺-greatest ones; what all members have acknowledged beyond them goes. */
export const MAX_KEPT_LIVES = 16

/**
 * Lives of one name. They stay while a member is away: then the name cannot be created anew any more, until that member is back or detached. Others may bring a
 * few more, of sites that could not know: 256 can be told.
 */
export const MAX_LIVES = 64
export const MAX_LIVES_BROUGHT = 128

/** Sites that are or were members of one name: more than a mesh has use for, and each write is told to each of them. */
export const MAX_NAMED_MEMBERS = 512

/**
 * Dots in all vectors of one name, and pairs of site and incarnation in them, that others may bring it to: 16,384 and 4,096 can be told, and its members write in
 * runs of their own besides. A site that starts each day for nine years, in the knowledge of a life and in the contexts of three that drop others.
 */
export const MAX_NAMED_DOTS = 14_336
export const MAX_NAMED_ORIGINS = 3_584

/** What a member has acknowledged and is not held here, before it is forgotten: it comes within seconds, a few runs of a few sites, or was pruned here. */
export const MAX_ACKNOWLEDGED_LIVES_AHEAD = 32
export const MAX_ACKNOWLEDGED_DOTS_AHEAD = 1024

/** How long idempotency keys are kept once every member has the operation, in milliseconds. Source: src/consistency.md "Promises to clients". */
export const IDEMPOTENCY_RETENTION_MS = 24 * 60 * 60 * 1000

/** How long a tombstone is kept, and how long a member may be silent before it is detached, in milliseconds. */
export const RETENTION_MS = 30 * 24 * 60 * 60 * 1000

/** Operations that `Cheops-Context` names: what one client works on at a time. */
export const MAX_CLIENT_CONTEXT_MARKS = 32

/** Bytes of `Cheops-Context`, so that it passes beside others within the 8 KiB that servers give to a head. */
export const MAX_CLIENT_CONTEXT_BYTES = 4096

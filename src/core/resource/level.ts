/** Levels of consistency, by the names that clients and definitions use. Source: src/consistency.md "Levels". */

/** The last two are not there yet: what asks for them is refused. */
export const LEVELS = ['none', 'eventual', 'transactional', 'strong'] as const

export type Level = (typeof LEVELS)[number]

export function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text)
}

/**
 * Whether operations at a level are carried out by each member, and not just held: not at `none`, nor at one of a later version, of which nobody
 * here knows what is to be done.
 * @param level undefined: `eventual`, which operations leave out
 */
export function isCarriedOut(level: string | undefined): boolean {
  return level === undefined || level === 'eventual'
}

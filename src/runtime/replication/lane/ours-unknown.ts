import type { LaneBook } from './lane-book.ts'

/**
 * What this site has written of a life it has written where its application had that. Where it knows of nothing that was carried out, the store was lost that did, and what is
 * there is the resource, whatever came of it since: a member that agrees gives its state. Asked where this site has written something.
 */
export async function isOursUnknown(book: LaneBook): Promise<boolean> {
  const { bound, unbound, executed } = book.local
  if (bound || unbound || executed.life !== undefined) return false
  if ((await book.resource.read()).is !== 'present') return false
  await book.write({ bound: true, suspect: true, unsure: true, copiesOnlyFitting: false })
  return true
}

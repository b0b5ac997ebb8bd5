/**
 * What one member sends to another. Operations alone do not bring a vector up to date when others between them were dropped and
 * forgotten; the summary says what became of those. Source: 3-consistency "Forgetting", "Sync".
 */
import { covers, includes, join, withDot } from './context.ts'
import { compareOperations } from './order.ts'
import type { Context } from './context.ts'
import type { Hole } from './holes.ts'
import type { Life, LifeSummary } from './life.ts'
import type { Operation } from './operation.ts'
import type { LifeId } from './order.ts'
import type { LifeTransfer, Replicant } from './replicant.ts'

/** What a member knows of one life. Vectors of different lives cannot be joined: numbers of one origin interleave in them. */
export interface LifeKnowledge {
  readonly life: LifeId
  /** For each (site, incarnation) the greatest number that is held, or was given up as a hole. */
  readonly knowledge: Context
}

/** What a member knows of a name: what it sends first, and what it acknowledges with. */
export function knowledgeOf({ lives }: Replicant): readonly LifeKnowledge[] {
  return lives.map(({ life, knowledge }) => ({ life, knowledge }))
}

/** Everything held of a life that a vector does not cover, dependencies first. */
export function operationsSince(life: Life, knowledge: Context): readonly Operation[] {
  return [...life.live, ...life.conflicts, ...life.outside, ...life.membership]
    .filter(({ dot }) => !covers(knowledge, dot))
    .toSorted(compareOperations)
}

/** What is remembered of a life besides operations. */
export function summaryOf(life: Life): LifeSummary {
  const { life: id, knowledge, holes, droppers, changes, keys, firstDelete, createKey, conflictsForgotten } = life
  return {
    life: id,
    knowledge,
    holes,
    droppers,
    changes,
    keys,
    conflictsForgotten,
    ...(firstDelete !== undefined && { firstDelete }),
    ...(createKey !== undefined && { createKey }),
  }
}

/**
 * What brings a member with this knowledge (and these holes) up to date: operations, and the summary where they do not do it alone. Undefined if it
 * lacks nothing.
 */
export function transferFor(life: Life, theirs: Context, theirHoles: readonly Hole[] = []): LifeTransfer | undefined {
  if (includes(theirs, life.knowledge) && theirHoles.length === 0) return undefined
  const operations = operationsSince(life, theirs)
  let reached = theirs
  let inOrder = theirHoles.length === 0
  for (const { context, dot } of operations) {
    inOrder &&= includes(reached, context)
    reached = withDot(reached, dot)
  }
  const complete = inOrder && includes(reached, join(reached, life.knowledge))
  return complete ? { operations } : { operations, summary: summaryOf(life) }
}

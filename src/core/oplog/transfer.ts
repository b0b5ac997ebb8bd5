/**
 * What one member sends to another. Operations alone do not bring a vector up to date when others between them were dropped and
 * forgotten; the summary says what became of those. Source: src/consistency.md "Forgetting", "Sync".
 */
import { includes, withDot } from './context.ts'
import { knowsAll, wasHeld } from './holes.ts'
import { compareOperations, sameDot } from './order.ts'
import type { Known } from './holes.ts'
import type { Life, LifeSummary } from './life.ts'
import type { Operation } from './operation.ts'
import type { Dot, LifeId } from './order.ts'
import type { LifeTransfer } from './admit.ts'
import type { Replicant } from './replicant.ts'

/** What a member knows of one life. Vectors of different lives cannot be joined: numbers of one origin interleave in them. */
export interface LifeKnowledge extends Known {
  readonly life: LifeId
}

/** What a member knows of a name: what it sends first, and what it acknowledges with. */
export function knowledgeOf({ lives }: Replicant): readonly LifeKnowledge[] {
  return lives.map(({ life, knowledge, holes }) => ({ life, knowledge, holes }))
}

/** Of what another member says that it knows of a name what says something of what is held here: no more than that, whatever it says. */
export function relevantTo(replicant: Replicant, theirs: readonly LifeKnowledge[]): readonly LifeKnowledge[] {
  return replicant.lives.flatMap(({ life, knowledge }) => {
    const known = theirs.find(each => sameDot(each.life.dot, life.dot))
    if (known === undefined) return []
    const origins = new Set(knowledge.map(originText))
    const isHere = (dot: Dot): boolean => origins.has(originText(dot))
    return [
      {
        life: known.life,
        knowledge: known.knowledge.filter(isHere),
        holes: known.holes.filter(({ last }) => isHere(last)),
      },
    ]
  })
}

function originText({ site, incarnation }: Dot): string {
  return `${incarnation} ${site}`
}

/** Everything held of a life that another member has not held, dependencies first. */
export function operationsSince(life: Life, theirs: Known): readonly Operation[] {
  return [...life.live, ...life.conflicts, ...life.outside, ...life.membership]
    .filter(({ dot }) => !wasHeld(theirs, dot))
    .toSorted(compareOperations)
}

/** What is remembered of a life besides operations. */
export function summaryOf(life: Life): LifeSummary {
  const {
    life: id,
    knowledge,
    holes,
    droppers,
    changes,
    keys,
    firstDelete,
    createKey,
    adopts,
    conflictsForgotten,
  } = life
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
    ...(adopts !== undefined && { adopts }),
  }
}

/**
 * What brings a member that knows `theirs` up to date: operations, and the summary where they do not do it alone. It is for this
 * member only, which refuses it if it knows less (since its store was set back). Undefined if it lacks nothing.
 *
 * @param from the site that sends it
 * @param wasRemoved whether the member was removed before, in whatever life: as long as it knows that alone it takes no operations without a summary that says
 *   that it is one again
 */
export function transferFor(
  life: Life,
  theirs: Known,
  from: string,
  wasRemoved: boolean = false,
): LifeTransfer | undefined {
  const operations = operationsSince(life, theirs)
  if (operations.length === 0 && knowsAll(theirs, life)) return undefined
  let reached = theirs.knowledge
  let inOrder = theirs.holes.length === 0
  for (const { context, dot } of operations) {
    inOrder &&= includes(reached, context)
    reached = withDot(reached, dot)
  }
  // What was told of a removal stands in no operation, and who becomes a member afterwards has not heard it.
  const hasRemovals = wasRemoved || life.changes.some(({ member }) => !member)
  if (inOrder && includes(reached, life.knowledge) && !hasRemovals) return { operations }
  return {
    operations,
    summary: { ...summaryOf(life), from, since: { knowledge: theirs.knowledge, holes: theirs.holes } },
  }
}

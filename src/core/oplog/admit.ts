/**
 * What can happen to a replicant. Each function takes an event and gives the next state and what is to be done; nothing of the effects
 * may leave the site before the state is durable. Source: src/consistency.md "Identity and order", "Replicants, lives, members", "Forgetting".
 */
import { NOTHING_KNOWN, knowsAll, wasHeld } from './holes.ts'
import { isLeave } from './members.ts'
import { compareOperations, sameDot } from './order.ts'
import { findLife, hasParted, unknownMatrices } from './replicant.ts'
import { Step } from './step.ts'
import type { Known } from './holes.ts'
import type { Life, LifeSummary } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { MemberChanges } from './members.ts'
import type { Operation } from './operation.ts'
import type { Dot, LifeId } from './order.ts'
import type { RemovalTold, Replicant } from './replicant.ts'
import type { ReplicantStep } from './step.ts'

/** What a member sends to another that has been away: operations and summary are taken in one step. See `transfer.ts`. */
export interface LifeTransfer {
  readonly operations: readonly Operation[]
  /** `since` is what the receiver had told that it knew: the summary covers all else. `from` is the site that sent it. */
  readonly summary?: LifeSummary & { readonly since: Known; readonly from: string }
}

/** An operation has arrived, from here or from elsewhere. */
export function admit(replicant: Replicant, operation: Operation, matrices: Matrices): ReplicantStep {
  return admitAll(replicant, [operation], matrices)
}

/** Nobody holds these operations any more (and what their origins did before them, as far as it is missing): nothing waits for them. */
export function admitHoles(
  replicant: Replicant,
  life: LifeId,
  missing: readonly Dot[],
  matrices: Matrices,
): ReplicantStep {
  const step = new Step(replicant, matrices)
  for (const dot of missing) step.giveUp(life, dot)
  return step.finish()
}

/** What another member holds of a life beyond what is held here: all of it at once, since its summary alone, or its operations alone, would lie. */
export function receive(replicant: Replicant, transfer: LifeTransfer, matrices: Matrices): ReplicantStep {
  const { operations, summary } = transfer
  if (summary === undefined) return admitAll(replicant, operations, matrices)
  const held = findLife(replicant, summary.life)
  if (!knowsAll(held ?? NOTHING_KNOWN, summary.since) || !knowsOwnRemovals(summary, held))
    return { replicant, effects: [{ kind: 'stale', life: summary.life }] }
  const unknown = unknownMatrices([...operations, ...summary.droppers], matrices)
  if (unknown.length > 0)
    return { replicant, effects: [{ kind: 'needs-matrices', life: summary.life, matrices: unknown }] }
  const step = new Step(replicant, matrices)
  const isSummed = ({ dot }: Operation): boolean => wasHeld(summary, dot)
  step.absorb(operations.filter(isSummed), summary)
  // What a sender that has begun anew kept of its own is none of what its summary speaks of.
  const others = operations.filter(operation => !isSummed(operation))
  step.keepDeeds(summary.life, others)
  const summed = step.finish()
  if (others.length === 0 || hasParted(summed.replicant)) return summed
  const then = admitAll(summed.replicant, others, matrices)
  return { replicant: then.replicant, effects: [...summed.effects, ...then.effects] }
}

/** In one step, whose cost is that of what is held: one for each of thousands would take seconds. */
function admitAll(replicant: Replicant, operations: readonly Operation[], matrices: Matrices): ReplicantStep {
  const step = new Step(replicant, matrices)
  const held = operations.toSorted(compareOperations).filter(operation => step.admit(operation))
  return held.length > 0 ? step.finish() : step.soFar()
}

/** Whether the sender of a summary has begun anew after each removal of itself that is known here, or has made that itself: then all that it knows counts. */
function knowsOwnRemovals(
  { from, changes }: { from: string; changes: MemberChanges },
  held: Life | undefined,
): boolean {
  const removals = held?.changes.filter(({ site, member }) => site === from && !member) ?? []
  return removals.every(({ by }) =>
    changes.some(
      change =>
        change.site === from && sameDot(change.by.dot, by.dot) && (change.told.includes(from) || isLeave(change)),
    ),
  )
}

/** A member has told what it held of a removed site. */
export function removalTold(replicant: Replicant, told: RemovalTold, matrices: Matrices): ReplicantStep {
  const step = new Step(replicant, matrices)
  step.told(told)
  return step.finish()
}

/** This site has left, and need not keep any longer what it held: see `leavesOf`. */
export function letGo(replicant: Replicant, life: LifeId, matrices: Matrices): ReplicantStep {
  const step = new Step(replicant, matrices)
  step.letGo(life)
  return step.finish()
}

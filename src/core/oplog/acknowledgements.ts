/**
 * Which operations which members hold durably, as far as they have told. An acknowledgement vouches for operation and body, not for
 * its execution. Source: src/consistency.md "Forgetting".
 */
import { covers, join, numberOf } from './context.ts'
import { MAX_ACKNOWLEDGED_DOTS_AHEAD, MAX_ACKNOWLEDGED_LIVES_AHEAD } from './limits.ts'
import { lifeKey } from './operation.ts'
import { compareStamps, laterStamp } from './order.ts'
import { ZERO_STAMP } from './stamp-clock.ts'
import type { Context } from './context.ts'
import type { LifeId, OperationId, Stamp } from './order.ts'
import type { LifeKnowledge } from './transfer.ts'

export interface Acknowledged {
  /** By life. */
  readonly knowledge: ReadonlyMap<string, Context>
  /** The member's clock of the replicant: what it writes next has a greater stamp. */
  readonly clock: Stamp
}

/** By member. */
export type Acknowledgements = ReadonlyMap<string, Acknowledged>

/** Adds what a member has told; what it told before stays, whatever order the words arrive in. */
export function withAcknowledgement(
  acknowledgements: Acknowledgements,
  member: string,
  lives: readonly LifeKnowledge[],
  clock: Stamp,
): Acknowledgements {
  const known = acknowledgements.get(member)
  const knowledge = new Map(known?.knowledge)
  for (const { life, knowledge: told } of lives)
    knowledge.set(lifeKey(life), join(knowledge.get(lifeKey(life)) ?? [], told))
  const later = laterStamp(known?.clock ?? ZERO_STAMP, clock)
  return new Map(acknowledgements).set(member, { knowledge, clock: later })
}

/**
 * The same, of one member no more than has use: what is acknowledged of lives and runs that are not known here mostly comes soon, and is kept as long as it is
 * little. What was pruned here, and what is made up, never comes.
 *
 * @param lives those that are held here
 */
export function withinBounds(
  acknowledgements: Acknowledgements,
  member: string,
  lives: readonly LifeKnowledge[],
): Acknowledgements {
  const told = acknowledgements.get(member)
  if (told === undefined) return acknowledgements
  const { knowledge, clock } = told
  const dots = sum([...knowledge.values()])
  const isLittle = dots <= MAX_ACKNOWLEDGED_DOTS_AHEAD
  const isSpread = knowledge.size > lives.length + MAX_ACKNOWLEDGED_LIVES_AHEAD
  const held = sum(lives.map(life => life.knowledge))
  if (!isSpread && (isLittle || dots <= held + MAX_ACKNOWLEDGED_DOTS_AHEAD)) return acknowledgements
  const kept = new Map<string, Context>()
  for (const { life, knowledge: known } of lives) {
    const context = knowledge.get(lifeKey(life))?.filter(dot => numberOf(known, dot) > 0)
    if (context !== undefined) kept.set(lifeKey(life), context)
  }
  return new Map(acknowledgements).set(member, { knowledge: kept, clock })
}

function sum(contexts: readonly Context[]): number {
  return contexts.reduce((all, { length }) => all + length, 0)
}

/** Which of the members have not acknowledged an operation. */
export function unacknowledgedBy(
  acknowledgements: Acknowledgements,
  members: readonly string[],
  life: LifeId,
  { dot }: Pick<OperationId, 'dot'>,
): readonly string[] {
  return members.filter(member => {
    const knowledge = acknowledgements.get(member)?.knowledge.get(lifeKey(life)) ?? []
    return !covers(knowledge, dot)
  })
}

/**
 * Whether every member holds an operation, and will write nothing that is ≺-smaller: then nothing that comes can stand before it,
 * whatever its matrix says.
 */
export function isBehindAll(
  acknowledgements: Acknowledgements,
  members: readonly string[],
  life: LifeId,
  operation: OperationId,
): boolean {
  if (unacknowledgedBy(acknowledgements, members, life, operation).length > 0) return false
  return members.every(member => {
    const clock = acknowledgements.get(member)?.clock ?? ZERO_STAMP
    return compareStamps(clock, operation.stamp) >= 0
  })
}

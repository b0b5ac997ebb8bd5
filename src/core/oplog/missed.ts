/**
 * Whether an operation that is taken for known was never here. A vector is what others have said: of operations on somebody's word, and of what is
 * forgotten, nobody can check it, and who makes up a number takes all smaller ones of that origin away. An operation itself can be checked, and what
 * was held stands in a list, or something that is remembered has done away with it. Source: src/consistency.md "Forgetting".
 */
import { isDropped } from './dropped.ts'
import { wasHeld } from './holes.ts'
import { hasCreate } from './life.ts'
import { isOnePerKey } from './idempotency.ts'
import { standingOf } from './members.ts'
import { sameDot } from './order.ts'
import { findLife, membersOfReplicant } from './replicant.ts'
import type { Matrices } from './matrix.ts'
import type { Operation } from './operation.ts'
import type { Replicant } from './replicant.ts'

/**
 * False also where nobody can tell: what is one for each key may have been forgotten together with the key.
 *
 * @param operation one that is believed to be its origin's
 */
export function wasMissed(replicant: Replicant, operation: Operation, matrices: Matrices): boolean {
  const { type, matrix, dot } = operation
  const life = findLife(replicant, operation.life)
  // What members operations and creates say is never forgotten.
  if (life === undefined || !hasCreate(life) || type === 'members' || type === 'create') return false
  if ((matrix !== undefined && !matrices.has(matrix)) || isOnePerKey(operation, matrices)) return false
  const isIt = (other: Operation): boolean => sameDot(other.dot, dot)
  if (!wasHeld(life, dot) || [life.live, life.conflicts, life.outside].some(list => list.some(isIt))) return false
  // What does not count stands among so many others that do not.
  if (standingOf(life.changes, membersOfReplicant(replicant), operation) !== 'in') return false
  return !isDropped(operation, life.droppers, matrices)
}

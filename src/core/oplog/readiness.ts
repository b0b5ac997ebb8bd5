/** Whether an operation can be taken now: what it depends on is here, and whether its origin counts is known. Source: src/consistency.md "Replicants, lives, members". */
import { covers, numberOf } from './context.ts'
import { hasCreate } from './life.ts'
import { standingOf } from './members.ts'
import { sameDot } from './order.ts'
import { findLife, membersOfReplicant } from './replicant.ts'
import type { Context } from './context.ts'
import type { Life } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { Operation } from './operation.ts'
import type { Dot } from './order.ts'
import type { Replicant } from './replicant.ts'

/** `in` and `out` as their standing says; `waits` if something is not here yet. */
export function readiness(replicant: Replicant, operation: Operation, matrices: Matrices): 'in' | 'out' | 'waits' {
  if (operation.matrix !== undefined && !matrices.has(operation.matrix)) return 'waits'
  const life = findLife(replicant, operation.life)
  const missing = missingBefore(life, operation)
  if (life === undefined || operation.type === 'create') return missing.length > 0 ? 'waits' : 'in'
  const isLost = missing.length > 0 && hasCreate(life) && missing.every(dot => isHeldByNobody(life, operation, dot))
  if (missing.length > 0 && !isLost) return 'waits'
  // Where its create is a hole nobody knows who its members are.
  if (hasCreate(life) && !wasMember(replicant, operation)) return 'waits'
  const standing = standingOf(life.changes, membersOfReplicant(replicant), operation)
  return isLost && standing === 'in' ? 'waits' : standing
}

/** What an operation depends on and is not here. */
export function missingBefore(life: Life | undefined, { context }: Operation): Context {
  return context.filter(dot => !covers(life?.knowledge ?? [], dot))
}

/**
 * Whether what is missing was written by the same site, and no member that processed a removal of it had more of it than is held here.
 * Where the operation does not count, that does not either, and the origin itself may have forgotten it: it need not be waited for.
 */
function isHeldByNobody({ changes, knowledge }: Life, operation: Operation, missing: Dot): boolean {
  if (missing.site !== operation.dot.site) return false
  return changes.every(
    ({ site, held }) => site !== missing.site || numberOf(held, missing) <= numberOf(knowledge, missing),
  )
}

/** Whether it is known here that the origin had become a member by what it says: anybody can sign an operation. */
function wasMember({ lives }: Replicant, { dot, life, memberBy: by = life }: Operation): boolean {
  return lives.some(({ changes }) =>
    changes.some(change => change.member && change.site === dot.site && sameDot(change.by.dot, by.dot)),
  )
}

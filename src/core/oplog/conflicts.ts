/**
 * What was written and has no effect, though nobody who decided so had seen it, or since applications have refused it: shown to users with both bodies, and
 * settled by any reset of its life that has it in its context, but for a state that nobody has asked for. Source: src/consistency.md "Replicants, lives, members", "Forgetting".
 */
import { covers, withDot } from './context.ts'
import { keyOf } from './idempotency.ts'
import { isDeleted, refusedBy } from './life.ts'
import { compareOperations, sameDot } from './order.ts'
import type { Context } from './context.ts'
import type { Life } from './life.ts'
import type { Operation } from './operation.ts'
import type { Dot } from './order.ts'

export interface Conflict {
  readonly operation: Operation
  /**
   * - `replaced`: a concurrent reset, or what its matrix says, dropped it.
   * - `deleted`: a concurrent delete did.
   * - `other-life`: the name was created anew elsewhere, and that life holds it.
   * - `removed-member`: its origin had been removed from the members.
   * - `refused`: applications have refused it, and a member has said what there is without it.
   */
  readonly why: 'replaced' | 'deleted' | 'other-life' | 'removed-member' | 'refused'
}

/**
 * The conflicts of a name, sorted by life and then by ≺.
 *
 * @param lives sorted by ≺
 */
export function conflictsOf(lives: readonly Life[]): readonly Conflict[] {
  const holder = lives.at(-1)
  return lives.flatMap(life => {
    const deleted = isDeleted(life)
    const refused = refusedBy(life)
    const whyLost = ({ dot }: Operation): Conflict['why'] =>
      deleted ? 'deleted' : refused.some(other => sameDot(other, dot)) ? 'refused' : 'replaced'
    const conflicts: Conflict[] = [
      ...(life === holder || deleted ? [] : life.live.map(operation => ({ operation, why: 'other-life' as const }))),
      ...life.conflicts.map(operation => ({ operation, why: whyLost(operation) })),
      ...life.outside
        .filter(operation => !isPutAwayOutside(operation, life))
        .map(operation => ({ operation, why: 'removed-member' as const })),
    ]
    return conflicts
      .filter(({ operation }) => !isSameWish(operation, life, holder))
      .toSorted((a, b) => compareOperations(a.operation, b.operation))
  })
}

/** What says all that a resource is by the default rule, or ends it. */
const SAYS_ALL: ReadonlySet<string> = new Set(['create', 'replace', 'state', 'delete'])

/**
 * Whether a removed member, or another one that does not count, has put away itself what does not count: whoever was told the last alone does not hold it, and shows the last alone. It is held as long as it may still turn
 * out to count.
 */
export function isPutAwayOutside({ dot }: Pick<Operation, 'dot'>, { outside }: Pick<Life, 'outside'>): boolean {
  return outside.some(({ type, context }) => SAYS_ALL.has(type) && covers(context, dot))
}

/** Whether the same request with the same idempotency key counts elsewhere or is shown already. */
function isSameWish(operation: Operation, life: Life, holder: Life | undefined): boolean {
  const { idempotency } = operation
  if (idempotency === undefined) return false
  const key = keyOf(idempotency)
  if (life !== holder && operation.type === 'create' && holder?.createKey === key) return true
  return [...life.live, ...life.conflicts].some(
    other =>
      other.idempotency !== undefined && keyOf(other.idempotency) === key && compareOperations(operation, other) < 0,
  )
}

/** By what they are conflicts. */
interface LeftAsConflicts {
  readonly refused: readonly Dot[]
  readonly unsettled: readonly Dot[]
}

/** The conflicts of a life that a state has in its context and leaves as they are, for the state's `refused` and `unsettled`. */
export function leftAsConflicts(life: Life, context: Context): LeftAsConflicts {
  const dots = [...life.conflicts, ...life.outside].map(({ dot }) => dot).filter(dot => covers(context, dot))
  const refused = refusedBy(life)
  const isRefused = (dot: Dot): boolean => refused.some(other => sameDot(other, dot))
  return { refused: dots.filter(isRefused), unsettled: dots.filter(dot => !isRefused(dot)) }
}

/**
 * What a reset settles: `dropped`: what has lost against other operations of the life. `all`: also what removed members wrote, which may
 * still turn out to count. `life`: all that is held of the life, what counts too, as its delete does.
 */
export type Settles = 'dropped' | 'all' | 'life'

/**
 * The context of a reset that says what the resource is with conflicts in view, so that they are settled by it. Left out are those of an
 * origin of which something else counts that `context` has not: that would be dropped unseen.
 *
 * @param context what the reset has seen anyway, of this life
 */
export function settlingContext(context: Context, life: Life, settles: Settles): Context {
  const { live, conflicts, outside } = life
  if (settles === 'life')
    return [...live, ...conflicts, ...outside].reduce((seen, { dot }) => withDot(seen, dot), context)
  const settled = settles === 'all' ? [...conflicts, ...outside] : conflicts
  if (settled.length === 0) return context
  const unseen = live.filter(({ dot }) => !covers(context, dot))
  return settled.reduce((seen, { dot }) => {
    const next = withDot(seen, dot)
    return unseen.some(other => covers(next, other.dot)) ? seen : next
  }, context)
}

/**
 * What a lane does next: what was executed here against the schedule. A reset is executed as state, so whatever plan begins with one
 * may be run over anything that is there. Source: src/consistency.md "Plan, at one site".
 */
import { covers } from './context.ts'
import { keyOf } from './idempotency.ts'
import { dotKey, sameDot } from './order.ts'
import type { Executed, ExecutedOperation } from './executed.ts'
import type { Operation } from './operation.ts'
import type { Schedule } from './schedule.ts'

/**
 * - `nothing`: agrees.
 * - `run`: these, none of which was sent here before.
 * - `replay`: these, from the last reset on; some were sent before, and all of those may be sent again.
 * - `repair`: `again` would be sent a second time and may not be; the state of an agreeing member is to be copied.
 * - `stuck`: the schedule is unknown; reported, nothing is executed.
 */
export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'run'; readonly operations: readonly Operation[] }
  | { readonly kind: 'replay'; readonly operations: readonly Operation[] }
  | { readonly kind: 'repair'; readonly again: readonly Operation[] }
  | { readonly kind: 'stuck' }

export interface PlanRules {
  /** The site that plans: what it wrote itself counts as sent here, whatever the list says, unless it has begun anew. */
  readonly site: string
  /** Whether the glue lets an operation be sent twice; not asked of resets. */
  readonly mayReplay: (operation: Operation) => boolean
  /**
   * The site has begun with the reset, and what the list says was carried out since: what is missing in it was not sent on top of that, its own
   * operations neither.
   */
  readonly isBegunAnew?: boolean
  /** Whether two operations may be executed in either order. See `commute` in `schedule.ts`. */
  readonly commute: (a: Operation, b: Operation) => boolean
}

/**
 * Whether a lane whose plan is not carried out yet may take a client's write first. Not while the application shows another life than
 * the one that holds the name: the write would claim to have seen a create whose body its client has never been shown.
 */
export function takesWrite(executed: Executed, schedule: Schedule, plan: Plan): boolean {
  if (plan.kind === 'nothing' || schedule.state === 'none') return true
  return plan.kind === 'run' && executed.life !== undefined && sameDot(executed.life.dot, schedule.life.dot)
}

/** What was executed at a place of the list as the same request, under another identity than the operation that counts. */
export interface ExecutedAs {
  readonly place: number
  readonly operation: Operation
}

/** What counts and was executed under the identity of another request with the same key, where nothing is left to do. */
export function executedAs(executed: Executed, schedule: Schedule): readonly ExecutedAs[] {
  if (schedule.state !== 'present' || executed.life === undefined) return []
  if (!sameDot(executed.life.dot, schedule.life.dot)) return []
  if (!executed.operations.some(({ idempotency }) => idempotency !== undefined)) return []
  const all = [schedule.reset, ...schedule.changes]
  const counting = new Set(all.map(({ dot }) => dotKey(dot)))
  const isOther = ({ dot, idempotency }: ExecutedOperation): boolean =>
    idempotency !== undefined && !counting.has(dotKey(dot))
  // Mostly none.
  if (!executed.operations.some(isOther)) return []
  const byKey = new Map(all.flatMap(operation => requestKey(operation).map(key => [key, operation] as const)))
  return executed.operations.flatMap((done, place) => {
    const operation = isOther(done) ? requestKey(done).flatMap(key => byKey.get(key) ?? [])[0] : undefined
    return operation === undefined ? [] : [{ place, operation }]
  })
}

/** Whether a list says of an operation, or of the same request under another identity, that it was executed. */
export function hasExecuted({ operations }: Executed, operation: Operation): boolean {
  const keys = requestKey(operation)
  return operations.some(done => sameDot(done.dot, operation.dot) || requestKey(done).some(key => keys.includes(key)))
}

/** Linear in the schedule where nothing is out of order; else each missing operation is compared with what came too early. */
export function planOf(executed: Executed, schedule: Schedule, rules: PlanRules): Plan {
  switch (schedule.state) {
    case 'none':
      return { kind: 'nothing' }
    case 'unknown':
      return { kind: 'stuck' }
    case 'absent': {
      // Where nothing was ever executed there is nothing of ours to delete; what is there under the name is somebody else's.
      if (executed.life === undefined) return { kind: 'nothing' }
      const done = executed.operations.some(({ dot }) => sameDot(dot, schedule.deletion.dot))
      return done ? { kind: 'nothing' } : { kind: 'run', operations: [schedule.deletion] }
    }
    case 'present':
      return planPresent(executed, schedule, rules)
  }
}

function planPresent(executed: Executed, schedule: Schedule & { state: 'present' }, rules: PlanRules): Plan {
  const all = [schedule.reset, ...schedule.changes]
  const places = new Map(all.map((operation, place) => [dotKey(operation.dot), place]))
  // What was executed of another life is nothing of this one, also where it is the same request: what came after it there is not to stay.
  const isThisLife = executed.life !== undefined && sameDot(executed.life.dot, schedule.life.dot)
  const byKey = new Map(all.flatMap((operation, place) => requestKey(operation).map(key => [key, place] as const)))
  const placeOf = (done: ExecutedOperation): number | undefined =>
    places.get(dotKey(done.dot)) ?? (isThisLife ? requestKey(done).flatMap(key => byKey.get(key) ?? [])[0] : undefined)
  const order = executed.operations.map(placeOf)
  const sent = new Set(order)
  const wasSent = (operation: Operation, place: number): boolean => sent.has(place) || operation.dot.site === rules.site

  const missing = all.filter((_, place) => !sent.has(place))
  const nothingElse = order[0] === 0 && new Set(order).size === order.length && !sent.has(undefined)
  const mayBeSent = rules.isBegunAnew !== true && missing.some(({ dot }) => dot.site === rules.site)
  if (nothingElse && inOrder(all, order, rules) && !mayBeSent)
    return missing.length === 0 ? { kind: 'nothing' } : { kind: 'run', operations: missing }

  // What a reset that was executed here, and counts no more, had seen may have been sent before it.
  const wasSeen = ({ dot }: Operation): boolean => isThisLife && covers(executed.context, dot)
  const again = schedule.changes.filter((operation, place) => wasSent(operation, place + 1) || wasSeen(operation))
  const forbidden = again.filter(operation => !rules.mayReplay(operation))
  if (forbidden.length > 0) return { kind: 'repair', again: forbidden }
  return { kind: again.length > 0 ? 'replay' : 'run', operations: all }
}

/** Whether what was executed, and then what is missing, differs from the schedule only where operations commute. */
function inOrder(all: readonly Operation[], order: readonly (number | undefined)[], rules: PlanRules): boolean {
  const done = new Set(order)
  const sequence = [...order, ...all.keys().filter(place => !done.has(place))]
  // What has been passed so far and stands behind the place at hand in the schedule.
  const passed: number[] = []
  let greatest = -1
  for (const place of sequence) {
    if (place === undefined) return false
    if (place < greatest) {
      const operation = all[place]
      const tooEarly = passed.filter(earlier => earlier > place).map(earlier => all[earlier])
      if (operation === undefined) return false
      if (tooEarly.some(other => other === undefined || !rules.commute(operation, other))) return false
    }
    greatest = Math.max(greatest, place)
    passed.push(place)
  }
  return true
}

function requestKey({ idempotency }: ExecutedOperation): string[] {
  return idempotency === undefined ? [] : [keyOf(idempotency)]
}

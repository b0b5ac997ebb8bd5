/**
 * Replicants whose applications each show something of their own, whatever they are put into, where no definition says so: nothing is gained by putting them
 * into the same state after each write. They stay `diverged`. In memory alone: after a start it is found out once more.
 */
import type { Replica, RunState } from '../replica.ts'

const known = new WeakMap<RunState, ReadonlySet<string>>()

/** @param at what was written and is shown as something else, JSON Pointers; what nobody has written differs too */
export function noteOwn(replica: Replica, at: readonly string[]): void {
  known.set(replica.run, new Set([...(known.get(replica.run) ?? []), ...at]))
}

/** Whether it differs, and all that is shown here otherwise than it was written was so before. */
export function isOwn(replica: Replica, at: readonly string[]): boolean {
  const before = known.get(replica.run)
  return before !== undefined && at.every(pointer => before.has(pointer))
}

/** Another member shows the same. */
export function forgetOwn(replica: Replica): void {
  known.delete(replica.run)
}

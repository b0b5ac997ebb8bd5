import { contains } from '../application/contains.ts'
import type { Resource } from '../application/resource.ts'
import { ABSENT, type Found } from '../replica.ts'
import type { Operation } from '../../../core/oplog/index.ts'

/**
 * Whether a write that was answered with 303 took effect at the application here: that has changed, and shows what was written. Somebody who may not write it
 * is answered so as well, and must not have it written elsewhere by saying what is there already.
 * @param before what the application had just before
 */
export async function isDoneAllTheSame(
  resource: Resource,
  operation: Operation,
  before: Found | undefined,
): Promise<boolean> {
  if (before === undefined) return false
  const reading = await resource.read()
  if (operation.type === 'delete') return before !== ABSENT && reading.is === 'absent'
  if (reading.is !== 'present' || reading.hash === before) return false
  if (operation.type === 'create' && before !== ABSENT) return false
  const state = await resource.stateIn(operation)
  const marked = resource.showsEffect(reading.body, state, operation.type)
  if (marked !== undefined || state === undefined) return marked === true
  if (operation.type === 'create' || operation.type === 'replace') return resource.shows(reading.body, state)
  const isMerge = operation.type === 'merge' && reading.body.is === 'json' && state.is === 'json'
  return isMerge && contains(reading.body.value, state.value)
}

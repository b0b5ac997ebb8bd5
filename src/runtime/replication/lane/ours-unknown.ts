import { holderOf, type Operation } from '../../../core/oplog/index.ts'
import { contains } from '../application/contains.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'
import type { LaneBook } from './lane-book.ts'

/**
 * What this site has written of a life it has written where its application had that. Where it knows of nothing that was carried out, the store was lost that did, and what is
 * there is the resource, whatever came of it since, if it shows anything of what was written: a member that agrees gives its state. Else the application may have been lost too, and what
 * is there is somebody else's: an operator decides. Asked where this site has written something.
 */
export async function isOursUnknown(book: LaneBook): Promise<boolean> {
  const { bound, unbound, executed } = book.local
  if (bound || unbound || executed.life !== undefined) return false
  const reading = await book.resource.read()
  if (reading.is !== 'present') return false
  const written = holderOf(book.replica.core.replicant)?.live ?? []
  if (!(await showsAnyOf(book, written, reading.body))) await book.clash()
  else await book.write({ bound: true, suspect: true, unsure: true, copiesOnlyFitting: false })
  return true
}

/** Whether a field of one of them, other than what names the resource, is shown as it was written, or one as a whole in a list. */
async function showsAnyOf(
  { resource }: LaneBook,
  operations: readonly Operation[],
  shown: { readonly is: string; readonly value?: unknown },
): Promise<boolean> {
  if (shown.is !== 'json' || !isObject(shown.value)) return true
  const has = resource.glue.stateOf(resource.name.kind, shown as ParsedBody)
  if (has.is !== 'json' || !isObject(has.value)) return true
  const lists = Object.values(has.value).filter(value => Array.isArray(value))
  for (const operation of operations) {
    const state = await resource.stateIn(operation)
    if (state?.is !== 'json' || !isObject(state.value)) continue
    const { value } = state
    const isNamed = (field: unknown): boolean => String(field) === resource.name.name
    const fields = Object.entries(value).filter(([, field]) => field !== null && !isNamed(field))
    if (fields.some(([name, field]) => contains(has.value, { [name]: field }))) return true
    if (lists.some(list => list.some((item: unknown) => contains(item, value)))) return true
  }
  return false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

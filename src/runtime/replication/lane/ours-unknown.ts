import { holderOf } from '../../../core/oplog/index.ts'
import { contains } from '../application/contains.ts'
import { writtenOf } from '../drift/comparison.ts'
import { isObject } from '../drift/merge-patch.ts'
import { isMerging } from '../drift/merging.ts'
import { WHOLE } from '../drift/whole.ts'
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
  if ((await showsAnyWritten(book, reading.body)) !== 'yes') await book.clash()
  else await book.write({ bound: true, suspect: true, unsure: true, copiesOnlyFitting: false })
  return true
}

/**
 * Whether what is shown is what has been written of the life, as far as that can be told. `yes`: something is shown of it that not many resources have, as a field other than what names the resource or as
 * a whole in a list, and not more is shown as something that nobody has written. `perhaps`: nothing of it tells, and nothing speaks against it: no field is shown as something that nobody has
 * written, and none is missing that this site has set. `no`: else.
 */
export async function showsAnyWritten(
  { engine, resource, replica }: LaneBook,
  shown: { readonly is: string; readonly value?: unknown },
): Promise<'yes' | 'perhaps' | 'no'> {
  const operations = holderOf(replica.core.replicant)?.live ?? []
  if (shown.is !== 'json' || !isObject(shown.value)) return 'yes'
  const { glue, name: replicant } = resource
  const has = glue.stateOf(replicant.kind, shown as ParsedBody)
  if (has.is !== 'json' || !isObject(has.value)) return 'yes'
  const lists = Object.values(has.value).filter(value => Array.isArray(value))
  const written = new Map<string, unknown[]>()
  const own = new Set<string>()
  const due = new Set(writtenOf(engine, replica))
  let same = 0
  for (const operation of operations) {
    const state = await resource.stateIn(operation)
    if (state?.is !== 'json' || !isObject(state.value)) continue
    const { value } = state
    for (const [name, field] of Object.entries(value)) written.set(name, [...(written.get(name) ?? []), field])
    if (isTelling(value) && lists.some(list => list.some((item: unknown) => contains(item, value)))) same++
    const isSet = WHOLE.has(operation.type) || isMerging(operation, state)
    if (!isSet || operation.dot.site !== engine.options.site || !due.has(operation)) continue
    const visible = glue.shownOf(replicant.kind, glue.stateOf(replicant.kind, state))
    if (visible.is === 'json' && isObject(visible.value)) for (const name of Object.keys(visible.value)) own.add(name)
  }
  let others = 0
  let lacking = 0
  for (const [name, all] of written) {
    const fields = all.filter(field => String(field) !== replicant.name)
    const found = fields.filter(field => contains(has.value, { [name]: field }))
    if (found.length > 0) same += found.some(isTelling) ? 1 : 0
    else if (fields.length > 0 && Object.hasOwn(has.value, name)) others++
    else if (fields.length > 0 && own.has(name)) lacking++
  }
  if (same > 0 && same >= others) return 'yes'
  return others === 0 && lacking === 0 ? 'perhaps' : 'no'
}

/** Whether few resources have it by chance: no truth value, nothing that is empty, no smallest number. */
function isTelling(value: unknown): boolean {
  if (typeof value === 'string') return value.length > 2
  if (typeof value === 'number') return Math.abs(value) > 1
  if (Array.isArray(value)) return value.length > 0
  return isObject(value) && Object.keys(value).length > 0
}

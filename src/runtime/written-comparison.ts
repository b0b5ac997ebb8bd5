/**
 * What members show of a resource that is replicated here is compared by what operations have set of it, as its members do among themselves: what
 * each application sets by itself (times, revisions, addresses) differs from site to site, and says nothing.
 */
import type { ReplicantName } from '../core/oplog/index.ts'
import type { Glue } from '../ports/glue.ts'
import type { ListAnswer, MergedList, ParsedBody } from '../ports/replication-glue.ts'
import { comparedFields, onlyItemFields, type Fields } from './replication/drift/written-fields.ts'

/** What reads need of replication. */
export interface WrittenReplicas {
  /** What operations have set of a resource; undefined where it is not replicated here, or everything is compared. */
  written(replicant: ReplicantName): Promise<Fields | undefined>
}

/** Resources of one list that are looked up, of those that sites show differently: each may have to be read from the disk. Those beyond stand once for each site. */
export const MAX_ITEMS_LOOKED_UP = 500

/** Do two members show the same of a resource? */
export async function showSame(
  replicas: WrittenReplicas,
  glue: Glue,
  replicant: ReplicantName,
  one: ParsedBody,
  other: ParsedBody,
): Promise<boolean> {
  const { kind } = replicant
  if (glue.equal(kind, one, other)) return true
  const fields = await replicas.written(replicant)
  const idAt = glue.kind(kind)?.idAt ?? []
  const [a, b] = [one, other].map(each => (fields === undefined ? each : comparedFields(each, fields, idAt)))
  return fields !== undefined && a !== undefined && b !== undefined && glue.equal(kind, a, b)
}

/** One list of several; undefined where no answer is a list. */
export async function mergedList(
  replicas: WrittenReplicas,
  glue: Glue,
  list: { readonly service: string; readonly kind: string; readonly path: string },
  answers: readonly ListAnswer[],
): Promise<MergedList | undefined> {
  const { service, kind, path } = list
  const plain = glue.mergeLists(kind, answers)
  const nameOf = (item: unknown): string | undefined => glue.itemName(kind, path, item)
  const names =
    plain === undefined ? [] : namedTwice(glue.items(kind, { is: 'json', value: plain.body })?.items ?? [], nameOf)
  const fields = new Map<string, Fields>()
  for (const name of names.slice(0, MAX_ITEMS_LOOKED_UP)) {
    const set = await replicas.written({ service, kind, name })
    if (set !== undefined) fields.set(name, set)
  }
  if (fields.size === 0) return plain
  const idAt = glue.kind(kind)?.idAt ?? []
  return glue.mergeLists(kind, answers, item => {
    const set = fields.get(nameOf(item) ?? '')
    return set === undefined ? item : onlyItemFields(item, set, idAt)
  })
}

/** Names that several items have: sites show them differently. */
function namedTwice(items: readonly unknown[], nameOf: (item: unknown) => string | undefined): readonly string[] {
  const times = new Map<string, number>()
  for (const item of items) {
    const name = nameOf(item)
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + 1)
  }
  return [...times].flatMap(([name, count]) => (count > 1 ? [name] : []))
}

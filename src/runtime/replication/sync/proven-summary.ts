/**
 * What a summary may say of who is a member: nothing that nobody has signed. Anybody can make up a life, and members of it; the create of a life, and what
 * adds members later, travel with it or are here.
 */
import {
  dotKey,
  findLife,
  sameDot,
  type LifeTransfer,
  type MemberChange,
  type Operation,
  type Replicant,
} from '../../../core/oplog/index.ts'

type Summary = NonNullable<LifeTransfer['summary']>

/**
 * Whether the life is known here, or its create is among the operations; and whether each site that is a member by the summary is one by what is known here, or
 * by an operation. Of a life that is not known here the site that sends it has to be, or have been, a member by them.
 *
 * @param operations what came with it, signed
 */
export function isProven(replicant: Replicant, summary: Summary, operations: readonly Operation[]): boolean {
  const { life, changes, from } = summary
  const held = findLife(replicant, life)
  const signed = new Map(operations.map(operation => [dotKey(operation.dot), operation]))
  if (held === undefined && signed.get(dotKey(life.dot))?.type !== 'create') return false
  const isShown = ({ site, by }: MemberChange): boolean =>
    held?.changes.some(known => known.member && known.site === site && sameDot(known.by.dot, by.dot)) === true ||
    signed.get(dotKey(by.dot))?.members?.added.includes(site) === true
  // Sorted by site, then by ≺: the last one of each site decides.
  const isBehind = ({ site }: MemberChange, place: number): boolean => changes[place + 1]?.site === site
  if (!changes.every((change, place) => !change.member || isBehind(change, place) || isShown(change))) return false
  return signedMembers(replicant, operations).has(from)
}

/** Sites that are or were members, as is known here or as members have signed. */
export function signedMembers({ lives }: Pick<Replicant, 'lives'>, brought: readonly Operation[]): ReadonlySet<string> {
  const changes = lives.flatMap(life => life.changes)
  const members = new Set(changes.filter(({ member }) => member).map(({ site }) => site))
  for (const { dot, type, members: changed } of brought)
    if (members.has(dot.site) || type === 'create') for (const added of changed?.added ?? []) members.add(added)
  return members
}

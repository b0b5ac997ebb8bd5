/**
 * Everything that one member holds of one name: its lives, and what waits until its dependencies are here. What changes it is in
 * `admit.ts`. Source: src/consistency.md "Identity and order", "Replicants, lives, members".
 */
import { covers } from './context.ts'
import { hasCreate } from './life.ts'
import { wasHeld } from './holes.ts'
import { leavesOf, memberBy, membersOf } from './members.ts'
import { countedChanges } from './names.ts'
import { lifeKey } from './operation.ts'
import { dotKey, sameDot } from './order.ts'
import { ZERO_STAMP } from './stamp-clock.ts'
import type { Context } from './context.ts'
import type { Life } from './life.ts'
import type { Matrices } from './matrix.ts'
import type { Operation, ReplicantName } from './operation.ts'
import type { Dot, LifeId, OperationId, Stamp } from './order.ts'

export interface Replicant {
  readonly name: ReplicantName
  /** The site whose state this is. */
  readonly site: string
  /** Sorted by ≺; the last one holds the name. */
  readonly lives: readonly Life[]
  /** Operations whose dependencies are not here yet, sorted by ≺; not acknowledged, and need not be durable. */
  readonly waiting: readonly Operation[]
  /** Words of members on removals that are not known here yet: they overtake the removal where it comes by another way, or waits. */
  readonly early: readonly RemovalTold[]
  /** The greatest stamp that was ever seen of the name. */
  readonly clock: Stamp
}

/** A member's word on what it held of the sites that a members operation removes, when it processed it. */
export interface RemovalTold {
  readonly life: LifeId
  readonly removal: OperationId
  readonly member: string
  readonly held: Context
}

export function newReplicant(name: ReplicantName, site: string): Replicant {
  return { name, site, lives: [], waiting: [], early: [], clock: ZERO_STAMP }
}

export function findLife({ lives }: Replicant, life: LifeId): Life | undefined {
  return lives.find(held => sameDot(held.life.dot, life.dot))
}

/** The life that holds the name: the greatest. */
export function holderOf({ lives }: Replicant): Life | undefined {
  return lives.at(-1)
}

/** The members of the name at present, sorted. */
export function membersOfReplicant(replicant: Replicant): readonly string[] {
  return membersOf(countedChanges(replicant.lives))
}

/** Whether the last that was said of a site is that it is no member any more. */
export function wasRemoved(replicant: Replicant, site: string): boolean {
  return (
    countedChanges(replicant.lives).some(change => change.site === site && !change.member) &&
    !membersOfReplicant(replicant).includes(site)
  )
}

/** A life that a site leaves, and by what. */
export interface Leave {
  readonly site: string
  readonly life: Life
  readonly by: OperationId
}

/** Who leaves, and has not said yet that it has let go of what it held: see `leavesOf`. A member by another life leaves nothing. */
export function leavesOfReplicant(replicant: Replicant): readonly Leave[] {
  const leaves = replicant.lives.flatMap(life => leavesOf(life.changes).map(({ site, by }) => ({ site, life, by })))
  if (leaves.length === 0) return leaves
  const members = membersOfReplicant(replicant)
  return leaves.filter(({ site }) => !members.includes(site))
}

/** Whether this site was removed, and has let go of what it held: it takes nothing of what others write. */
export function hasParted(replicant: Replicant): boolean {
  const { site } = replicant
  return wasRemoved(replicant, site) && !leavesOfReplicant(replicant).some(leave => leave.site === site)
}

/** For `memberBy` of what the site writes next on a life: undefined if it is a member by the life's create, or none. */
export function memberByOf(replicant: Replicant, life: LifeId): OperationId | undefined {
  const by = memberBy(countedChanges(replicant.lives), replicant.site)
  return by === undefined || sameDot(by.dot, life.dot) ? undefined : by
}

/** Whether the operation was held here at any time, or waits here. */
export function isKnown(replicant: Replicant, { life, dot }: Pick<Operation, 'life' | 'dot'>): boolean {
  const held = findLife(replicant, life)
  if (held !== undefined && wasHeld(held, dot)) return true
  return replicant.waiting.some(operation => sameDot(operation.dot, dot))
}

/** The dots that operations wait for and that are not here, by life; for asking others, and for giving up. */
export function missingOf(replicant: Replicant): readonly { readonly life: LifeId; readonly dots: readonly Dot[] }[] {
  const waiting = new Set(replicant.waiting.map(({ dot }) => dotKey(dot)))
  const missing = new Map<string, { life: LifeId; dots: Map<string, Dot> }>()
  for (const { life, context } of replicant.waiting) {
    const knowledge = findLife(replicant, life)?.knowledge ?? []
    const entry = missing.get(lifeKey(life)) ?? { life, dots: new Map<string, Dot>() }
    for (const dot of context)
      if (!covers(knowledge, dot) && !waiting.has(dotKey(dot))) entry.dots.set(dotKey(dot), dot)
    if (entry.dots.size > 0) missing.set(lifeKey(life), entry)
  }
  return missing
    .values()
    .map(({ life, dots }) => ({ life, dots: [...dots.values()] }))
    .toArray()
}

/** Hashes of matrices that operations wait for. */
export function missingMatrices(replicant: Replicant, matrices: Matrices): readonly string[] {
  return unknownMatrices(replicant.waiting, matrices)
}

/** Those that these name, and that are not known here. */
export function unknownMatrices(named: readonly { readonly matrix?: string }[], matrices: Matrices): readonly string[] {
  return [...new Set(named.flatMap(({ matrix }) => (matrix === undefined || matrices.has(matrix) ? [] : [matrix])))]
}

/** Lives of which nothing may be executed, since their create was lost; to be reported. */
export function livesWithoutCreate({ lives }: Replicant): readonly LifeId[] {
  return lives.filter(life => !hasCreate(life)).map(({ life }) => life)
}

import { compareText } from '../../core/resource/text-order.ts'
import { compareIncarnations } from '../../core/membership/incarnation.ts'
import {
  covers,
  dotKey,
  isReset,
  join,
  lifeKey,
  membersOfReplicant,
  sameDot,
  withDot,
  type Context,
  type Dot,
  type LifeId,
  type Matrices,
} from '../../core/oplog/index.ts'
import { MAX_KNOWN_OUTCOMES } from './limits.ts'
import type { CoreState, KnownOutcomes, SiteOutcome, Replica } from './replica.ts'

/** How many members a client wants an operation to be done at: `Cheops-Require`. */
export type Require = 'all' | 'quorum' | 'one'

/** The outcomes with an operation that is released now: all that its members tell of it is heard. */
export function withReleased(known: readonly KnownOutcomes[], dot: Dot): readonly KnownOutcomes[] {
  return withEntry(known, { dot, sites: [] })
}

/**
 * The outcomes with what a site has told. Of an operation that is not among them, since that was forgotten, or lost with the disk, it is not known what others have told
 * before.
 */
export function withOutcome(known: readonly KnownOutcomes[], dot: Dot, told: SiteOutcome): readonly KnownOutcomes[] {
  const place = placeOf(known, dot)
  const entry = known[place] ?? { dot, sites: [], isInPart: true }
  const sites = [...entry.sites.filter(({ site }) => site !== told.site), told]
  const changed = { ...entry, sites: sites.toSorted((a, b) => compareText(a.site, b.site)) }
  return place < 0 ? withEntry(known, changed) : known.with(place, changed)
}

/** In the order in which they were written; the oldest are left out, also where one of them is told of anew. */
function withEntry(known: readonly KnownOutcomes[], entry: KnownOutcomes): readonly KnownOutcomes[] {
  const place = known.findLastIndex(({ dot }) => compareAge(dot, entry.dot) < 0) + 1
  return known.toSpliced(place, 0, entry).slice(-MAX_KNOWN_OUTCOMES)
}

/** -1 where nothing is known of an operation. What is asked for is mostly among the newest, or newer. */
function placeOf(known: readonly KnownOutcomes[], dot: Dot): number {
  const place = known.findLastIndex(entry => compareAge(entry.dot, dot) <= 0)
  const entry = known[place]
  return entry !== undefined && sameDot(entry.dot, dot) ? place : -1
}

/** Those that are in `list` and not in `other`; what is in both is in both in one order. */
export function outcomesNotIn(other: readonly KnownOutcomes[], list: readonly KnownOutcomes[]): KnownOutcomes[] {
  const missing: KnownOutcomes[] = []
  let place = 0
  for (const known of list) {
    const found = other[place] === known ? place : other.indexOf(known, place)
    if (found < 0) missing.push(known)
    else place = found + 1
  }
  return missing
}

/** Of two operations of one site: negative where `a` was written before `b`. */
export function compareAge(a: Dot, b: Dot): number {
  return compareIncarnations(a.incarnation, b.incarnation) || a.number - b.number
}

/**
 * What became of an operation at each member: `pending` where nothing was told. What came to nothing at its origin nobody else ever sees. A member that holds what was told of
 * before, which was forgotten here or lost with the disk, is left out: it may have nothing to tell any more.
 */
export function outcomesOf(replica: Pick<Replica, 'core' | 'local'>, dot: Dot): readonly SiteOutcome[] {
  const { core, local } = replica
  const entry = local.outcomes[placeOf(local.outcomes, dot)]
  const told = entry?.sites ?? []
  if (told.some(({ outcome }) => outcome === 'void')) return told
  const silent = membersOfReplicant(core.replicant).filter(member => !told.some(({ site }) => site === member))
  const waited = isInPart(replica, dot, entry) ? silent.filter(site => !mayHaveTold(replica, site, dot)) : silent
  if (waited.length === 0) return told
  const pending = waited.map(site => ({ site, outcome: 'pending' as const, at: 0 }))
  return [...told, ...pending].toSorted((a, b) => compareText(a.site, b.site))
}

/** Whether members may have told of an operation of this site what is not known here any more. */
function isInPart({ core }: Pick<Replica, 'core'>, dot: Dot, entry: KnownOutcomes | undefined): boolean {
  if (entry !== undefined) return entry.isInPart === true
  return core.replicant.lives.some(({ knowledge }) => covers(knowledge, dot))
}

/** Whether a site may have nothing left to do for an operation, as far as is known here. */
function mayHaveTold({ core, local }: Pick<Replica, 'core' | 'local'>, site: string, dot: Dot): boolean {
  const { replicant, acknowledgements } = core
  const life = replicant.lives.find(({ live }) => live.some(operation => sameDot(operation.dot, dot)))
  if (site === replicant.site)
    return life !== replicant.lives.at(-1) || local.executed.operations.some(done => sameDot(done.dot, dot))
  // After a loss of the disk nothing is known of what others hold until they tell it anew.
  return !hasAcknowledged({ core, local }, site) || isAcknowledged(acknowledgements, site, dot, life?.life)
}

/**
 * Whether a site has told what it holds since this site keeps what it is told. What it had written itself comes back after a loss of the disk, and says no more than what it
 * had executed by then: that it holds nothing else it has not said.
 */
export function hasAcknowledged({ core, local }: Pick<Replica, 'core' | 'local'>, site: string): boolean {
  const knowledge = core.acknowledgements.get(site)?.knowledge
  if (knowledge === undefined) return false
  // So much was written here since that it was asked to say so.
  if (local.outcomes.length >= MAX_KNOWN_OUTCOMES) return true
  const said = new Map<string, Context>()
  for (const { life, live, conflicts, outside, membership } of core.replicant.lives) {
    const written = [live, conflicts, outside, membership].flat().filter(({ dot }) => dot.site === site)
    const joined = written.reduce<Context>((all, { context, dot }) => join(all, withDot(context, dot)), [])
    said.set(lifeKey(life), joined)
  }
  return [...knowledge].some(([life, context]) => context.some(dot => !covers(said.get(life) ?? [], dot)))
}

/**
 * Own operations of which a member says nothing any more: it was told of them only by what has put them away, which it holds, and which it may have put away as well. Who has held
 * one itself has told of that before it has acknowledged what put it away.
 */
export function passedOver(
  { core, local }: Pick<Replica, 'core' | 'local'>,
  site: string,
  matrices: Matrices,
): readonly Dot[] {
  const { replicant, acknowledgements } = core
  const silent = local.outcomes.filter(
    ({ dot, sites, isInPart }) =>
      isInPart !== true &&
      !sites.some(told => told.site === site || told.outcome === 'void') &&
      isAcknowledged(acknowledgements, site, dot, undefined),
  )
  if (silent.length === 0 || site === replicant.site || !membersOfReplicant(replicant).includes(site)) return []
  const held = replicant.lives.flatMap(({ live, conflicts }) => [...live, ...conflicts])
  const keys = new Set(held.map(({ dot }) => dotKey(dot)))
  const resets = held.filter(operation => isReset(operation, matrices))
  return silent.flatMap(({ dot }) => {
    if (keys.has(dotKey(dot))) return []
    const by = resets.filter(({ context }) => covers(context, dot))
    const isToCome = by.length > 0 && !by.some(reset => isAcknowledged(acknowledgements, site, reset.dot, reset.life))
    return isToCome ? [] : [dot]
  })
}

/** Whether a site has told that it holds an operation. @param life that it belongs to, where that is known */
export function isAcknowledged(
  acknowledgements: CoreState['acknowledgements'],
  site: string,
  dot: Dot,
  life: LifeId | undefined,
): boolean {
  const knowledge = acknowledgements.get(site)?.knowledge
  if (knowledge === undefined) return false
  if (life !== undefined) return covers(knowledge.get(lifeKey(life)) ?? [], dot)
  return [...knowledge.values()].some(context => covers(context, dot))
}

/** Whether nothing more will come. */
export function isDone(outcomes: readonly SiteOutcome[]): boolean {
  return outcomes.every(({ outcome }) => outcome !== 'pending')
}

/**
 * Whether so many members have done with it, or nothing more is to be waited for.
 * @param members at present: of whom nothing is known any more may have done nothing
 */
export function isEnough(outcomes: readonly SiteOutcome[], require: Require, members: readonly string[]): boolean {
  const done = outcomes.filter(({ outcome }) => outcome === 'applied' || outcome === 'superseded').length
  const isKnown = (member: string): boolean => outcomes.some(({ site }) => site === member)
  const isWhole = members.every(isKnown) || outcomes.some(({ outcome }) => outcome === 'void')
  if (isWhole && isDone(outcomes)) return true
  if (require === 'one') return done >= 1
  return require === 'quorum' && done > members.length / 2
}

/**
 * How the application here stands to those of the other members that know the same operations: whether they show the same of what those
 * have set, and which of them is wrong if they do not. Source: src/consistency.md "Plan, at one site" (Drift, Repair).
 */
import {
  hasExecuted,
  holderOf,
  knowledgeOf,
  membersOfReplicant,
  scheduleOf,
  type Executed,
  type Operation,
  type Standing,
} from '../../../core/oplog/index.ts'
import { comparedFields, fitOf, foundOf, writtenFields, type Fields } from './written-fields.ts'
import type { Hidden } from './combined.ts'
import { forgetOwn } from './own-fields.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { failedHere } from '../lane/failed.ts'
import { othersOf, tellEntryTo } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import type { ReplicationOptions } from '../context.ts'
import { withoutLanded, type TellOf, type Replica } from '../replica.ts'
import type { Commit } from '../store/commit.ts'
import { Resource } from '../application/resource.ts'
import type { Reading } from '../application/state.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'
import type { OutboxEntry, Shown } from '../../../ports/sync.ts'

type Present = Reading & { readonly is: 'present' }
type Acknowledgement = OutboxEntry & { readonly kind: 'acknowledgement' }

/** Equal for members that hold the same, and for no others. */
export function knowledgeHash({ codec, hash }: ReplicationOptions, { name, lives }: Told): string {
  return hash(codec.encodeKnowledge(name, lives))
}

interface Told {
  readonly name: Replica['name']
  readonly lives: Acknowledgement['lives']
}

/** Hash of what is held now. */
export function knowledgeNow({ options }: Engine, { name, core }: Replica): string {
  return knowledgeHash(options, { name, lives: knowledgeOf(core.replicant) })
}

/** What the application should have executed, a reset first; none where there should be no resource. */
export function writtenOf({ options }: Engine, { core }: Replica): readonly Operation[] {
  const schedule = scheduleOf(holderOf(core.replicant), options.matrices)
  return schedule.state === 'present' ? [schedule.reset, ...schedule.changes] : []
}

/**
 * As `writtenOf`, as far as a list says that it was executed, under whatever identity; the reset in any case. What has come since is carried out on top of what
 * these come to.
 */
export function writtenBy(engine: Engine, replica: Replica, executed: Executed): readonly Operation[] {
  return writtenOf(engine, replica).filter((operation, place) => place === 0 || hasExecuted(executed, operation))
}

/** What operations have set of a resource, for whoever compares what is read of it; undefined where there is none, or all of it is compared. */
export async function writtenHere(
  engine: Engine,
  replica: Replica,
  glue: ReplicationGlue,
): Promise<Exclude<Fields, 'all'> | undefined> {
  const schedule = writtenOf(engine, replica)
  if (schedule.length === 0 || !hasSay(engine, replica)) return undefined
  const fields = await writtenFields(new Resource(engine.options, replica.name, glue), schedule)
  return fields === 'all' ? undefined : fields
}

/** Hash of what the application shows of the fields that operations have set; none of a body that is too large to be looked into. */
export async function shownHash(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Present,
): Promise<string | undefined> {
  return (await shownOf(engine, replica, resource, reading))?.is
}

/**
 * As `shownHash`, and whether all that was written, and nothing else of what is compared, is there: then nobody needs to be told. And what was written
 * and is not shown so, JSON Pointers.
 */
export async function shownOf(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  { body }: Present,
): Promise<
  { readonly is: string; readonly compare: () => Promise<{ isExpected: boolean; hidden: Hidden }> } | undefined
> {
  if (body.is === 'large') return undefined
  const schedule = writtenOf(engine, replica)
  const fields = await writtenFields(resource, schedule)
  const is = resource.hashOf(comparedFields(body, fields, resource.glue.kind(replica.name.kind)?.idAt ?? []))
  const compare = async () => {
    const found = await foundOf(resource, schedule)
    return { isExpected: found.isExpected(fields, is), hidden: found.hidden(body, replica.local) }
  }
  return { is, compare }
}

/** What was found when the lane was idle, if nothing has run since. */
export function lastShown({ local }: Replica): string | undefined {
  const { shown, hash } = local
  return shown !== undefined && shown.of === hash ? shown.is : undefined
}

/** JSON Pointers of what was written and is not shown so; undefined where that was not looked at since the agent knows of it. */
export function hiddenHere({ local }: Replica): readonly string[] | undefined {
  return local.shown === undefined ? undefined : local.hidden
}

/** As `lastShown`, if it is what comes of all that is held now: only that can be compared with what others show. */
export function shownNow(engine: Engine, replica: Replica): string | undefined {
  const shown = lastShown(replica)
  if (shown === undefined || replica.local.told.length === 0) return shown
  return replica.local.shown?.knowledge === knowledgeNow(engine, replica) ? shown : undefined
}

/** Tells all other members what is held here and what the application shows by it. */
export function tellShown(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  shown: Shown,
  members: readonly string[] = othersOf(replica.core.replicant),
): void {
  // An acknowledgement vouches for the bodies too.
  if (engine.bodies.missingOf(replica.name).length > 0) return
  const { replicant } = replica.core
  const lives = knowledgeOf(replicant)
  commit.local(replica, { spoke: knowledgeHash(engine.options, { name: replica.name, lives }) })
  const entry: OutboxEntry = { kind: 'acknowledgement', replicant: replica.name, lives, clock: replicant.clock, shown }
  tellEntryTo(engine, commit, members, entry)
}

/** What `looks` of a replicant is when all others were told that a state is looked for. */
export function looksFor(knowledge: string, hash: string | undefined): string {
  return `${knowledge} ${hash ?? ''}`
}

/** Another member has told what its application shows. What is the same here is not kept. */
export function takeShown(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  from: string,
  { lives, shown }: Acknowledgement,
): void {
  if (shown === undefined) return
  const { told } = replica.local
  const { hash, diverged, fits } = shown
  const knowledge = knowledgeHash(engine.options, { name: replica.name, lives })
  const isOurs = knowledge === knowledgeNow(engine, replica)
  // What this site lacks, the others know already.
  const isWhole = isOurs && failedHere(replica).length === 0
  const own = isWhole && replica.local.shown?.knowledge === knowledge ? lastShown(replica) : undefined
  const before = told.find(({ site }) => site === from)
  const others = told.filter(({ site }) => site !== from)
  if (isOurs && own !== undefined && own === hash && !diverged) {
    // Somebody has compared what it goes on with.
    commit.local(replica, { ...(before !== undefined && { told: others }), ...withoutLanded(replica.local) })
    commit.afterwards(() => {
      forgetOwn(replica)
      // It may have differed from that one alone.
      if (replica.local.diverged) engine.kick(replica)
    })
    return
  }
  const isNews =
    before?.knowledge !== knowledge || before.hash !== hash || before.diverged !== diverged || before.fits !== fits
  if (!isNews) return
  const word: TellOf = { site: from, knowledge, diverged, fits, ...(hash !== undefined && { hash }) }
  // Who looked in vain, and goes on, has somebody to ask now: once for each such word.
  const isFound = isOurs && fits && !diverged && replica.local.looks !== undefined
  commit.local(replica, { told: [...others, word], ...(isFound && { mended: undefined }) })
  if (!isOurs) return
  // Whoever shows something else learns of it too: its own word may have come when nothing was known here to compare with; or it looks, and nobody could answer.
  const isUnanswered = diverged && own !== hash && replica.local.looks === undefined
  // It has said that it looks, and what it showed before it was changed says nothing: taken for what it shows, it would be no word that it looks.
  const hasSaid = replica.local.suspect && replica.local.looks?.startsWith(looksFor(knowledge, undefined)) === true
  if (own !== undefined && !hasSaid && (!diverged || isUnanswered)) {
    // Who goes on while it looks looks still: taken for one that does not, nobody would ever say what there is.
    const isLooking = replica.local.looks === looksFor(knowledge, own)
    tellShown(engine, commit, replica, { hash: own, diverged: isLooking, fits: isSureHere(replica) }, [from])
  }
  const isToLook = own !== undefined || (isWhole && lastShown(replica) !== undefined)
  if (isToLook || replica.local.suspect) commit.afterwards(() => engine.kick(replica))
}

/**
 * Whether others have told what they show by what is held now, and here that was read by what was known before, without anything to be carried out since: there is
 * nothing to compare theirs with.
 */
export function isReadBefore(engine: Engine, replica: Replica): boolean {
  const { told, shown } = replica.local
  if (told.length === 0 || lastShown(replica) === undefined) return false
  const knowledge = knowledgeNow(engine, replica)
  return shown?.knowledge !== knowledge && told.some(word => word.knowledge === knowledge)
}

/** The members that know the same and show something else that may be what was written, by what they have told. */
export function differing(engine: Engine, replica: Replica, own: string | undefined): readonly TellOf[] {
  if (replica.local.told.length === 0) return []
  const knowledge = knowledgeNow(engine, replica)
  const others = othersOf(replica.core.replicant)
  return replica.local.told.filter(
    word =>
      word.knowledge === knowledge && isBelieved(replica, word) && word.hash !== own && others.includes(word.site),
  )
}

/** Who looks for a state, and shows nothing that fits, says nothing of what is right; nor does who doubts, or shows something else than was written, to those that do not. */
function isBelieved(replica: Replica, { diverged, fits }: TellOf): boolean {
  return fits || (!diverged && !isSureHere(replica))
}

/** Whether what is shown here may be what was written, and nothing that may not be sent twice was sent again. */
export function isSureHere({ local }: Replica): boolean {
  return !local.sentAgain && local.shown?.isOther !== true
}

/**
 * Which of them is wrong. Who shows what was written, and nothing else that is compared, is right; else the smaller part is wrong, and where there is none nobody can tell:
 * then everybody looks for a member that can.
 */
export async function judge(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Present,
  others: readonly TellOf[],
): Promise<'right' | 'wrong' | 'unclear'> {
  const schedule = writtenOf(engine, replica)
  const { shows, isOther } = await fitOf(resource, schedule, reading.body)
  if (others.length === 0 || shows === 'yes') return 'right'
  // That one says the same of itself, however many show more: both would be right for ever.
  if ((await showingWritten(engine, replica, resource, others)).length > 0) return 'wrong'
  // However many have accepted it, and not done it; or show what somebody has changed past Cheops: whoever shows what was written copies that from nobody.
  const { sentAgain, shown } = replica.local
  // What is shown at present may be doubted for what its answer to the last write had.
  const isShown = shown?.of === reading.hash
  const isDoubted = sentAgain || isOther || (isShown && (shown.isOther === true || shown.was !== undefined))
  if (isDoubted && others.some(({ fits }) => fits)) return 'wrong'
  const members = membersOfReplicant(replica.core.replicant).length
  if (others.length * 2 < members) return 'right'
  const together = Math.max(...others.map(({ hash }) => others.filter(other => other.hash === hash).length))
  return together * 2 > members || shows === 'no' ? 'wrong' : 'unclear'
}

/** Of members that know the same: those that show what was written and nothing else that is compared. */
export async function showingWritten(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  others: readonly TellOf[],
): Promise<readonly TellOf[]> {
  if (others.length === 0) return []
  const schedule = writtenOf(engine, replica)
  const fields = await writtenFields(resource, schedule)
  const found = await foundOf(resource, schedule)
  return others.filter(({ hash }) => hash !== undefined && found.isWritten(fields, hash))
}

/** How all members stand that are known to hold the same. */
export function standings(engine: Engine, replica: Replica, own: Omit<Standing, 'site'>): readonly Standing[] {
  const knowledge = knowledgeNow(engine, replica)
  const others = replica.local.told
    .filter(word => word.knowledge === knowledge)
    .map(({ site, hash, diverged, fits }) => ({ site, looks: diverged, has: hash !== undefined, fits }))
  return [...others, { site: engine.options.site, ...own }]
}

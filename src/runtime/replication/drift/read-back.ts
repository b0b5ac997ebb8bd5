/**
 * What an idle lane finds when it reads the application: the first time after something ran it is kept and told to the others; later on it
 * tells whether somebody has changed the resource past Cheops. Source: src/consistency.md "Plan, at one site" (Drift).
 */
import { OPERATION_TYPES, membersOfReplicant } from '../../../core/oplog/index.ts'
import { othersOf, tellEvent } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import { currentPlan, isRecordOnly } from '../lane/current-plan.ts'
import { failedHere } from '../lane/failed.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { lookForState } from './issue-state.ts'
import { lookForLeftover } from './leftover.ts'
import { copyState } from './repair.ts'
import { MAX_LOOKS_FOR_ABSENT } from '../limits.ts'
import { Resource } from '../application/resource.ts'
import type { Reading } from '../application/state.ts'
import { isYetToCome, stillToCome } from './settling.ts'
import { mayLandUnseen, noteMayBeThere } from '../write/given-up.ts'
import { forgetShown } from './own-fields.ts'
import { fitOf, foundOf, showsNoOther, unlikeWritten } from './written-fields.ts'
import { isSureHere, knowledgeNow, lastShown, shownHash, shownOf, tellShown, writtenOf } from './comparison.ts'
import type { TellOf, Replica } from '../replica.ts'
import type { KindTraits } from '../../../ports/replication-glue.ts'

/**
 * @param attempts how often it was absent in a row
 * @param isRound the site's round has come to it, nothing has happened
 * @param losesAll the application has just been found to have lost others: what it had before, and does not show, is lost too
 * @returns `there`: it was read, and nothing is to be done. `again`: nothing is there where something should be, or the other way round: to be looked at again soon. `look`: the lane has
 *   something to do. `lost`: likewise, since the application has not the resource any more. `unread`: the application could not be reached
 */
export async function readBack(
  engine: Engine,
  replica: Replica,
  attempts: number,
  isRound: boolean,
  losesAll = false,
): Promise<'done' | 'there' | 'again' | 'look' | 'lost' | 'unread'> {
  const { site, glueOf } = engine.options
  const { local, draft, name, core } = replica
  const glue = glueOf(name.service)
  const hasFailed = failedHere(replica).length > 0
  const isIdle = !local.suspect && !local.replaying && local.intent === undefined && local.uncertain === undefined
  if (glue === undefined || local.unbound || !isIdle || draft !== undefined) return 'done'
  if (!membersOfReplicant(core.replicant).includes(site)) return 'done'
  const { plan, schedule } = currentPlan(engine, replica)
  // What stands in the way may have gone: this site may expose by now what it did not.
  if (plan.kind !== 'nothing' && isRound && hasSay(engine, replica)) return 'look'
  if (plan.kind !== 'nothing') return 'done'
  if (local.parted !== undefined) return 'look'
  if (schedule.state === 'absent' && !isRecordOnly(replica))
    return lookForLeftover(engine, replica, new Resource(engine.options, name, glue), attempts)
  if (schedule.state !== 'present') return 'done'
  // The first look after a start compares by itself.
  if (!replica.run.checked) return 'look'
  const resource = new Resource(engine.options, name, glue)
  if (hasFailed && isRound) {
    const copied = await copyState(engine, replica, resource)
    // It may be that no member has taken it: then one says what there is.
    if (copied === 'nobody') await lookForState(engine, replica, resource)
    return 'look'
  }
  if (!local.bound) return 'done'
  const knowledge = knowledgeNow(engine, replica)
  const reading = await resource.read()
  if (reading.is === 'unknown' && (reading.status === undefined || IS_DOWN.has(reading.status))) return 'unread'
  // What has come meanwhile is none of what it shows; the lane will be idle again.
  if (reading.is === 'unknown' || knowledgeNow(engine, replica) !== knowledge) return 'done'
  if (await isYetToCome(engine, replica, resource, reading)) return 'again'
  if (reading.is === 'absent') {
    const isKnown = losesAll && wasThere(engine, replica)
    if (attempts < MAX_LOOKS_FOR_ABSENT && !isKnown) return 'again'
    await suspectDrift(engine, replica)
    return 'lost'
  }
  const { hash, answered, answersTell: told } = replica.local
  const before = lastShown(replica)
  const found = await shownOf(engine, replica, resource, reading)
  if (found === undefined) {
    // Too large to be compared with others; after a start it is compared with what it was.
    if (hash === undefined) await engine.replicas.commit(commit => commit.local(replica, { hash: reading.hash }))
    return 'there'
  }
  const { is } = found
  const hasLanded = mayHaveLanded(engine, replica, resource, reading)
  const isUnlike = async (): Promise<boolean> => hasLanded || (await isUnlikeKnown(engine, replica, resource, reading))
  const isChanged = before === undefined ? await isUnlike() : is !== before
  if (knowledgeNow(engine, replica) !== knowledge) return 'there'
  if (isChanged) {
    noteMayBeThere(replica.run, reading.hash)
    await suspectDrift(engine, replica)
    return 'look'
  }
  const isTold = before !== undefined && replica.local.shown?.knowledge === knowledge
  if (isTold && reading.hash === hash) return 'there'
  const answersTell = answered === undefined ? told : answered === reading.hash
  // What all others expect, and have heard nothing else of, they need not be told.
  const { isExpected, hidden } = await found.compare()
  const isOther =
    !isExpected &&
    ((await fitOf(resource, writtenOf(engine, replica), reading.body)).isOther ||
      (before === undefined && (await showsLessThanAnswered(engine, replica, resource, reading))))
  const { context: executed } = replica.local.executed
  const written = writtenOf(engine, replica)
  await forgetShown(replica, () => unlikeWritten(resource, written, reading.body))
  if (knowledgeNow(engine, replica) !== knowledge) return 'there'
  await engine.replicas.commit(commit => {
    const isSame = (word: TellOf): boolean => !word.diverged && word.hash === is && word.knowledge === knowledge
    const others = replica.local.told.filter(word => !isSame(word))
    const isOthers = others.some(word => word.knowledge === knowledge)
    const hasSpoken = replica.local.spoke === knowledge
    const isSilent = isTold || (isExpected && !isOthers && !hasSpoken)
    const changedFrom = replica.local.shown?.was
    const same = replica.local.told.filter(isSame).map(word => word.site)
    // Who has told the same needs not hear it, unless it was told something else, or may go on with what was changed, as this site does.
    const equal = new Set(hasSpoken || changedFrom !== undefined ? [] : same)
    // What is carried out on top of it takes nothing of that away, but that somebody shows the same.
    const was = isExpected || same.length > 0 ? undefined : changedFrom
    const shown = {
      of: reading.hash,
      is,
      knowledge,
      ...(isOther && { isOther }),
      ...(was !== undefined && was !== is && { was }),
    }
    const looked = {
      hidden: hidden.at,
      ...(hidden.isClear && hasOwnOperations(glue.kind(name.kind)) && { looked: executed, gone: hidden.gone }),
    }
    commit.local(replica, {
      hash: reading.hash,
      shown,
      ...looked,
      answersTell,
      told: others,
      looks: undefined,
      ...stillToCome(engine, replica),
    })
    // That it differs, the others know already.
    if (!hasFailed && !isSilent) {
      const members = othersOf(replica.core.replicant).filter(member => !equal.has(member))
      tellShown(engine, commit, replica, { hash: is, diverged: false, fits: isSureHere(replica) }, members)
    }
  })
  // What was wrong may be so no more.
  return replica.local.diverged || replica.local.told.some(word => word.knowledge === knowledge) ? 'look' : 'there'
}

/**
 * Whether something that was written stood in the answer to the last write, as it was written, and is not shown any more, where only the application knows what that write has done to it: somebody may
 * have taken it away past Cheops before anybody has read it, or the application has by itself. Nobody is told of a drift for that; but of two members that differ the one is believed that shows it. Of
 * more the smaller part is wrong, as ever: an application may answer first and do it then, and one of them later than the others.
 */
async function showsLessThanAnswered(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading & { readonly is: 'present' },
): Promise<boolean> {
  const { hash, answered, answersTell } = replica.local
  const { seen } = replica
  if (othersOf(replica.core.replicant).length > 1) return false
  if (hash !== undefined || !answersTell || answered === reading.hash) return false
  if (seen === undefined || seen.hash !== answered || seen.body.is === 'large' || reading.body.is === 'large')
    return false
  const found = await foundOf(resource, writtenOf(engine, replica))
  const goneBefore = found.hidden(seen.body, replica.local).gone
  return found.hidden(reading.body, replica.local).gone.some(at => !goneBefore.includes(at))
}

/** Whether there is what only the application knows: else nobody asks what was looked at before that. */
function hasOwnOperations(kind: KindTraits | undefined): boolean {
  return Object.keys(kind?.operations ?? {}).some(type => !(OPERATION_TYPES as readonly string[]).includes(type))
}

/**
 * Nobody has compared what it shows since something else was last known of it. What was adopted is known by what was read then. Else the application
 * has answered the last write with what was written, its answers have told before what it shows, and now it does not show it:
 * between the two somebody has changed it past Cheops.
 */
async function isUnlikeKnown(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  { hash: read, body }: Reading & { readonly is: 'present' },
): Promise<boolean> {
  const { hash, answered, answersTell } = replica.local
  const { seen } = replica
  if (hash !== undefined) {
    if (hash === read) return false
    const isAll = resource.glue.kind(replica.name.kind)?.comparesAll !== false
    return isAll || (await fitOf(resource, writtenOf(engine, replica), body)).shows === 'no'
  }
  if (!answersTell || answered === read || seen === undefined || seen.hash !== answered) return false
  const written = writtenOf(engine, replica)
  // What it shows in other words than it was given is in other words in its answer too.
  if (!(await fitOf(resource, written, seen.body)).fits) return false
  if ((await fitOf(resource, written, body)).shows !== 'no') return false
  // What it never shows it may say in an answer. What somebody has taken away is found by what the other members show.
  return body.is !== 'json' || !(await showsNoOther(resource, written, body))
}

/**
 * What was given up may have landed on top of what was written last, before anybody has read that: the application does not show what it has answered, though its
 * answers have told before what it shows. Else that is the application's own.
 */
function mayHaveLanded(
  { options: { clock } }: Engine,
  { local, name, run }: Replica,
  { glue }: Resource,
  reading: Reading & { readonly is: 'present' },
): boolean {
  const { hash, answered, answersTell } = local
  if (hash !== undefined || answered === undefined || answered === reading.hash) return false
  return answersTell && glue.kind(name.kind)?.comparesAll !== false && mayLandUnseen(run, clock.monotonic())
}

/**
 * Whether the application shows something else than it did when it was last known. Before it was read after the last write its answer to that stands for what it
 * showed, where its answers have told that before: one line more than was answered is what landed since.
 */
export async function isChangedPast(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Exclude<Reading, { readonly is: 'unknown' }>,
): Promise<boolean> {
  const before = lastShown(replica)
  if (reading.is === 'absent') return before !== undefined
  if (before === undefined) {
    const { hash, answered, answersTell } = replica.local
    const isAll = resource.glue.kind(replica.name.kind)?.comparesAll !== false
    const known = hash ?? (answersTell && isAll ? answered : undefined)
    if (known !== undefined) return known !== reading.hash
    return isUnlikeKnown(engine, replica, resource, reading)
  }
  const shown = await shownHash(engine, replica, resource, reading)
  return shown !== undefined && shown !== before
}

/** As proxies say it of what is behind them. */
const IS_DOWN: ReadonlySet<number> = new Set([502, 503, 504])

/** Whether the application had it: it has shown it since something was done to it last, or has answered a change of it with what came of it. What it was to make may be yet to come. */
export function wasThere(engine: Engine, replica: Replica): boolean {
  const { hash, answered } = replica.local
  const last = writtenOf(engine, replica).at(-1)
  return hash !== undefined || (answered !== undefined && last !== undefined && !MAKES.has(last.type))
}

/** What may be the first that an application gets of a resource. */
const MAKES: ReadonlySet<string> = new Set(['create', 'replace', 'state'])

/** Nothing runs any more until a member that agrees has shown its state, or the application shows the same again. */
export async function suspectDrift(engine: Engine, replica: Replica): Promise<void> {
  await engine.replicas.commit(commit => {
    commit.local(replica, { suspect: true, copiesOnlyFitting: false })
    engine.replicas.due(commit, replica.name, true)
    tellEvent(engine, commit, { kind: 'drift', replicant: replica.name })
  })
}

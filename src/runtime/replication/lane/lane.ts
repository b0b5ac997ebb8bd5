/**
 * What the lane of one replicant does: it brings what the application has to what the schedule says. Serial; whatever was begun is
 * written down before, so that a start in the middle knows what may have happened. Source: src/consistency.md "Plan, at one site", "Applying to a black box".
 */
import { membersOfReplicant, sameDot, type Operation, type Schedule } from '../../../core/oplog/index.ts'
import { askedElsewhere } from '../write/asked-elsewhere.ts'
import { isGivenUpOver } from '../write/given-up.ts'
import { acknowledge, othersOf, tellEvent } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import { differing, knowledgeNow, shownNow } from '../drift/comparison.ts'
import { beginsWithReset, currentPlan, isRecordOnly } from './current-plan.ts'
import { Execution } from './execution.ts'
import { failedHere } from './failed.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { LaneBook, type Step } from './lane-book.ts'
import { noteWell } from '../drift/own-fields.ts'
import { comeBack, readParted } from './come-back.ts'
import { compareWithOthers } from './lane-comparison.ts'
import { copyOrShow } from './lane-copy.ts'
import { MAX_PLANS_TOGETHER } from '../limits.ts'
import { isOursUnknown } from './ours-unknown.ts'
import { isNext, type Prepared } from './prepared.ts'
import { Recovery } from './recovery.ts'
import { Resource } from '../application/resource.ts'
import type { Looked } from './lanes.ts'
import type { Replica } from '../replica.ts'

/** Does what is to be done, as far as it can be done now. */
export async function advance(engine: Engine, replica: Replica): Promise<Looked> {
  const { options, replicas } = engine
  const glue = options.glueOf(replica.name.service)
  const isMember = membersOfReplicant(replica.core.replicant).includes(options.site)
  // What only others have put here, who may do nothing here, is nobody's to carry out.
  const isIdle = glue === undefined || (!isMember && replica.draft === undefined) || !hasSay(engine, replica)
  const { prepared } = replica
  // What is not begun with it now reads what the application has.
  replica.prepared = undefined
  const began = options.clock.monotonic()
  const resource = glue === undefined || isIdle ? undefined : new Resource(options, replica.name, glue)
  if (glue !== undefined && !isMember && replica.local.parted !== undefined)
    await readParted(engine, replica, new Resource(options, replica.name, glue))
  const looked =
    resource === undefined
      ? await settle(engine, replica)
      : await pass(new LaneBook(engine, replica, resource), prepared)
  // Until it is known what it has done of what it has accepted, nothing is wrong with it.
  if (looked === 'again' && replica.local.draft?.accepted === undefined)
    await engine.behind.cannotGoOn(engine, replica, began, resource?.heldUpBy)
  else engine.behind.over(replica.name)
  // What was written on the way carried it along; what cannot be carried out now is held all the same.
  if (replica.local.acknowledges) await replicas.commit(commit => acknowledge(engine, commit, replica))
  return looked
}

/** Nothing is left to do: marks that say otherwise go, unless more has come. */
async function settle(engine: Engine, replica: Replica): Promise<Looked> {
  await engine.replicas.commit(commit => {
    const { replaying, diverged } = replica.local
    const isMember = membersOfReplicant(replica.core.replicant).includes(engine.options.site)
    if (isMember && currentPlan(engine, replica).plan.kind !== 'nothing') return
    const own = shownNow(engine, replica)
    const differs = own !== undefined && differing(engine, replica, own).length > 0
    // It goes on with what it was changed to, and nobody has compared that: who could may be in doubt, or cut off.
    const goesOn = replica.local.shown?.was !== undefined && othersOf(replica.core.replicant).length > 0
    const isWell =
      diverged &&
      !goesOn &&
      failedHere(replica).length === 0 &&
      !(differs && replica.local.mended === knowledgeNow(engine, replica))
    if (replaying || isWell) commit.local(replica, { replaying: false, ...(isWell && { diverged: false }) })
    if (isGivenUpOver(engine, replica)) commit.local(replica, { givenUp: undefined })
    if (isWell) {
      tellEvent(engine, commit, { kind: 'agrees', replicant: replica.name })
      noteWell(replica, engine.options.clock.monotonic())
    }
    acknowledge(engine, commit, replica)
    // A body that is still to come holds the acknowledgement up.
    if (!replica.local.acknowledges) engine.replicas.due(commit, replica.name, false)
  })
  return 'settled'
}

async function pass(book: LaneBook, prepared: Prepared | undefined): Promise<Looked> {
  if ((await comeBack(book)) === 'again') return 'again'
  const recovery = new Recovery(book)
  const isNow = prepared !== undefined && isNext(prepared, currentPlan(book.engine, book.replica).plan)
  const execution = new Execution(book, recovery, isNow ? prepared : undefined)
  if (prepared !== undefined && !isNow) {
    // Something has come before it, or it is done with. Nothing was sent.
    await book.write({ intent: undefined })
    book.replica.seen = prepared.reading
  }
  // Also where what is shown is in question: a client's whole body is taken all the same, and is to have seen it.
  if (book.local.intent === undefined && book.replica.draft === undefined) await book.nameWhatCounts()
  const wasAsked = isAskedElsewhere(book.replica)
  const recovered = await recovery.recover(isNow)
  if (recovered !== 'done') return recovered === 'replan' ? 'again' : recovered
  await book.runAgain()
  for (let round = 0; round < MAX_PLANS_TOGETHER; round++) {
    // It has come from another member since: what is in doubt may be in effect.
    if (!wasAsked && isAskedElsewhere(book.replica)) break
    const { schedule, plan } = currentPlan(book.engine, book.replica)
    if (book.local.uncertain !== undefined) {
      if (!(await isDecided(book, schedule))) return 'waits'
      if (!book.replica.run.checked || book.local.suspect) return 'again'
    }
    switch (plan.kind) {
      case 'nothing': {
        if (schedule.state === 'absent' && (await isDoneUnseen(book)))
          await book.executed(schedule.deletion, undefined, {})
        await book.nameWhatCounts()
        // What is in doubt may be what differs: it is decided first.
        const compared = book.replica.draft === undefined ? await compareWithOthers(book) : 'done'
        if (compared === 'replan') break
        return compared === 'done' ? settle(book.engine, book.replica) : compared
      }
      case 'stuck':
        await book.diverge('its create was lost')
        return 'waits'
      case 'repair': {
        // Nothing is put in the place of what is not ours.
        if (book.local.unbound && (await book.resource.read()).is !== 'absent') return 'waits'
        // What may not be sent again was written here.
        if (await isOursUnknown(book)) return 'again'
        const carryOut = (missing: readonly Operation[]): Promise<Step> => execution.carryOut(missing, false)
        const copied = await copyOrShow(book, 'what was sent may not be sent again', carryOut)
        if (copied !== 'done') return copied
        break
      }
      case 'run':
      case 'replay': {
        const step = await execution.carryOut(plan.operations, plan.kind === 'replay')
        if (step !== 'done' && step !== 'replan') return step
      }
    }
  }
  book.engine.kick(book.replica)
  return 'settled'
}

/** Whether another member has what is in doubt here. */
function isAskedElsewhere(replica: Replica): boolean {
  return replica.draft !== undefined && askedElsewhere(replica.draft, replica) !== undefined
}

/** It was made and deleted before anything of it was carried out here: there is nothing to do, and whoever has deleted it waits to hear that it is done. */
async function isDoneUnseen({ engine, replica, local, resource }: LaneBook): Promise<boolean> {
  if (local.executed.life !== undefined || local.unbound) return false
  const members = membersOfReplicant(replica.core.replicant)
  if (isRecordOnly(replica) || !members.includes(engine.options.site)) return false
  // A store that was lost, or set back, does not know what it has carried out.
  const others = members.filter(member => member !== engine.options.site)
  return engine.standing.amongst(others) === 'last' || (await resource.read()).is === 'absent'
}

/** What was dropped may be in effect. */
const MAY_SHOW_MORE = { suspect: true, copiesOnlyFitting: false, hash: undefined, answered: undefined } as const

/** Whether a reset has done away with what was uncertain. */
async function isDecided(book: LaneBook, schedule: Schedule): Promise<boolean> {
  const { uncertain } = book.local
  const stands =
    schedule.state === 'present' && schedule.changes.some(({ dot }) => uncertain && sameDot(dot, uncertain))
  // What a matrix drops without a reset may stand there all the same: only a member that has not carried it out, or has undone it, can tell.
  const isGone = beginsWithReset(currentPlan(book.engine, book.replica).plan, book.matrices)
  if (!stands) await book.write({ uncertain: undefined, ...(!isGone && MAY_SHOW_MORE) })
  return !stands
}

import { isSuccess } from '../../../core/resource/success.ts'
import { lookForState } from '../drift/issue-state.ts'
import { doAllLook } from '../drift/looking.ts'
import { isOwn, noteOwn, ownText, unlikeSaid } from '../drift/own-fields.ts'
import { copyState, type Copied } from '../drift/repair.ts'
import { seenBesides } from '../drift/seen-besides.ts'
import { othersOf } from '../admission/words.ts'
import { currentPlan } from './current-plan.ts'
import { judge, knowledgeNow, looksFor, writtenOf } from '../drift/comparison.ts'
import { MAX_ASKED_IN_VAIN, MAX_MADE_ANEW, RETRY_BASE_MS } from '../limits.ts'
import { fitOf, unclearText, unlikeWritten } from '../drift/written-fields.ts'
import type { RunState, TellOf } from '../replica.ts'
import type { LaneBook, Step } from './lane-book.ts'
import { decideUnsure } from './unsure.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import type { Reading } from '../application/state.ts'

const NOBODY_HAS = "no member's application has it any more, although nobody has deleted it through Cheops"
const END = 'delete it at this site, or write it again'
/** Why what nobody has any more stays so, and who ends that. */
const GONE = {
  gone: `${NOBODY_HAS}; it was made anew ${MAX_MADE_ANEW} times: ${END}`,
  'not-anew': `${NOBODY_HAS}, and it is not made anew, since what was done to it may not be done twice: ${END}`,
} as const

/** Carries operations out, at the end of what was carried out. */
type CarryOut = (operations: readonly Operation[]) => Promise<Step>

/**
 * Takes the state of a member that agrees, or shows why it is needed.
 * @param carryOut carries operations out at the end of what was carried out, whatever their order is
 */
export async function copyOrShow(
  book: LaneBook,
  why: string,
  carryOut?: CarryOut,
): Promise<'done' | 'again' | 'alone'> {
  const copied = await copyPatiently(book)
  if (typeof copied === 'object') {
    await book.diverge(`${why}, and ${unclearText(copied)}`)
    return 'alone'
  }
  switch (copied) {
    case 'copied':
      return 'done'
    case 'busy':
      return 'again'
    case 'not-taken':
      await book.diverge(`${why}, and ${notTakenText(book)}`)
      return 'again'
    case 'not-exposed':
      await book.diverge(`${why}, and this site does not let the others write what is missing (expose)`)
      return 'again'
    case 'nobody': {
      if (!Object.values<string | undefined>(GONE).includes(book.local.divergedBy))
        await book.diverge(`${why}, and ${await nobodyText(book)}`)
      let step = 'done' as Step
      const mayIssue = async (reading: Reading): Promise<boolean> => {
        if (!(await decideAllUnsure(book, reading))) return false
        const carried = await carryOutSeen(book, carryOut)
        step = carried ?? step
        return carried === undefined
      }
      const found = await lookForState(book.engine, book.replica, book.resource, mayIssue)
      if (typeof found === 'object') await book.diverge(`${why}, and ${unclearText(found)}`)
      if (found === 'gone' || found === 'not-anew') await book.diverge(GONE[found])
      // It refuses it, or cannot be asked: with the pauses of all that it refuses, else it would be asked without end.
      if (step === 'again') return 'again'
      // Whatever a state says, they differ.
      if (found === 'said') noteOwn(book.replica, [])
      const isLeft = found === 'waits' || found === 'gone' || found === 'not-anew' || typeof found === 'object'
      return isLeft ? 'alone' : 'done'
    }
  }
}

/** By which knowledge nobody gave a state the first time. In memory alone. */
const gaveNone = new WeakMap<RunState, string>()

/**
 * As `copyState`, and once more a moment later where nobody gives anything, before others are told that this site looks: who is reached may be reading its own application
 * just now, as members do that became idle in the same moment, and gives nothing meanwhile. A state that is said instead would be made of what is shown here. A client's write
 * waits for that, and is not refused.
 */
async function copyPatiently({ engine, replica, resource }: LaneBook): Promise<Copied> {
  const copied = await copyState(engine, replica, resource)
  const knowledge = knowledgeNow(engine, replica)
  const isLooking = replica.local.looks?.startsWith(looksFor(knowledge, undefined)) === true
  // What may stand here twice is no better than what somebody shows who has no such doubt: else each would wait for the other.
  if (copied === 'nobody' && isLooking && replica.local.sentAgain && replica.local.copiesOnlyFitting)
    return copyState(engine, replica, resource, undefined, false)
  if (copied !== 'nobody' || isLooking || gaveNone.get(replica.run) === knowledge) return copied
  gaveNone.set(replica.run, knowledge)
  const isReached = othersOf(replica.core.replicant).some(member => engine.connectedSince(member) !== undefined)
  if (!isReached) return copied
  await new Promise<void>(resolve => void engine.options.clock.after(RETRY_BASE_MS, resolve))
  return copyState(engine, replica, resource)
}

/** By which knowledge members that show something else were asked last once more, and how often they gave nothing. In memory alone: after a start all is asked anew. */
const inVain = new WeakMap<RunState, { readonly knowledge: string; readonly times: number }>()

/**
 * Who was asked for its state by what is known now gave none, perhaps since it was reading its own application in that moment: it is asked once more. The lane becomes suspect of nothing
 * by that: it gives its own state meanwhile and takes writes, also where each application shows something of its own.
 *
 * @param others that know the same and show something else
 * @returns undefined where it is left to people: this site is right, none of the others is surely so, or they were asked often enough
 */
export async function askAgain(
  book: LaneBook,
  others: readonly TellOf[],
): Promise<'replan' | 'again' | 'alone' | undefined> {
  const { engine, replica, resource } = book
  // Who looks for a state itself says nothing of what is right.
  const sure = others.filter(({ diverged }) => !diverged).map(({ site }) => site)
  const knowledge = knowledgeNow(engine, replica)
  const before = inVain.get(replica.run)
  const times = before?.knowledge === knowledge ? before.times : 0
  if (sure.length === 0 || times >= MAX_ASKED_IN_VAIN) return undefined
  // Once one of them is reached anew it is asked: until then nobody was.
  if (sure.every(site => engine.connectedSince(site) === undefined)) return 'alone'
  const reading = await resource.read()
  if (reading.is !== 'present' || knowledgeNow(engine, replica) !== knowledge) return 'alone'
  if ((await judge(engine, replica, resource, reading, others)) === 'right') return undefined
  const written = writtenOf(engine, replica)
  if (isOwn(replica, await unlikeWritten(resource, written, reading.body))) return undefined
  const { fits } = await fitOf(resource, written, reading.body)
  const copied = await copyState(engine, replica, resource, sure, fits)
  // Whose turn it was not has asked nobody.
  if (copied !== 'busy') inVain.set(replica.run, { knowledge, times: times + 1 })
  if (copied === 'copied') return 'replan'
  // Nobody knows whether the application has taken it.
  if (replica.local.replaying) {
    await book.write({ suspect: true, copiesOnlyFitting: fits, hash: undefined, answered: undefined })
    return 'again'
  }
  return copied === 'not-exposed' || typeof copied === 'object' ? undefined : 'alone'
}

/** Where all have looked, it is not that one could not be reached: mostly each application shows something that it has set by itself. */
async function nobodyText({ engine, replica, resource }: LaneBook): Promise<string> {
  if (!doAllLook(engine, replica)) return 'no member that agrees can be reached'
  const reading = await resource.read()
  const places = reading.is === 'present' ? await unlikeSaid(resource, writtenOf(engine, replica), reading.body) : []
  return places.length === 0
    ? 'no other member agrees either'
    : `no other member agrees either; ${ownText(resource, places)}`
}

/** With what the application refuses it, if it does: what people can do about it depends on that. */
function notTakenText({ resource }: LaneBook): string {
  const { heldUpBy: status, givenNameText } = resource
  if (givenNameText !== undefined) return givenNameText
  const text = 'the application does not take the state of another member now'
  return status === undefined || isSuccess(status) ? text : `${text}: it answers ${String(status)}`
}

/**
 * Where the store may have been set back, what may not be sent twice and is not written down may be in what the application shows: it would be there
 * once more on top of a state that is said of that.
 *
 * @returns whether nothing of it is left to be decided
 */
async function decideAllUnsure(book: LaneBook, reading: Reading): Promise<boolean> {
  for (const operation of unsureOf(book)) if ((await decideUnsure(book, operation, reading)) === 'waits') return false
  // What is not there is carried out, on top of the state.
  return true
}

/**
 * What the state will have seen is carried out here before it is said, after all else: nobody can put it in its place any more, and the state says what came of it.
 *
 * @returns what came of it, undefined where there is nothing; once it is done the lane looks again
 */
async function carryOutSeen(book: LaneBook, carryOut: CarryOut | undefined): Promise<Step | undefined> {
  const { engine, replica } = book
  const missing = seenBesides(engine, replica)?.missing ?? []
  if (missing.length === 0 || carryOut === undefined) return undefined
  const step = await carryOut(withLater(book, missing))
  if (step === 'done' || step === 'replan') engine.kick(replica)
  return step
}

/** With what was written later, was carried out here already, and may be again: it would be overwritten by what comes behind it now. */
function withLater(book: LaneBook, missing: readonly Operation[]): readonly Operation[] {
  const { schedule } = currentPlan(book.engine, book.replica)
  if (schedule.state !== 'present') return missing
  const first = schedule.changes.findIndex(operation => missing.includes(operation))
  return schedule.changes
    .slice(first)
    .filter(operation => missing.includes(operation) || book.traits(operation).mayReplay)
}

function unsureOf(book: LaneBook): readonly Operation[] {
  const { schedule } = currentPlan(book.engine, book.replica)
  if (!book.local.unsure || schedule.state !== 'present') return []
  return schedule.changes.filter(operation => !book.isExecuted(operation.dot) && !book.traits(operation).mayReplay)
}

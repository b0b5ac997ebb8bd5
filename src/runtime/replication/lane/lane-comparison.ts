/** A lane compares what the application shows: with what the other members show, and with what it showed when the lane was idle last. */
import { othersOf, tellEvent } from '../admission/words.ts'
import { differing, judge, knowledgeNow, looksFor, shownNow, writtenOf } from '../drift/comparison.ts'
import { failedHere, refusedText } from './failed.ts'
import { hasCome, isYetToCome, looksAgainInMs } from '../drift/settling.ts'
import { lookForState, shorten } from '../drift/issue-state.ts'
import { doAllLook, doOthersLook } from '../drift/looking.ts'
import { isOwn, mayCopyAgain, noteOwn, ownText, unlikeSaid } from '../drift/own-fields.ts'
import { askAgain, copyOrShow } from './lane-copy.ts'
import { noteMayBeBeneath, noteMayBeThere, noteShownAgain } from '../write/given-up.ts'
import { ABSENT } from '../replica.ts'
import { fitOf, unlikeWritten } from '../drift/written-fields.ts'
import type { LaneBook } from './lane-book.ts'

/** All is executed here: whether the members that know the same show the same. */
export async function compareWithOthers(book: LaneBook): Promise<'done' | 'replan' | 'again' | 'alone'> {
  const { engine, replica } = book
  const own = shownNow(engine, replica)
  const others = own === undefined ? [] : differing(engine, replica, own)
  if (failedHere(replica).length > 0) {
    // The others are right, and know of it. A round later a state of theirs is tried.
    await book.diverge(refusedText(replica))
    return 'done'
  }
  if (others.length === 0) {
    // It goes on while it looks, and by now all others look too: else one of them copies from here what no operation says. So it is where it has looked before something was written on top of what it was changed to: that is given to nobody.
    const isChanged = replica.local.shown?.was !== undefined
    const areAllLooking = isChanged ? doOthersLook(engine, replica) : doAllLook(engine, replica)
    const isOneToSay = own !== undefined && areAllLooking
    const found = isOneToSay ? await lookForState(engine, replica, book.resource) : undefined
    if (found === 'issued' || found === 'anew') return 'replan'
    return (await shorten(engine, replica, book.resource)) ? 'replan' : 'done'
  }
  const knowledge = knowledgeNow(engine, replica)
  const sites = others.map(({ site }) => site).join(', ')
  const why = `it does not show what ${sites} ${others.length === 1 ? 'shows' : 'show'} after the same operations`
  const leave = async (): Promise<'done'> => {
    // A repair was tried, or nobody is surely right.
    const shown = await book.resource.read()
    const places = shown.is === 'present' ? await unlikeSaid(book.resource, writtenOf(engine, replica), shown.body) : []
    await book.diverge(`${why}; ${ownText(book.resource, places)}`)
    return 'done'
  }
  const isLooking = book.local.looks === looksFor(knowledge, own)
  if (book.local.mended === knowledge && isLooking) {
    // Another member may look only now.
    const found = await lookForState(engine, replica, book.resource)
    if (found === 'issued' || found === 'anew') return 'replan'
    const left = await leave()
    return (await askAgain(book, others)) ?? left
  }
  const reading = await book.resource.read()
  if (reading.is === 'unknown' || knowledgeNow(engine, replica) !== knowledge) return 'again'
  // Whatever was copied before: the other is still to be mended.
  const isRight = reading.is === 'present' && (await judge(engine, replica, book.resource, reading, others)) === 'right'
  if (isRight) return 'done'
  const unlike =
    reading.is === 'present' ? await unlikeWritten(book.resource, writtenOf(engine, replica), reading.body) : []
  const isMended = book.local.mended === knowledge && !mayCopyAgain(replica, knowledge)
  if (reading.is === 'present' && isMended) noteOwn(replica, unlike)
  if (isMended || (reading.is === 'present' && isOwn(replica, unlike))) {
    await book.write({ mended: knowledge })
    return leave()
  }
  const copiesOnlyFitting =
    reading.is === 'present' && (await fitOf(book.resource, writtenOf(engine, replica), reading.body)).fits
  const nothing = { hash: undefined, answered: undefined }
  // What was given up may have landed beneath what was written since.
  noteMayBeBeneath(replica.run, reading.is === 'present' ? reading.hash : undefined)
  await book.write({ suspect: true, copiesOnlyFitting, mended: knowledge, ...nothing })
  const copied = await copyOrShow(book, why)
  return copied === 'done' ? 'replan' : copied
}

/**
 * Whether the application still shows what it showed when the lane was idle last. What it shows again is suspect no more. After a start
 * nothing is believed that cannot be compared: the store may have been set back to before what the application has carried out, and
 * that would be done twice. Whoever is the only member has nobody to learn it from.
 */
export async function compareWithLast(book: LaneBook): Promise<'known' | 'unknown'> {
  const { hash, answered, answersTell, bound, suspect, unsure } = book.local
  const known = hash ?? answered
  const isBlind = hash === undefined && (answered === undefined || !answersTell)
  if (!bound || (isBlind && book.replica.run.checked)) return 'known'
  const reading = await book.resource.read()
  if (reading.is === 'unknown') return known === undefined && isRefusal(reading.status) ? 'known' : 'unknown'
  // What was sent last may come yet: until then it shows what it showed before.
  if (!suspect && (await isYetToCome(book.engine, book.replica, book.resource, reading))) {
    book.engine.kickIn(book.replica, looksAgainInMs(book.engine, book.replica))
    return 'unknown'
  }
  const shown = reading.is === 'present' ? reading.hash : ABSENT
  const isAlone = isBlind && othersOf(book.replica.core.replicant).length === 0
  const isCome = hash === undefined && (await hasCome(book.engine, book.replica, book.resource, reading))
  const differs = shown !== known && !isAlone && !isCome
  const isKept = !differs && shown !== ABSENT
  if (differs === suspect && (!isKept || hash !== undefined)) return 'known'
  const { replicas } = book.engine
  await replicas.commit(commit => {
    const isUnsure = differs && (unsure || !book.replica.run.checked)
    const kept = isKept ? { hash: shown } : {}
    commit.local(book.replica, { suspect: differs, unsure: isUnsure, copiesOnlyFitting: false, ...kept })
    if (differs !== suspect) replicas.due(commit, book.replica.name, true)
    if (differs && !suspect) noteMayBeThere(book.replica.run, shown)
    const { name } = book.replica
    if (differs && !suspect && !isBlind) tellEvent(book.engine, commit, { kind: 'drift', replicant: name })
  })
  // It shows again what it did before it was found to show something else.
  if (isKept && suspect && shown === known && book.local.shown?.was === undefined) noteShownAgain(book.replica.run)
  return 'known'
}

/** The application does not let the agent read at all, and never has. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500
}

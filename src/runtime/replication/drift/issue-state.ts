/**
 * A `state` operation: this site says anew what the resource is: what was written, as far as operations say it, and what its own application shows of the
 * rest. So members that were all changed past Cheops come together again, and a resource that is only ever patched does not grow for ever.
 */
import {
  MAX_OPERATIONS_PAST_RESET,
  OPERATIONS_PAST_TURN,
  covers,
  holderOf,
  isShortener,
  leftAsConflicts,
  membersOfReplicant,
  operationsPastReset,
  sameDot,
  scheduleOf,
  stateIssuer,
  type Context,
  type Life,
  type Operation,
  type Payload,
  type Settles,
  type Standing,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { CONNECTED_BEFORE_END_MS, MAX_HELD_BODY_BYTES, MAX_KNOWN_FAILED, STATE_AGAIN_MS } from '../limits.ts'
import { draftOf } from '../write/draft.ts'
import { noteShownAgain } from '../write/given-up.ts'
import { bodyOf } from '../write/payload.ts'
import { release } from '../write/release.ts'
import { jsonTypeIn } from '../application/json-type.ts'
import { queryOf, withoutVersions } from '../application/sending.ts'
import { bytesOf } from '../application/state.ts'
import { hiddenHere, knowledgeNow, lastShown, shownHash, standings, writtenBy, writtenOf } from './comparison.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { failedHere } from '../lane/failed.ts'
import { othersOf } from '../admission/words.ts'
import { hasEnded, noteMadeAnew, noteNotMadeAnew, wasMadeInVain } from './gone.ts'
import { tellLooking } from './looking.ts'
import { noteOwn, noteSaid, unlikeSaid, wasSaidInVain } from './own-fields.ts'
import { seenBesides } from './seen-besides.ts'
import { isSettling } from './settling.ts'
import { fitOf, isTextAsSaid, stateToGive, unlikeWritten, type Unclear } from './written-fields.ts'
import type { Engine } from '../engine.ts'
import type { Replica, RunState, TellOf } from '../replica.ts'
import type { Reading } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'

/** When this site said the last state of a replicant, by the monotonic clock. */
const issuedAt = new WeakMap<RunState, number>()

/** How many operations a replicant had past its last reset when its state could not be said: until it has as many more, that is not tried again. */
const failedAt = new WeakMap<RunState, number>()

/**
 * No member that could be reached agrees: the others are told so, and when all of them look too, one says what the resource is.
 *
 * @param mayIssue asked last, where this site says it: whether all is known that its application may have carried out
 * @returns `issued`: the lane has a new plan. `anew`: no application has the resource, and all is run again from the last reset.
 *   `gone`: nobody has it, and it was made anew often enough. `not-anew`: nobody has it, and what was done to it may not be done twice. `waits`: another member may agree, or says it. `fits`: likewise, but the application shows what was written, as far as that can be told, so the lane is suspect no
 *   more. `said`: and it was said a short time ago, which has changed nothing. `unclear`: it cannot be said
 */
export async function lookForState(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  mayIssue: (reading: Reading) => Promise<boolean> = () => Promise.resolve(true),
): Promise<'issued' | 'anew' | 'waits' | 'gone' | 'not-anew' | 'fits' | 'said' | Unclear> {
  const knowledge = knowledgeNow(engine, replica)
  const reading = await resource.read()
  const holder = holderOf(replica.core.replicant)
  if (reading.is === 'unknown' || holder === undefined) return 'waits'
  // A state would have what is in doubt, and say that nothing is: whoever sends it to another member would have it twice.
  if (replica.draft !== undefined && othersOf(replica.core.replicant).length > 0) return 'waits'
  const { local } = replica
  // What a copy has left half done is nobody's state.
  const isWhole = reading.is === 'present' && local.bound && !local.replaying
  const hash = isWhole ? await shownHash(engine, replica, resource, reading) : undefined
  const isSure = isWhole && !local.sentAgain && failedHere(replica).length === 0
  const fits = isSure && (await fitOf(resource, writtenOf(engine, replica), reading.body)).fits
  // Nobody can say it anew, and more was not carried out than is written down.
  const isAsSaid = isSure && (await isTextAsSaid(resource, writtenOf(engine, replica), reading.body))
  if (knowledgeNow(engine, replica) !== knowledge) return 'waits'
  await tellLooking(engine, replica, { hash, diverged: true, fits })
  const was = local.shown?.was ?? lastShown(replica) ?? (await shownBefore(engine, replica, resource, reading))
  // What only a copy can bring is no less missing because of it: to go on would be to ask again at once.
  const lacks = currentPlan(engine, replica).plan.kind === 'repair'
  const goesOn =
    hash !== undefined && fits && !lacks && (!local.unsure || isAsSaid)
      ? { of: reading.hash, is: hash, knowledge, ...(was !== undefined && was !== hash && { was }) }
      : undefined
  const found = await sayState(
    engine,
    replica,
    resource,
    reading,
    { looks: true, has: hash !== undefined, fits },
    mayIssue,
  )
  if ((found !== 'waits' && found !== 'said') || goesOn === undefined) return found === 'said' ? 'waits' : found
  if (knowledgeNow(engine, replica) !== knowledge) return 'waits'
  await engine.replicas.commit(commit =>
    commit.local(replica, {
      suspect: false,
      unsure: false,
      copiesOnlyFitting: false,
      mended: knowledge,
      hash: goesOn.of,
      shown: goesOn,
    }),
  )
  // It shows again what it did.
  if (local.suspect && was === goesOn.is) noteShownAgain(replica.run)
  return found === 'said' ? 'said' : 'fits'
}

/**
 * As `lastShown`, of what is known of it since something was done to it last: it was read beside that, or the application has answered it, and its answers have told before what it shows. Where
 * that cannot be looked into any more it is something else at least, if all is compared.
 */
async function shownBefore(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
): Promise<string | undefined> {
  const { answered, answersTell, hash } = replica.local
  const { seen } = replica
  const known = hash ?? (answersTell ? answered : undefined)
  if (known === undefined || (reading.is === 'present' && reading.hash === known)) return undefined
  const shown = seen?.hash === known ? await shownHash(engine, replica, resource, seen) : undefined
  const isAll = resource.glue.kind(replica.name.kind)?.comparesAll !== false
  return shown ?? (isAll ? known : undefined)
}

/** Says it if it is this site that does. @returns `said`: one was said a short time ago */
async function sayState(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Exclude<Reading, { readonly is: 'unknown' }>,
  own: Omit<Standing, 'site'>,
  mayIssue: (reading: Reading) => Promise<boolean>,
): Promise<'issued' | 'anew' | 'waits' | 'gone' | 'not-anew' | 'said' | Unclear> {
  const knowledge = knowledgeNow(engine, replica)
  const holder = holderOf(replica.core.replicant)
  if (holder === undefined) return 'waits'
  const { site, clock, matrices } = engine.options
  const members = membersOfReplicant(replica.core.replicant)
  const issuer = stateIssuer(holder, members, standings(engine, replica, own))
  if (issuer === undefined) return 'waits'
  if (wasSaidLately(engine, replica)) return 'said'
  if (issuer.is === 'issuer') {
    if (issuer.site !== site) return 'waits'
    const unlike = reading.is === 'present' ? await shownUnlike(engine, replica, resource, reading) : []
    const told = replica.local.told.map(word => `${word.site} ${word.hash ?? ''}`).toSorted()
    const shown = [reading.is === 'present' ? reading.hash : '', ...told].join(' ')
    if (wasSaidInVain(replica, unlike, shown, clock.monotonic())) return 'said'
    if (!(await mayIssue(reading))) return 'waits'
    const isOther =
      reading.is === 'present' ? await unlikeWritten(resource, writtenOf(engine, replica), reading.body) : []
    const issued = await issueIfRoom(engine, replica, resource, reading, 'shown')
    if (issued === 'issued') {
      noteSaid(replica, unlike, clock.monotonic())
      // What is shown otherwise there once it was said is no reason to lock anything.
      noteOwn(replica, isOther)
    }
    return issued === 'cannot' ? 'waits' : issued
  }
  const schedule = scheduleOf(holder, matrices)
  const operations = resource.glue.kind(replica.name.kind)?.operations
  const changes = schedule.state === 'present' ? schedule.changes : []
  if (members[0] !== site || reading.is !== 'absent') return 'waits'
  if (!replica.local.unsure && (await hasEnded(engine, replica, resource))) {
    // Who was cut off may have written it since it has looked, and a deletion wins over that.
    const until = clock.monotonic() - CONNECTED_BEFORE_END_MS
    const areHeard = othersOf(replica.core.replicant).every(
      member => (engine.connectedSince(member) ?? Infinity) <= until,
    )
    if (!areHeard || knowledgeNow(engine, replica) !== knowledge) return 'waits'
    const end = draftOf(engine, replica, engine.nextNumber(), 'delete', undefined, {})
    const ended = { suspect: false, replaying: false, hash: undefined, answered: undefined }
    await release(engine, replica, end, undefined, ended)
    return 'issued'
  }
  if (!changes.every(({ type }) => operations?.[type]?.mayReplay === true)) {
    noteNotMadeAnew(replica, knowledge)
    return 'not-anew'
  }
  if (wasMadeInVain(engine, replica)) return 'gone'
  noteMadeAnew(replica, knowledge)
  const executed = { life: holder.life, operations: [], context: [] }
  await engine.replicas.commit(commit =>
    commit.local(replica, {
      executed,
      suspect: false,
      unsure: false,
      replaying: true,
      hash: undefined,
      answered: undefined,
    }),
  )
  return 'anew'
}

/**
 * Where the application shows something beside or other than what was written, not what that is: what an application sets by itself may move without anybody's doing
 * (a moment, a counter).
 */
async function shownUnlike(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  { hash, body }: Reading & { readonly is: 'present' },
): Promise<readonly string[]> {
  return body.is === 'json' ? unlikeSaid(resource, writtenOf(engine, replica), body) : [hash]
}

/** Whether a state was said so short a time ago that none is said again. */
export function wasSaidLately(engine: Engine, { core, run }: Replica): boolean {
  const last = holderOf(core.replicant)?.live.findLast(({ type }) => type === 'state')
  const sinceMs = last === undefined ? Infinity : engine.time.now() - last.stamp.ms
  // A stamp may lie far ahead, and says nothing of how long ago it was then.
  if (sinceMs >= 0 && sinceMs < STATE_AGAIN_MS) return true
  return engine.options.clock.monotonic() - (issuedAt.get(run) ?? -Infinity) < STATE_AGAIN_MS
}

/** The lane agrees with all others: is it time to forget what changed the resource, and is it this site that says what came of it? */
export async function shorten(engine: Engine, replica: Replica, resource: Resource): Promise<boolean> {
  const { core, local } = replica
  const holder = holderOf(core.replicant)
  const { site, matrices } = engine.options
  if (isSettling(engine, replica)) return false
  if (holder === undefined || !local.bound) return false
  const members = membersOfReplicant(core.replicant)
  const { acknowledgements } = core
  const ungiven = engine.ungiven.sitesOf(replica)
  if (!isShortener(holder, { site, members, acknowledgements, ungiven, nowMs: engine.time.now() }, matrices))
    return false
  const past = operationsPastReset(holder, matrices)
  // It looks for what the others show, and finds it mostly.
  const looks = (word: TellOf): boolean => word.diverged && word.knowledge === knowledgeNow(engine, replica)
  if (past <= OPERATIONS_PAST_TURN && local.told.some(looks)) return false
  const failed = failedAt.get(replica.run)
  // A reading of what is too large to be said costs more than the write.
  if (failed !== undefined && past >= failed && past < failed + MAX_OPERATIONS_PAST_RESET) return false
  const reading = await resource.read()
  const [reset] = writtenOf(engine, replica)
  // A body that has come meanwhile has not been seen by the state, and would be lost to it.
  if (reset === undefined || !replica.local.executed.operations.some(({ dot }) => sameDot(dot, reset.dot))) return false
  const isIssued = (await issueIfRoom(engine, replica, resource, reading, 'written')) === 'issued'
  if (isIssued) failedAt.delete(replica.run)
  else failedAt.set(replica.run, past)
  return isIssued
}

/** As `issue`; a disk without room for it says so, and it is tried again later. */
async function issueIfRoom(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
  prefers: 'written' | 'shown',
): Promise<'issued' | 'cannot' | Unclear> {
  try {
    return await issue(engine, replica, resource, reading, prefers)
  } catch (error) {
    if (!(error instanceof CheopsError) || error.code !== 'ERR_BLOB_SPACE') throw error
    engine.options.logger.warn({ ...replica.name }, 'there is no room to say anew what a resource is')
    return 'cannot'
  }
}

/**
 * Says what the resource is, if that can be said in one operation: as JSON of at most `MAX_HELD_BODY_BYTES`.
 * @param prefers what holds where the application shows something else than was written
 * @param settles conflicts that whoever asks for it has seen, with the life as it was then
 * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED
 */
export async function issue(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
  prefers: 'written' | 'shown',
  settles?: { readonly settles: Settles; readonly seen: Life },
): Promise<'issued' | 'cannot' | Unclear> {
  const said = await payloadOf(engine, replica, resource, reading, prefers)
  if (said === 'cannot' || 'is' in said) return said
  try {
    issuedAt.set(replica.run, engine.options.clock.monotonic())
    const besides = settles === undefined ? seenBesides(engine, replica) : undefined
    // What is missing would be in its context, and not in its body.
    const executed = besides?.missing.length === 0 ? besides.executed : undefined
    const draft = draftOf(engine, replica, engine.nextNumber(), 'state', said.payload, { ...settles, executed })
    await release(engine, replica, { ...draft, ...leftOutOf(replica, draft.context, settles?.settles) }, undefined, {
      suspect: false,
      unsure: false,
      saidUnsure: replica.local.unsure ? draft.dot : undefined,
      replaying: false,
      hash: undefined,
      answered: undefined,
    })
    return 'issued'
  } finally {
    said.letGo()
  }
}

/**
 * Whoever wrote what nobody takes was told that it was done: somebody has to see it. So has what was a conflict before, unless somebody has just looked
 * at it.
 */
function leftOutOf(
  replica: Replica,
  context: Context,
  settles: Settles | undefined,
): Pick<Operation, 'refused' | 'unsettled'> {
  const holder = holderOf(replica.core.replicant)
  const failed = failedHere(replica).map(({ dot }) => dot)
  const left = holder && settles === undefined ? leftAsConflicts(holder, context) : { refused: [], unsettled: [] }
  const refused = [...left.refused, ...failed].slice(-MAX_KNOWN_FAILED)
  return { ...(refused.length > 0 && { refused }), ...(left.unsettled.length > 0 && { unsettled: left.unsettled }) }
}

/** What the resource is, as one request says it. */
interface BodyToSay {
  readonly request: Pick<Payload, 'method' | 'path'>
  /** Media type. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** Whether this site could say what the resource is, by what its application shows. */
export async function canBeSaid(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
): Promise<boolean> {
  const said = await bodyToSay(engine, replica, resource, reading, 'shown')
  return said !== 'cannot' && 'bytes' in said
}

/** None for what cannot be said in one operation. A body that is a file is held until `letGo` is called. */
async function payloadOf(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
  prefers: 'written' | 'shown',
): Promise<{ readonly payload: Payload; readonly letGo: () => void } | 'cannot' | Unclear> {
  const said = await bodyToSay(engine, replica, resource, reading, prefers)
  if (said === 'cannot' || 'is' in said) return said
  const { request, type, bytes } = said
  const { body, release: letGo } = await bodyOf(engine, bytes)
  return { payload: { ...request, headers: [['content-type', type]], body }, letGo }
}

async function bodyToSay(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading,
  prefers: 'written' | 'shown',
): Promise<BodyToSay | 'cannot' | Unclear> {
  const { kind, name } = replica.name
  const { glue } = resource
  const request = glue.requestFor(kind, name, 'replace')
  if (reading.is !== 'present' || reading.body.is === 'large' || request === undefined) return 'cannot'
  const { local } = replica
  // What was looked at before the last write says nothing of what that has set.
  const isLooked = local.shown !== undefined && local.shown.knowledge === knowledgeNow(engine, replica)
  const hidden = prefers === 'shown' && !isLooked ? undefined : hiddenHere(replica)
  const failed = new Set(failedHere(replica))
  // What was not executed yet is not in the context of the state, and comes on top of it.
  const schedule = writtenBy(engine, replica, local.executed).filter(operation => !failed.has(operation))
  const isAllLooked = schedule.every(({ dot }) => covers(local.looked, dot))
  const given = await stateToGive(resource, schedule, reading.body, {
    prefers,
    hidden,
    missed: local.hidden,
    looked: local.looked,
    ...(isAllLooked && local.gone !== undefined && { gone: local.gone }),
  })
  if (given.is === 'unclear') return given
  const { body: state } = given
  // Members look into it as this site does.
  if (state.is !== 'json') return 'cannot'
  const bytes = bytesOf(state)
  if (bytes.length > MAX_HELD_BODY_BYTES) return 'cannot'
  const [reset] = schedule
  const type = jsonTypeIn(reset?.payload?.headers.flat() ?? reading.rawHeaders)
  // What its query says is part of what was written, and stands in no body; a version in it was one site's.
  const query = withoutVersions(queryOf(reset?.payload, request.method))
  return { request: { ...request, path: request.path + query }, type, bytes }
}

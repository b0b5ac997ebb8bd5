/**
 * A client's write at a member: intent, application, answer, release; each durable before the next. Source: src/consistency.md "Release".
 */
import type { Dot, Idempotency, Operation, Payload, Settles } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { advance } from '../lane/lane.ts'
import { checkAfter, checkBefore, isLeftAsItIs, isOfAnother, movedBy } from './found-again.ts'
import { draftOf } from './draft.ts'
import { decideDraft, voidDraft } from './doubt.ts'
import { mayLandNow } from './given-up.ts'
import { takeNameBack } from '../admission/foreign-creates.ts'
import { repeatedBy } from './kept-requests.ts'
import { MAX_PLANS_TOGETHER } from '../limits.ts'
import { markedWrite } from './marked-write.ts'
import { asBody, payloadOf } from './payload.ts'
import { writtenOf } from '../drift/comparison.ts'
import { suspectDrift } from '../drift/read-back.ts'
import { answeredBy, momentOf, settlingAfter } from '../drift/settling.ts'
import { release } from './release.ts'
import { lostHere } from './lost-here.ts'
import { isDoneAllTheSame } from './see-other.ts'
import { Resource } from '../application/resource.ts'
import { requestBodyOf } from '../application/stored-body.ts'
import { SEE_OTHER, isGone, type Sent } from '../application/sent.ts'
import { wasMadeInVain } from '../drift/gone.ts'
import type { LargeBody } from '../bodies/body-records.ts'
import {
  checkAbsence,
  checkLane,
  checkMembers,
  checkShown,
  checkUnadopted,
  checkWhole,
  findsChanged,
  isUpToDate,
  unadopted,
  checkRoom,
} from './write-checks.ts'
import type { Patience } from './patience.ts'
import type { Engine } from '../engine.ts'
import { ABSENT, type Draft, type Replica } from '../replica.ts'
import type { RequestHead } from '../../../core/resource/http-head.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'
import type { Description } from '../../../ports/replication-glue.ts'

/** A mutating request on a replicated resource, as the glue has described it. */
export interface LocalWrite {
  readonly service: string
  readonly description: Description & { readonly is: 'operation' }
  readonly head: RequestHead
  /** Path and query within the service. */
  readonly path: string
  /** What has more than `MAX_INLINE_BODY_BYTES` may be a file of `blobs`, held there until this is done. */
  readonly body: Uint8Array | LargeBody
  /** Members that the scope names; undefined without a scope. A create needs them. */
  readonly members: readonly string[] | undefined
  readonly idempotency?: Idempotency
  /** The agent's own account, for what an operator asks; else the client's, as its head says. */
  readonly authority?: 'agent'
  /** What it settles if it says what the resource is: what has lost against others, unless it says more. */
  readonly settles?: Settles
}

/**
 * What came of it. `void`: the application refused it, or it certainly had no effect: nobody else ever sees it. `uncertain` with an answer of success: the
 * application has accepted a create of what is there, and may do nothing.
 */
export interface Written {
  readonly outcome: 'applied' | 'void' | 'uncertain'
  /** The application's; undefined where it gave none, and the effect was found by reading. */
  readonly answer: ApplicationAnswer | undefined
  /** Of what was released, or of the earlier operation with the same idempotency key. */
  readonly operation: Dot | undefined
  /** The request was here before, by its idempotency key: nothing was sent. */
  readonly isRepeated: boolean
  /** With which it was answered then, where that is known. */
  readonly status?: number
}

/** What of a client's head says what is asked, which its authority (`Application`) leaves out; the rest goes along as that. */
const ASKED = /^(content-.*|accept(-.*)?|if-.*|range|prefer)$/i

/**
 * @param patience how long it may wait until it is begun; without it, without end
 * @throws CheopsError ERR_REPLICANT_*, ERR_REQUEST_PARTIAL, ERR_REQUEST_BODY_TOO_LARGE, ERR_BLOB_*; what `Application.request` says where nothing was changed
 */
export async function writeLocally(
  engine: Engine,
  replica: Replica,
  asked: LocalWrite,
  patience?: Patience,
): Promise<Written> {
  patience?.check()
  checkWhole(asked.head)
  const { options } = engine
  const glue = options.glueOf(asked.service)
  if (glue === undefined) throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `${asked.service} is not offered here.`)
  const write = markedWrite(engine, glue, asked)
  const resource = new Resource(options, replica.name, glue, 'client')
  const { payload, release: letGo } = await payloadOf(engine, glue, write)
  try {
    return await writePayload(engine, replica, resource, write, payload, patience)
  } finally {
    letGo()
  }
}

/** Brings the lane to where it takes a write, as far as that can be done now. */
async function catchUp(engine: Engine, replica: Replica, isReset: boolean, patience?: Patience): Promise<void> {
  const { run, draft, local } = replica
  const { plan, executedAs } = currentPlan(engine, replica)
  const isBehind =
    !run.checked ||
    local.suspect ||
    local.parted !== undefined ||
    local.intent !== undefined ||
    draft !== undefined ||
    plan.kind !== 'nothing' ||
    executedAs.length > 0
  let looked = isBehind ? await advance(engine, replica) : 'settled'
  // What comes meanwhile may belong before what was carried out here.
  for (let more = 0; looked === 'settled' && !isUpToDate(engine, replica, isReset); more++) {
    patience?.check()
    if (more === MAX_PLANS_TOGETHER) break
    looked = await advance(engine, replica)
  }
  // What it cannot do now it does later.
  if (looked !== 'settled') engine.kick(replica)
  patience?.check()
}

async function writePayload(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  write: LocalWrite,
  payload: Payload,
  patience: Patience | undefined,
): Promise<Written> {
  const { options } = engine
  const { glue } = resource
  const { description, idempotency } = write
  await catchUp(engine, replica, description.isReset, patience)
  if (idempotency !== undefined) {
    const repeated = repeatedBy(replica, payload, idempotency, options.hash)
    if (repeated !== undefined) {
      const { dot: operation, status } = repeated
      return {
        outcome: 'applied',
        answer: undefined,
        operation,
        isRepeated: true,
        ...(status !== undefined && { status }),
      }
    }
  }
  checkRoom(options, description.type === 'delete')
  if (description.creates && write.members?.includes(options.site) === true) await takeNameBack(engine, replica)
  if (write.members !== undefined && !description.creates) await checkUnadopted(engine, replica, write)
  const creates = checkMembers(engine, replica, write)
  checkLane(engine, replica, description.isReset && !creates)
  if (idempotency !== undefined && !creates && !description.maySendAgain)
    await checkShown(engine, replica, resource, idempotency)
  else if (!description.isReset && mayLandNow(replica.run, options.clock.monotonic())) {
    const isChanged = await findsChanged(engine, replica, resource)
    if (isChanged === true) await catchUp(engine, replica, false, patience)
    checkLane(engine, replica, false)
  }

  // Who says what the whole of it is, where what has lost is known, has settled that.
  const settles = description.isReset ? (write.settles ?? 'dropped') : undefined
  const draft = draftOf(engine, replica, engine.nextNumber(), creates ? 'create' : description.type, payload, {
    members: write.members,
    ...(idempotency !== undefined && { idempotency }),
    ...(settles !== undefined && { settles }),
  })
  const before = await beforeOf(replica, resource, draft.type)
  if (creates && before !== undefined && before !== ABSENT) await checkAbsence(resource)
  // What is there is nobody's to overwrite by a create; a POST the application refuses by itself.
  if (creates && write.head.method !== 'POST') {
    if (before !== undefined && before !== ABSENT) throw unadopted(engine, replica)
    // The agent's account does not see it; the client's may.
    if (before === undefined) await checkUnadopted(engine, replica, write)
  }
  if (creates) checkBefore(options.site, resource, write)
  patience?.begin()
  const matrix = glue.matrixOf(replica.name.kind)
  await engine.replicas.commit(commit => {
    if (matrix !== undefined) engine.matrices.learn(commit, matrix)
    commit.draft(replica, draft, options.codec.encodeOperation(draft))
    engine.bodies.refer(commit, draft, 'draft', true)
    commit.local(replica, { draft: { before, uncertain: false, ...momentOf(engine, resource) } })
    engine.replicas.due(commit, replica.name, true)
  })
  const sent = await ask(engine, resource, write).catch(async (error: unknown) => {
    // Certainly nothing was changed.
    await voidDraft(engine, replica)
    throw error
  })
  if (sent.is !== 'refused') return conclude(engine, replica, resource, draft, write, sent)
  const isDone =
    sent.answer.status === SEE_OTHER
      ? await isDoneAllTheSame(resource, draft, before)
      : draft.type === 'delete' && isGone(sent) && wasMadeInVain(engine, replica)
  return conclude(engine, replica, resource, draft, write, isDone ? { is: 'done', answer: sent.answer } : sent)
}

async function conclude(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  draft: Operation,
  write: LocalWrite,
  sent: Sent & { readonly is: 'done' | 'refused' | 'doubt' },
): Promise<Written> {
  const { description } = write
  if (sent.is === 'refused') {
    await voidDraft(engine, replica)
    // It may have lost it.
    if (replica.local.bound && isGone(sent)) engine.lookAt(replica.name)
    const lost = await lostHere(engine, replica, resource, draft, sent)
    if (lost !== undefined) throw lost
    return { outcome: 'void', answer: sent.answer, operation: undefined, isRepeated: false }
  }
  if (sent.is === 'done') {
    const before = replica.local.draft?.before
    const isOthers =
      draft.type === 'create' &&
      (isOfAnother(resource, write, sent.answer, before) ||
        (await isLeftAsItIs(resource, write, draft, sent.answer, {
          before,
          hidden: replica.local.hidden,
          written: writtenOf(engine, replica),
        })))
    if (isOthers) {
      await voidDraft(engine, replica)
      return { outcome: 'void', answer: sent.answer, operation: undefined, isRepeated: false }
    }
    if (draft.type === 'create')
      await checkAfter(engine.options.site, resource, write, draft, sent.answer).catch(async (error: unknown) => {
        await voidDraft(engine, replica)
        throw error
      })
    const { site } = engine.options
    const moved = draft.type === 'create' ? undefined : await movedBy(site, resource, write, draft, sent.answer)
    if (moved !== undefined) {
      await voidDraft(engine, replica)
      await suspectDrift(engine, replica)
      engine.kick(replica)
      throw moved
    }
    const { status } = sent.answer
    const does = draft.type === 'create' ? 'create' : draft.type === 'delete' ? 'delete' : 'change'
    const settling = settlingAfter(engine, resource, { does, before }, status, replica)
    if (settling !== undefined && does === 'create' && isThere(engine, replica)) {
      await keepAccepted(engine, replica, { ...settling, status })
      return { outcome: 'uncertain', answer: sent.answer, operation: draft.dot, isRepeated: false }
    }
    const { answered, seen } = answeredBy(resource.shownIn(sent.answer), settling)
    const reset = description.isReset ? { suspect: false, unsure: false } : {}
    const { dot } = await release(engine, replica, draft, status, { answered, settling, ...reset })
    replica.seen = seen
    return { outcome: 'applied', answer: sent.answer, operation: dot, isRepeated: false }
  }
  const decided = await decideDraft(engine, replica, resource, false)
  if (decided === 'unread' || decided.is === 'uncertain') {
    engine.kick(replica)
    return { outcome: 'uncertain', answer: sent.answer, operation: draft.dot, isRepeated: false }
  }
  // An answer that says that it failed would not be true.
  if (decided.is === 'of-another')
    return { outcome: 'applied', answer: undefined, operation: decided.dot, isRepeated: false }
  if (decided.is === 'released') {
    return { outcome: 'applied', answer: undefined, operation: decided.operation.dot, isRepeated: false }
  }
  return { outcome: 'void', answer: sent.answer, operation: undefined, isRepeated: false }
}

function isThere(engine: Engine, replica: Replica): boolean {
  return currentPlan(engine, replica).schedule.state === 'present'
}

/** What the application has accepted is nobody's operation before it shows that it has done it. */
async function keepAccepted(
  engine: Engine,
  replica: Replica,
  { since, withinMs, status }: NonNullable<Draft['accepted']>,
): Promise<void> {
  const draft = replica.local.draft ?? { before: undefined, uncertain: false }
  await engine.replicas.commit(commit => {
    commit.local(replica, { draft: { ...draft, accepted: { since, withinMs, status } } })
    commit.afterwards(() => engine.kick(replica))
  })
}

/**
 * Asks the application with the client's authority.
 * @throws CheopsError where certainly nothing was changed: see `Application.request`
 */
async function ask(
  engine: Engine,
  resource: Resource,
  write: LocalWrite,
): Promise<Sent & { readonly is: 'done' | 'refused' | 'doubt' }> {
  const { service, head, path, body } = write
  const headers: string[] = []
  for (let place = 0; place + 1 < head.rawHeaders.length; place += 2) {
    const name = head.rawHeaders[place] ?? ''
    if (ASKED.test(name)) headers.push(name, head.rawHeaders[place + 1] ?? '')
  }
  try {
    const answer = await engine.options.turns.asClient(resource.name, resource.glue).request({
      service,
      method: head.method,
      path,
      headers,
      body: body.length > 0 ? requestBodyOf(engine.options.blobs, asBody(body)) : undefined,
      authority: write.authority ?? { client: head.rawHeaders },
    })
    const meaning = resource.meaningOf(head.method, answer)
    // What the client is answered is what the application has answered.
    return meaning.is === 'not-now' ? { is: 'refused', answer } : { ...meaning, answer }
  } catch (error) {
    if (error instanceof CheopsError && error.code !== 'ERR_OUTCOME_UNKNOWN') throw error
    if (error instanceof CheopsError) return { is: 'doubt', answer: undefined, error }
    // Nobody has thought of that, and nobody says that nothing was sent.
    engine.options.logger.error({ service, error: String(error) }, 'a write went wrong unexpectedly: it is in doubt')
    const unknown = new CheopsError('ERR_OUTCOME_UNKNOWN', 'What came of it is not known.', {}, { cause: error })
    return { is: 'doubt', answer: undefined, error: unknown }
  }
}

/** What the application has before, so that afterwards it can be told whether something was changed. */
async function beforeOf(replica: Replica, resource: Resource, type: string): Promise<Draft['before']> {
  const { hash, answered } = replica.local
  const known = hash ?? answered
  if (known !== undefined && type !== 'create') return known
  const reading = await resource.read()
  if (reading.is === 'unknown') return undefined
  return reading.is === 'absent' ? ABSENT : reading.hash
}

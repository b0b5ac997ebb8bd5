import {
  holderOf,
  knowledgeOf,
  replicantKey,
  sameDot,
  scheduleOf,
  type Dot,
  type Executed,
  type Operation,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { begunBy, createBy, replaceBy } from '../lane/creation.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { failedHere } from '../lane/failed.ts'
import { largeBodyOf } from '../bodies/body-records.ts'
import { MAX_REPAIRS_TOGETHER } from '../limits.ts'
import { isMeantHere } from '../lane/meant.ts'
import { mayDo } from '../admission/foreign-creates.ts'
import { answeredBy, isSettling, isYetToCome, looksAgainInMs, settlingAfter } from './settling.ts'
import { fitOf, stateToGive, unlikeWritten, type Fit, type Unclear } from './written-fields.ts'
import { differing, hiddenHere, knowledgeNow, showingWritten, writtenBy, writtenOf } from './comparison.ts'
import { noteCopiedRight } from './own-fields.ts'
import { wholeOf } from './whole.ts'
import { othersOf, tellEvent, tellOutcome } from '../admission/words.ts'
import { mayLandNow, noteMayLand, noteNoneIsThere } from '../write/given-up.ts'
import type { Engine } from '../engine.ts'
import type { Reading } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import type { Made } from '../application/sent.ts'
import type { MemberState } from '../context.ts'
import { ABSENT, withoutLanded, type LocalState, type Replica } from '../replica.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'

/**
 * `nobody`: no member that agrees could be reached. `busy`: too much is repaired at the moment, and the lane is kicked when there is room; or the
 * application may still show by itself what it was sent last; or a body is still to come.
 * `not-taken`: the application could not be read, or did not take it now. `not-exposed`: it holds what this site does not let its origin
 * write here. `Unclear`: what members show lacks what was written, and nobody can say what that is.
 */
export type Copied = 'copied' | 'nobody' | 'busy' | 'not-taken' | 'not-exposed' | Unclear

/**
 * Copies the state and the executed list of a member that agrees: it holds the same, and has nothing left to do.
 * @param members who is asked, one after the other
 * @param onlyFitting nothing is copied but what shows what was written, as far as that can be told
 */
export async function copyState(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  members: readonly string[] = othersOf(replica.core.replicant),
  onlyFitting = copiesOnlyFitting(engine, replica),
): Promise<Copied> {
  if (!isExposed(engine, replica) || !isMeant(replica, resource)) return 'not-exposed'
  if (waitsForBody(engine, replica)) return 'busy'
  if (!engine.repairs.begin(replica)) return 'busy'
  try {
    // Made twice, it would be there twice.
    if (isSettling(engine, replica) && (await isYetToCome(engine, replica, resource, await resource.read()))) {
      engine.kickIn(replica, looksAgainInMs(engine, replica))
      return 'busy'
    }
    let found: Copied = 'nobody'
    for (const member of await surestFirst(engine, replica, resource, members)) {
      const theirs = await engine.options.fetchState(member, replica.name)
      if (theirs === undefined || !agrees(engine, replica, theirs)) continue
      // What has come while it was asked may name one too.
      if (waitsForBody(engine, replica)) return 'busy'
      if (onlyFitting && !(await fits(engine, replica, resource, theirs)).fits) continue
      const isBelieved = mayDo(engine.options, replica, member, 'replace')
      if (!isBelieved && !(await isWritten(engine, replica, resource, theirs))) {
        found = 'not-exposed'
        continue
      }
      return await takeState(engine, replica, resource, theirs, isBelieved)
    }
    return found
  } finally {
    engine.repairs.end()
  }
}

/** What is shown here fits no more where something has come since that is still to be carried out: whoever agrees is surer then, also where nobody can tell what that comes to. */
function copiesOnlyFitting(engine: Engine, replica: Replica): boolean {
  return replica.local.copiesOnlyFitting && currentPlan(engine, replica).plan.kind === 'nothing'
}

/** Of some who agree with what was added or changed past Cheops, none can tell what was written. */
async function surestFirst(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  members: readonly string[],
): Promise<readonly string[]> {
  const others = differing(engine, replica, undefined)
  const showing = new Set((await showingWritten(engine, replica, resource, others)).map(({ site }) => site))
  const fitting = new Set(others.filter(({ fits }) => fits).map(({ site }) => site))
  const placeOf = (member: string): number => (showing.has(member) ? 0 : fitting.has(member) ? 1 : 2)
  return members.toSorted((a, b) => placeOf(a) - placeOf(b))
}

/** As the application has called what it has made of what a reset says, and how often it has. */
function calledBy({ local: { called } }: Replica, reset: Dot | undefined): LocalState['called'] {
  const isOf = called?.by === reset || (called?.by !== undefined && reset !== undefined && sameDot(called.by, reset))
  return isOf ? called : undefined
}

/**
 * Whether another member does not show what was written, and this one does: somebody has changed it there past Cheops, and what it shows besides is not to be had here.
 */
async function hasLostMore(
  resource: Resource,
  schedule: readonly Operation[],
  theirs: ParsedBody,
  own: Reading,
): Promise<boolean> {
  if (own.is !== 'present' || (await wholeOf(resource, schedule))?.isKnown !== true) return false
  const missing = new Set(await unlikeWritten(resource, schedule, own.body))
  return (await unlikeWritten(resource, schedule, theirs)).some(at => !missing.has(at))
}

/** Whether a body is still to come that says more than anybody shows: a password, for instance. */
function waitsForBody(engine: Engine, replica: Replica): boolean {
  const { bodies, fetchBodies, isGivenUp } = engine
  const { name } = replica
  const lacks = writtenOf(engine, replica).some(operation => {
    const body = largeBodyOf(operation)
    return body !== undefined && !bodies.isHere(name, body) && !isGivenUp({ ...body, replicant: name })
  })
  if (lacks) fetchBodies()
  return lacks
}

/** Whether this site lets others do here all that the state is made of. */
function isExposed({ options }: Engine, { core }: Replica): boolean {
  const { site, mayRun } = options
  const live = holderOf(core.replicant)?.live ?? []
  return live.every(operation => operation.dot.site === site || mayRun(operation))
}

/** Whether the definition here takes all of it for this resource: else it would be copied to another one. */
function isMeant({ core }: Replica, { glue }: Resource): boolean {
  return (holderOf(core.replicant)?.live ?? []).every(operation => isMeantHere(glue, operation))
}

/**
 * Whether both hold the same, down to the holes, what was executed there is of the life that holds the name here, and something is there just where it is
 * to be.
 */
function agrees({ options }: Engine, { name, core }: Replica, { lives, executed, state }: MemberState): boolean {
  const holder = holderOf(core.replicant)
  if ((state !== undefined) !== (scheduleOf(holder, options.matrices).state === 'present')) return false
  if (holder === undefined || executed.life === undefined || !sameDot(executed.life.dot, holder.life.dot)) return false
  const [ours, theirs] = [knowledgeOf(core.replicant), lives].map(known => options.codec.encodeKnowledge(name, known))
  return ours?.length === theirs?.length && ours?.every((byte, place) => byte === theirs?.[place]) === true
}

/** Whether a state shows what was written, as far as that can be told. */
async function fits(engine: Engine, replica: Replica, resource: Resource, { state }: MemberState): Promise<Fit> {
  if (state === undefined) return { shows: 'no', fits: false, isOther: true }
  const body = resource.bodyIn(state)
  return fitOf(resource, writtenOf(engine, replica), body)
}

/**
 * Whether operations say what the state is, and it is made of all of them: then it does not matter who tells it, and nothing of what is shown is
 * taken. What only the application can say is believed of those alone that may write it here.
 */
async function isWritten(engine: Engine, replica: Replica, resource: Resource, told: MemberState): Promise<boolean> {
  const { operations } = told.executed
  const isMadeOf = ({ dot }: Operation): boolean => operations.some(done => sameDot(done.dot, dot))
  if (!writtenOf(engine, replica).every(isMadeOf)) return false
  return told.state === undefined || (await wholeOf(resource, writtenOf(engine, replica)))?.isKnown === true
}

async function takeState(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  { executed, state }: MemberState,
  isBelieved: boolean,
): Promise<'copied' | 'not-taken' | Unclear> {
  // What comes while the application is read is none of what is copied.
  const schedule = writtenBy(engine, replica, executed)
  const reading = await resource.read()
  if (reading.is === 'unknown') return 'not-taken'
  if (reading.is === 'present' && !replica.local.bound && !isKnownAgain(engine, replica, resource, reading, state))
    return 'not-taken'
  const { kind } = resource.name
  const shown = state && resource.glue.stateOf(kind, resource.bodyIn(state))
  const hidden = hiddenHere(replica)
  const { hidden: missed, looked } = replica.local
  const own =
    reading.is === 'present' && reading.body.is === 'json' ? resource.glue.stateOf(kind, reading.body) : undefined
  const here = own?.is === 'json' ? own.value : undefined
  const rules = { prefers: 'written', hidden, missed, looked, here } as const
  const hasLost = shown !== undefined && (await hasLostMore(resource, schedule, shown, reading))
  // What that site's application has added for itself is none of ours.
  const given = shown && (await stateToGive(resource, schedule, isBelieved && !hasLost ? shown : undefined, rules))
  if (given?.is === 'unclear') return given
  const { replaying, bound } = replica.local
  const { clock } = engine.options
  // Until it is done neither a write nor a replay may come between; what was absent before is ours afterwards.
  await engine.replicas.commit(commit =>
    commit.local(replica, { replaying: true, bound: true, hash: undefined, answered: undefined }),
  )
  let sent: Made | undefined
  let canBeSaid = true
  if (state === undefined || given === undefined)
    sent = reading.is === 'present' ? await resource.delete(reading) : undefined
  else {
    const { body } = given
    // What it is sent as its writers have said; how it is shown may be another way.
    const [reset] = schedule
    const isOfLog = body.is === 'json' || given.asSent === true
    const asked = isOfLog ? reset?.payload : undefined
    const headers = isOfLog ? (asked?.headers.flat() ?? []) : state.rawHeaders
    const isBare = schedule.length === 1 && asked !== undefined && asked.body === undefined && reset?.type !== 'state'
    const make = (): Promise<Made | undefined> =>
      // What says nothing but its name is not said by what is shown of it, which may not be taken.
      isBare && reading.is === 'absent'
        ? resource.send(asked)
        : body.is === 'large' && reset !== undefined
          ? createBy(resource, replica, reset, body)
          : resource.create(body, headers, begunBy(replica), asked)
    if (reading.is === 'absent') {
      const called = calledBy(replica, reset?.dot)
      if (called !== undefined) resource.noteGivenName(called.is, called.times)
      sent = await make()
      canBeSaid = sent !== undefined
    }
    // What only somebody says who is not believed is no reason to leave what is here as it is.
    else if (![body, ...(isBelieved && shown ? [shown] : [])].some(each => resource.equal(reading.body, each))) {
      sent = await replaceBy(resource, replica, reading, body, { headers, make, asked, isPutBack: true })
      // Else there is nothing of it left to be said.
      canBeSaid = sent !== undefined || resource.hasAll(reading.body, body)
    }
  }
  if (!canBeSaid || (sent !== undefined && sent.is !== 'done')) {
    const by = schedule[0]?.dot
    // Made once more after each start it would be there once more.
    const called =
      sent?.is === 'otherwise' && sent.isMade
        ? { by, is: sent.given, times: (calledBy(replica, by)?.times ?? 0) + 1 }
        : replica.local.called
    // What comes of the next attempt may be what is there already: this one may land on top of that.
    if (sent?.is === 'doubt') noteMayLand(replica.run, clock.monotonic())
    // What was certainly not changed holds up nothing.
    else await engine.replicas.commit(commit => commit.local(replica, { replaying, bound, called }))
    return canBeSaid ? 'not-taken' : { is: 'unclear', fields: [''] }
  }
  const does = state === undefined ? 'delete' : reading.is === 'absent' ? 'create' : 'change'
  const before = reading.is === 'absent' ? ABSENT : reading.hash
  const settling =
    sent === undefined ? undefined : settlingAfter(engine, resource, { does, before }, sent.answer.status, replica)
  // What was given up may land on top of it, before anybody has read what came of it.
  const isLookedFor = mayLandNow(replica.run, clock.monotonic())
  const told = sent === undefined ? undefined : answeredBy(resource.shownIn(sent.answer), settling)
  const answered = isLookedFor ? told?.answered : undefined
  const hash = sent === undefined ? readNow(engine, replica, reading) : undefined
  await engine.replicas.commit(commit => {
    // What was refused here is in it too, also what was written here.
    for (const operation of [...cameWith(executed, replica, engine.options.site), ...failedHere(replica)])
      tellOutcome(engine, commit, replica, operation, 'applied')
    commit.local(replica, {
      executed,
      bound: state !== undefined,
      unbound: false,
      replaying: false,
      suspect: false,
      unsure: false,
      diverged: false,
      sentAgain: false,
      failed: [],
      lacked: [],
      refused: undefined,
      called: undefined,
      settling,
      intent: undefined,
      hash,
      answered,
      ...withoutLanded(replica.local),
    })
    tellEvent(engine, commit, { kind: 'agrees', replicant: replica.name })
    commit.afterwards(() => engine.unanswered.update(replica))
  })
  noteNoneIsThere(replica.run)
  const fit = told?.seen && (await fitOf(resource, writtenOf(engine, replica), told.seen.body))
  if (fit?.fits === true && !fit.isOther) noteCopiedRight(replica, knowledgeNow(engine, replica))
  return 'copied'
}

/**
 * Of what was read and is left as it is: what is read next is compared with that. None where what was shown last is the same, and was compared by other knowledge.
 */
function readNow(engine: Engine, replica: Replica, reading: Reading): string | undefined {
  const { shown } = replica.local
  if (reading.is !== 'present') return undefined
  return shown?.of === reading.hash && shown.knowledge !== knowledgeNow(engine, replica) ? undefined : reading.hash
}

/** What others wait for that was not carried out here, and is in what was copied. */
function cameWith(executed: Executed, { core, local }: Replica, site: string): readonly Operation[] {
  const isIn = ({ operations }: Executed, { dot }: Operation): boolean =>
    operations.some(done => sameDot(done.dot, dot))
  const live = holderOf(core.replicant)?.live ?? []
  return live.filter(each => each.dot.site !== site && isIn(executed, each) && !isIn(local.executed, each))
}

/** A store that was set back does not know what is its own: what its application has just as the others do is, and nothing else. */
function isKnownAgain(
  { standing }: Engine,
  replica: Replica,
  resource: Resource,
  reading: Reading & { readonly is: 'present' },
  state: MemberState['state'],
): boolean {
  if (!standing.isOldFor(replica.core.replicant) || state === undefined) return false
  const { glue, name } = resource
  return resource.equal(reading.body, glue.stateOf(name.kind, resource.bodyIn(state)))
}

/** How many lanes ask other members for a state at a time; the rest wait for their turn, without a place among those that run. */
export class Repairs {
  readonly #kick: (name: ReplicantName) => void
  /** By key of the name, the one that has waited longest first. */
  readonly #waiting = new Map<string, ReplicantName>()
  #running = 0

  constructor(kick: (name: ReplicantName) => void) {
    this.#kick = kick
  }

  /** False where it is not its turn: its lane is kicked when it may be. */
  begin(replica: Replica): boolean {
    if (this.#running >= MAX_REPAIRS_TOGETHER) {
      this.#waiting.set(replicantKey(replica.name), replica.name)
      return false
    }
    this.#waiting.delete(replicantKey(replica.name))
    this.#running++
    return true
  }

  end(): void {
    this.#running--
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next[0])
    this.#kick(next[1])
  }
}

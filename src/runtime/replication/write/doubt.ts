/**
 * A local write of which nobody knows whether it took effect: it is never sent again by itself, so that a client who was told of an
 * error does not see it carried out later. Reading back decides. Source: src/consistency.md "Doubt at the origin".
 */
import { release } from './release.ts'
import { askedElsewhere, countAsOthers, dropInEffect } from './asked-elsewhere.ts'
import { givenUpNow, knownBy, noteFoundBeside, noteGivenUp, noteMayBeThere, noteMayLand } from './given-up.ts'
import { contains } from '../application/contains.ts'
import { withoutHidden } from '../drift/combined.ts'
import { isObject } from '../drift/merge-patch.ts'
import { isMerging } from '../drift/merging.ts'
import { topsOf } from '../application/framed.ts'
import type { Reading, State } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import { dropDraft } from '../admission/admission.ts'
import { mayBeDone, mayLand } from '../drift/settling.ts'
import { tellEvent, tellOutcome } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import type { Commit } from '../store/commit.ts'
import { ABSENT, type Draft, type LocalState, type Replica } from '../replica.ts'
import { namesIn } from '../../../core/resource/json-pointer.ts'
import { membersOfReplicant, type Dot, type Operation } from '../../../core/oplog/index.ts'

export type Decision =
  /** The effect is there: released. `reading` is what the application shows. */
  | { readonly is: 'released'; readonly operation: Operation; readonly reading: Reading }
  /** The effect is there, and it is the operation of another member, where it was sent with the same idempotency key. */
  | { readonly is: 'of-another'; readonly dot: Dot }
  | { readonly is: 'void' }
  /** Nobody knows; or it counts as another member's operation with the same idempotency key, and is looked at by the lane. */
  | { readonly is: 'uncertain' }

/**
 * Decides about the draft of a replicant, if that is possible now.
 * @param isOverruled a reset from elsewhere is about to be executed: whatever the draft did, it is gone then
 */
export async function decideDraft(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  isOverruled: boolean,
): Promise<Decision | 'unread'> {
  const operation = replica.draft
  const draft: Draft = replica.local.draft ?? { before: undefined, uncertain: false }
  if (operation === undefined) return { is: 'void' }
  const { standing, options } = engine
  const isLeft = operation.dot.incarnation !== options.incarnation
  const others = othersOf(operation, replica, options.site)
  const found = isLeft ? standing.amongst(others) : 'last'
  if (found === 'unknown') return 'unread'
  // Its client has not waited for this start, perhaps, and has sent it to one of them.
  const mayBeAsked = operation.idempotency !== undefined && LEAVES_ALL.has(operation.type)
  if (isLeft && mayBeAsked && !standing.hasHeard(others)) return 'unread'
  const reading = await resource.read()
  if (reading.is === 'unknown') return 'unread'
  const state = await resource.stateIn(operation)
  // Meanwhile it has come from another member: it was released in a run that this store does not know of.
  if (replica.draft !== operation) return { is: 'void' }
  const hidden = [...replica.local.hidden, ...(resource.glue.kind(replica.name.kind)?.writeOnly ?? [])]
  const { accepted } = draft
  const effect = (accepted === undefined ? effectOf : effectOfAccepted)(
    operation,
    draft,
    reading,
    resource,
    state,
    hidden,
  )
  const elsewhere = askedElsewhere(operation, replica)
  const traits = resource.glue.kind(replica.name.kind)?.operations[operation.type]
  // A change is one operation whichever of the two it is; what says what the resource is would come again on top of what came after it.
  if (effect === 'there' && elsewhere !== undefined && LEAVES_ALL.has(operation.type)) {
    const hash = reading.is === 'present' ? reading.hash : undefined
    await countAsOthers(engine, replica, operation, elsewhere, hash)
    return { is: 'of-another', dot: elsewhere.dot }
  }
  if (effect === 'there') {
    const shown = reading.is === 'present' ? knownBy(engine, replica, reading.hash) : {}
    const released = await releaseDraft(engine, replica, operation, found === 'last', accepted?.status, shown)
    const isAll =
      LEAVES_ALL.has(operation.type) &&
      (state === undefined || reading.is === 'absent' || resource.equal(reading.body, state))
    if (reading.is === 'present' && !isAll) noteFoundBeside(engine, replica, reading.hash)
    return { is: 'released', operation: released, reading }
  }
  const mayCome = accepted === undefined ? mayLand(engine, resource, draft.at) : mayBeDone(engine, accepted)
  // What was accepted comes all the same, on top of what came meanwhile.
  const mayWait = !isOverruled || accepted !== undefined
  if (effect === 'not-there' && mayWait && mayCome) return 'unread'
  if (effect === 'not-there' || isOverruled) {
    await engine.replicas.commit(commit => {
      noteOver(engine, commit, replica, resource, operation)
      dropDraft(engine, commit, replica)
      if (accepted !== undefined) tellOutcome(engine, commit, replica, operation, 'void')
      // What was given up is looked for in what is shown from now on.
      if (reading.is === 'present' && reading.hash === draft.before && replica.local.bound)
        commit.local(replica, { hash: reading.hash })
      // The application has lost what it had before.
      const isLost = reading.is === 'absent' && draft.before !== ABSENT && replica.local.bound
      if (!isLost) return
      commit.local(replica, { suspect: true, copiesOnlyFitting: false, hash: undefined, answered: undefined })
      engine.replicas.due(commit, replica.name, true)
      // A client has asked, and not the lane: nobody else would look, since what is suspect is not read back.
      commit.afterwards(() => engine.kick(replica))
    })
    return { is: 'void' }
  }
  // The client has sent it again to another member: that operation is the request. It may be in effect here already, and only a member
  // that has carried it out once can show what comes of it. What is skipped is nobody's, and is undone in the same way.
  const isSkipped = options.onDoubt?.(replica.name.service) === 'skip'
  if (isSkipped && operation.type === 'create') {
    await voidDraft(engine, replica)
    return { is: 'uncertain' }
  }
  if (isSkipped || (elsewhere !== undefined && elsewhere.begins === undefined)) {
    if (elsewhere === undefined) {
      await engine.replicas.commit(commit => noteOver(engine, commit, replica, resource, operation))
      // Until the state of another member is copied.
      noteMayBeThere(replica.run)
    }
    await dropInEffect(engine, replica, elsewhere !== undefined && traits?.maySendAgain !== true)
    return { is: 'uncertain' }
  }
  if (!draft.uncertain)
    await engine.replicas.commit(commit => {
      commit.local(replica, { draft: { ...draft, uncertain: true } })
      const { site } = engine.options
      const event = {
        replicant: replica.name,
        dot: operation.dot,
        site,
        outcome: 'uncertain',
        status: undefined,
      } as const
      tellEvent(engine, commit, { kind: 'outcome', ...event })
    })
  return { is: 'uncertain' }
}

/** It is nobody's operation here, and may land all the same. */
export function noteOver(
  engine: Engine,
  commit: Commit,
  replica: Replica,
  { glue, name }: Resource,
  operation: Operation,
): void {
  const now = engine.options.clock.monotonic()
  const maySendAgain = glue.kind(name.kind)?.operations[operation.type]?.maySendAgain === true
  if (maySendAgain) noteMayLand(replica.run, now)
  else noteGivenUp(replica.run, operation, now)
  commit.local(replica, givenUpNow(engine, replica, maySendAgain ? undefined : operation))
}

function othersOf({ members }: Operation, { core }: Replica, site: string): readonly string[] {
  const all = new Set([...membersOfReplicant(core.replicant), ...(members?.added ?? [])])
  all.delete(site)
  return [...all]
}

/**
 * The draft took effect.
 * @param isLast this store is the last one of the run in which it was written. In a run that a backup does not know of it may have been
 *   released, and no two operations may have one dot
 * @param status with which the application answered, if it did
 * @param shown what is known of what it shows
 */
export function releaseDraft(
  engine: Engine,
  replica: Replica,
  draft: Operation,
  isLast: boolean,
  status?: number,
  shown: Partial<LocalState> = {},
): Promise<Operation> {
  const { site, incarnation } = engine.options
  const dot = isLast ? draft.dot : { site, incarnation, number: engine.nextNumber() }
  return release(engine, replica, { ...draft, dot }, status, shown)
}

/** The draft had no effect, and never will be anybody's operation. */
export async function voidDraft(engine: Engine, replica: Replica): Promise<void> {
  await engine.replicas.commit(commit => dropDraft(engine, commit, replica))
}

/**
 * Of a create of what is there, which the application has accepted: mostly it refuses that where nobody sees it. What was there before, and what was
 * written, are both known, so what is shown tells.
 */
function effectOfAccepted(
  { type }: Operation,
  { before }: Draft,
  reading: Reading,
  resource: Resource,
  state: State | undefined,
  hidden: readonly string[],
): 'there' | 'not-there' {
  if (reading.is !== 'present' || reading.hash === before || state === undefined) return 'not-there'
  const seen: State = state.is === 'json' ? { is: 'json', value: withoutHidden(state.value, hidden) } : state
  const isShown = resource.showsEffect(reading.body, state, type) ?? resource.shows(reading.body, seen)
  return isShown ? 'there' : 'not-there'
}

/** They say what the resource is, or that it is none. */
const LEAVES_ALL: ReadonlySet<string> = new Set(['create', 'replace', 'delete'])

/** Behind these the resource is there. */
const LEAVES_SOMETHING: ReadonlySet<string> = new Set(['create', 'replace', 'merge'])

/** Whether a change may have given the resource another name: it is there under that then. */
function mayHaveMoved(state: State | undefined, { glue, name }: Resource): boolean {
  if (state?.is !== 'json') return true
  const { value } = state
  const idAt = topsOf(glue.kind(name.kind)?.idAt ?? [])
  if (Array.isArray(value)) return value.some(change => !isObject(change) || mayBeOf(idAt, change['path']))
  if (!isObject(value)) return true
  const own = name.name.split('/').at(-1)
  const said = idAt.map(field => value[field])
  return said.some(id => (typeof id === 'string' || typeof id === 'number') && String(id) !== own)
}

/** Whether a JSON Pointer leads to one of these fields at the top, or to the whole. */
function mayBeOf(tops: readonly string[], pointer: unknown): boolean {
  const top = typeof pointer === 'string' ? namesIn(pointer)[0] : undefined
  return top === undefined || tops.includes(top)
}

function effectOf(
  operation: Operation,
  { before }: Draft,
  reading: Reading,
  resource: Resource,
  state: State | undefined,
  hidden: readonly string[],
): 'there' | 'not-there' | 'unknown' {
  if (reading.is === 'unknown') return 'unknown'
  if (operation.type === 'delete') {
    if (reading.is === 'absent') return before === ABSENT ? 'not-there' : 'there'
    return reading.hash === before ? 'not-there' : 'unknown'
  }
  // What says what the resource is, or changes it, is not in effect where there is none; what an operation of its own leaves, nobody can say.
  if (reading.is === 'absent') {
    if (before === ABSENT || LEAVES_SOMETHING.has(operation.type)) return 'not-there'
    return operation.type === 'patch' && !mayHaveMoved(state, resource) ? 'not-there' : 'unknown'
  }
  const marked = resource.showsEffect(reading.body, state, operation.type)
  if (marked !== undefined) return marked ? 'there' : 'not-there'
  const isAsBefore = reading.hash === before
  // All that can be seen of it was there before: whether the rest was taken nobody can see.
  if (isAsBefore && state?.is === 'json' && hidden.length > 0) {
    const seen = withoutHidden(state.value, hidden)
    const isSame = reading.body.is === 'json' && contains(reading.body.value, seen)
    if (isSame && !contains(reading.body.value, state.value)) return 'unknown'
  }
  if (operation.type === 'create' && before !== ABSENT) return isAsBefore ? 'not-there' : 'unknown'
  if (operation.type === 'replace' && state !== undefined && resource.equal(reading.body, state)) return 'there'
  if (isMerging(operation, state) && state?.is === 'json' && reading.body.is === 'json') {
    if (contains(reading.body.value, state.value)) return 'there'
    return isAsBefore ? 'not-there' : 'unknown'
  }
  if (isAsBefore) return 'not-there'
  const isWhole = operation.type === 'create' || operation.type === 'replace'
  return isWhole && state !== undefined && resource.shows(reading.body, state) ? 'there' : 'unknown'
}

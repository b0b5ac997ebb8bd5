import {
  admit,
  covers,
  dotKey,
  findLife,
  isReset,
  membersOfReplicant,
  nextStamp,
  sameDot,
  withDot,
  withExecuted,
  type Operation,
} from '../../../core/oplog/index.ts'
import { isCarriedOut } from '../../../core/resource/level.ts'
import { dropDraft, takeStep } from '../admission/admission.ts'
import { tellEvent, tellOperation, tellOutcome } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import { noteBuiltOn, noteNoneIsThere, wasGivenUp } from './given-up.ts'
import { withRequest } from './kept-requests.ts'
import { withReleased } from '../outcomes.ts'
import type { Commit } from '../store/commit.ts'
import { withoutLanded, type LocalState, type Replica } from '../replica.ts'

/**
 * Makes a local write that took effect everybody's operation: its stamp, its record, its place in the outboxes to all other members and
 * what is executed here, in one commit.
 *
 * @param draft all of it but the stamp
 * @param status with which the application answered, if it did
 * @throws Error where it contradicts what is held: then nothing has changed. A fault that nobody has thought of
 */
export async function release(
  engine: Engine,
  replica: Replica,
  draft: Operation,
  status: number | undefined,
  then: Partial<LocalState> = {},
): Promise<Operation> {
  const { options, replicas } = engine
  const { site, matrices, seal } = options
  return replicas.commit(commit => {
    const { replicant } = replica.core
    const next = nextStamp(engine.clock, replicant.clock, engine.time.now())
    const { stamp } = next
    const placed = inPlace(engine, replica, draft)
    const { dot, type } = placed
    const life = type === 'create' ? { stamp, dot } : placed.life
    const operation: Operation = { ...placed, stamp, life }
    const sealed = seal.encode(operation, draft === replica.draft)
    engine.clock = next.clock
    const before = membersOfReplicant(replicant)
    learnMatrix(engine, commit, operation)
    // The list of what is executed comes after: what was executed and is dropped by this is not superseded.
    const step = admit(replicant, operation, matrices)
    const isTaken = step.effects.some(
      effect => (effect.kind === 'held' || effect.kind === 'waits') && sameDot(effect.operation.dot, dot),
    )
    // Nobody is told of what this site itself does not hold.
    if (!isTaken) throw new Error(`${dotKey(dot)} cannot be released: ${JSON.stringify(step.effects[0])}`)
    takeStep(engine, commit, replica, step, new Map([[dotKey(dot), sealed]]))
    const isRecord = !isCarriedOut(operation.level)
    // What no application was asked for yet is executed by the lane, as by all others.
    const isForLane = !isRecord && (type === 'state' || (type === 'delete' && operation.payload === undefined))
    if (isForLane) commit.local(replica, then)
    else if (type !== 'members' && !isRecord) {
      const executed = withExecuted(replica.local.executed, operation, matrices)
      const saysAll = isReset(operation, matrices)
      const bound = saysAll ? type !== 'delete' : replica.local.bound
      // What was given up here before may land yet, or may have landed as this was sent.
      const sentAgain = !saysAll && (replica.local.sentAgain || wasGivenUp(replica.run, operation))
      if (saysAll) noteNoneIsThere(replica.run)
      else noteBuiltOn(replica.run)
      const requests = withRequest(replica.local.requests, operation, status, engine.time.now(), options.hash)
      commit.local(replica, {
        executed,
        bound,
        requests,
        leftover: false,
        leaving: type === 'delete' ? replica.local.draft?.before : undefined,
        hash: undefined,
        answered: undefined,
        sentAgain,
        ...(saysAll && withoutLanded(replica.local)),
        ...then,
      })
    }
    if (!isRecord && type !== 'members') commit.local(replica, { outcomes: withReleased(replica.local.outcomes, dot) })
    // A change of members decides nothing about a write that is in doubt.
    if (type !== 'members') dropDraft(engine, commit, replica)
    const members = new Set([...before, ...membersOfReplicant(replica.core.replicant)])
    members.delete(site)
    for (const member of [...members].toSorted()) tellOperation(engine, commit, member, operation)
    tellEvent(engine, commit, { kind: 'released', replicant: replica.name, dot, type })
    if (!isRecord && !isForLane)
      tellOutcome(engine, commit, replica, operation, 'applied', status === undefined ? {} : { status })
    return operation
  })
}

/** What a site says by itself may be the first that it writes by a definition: an operation whose matrix nobody knows would wait at all members, here too. */
function learnMatrix({ options, matrices }: Engine, commit: Commit, { replicant, matrix }: Operation): void {
  if (matrix === undefined || options.matrices.has(matrix)) return
  const definition = options.glueOf(replicant.service)?.matrixOf(replicant.kind)
  if (definition !== undefined) matrices.learn(commit, definition)
}

/**
 * The draft with the place that it has among the operations of this site now. While a write was in doubt its site may have changed the
 * members, under a greater number: whoever knows that one takes all smaller numbers of the run for known, so the write gets a new one
 * behind it.
 */
function inPlace({ options, nextNumber }: Engine, { core }: Replica, draft: Operation): Operation {
  const life = draft.type === 'create' ? undefined : findLife(core.replicant, draft.life)
  if (life === undefined) return draft
  const { knowledge: known, droppers } = life
  const { site, incarnation } = options
  // Nobody can have seen it; who says so all the same takes nothing away.
  const isKnown = covers(known, draft.dot) || droppers.some(({ context }) => covers(context, draft.dot))
  const dot = isKnown ? { site, incarnation, number: nextNumber() } : draft.dot
  const previous = known.find(one => one.site === site && one.incarnation === dot.incarnation)
  if (previous === undefined || covers(draft.context, previous)) return { ...draft, dot }
  return { ...draft, dot, previous, context: withDot(draft.context, previous) }
}

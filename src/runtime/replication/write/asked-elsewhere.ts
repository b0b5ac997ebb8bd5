import {
  EMPTY_CONTEXT,
  holderOf,
  idOf,
  keyOf,
  resetKeyOf,
  sameDot,
  withDot,
  type Dot,
  type LifeId,
  type Operation,
} from '../../../core/oplog/index.ts'
import { dropDraft } from '../admission/admission.ts'
import { tellOutcome } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

/** The operation that the request of a draft is already, since its client has sent it to another member with the same idempotency key. */
export interface AskedElsewhere {
  readonly dot: Dot
  /** Of a create: the life that it has begun. */
  readonly begins?: LifeId
}

/** Of a create in any life of the name: it may have been deleted since, and the name created anew. Undefined where it is not known to be asked elsewhere. */
export function askedElsewhere(
  { type, idempotency, life }: Operation,
  { core: { replicant } }: Replica,
): AskedElsewhere | undefined {
  if (idempotency === undefined) return undefined
  const key = keyOf(idempotency)
  if (type === 'create') {
    const begun = replicant.lives.findLast(({ createKey }) => createKey === key)
    return begun && { dot: begun.life.dot, begins: begun.life }
  }
  const holder = holderOf(replicant)
  if (holder === undefined || !sameDot(holder.life.dot, life.dot)) return undefined
  const known = holder.keys.get(key) ?? holder.keys.get(resetKeyOf(idempotency) ?? '')
  return known && { dot: known.dot }
}

/**
 * The draft took effect here, and is the other member's operation: what the application has is the resource of the life that a create has begun there, which is
 * carried out with that.
 * @param hash of what it shows
 */
export async function countAsOthers(
  engine: Engine,
  replica: Replica,
  { idempotency }: Operation,
  { begins }: AskedElsewhere,
  hash: string | undefined,
): Promise<void> {
  if (begins === undefined) return dropInEffect(engine, replica, false)
  const life = idOf(begins)
  const created = { ...life, ...(idempotency !== undefined && { idempotency }) }
  const executed = { life, operations: [created], context: withDot(EMPTY_CONTEXT, life.dot) }
  await engine.replicas.commit(commit => {
    dropDraft(engine, commit, replica)
    commit.local(replica, {
      executed,
      bound: true,
      unbound: false,
      leftover: false,
      hash,
      answered: undefined,
    })
    engine.replicas.due(commit, replica.name, true)
    // Whoever waits for all members waits for this one too.
    if (holderOf(replica.core.replicant)?.live.some(({ dot }) => sameDot(dot, life.dot)) === true)
      tellOutcome(engine, commit, replica, { ...life, life }, 'applied')
  })
}

/**
 * The draft goes, and may be in effect all the same: the application may show more than is known here to be carried out.
 * @param isToCome it comes as another member's operation, and may not be sent twice: as long as nobody gives a state, the lane does not go on with what is shown
 */
export async function dropInEffect(engine: Engine, replica: Replica, isToCome: boolean): Promise<void> {
  await engine.replicas.commit(commit => {
    dropDraft(engine, commit, replica)
    const unsure = replica.local.unsure || isToCome
    commit.local(replica, { suspect: true, unsure, copiesOnlyFitting: false, hash: undefined, answered: undefined })
  })
}

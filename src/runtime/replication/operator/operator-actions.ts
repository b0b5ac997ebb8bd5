import {
  holderOf,
  membersOfReplicant,
  sameDot,
  type Conflict,
  type Dot,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { adopt, type Adopts } from './adopt.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { noteOver, releaseDraft, voidDraft } from '../write/doubt.ts'
import { draftOf } from '../write/draft.ts'
import { forgetGivenUp, noteIsNot } from '../write/given-up.ts'
import { LaneBook } from '../lane/lane-book.ts'
import { noteUndone } from '../lane/unsure.ts'
import { isReplicatedAt } from '../replica.ts'
import { MAX_HELD_BODY_BYTES } from '../limits.ts'
import { bodyOf } from '../write/payload.ts'
import { release } from '../write/release.ts'
import { copyState, type Copied } from '../drift/repair.ts'
import { Resource } from '../application/resource.ts'
import { checkShownAsTaken } from './shown-as-taken.ts'
import { jsonTypeIn } from '../application/json-type.ts'
import { bytesOf } from '../application/state.ts'
import { settleConflicts } from '../drift/settle-conflicts.ts'
import type { Lanes } from '../lane/lanes.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { SettleChoice } from '../../../ports/replication-control.ts'

/**
 * What becomes of a name that belongs to something else at this site: `adopt`: what is here is the resource from now on, at all members;
 * `replace`: what is here gives way to what is replicated.
 */
export type Resolution = 'adopt' | 'replace'

/**
 * What operators do to one replicant at this site, in its lane. Everything throws ERR_REPLICANT_BUSY where too much waits for that already.
 * Source: src/consistency.md "Applying to a black box" (`unbound`), "Plan, at one site" (repair).
 */
export class OperatorActions {
  readonly #engine: Engine
  readonly #lanes: Lanes

  constructor(engine: Engine, lanes: Lanes) {
    this.#engine = engine
    this.#lanes = lanes
  }

  /**
   * Copies the state of another member that agrees, or of the one that is named, to the application here, now; also where that has called otherwise what it has made
   * of it so far.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _UNBOUND, _LOCKED, _NO_MEMBER, ERR_SERVICE_NOT_LOCAL
   */
  repair(replicant: ReplicantName, from: string | undefined): Promise<Copied> {
    return this.#inLane(replicant, replica => repairNow(this.#engine, replica, from))
  }

  /**
   * Says what becomes of a name that belongs to something else here.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND, _BOUND, _LOCKED, _UNREADABLE, ERR_SERVICE_NOT_LOCAL, ERR_REQUEST_BODY_TOO_LARGE, ERR_BLOB_SPACE
   */
  resolveUnbound(replicant: ReplicantName, how: Resolution): Promise<void> {
    return this.#inLane(replicant, replica => resolveUnbound(this.#engine, replica, how))
  }

  /**
   * Settles all conflicts of a replicant that are known here.
   * @returns those that were
   * @throws CheopsError ERR_CONFLICT_NOT_FOUND, ERR_CONFLICT_REFUSED, as `accept`
   */
  settleConflicts(replicant: ReplicantName, choice: SettleChoice): Promise<readonly Conflict[]> {
    return this.#inLane(replicant, replica =>
      settleConflicts(this.#engine, replica, resourceOf(this.#engine, replica), choice),
    )
  }

  /**
   * Says of the write in doubt whether it took effect at the application here. Where it was written here, it is released or void; of
   * another site it counts as carried out, or is sent again.
   * @throws CheopsError ERR_REPLICANT_CERTAIN where nothing is in doubt, ERR_SERVICE_NOT_LOCAL
   */
  decide(replicant: ReplicantName, tookEffect: boolean): Promise<Dot> {
    return this.#inLane(replicant, replica => decideUncertain(this.#engine, replica, tookEffect))
  }

  /**
   * Makes a replicant of what the application here has by the name.
   * @returns identity of the create of its life
   * @throws CheopsError as `adopt` of adopt.ts, ERR_SERVICE_NOT_LOCAL
   */
  adopt(replicant: ReplicantName, members: readonly string[], adopts: Adopts): Promise<Dot> {
    return this.#inLane(replicant, async replica => {
      const resource = localResource(this.#engine, replica)
      return (await adopt(this.#engine, replica, resource, members, adopts)).dot
    })
  }

  /** JSON Pointers of what the application takes and never shows, as the definition says: what was adopted is without that. */
  neverShown({ service, kind }: ReplicantName): readonly string[] {
    return this.#engine.options.glueOf(service)?.kind(kind)?.writeOnly ?? []
  }

  #inLane<T>(replicant: ReplicantName, act: (replica: Replica) => Promise<T>): Promise<T> {
    return this.#engine.replicas.with(replicant, replica => this.#lanes.run(replicant, () => act(replica)))
  }
}

async function repairNow(engine: Engine, replica: Replica, from: string | undefined): Promise<Copied> {
  const resource = resourceOf(engine, replica, 'operator')
  const { local, draft, name } = replica
  if (local.unbound)
    throw new CheopsError('ERR_REPLICANT_UNBOUND', `${name.name} here is not the one that is replicated.`)
  if (draft !== undefined || local.intent !== undefined || local.uncertain !== undefined)
    throw new CheopsError('ERR_REPLICANT_LOCKED', `What became of an earlier write to ${name.name} is not known yet.`)
  const members = membersOfReplicant(replica.core.replicant)
  const others = members.filter(member => member !== engine.options.site)
  if (from !== undefined && !others.includes(from)) {
    const message = `${from} is no other member of ${name.name}: those are ${others.join(', ') || 'none'}.`
    throw new CheopsError('ERR_REPLICANT_NO_MEMBER', message, { members: others })
  }
  const copied = await copyState(engine, replica, resource, from === undefined ? undefined : [from])
  engine.kick(replica)
  return copied
}

async function resolveUnbound(engine: Engine, replica: Replica, how: Resolution): Promise<void> {
  const resource = resourceOf(engine, replica)
  const { name, local } = replica
  const { schedule } = currentPlan(engine, replica)
  const isLeftover = local.leftover && schedule.state === 'absent'
  if (!local.unbound && !isLeftover)
    throw new CheopsError('ERR_REPLICANT_BOUND', `${name.name} here is the one that is replicated.`)
  const mine = { bound: true, unbound: false, leftover: false, hash: undefined, answered: undefined }
  if (how === 'replace') {
    await engine.replicas.commit(commit => {
      // What was deleted is deleted again.
      const executed = isLeftover && { executed: { life: schedule.life, operations: [], context: [] } }
      commit.local(replica, { ...mine, ...executed })
      engine.replicas.due(commit, name, true)
      commit.afterwards(() => engine.kick(replica))
    })
    return
  }
  const reading = await resource.read()
  const request = resource.glue.requestFor(name.kind, name.name, 'replace')
  if (reading.is !== 'present' || request === undefined)
    throw new CheopsError('ERR_REPLICANT_LOCKED', `The application does not show ${name.name} now.`)
  const state = reading.body.is === 'large' ? undefined : resource.glue.stateOf(name.kind, reading.body)
  if (state !== undefined) checkShownAsTaken(engine.options.site, resource, state)
  const bytes = state?.is === 'json' ? bytesOf(state) : undefined
  if (bytes === undefined || bytes.length > MAX_HELD_BODY_BYTES)
    throw new CheopsError(
      'ERR_REQUEST_BODY_TOO_LARGE',
      `What the application has is no JSON of at most ${MAX_HELD_BODY_BYTES} bytes.`,
    )
  const { body, release: letGo } = await bodyOf(engine, bytes)
  try {
    const payload = { ...request, headers: [['content-type', jsonTypeIn(reading.rawHeaders)] as const], body }
    // What was deleted begins anew with it, at all members.
    const type = isLeftover ? 'create' : 'state'
    await release(engine, replica, draftOf(engine, replica, engine.nextNumber(), type, payload, {}), undefined, mine)
  } finally {
    letGo()
  }
}

async function decideUncertain(engine: Engine, replica: Replica, tookEffect: boolean): Promise<Dot> {
  const resource = localResource(engine, replica)
  const { draft, local, core, name } = replica
  const uncertain = local.draft?.uncertain === true ? draft : undefined
  if (uncertain !== undefined) {
    if (tookEffect)
      await releaseDraft(engine, replica, uncertain, uncertain.dot.incarnation === engine.options.incarnation)
    else {
      const reading = await resource.read()
      await voidDraft(engine, replica)
      await engine.replicas.commit(commit => noteOver(engine, commit, replica, resource, uncertain))
      if (reading.is === 'present') noteIsNot(replica.run, reading.hash)
    }
    engine.kick(replica)
    return uncertain.dot
  }
  const held = holderOf(core.replicant)?.live.find(({ dot }) => local.uncertain && sameDot(dot, local.uncertain))
  if (held === undefined) throw new CheopsError('ERR_REPLICANT_CERTAIN', `No write to ${name.name} is in doubt here.`)
  const then = { uncertain: undefined, answered: undefined, hash: undefined }
  const book = new LaneBook(engine, replica, resource)
  if (tookEffect) await book.executed(held, undefined, then)
  else {
    forgetGivenUp(replica.run, held)
    noteUndone(replica.run, held.dot)
    await book.write(then)
  }
  engine.kick(replica)
  return held.dot
}

function resourceOf(engine: Engine, replica: Replica, asks?: 'operator'): Resource {
  const { name } = replica
  if (!isReplicatedAt(replica, engine.options.site))
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `No replicated ${name.kind} is called ${name.name} here.`)
  return localResource(engine, replica, asks)
}

function localResource({ options }: Engine, { name }: Replica, asks?: 'operator'): Resource {
  const glue = options.glueOf(name.service)
  if (glue === undefined) throw new CheopsError('ERR_SERVICE_NOT_LOCAL', `${name.service} is not offered here.`)
  return new Resource(options, name, glue, asks)
}

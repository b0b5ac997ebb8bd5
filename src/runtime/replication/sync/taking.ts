import {
  MAX_LIVES_BROUGHT,
  MAX_NAMED_MEMBERS,
  findLife,
  isKnown,
  leavesOfReplicant,
  replicantKey,
  sameDot,
  wasRemoved,
  withAcknowledgement,
  withinBounds,
  type LifeKnowledge,
  type Operation,
  type Replicant,
  type ReplicantStep,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { takeStep } from '../admission/admission.ts'
import { heardByLeaver } from '../admission/leaving.ts'
import { mayHear, mayTell, type Arrival } from './arrivals.ts'
import { takeShown } from '../drift/comparison.ts'
import { isTellable } from './tellable.ts'
import { giveWay, hasSay, haveSay, isForeignLife, mayDo } from '../admission/foreign-creates.ts'
import { MAX_UNPROVEN_DOTS } from '../limits.ts'
import {
  acknowledgedByOrigin,
  notePassedOver,
  othersOf,
  takeOutcome,
  tellEvent,
  tellOutcome,
} from '../admission/words.ts'
import { countsOnWord, mayWrite } from './word.ts'
import type { Commit } from '../store/commit.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { Wants } from './wants.ts'
import type { Came, OutboxEntry } from '../../../ports/sync.ts'

type Step = Arrival & { readonly kind: 'step' }
type Acknowledgement = OutboxEntry & { readonly kind: 'acknowledgement' }

/** Takes what another site tells, one arrival after the other, within a commit: as far as that site may say it, and there is room. */
export class Taking {
  readonly #engine: Engine
  readonly #from: string
  readonly #wants: Wants

  /** @param from the site that tells it */
  constructor(engine: Engine, from: string, wants: Wants) {
    this.#engine = engine
    this.#from = from
    this.#wants = wants
  }

  /**
   * What cannot be decided on is the other site's fault, or a defect here: it must not end the agent, and is not taken.
   * @param users the replicants of all arrivals of the message, by `replicantKey`
   * @throws CheopsError ERR_SYNC_MESSAGE
   */
  take(commit: Commit, arrival: Arrival, users: ReadonlyMap<string, Replica>): void {
    try {
      this.#take(commit, arrival, users)
    } catch (cause) {
      if (cause instanceof CheopsError) throw cause
      const site = this.#from
      this.#engine.options.logger.error({ site, error: String(cause) }, 'what a site has told cannot be taken')
      throw new CheopsError('ERR_SYNC_MESSAGE', `What ${site} tells cannot be taken.`, { reason: 'failed' }, { cause })
    }
  }

  #take(commit: Commit, arrival: Arrival, users: ReadonlyMap<string, Replica>): void {
    switch (arrival.kind) {
      case 'matrix': {
        const why = this.#engine.matrices.learnTold(commit, arrival.definition, this.#from)
        if (why !== undefined) this.#refuse(commit, why)
        return
      }
      case 'torn':
        return this.#wants.torn(arrival.replicant)
      case 'step': {
        const replica = users.get(replicantKey(arrival.replicant))
        if (replica !== undefined) this.#takeStep(commit, arrival, replica)
        return
      }
      case 'entry': {
        const { entry } = arrival
        const replica = users.get(replicantKey(entry.replicant))
        if (replica === undefined) return
        if (entry.kind === 'acknowledgement') this.#takeAcknowledgement(commit, entry, replica)
        else if (entry.site === this.#from) this.#takeCame(commit, replica, entry)
      }
    }
  }

  #takeStep(commit: Commit, arrival: Step, replica: Replica): void {
    const foreign = arrival.lives.find(life => isForeignLife(this.#engine, replica, life))
    if (foreign !== undefined) {
      this.#wants.refused(foreign)
      this.#refuse(commit, 'not-exposed')
      return
    }
    const unverified = arrival.unverified.filter(operation => !isKnown(replica.core.replicant, operation))
    if (unverified.length > 0 && !countsOnWord(this.#engine.options, replica, this.#from, arrival, unverified)) {
      this.#leave(commit, arrival, unverified, replica)
      return
    }
    for (const life of arrival.lives) giveWay(this.#engine, commit, replica, life)
    const step = this.#stepOf(arrival, replica)
    if (step === undefined) return
    if (typeof step === 'string') {
      this.#refuse(commit, step)
      return
    }
    if (!this.#hasRoom(commit, replica, step)) return
    const before = replica.core.replicant
    takeStep(this.#engine, commit, replica, step, arrival.arrived, this.#from)
    const { strangers } = this.#engine
    const isBegun = before.lives.length === 0 && step.replicant.lives.length > 0
    // It has told another life of the name before, and is one of its members by what has just come: its word counts now.
    if (isBegun && strangers.has(this.#from, replica.name)) this.#wants.lacks(replica.name)
    if (isBegun || unverified.length > 0) commit.afterwards(() => strangers.taken(replica.name))
    const isForeign = step.effects.length > 0 && !hasSay(this.#engine, replica)
    for (const effect of step.effects) {
      // Its origin need not wait for it; where it is let do so later on, that is told too.
      if (isForeign && effect.kind === 'held' && effect.operation.type !== 'members') {
        tellOutcome(this.#engine, commit, replica, effect.operation, 'failed', { error: 'ERR_FORWARD_NOT_EXPOSED' })
        tellEvent(this.#engine, commit, { kind: 'refused', from: effect.operation.dot.site, why: 'not-exposed' })
      }
      // What it waits for was told, and cannot be taken.
      if (effect.kind === 'waits' && strangers.has(this.#from, replica.name))
        this.#cannotVerify(commit, replica, effect.operation)
      if (effect.kind === 'held' && effect.operation.dot.site === this.#from)
        acknowledgedByOrigin(commit, replica, effect.operation)
      const isLost = effect.kind === 'refused' && effect.reason === 'no-room'
      const asksAgain = effect.kind === 'stale' || effect.kind === 'removed' || effect.kind === 'needs-matrices'
      if (asksAgain || isLost) this.#wants.lacks(arrival.replicant)
    }
    // Others may have acknowledged before what has put away here what was written here.
    notePassedOver(this.#engine, commit, replica, othersOf(replica.core.replicant))
    // Who does not know that it was removed is not believed what it sums up: that is no news either.
    const isNews = step.effects.some(({ kind }) => kind !== 'duplicate' && kind !== 'stale')
    // Two that are members no more would else tell each other so without end.
    if (!isNews && arrival.isOfParted !== true && this.#isUnaware(step.replicant))
      commit.tell(this.#from, { kind: 'replicant', replicant: replica.name, knows: [] })
  }

  /** Whether it tells as a member what it was removed from: whoever has removed it may have lost that with its disk before it was told. */
  #isUnaware(replicant: Replicant): boolean {
    const from = this.#from
    return wasRemoved(replicant, from) && !leavesOfReplicant(replicant).some(({ site }) => site === from)
  }

  /**
   * What nobody can check here waits apart, and who has told it hears that its own writes wait for that. Where only the beginning is missing, that is
   * asked for.
   */
  #leave(commit: Commit, arrival: Step, unverified: readonly Operation[], replica: Replica): void {
    const { options, strangers } = this.#engine
    const {
      replicant,
      operations,
      lives: [life],
    } = arrival
    const isBegun = life === undefined || findLife(replica.core.replicant, life) !== undefined
    const isWhole = isBegun || operations.some(({ type }) => type === 'create')
    if (!isWhole && mayWrite(options, this.#from, unverified)) {
      this.#wants.lacks(replicant)
      return
    }
    const origin = unverified[0]?.dot.site ?? ''
    if (!strangers.has(this.#from, replicant))
      for (const operation of [...operations, ...replica.core.replicant.waiting])
        if (!unverified.includes(operation)) this.#cannotVerify(commit, replica, operation)
    const isLet = mayDo(options, replica, this.#from, 'create')
    if (strangers.note(this.#from, replicant, origin, isLet))
      commit.afterwards(() => options.onEvent({ kind: 'refused', from: this.#from, why: 'ERR_SYNC_ORIGIN' }))
  }

  #cannotVerify(commit: Commit, replica: Replica, operation: Operation): void {
    if (operation.dot.site !== this.#from || operation.type === 'members') return
    tellOutcome(this.#engine, commit, replica, operation, 'failed', { error: 'ERR_SYNC_ORIGIN' })
  }

  /** None where it cannot be taken for a reason that nobody has thought of: it is asked for again, and the conversation goes on. */
  #stepOf({ take, replicant }: Step, replica: Replica): ReturnType<typeof take> | undefined {
    try {
      return take(replica)
    } catch (error) {
      this.#engine.leaveAlone(replicant, error)
      return undefined
    }
  }

  #takeAcknowledgement(commit: Commit, entry: Acknowledgement, replica: Replica): void {
    if (entry.came !== undefined) this.#takeCame(commit, replica, entry.came)
    const { acknowledgements, replicant } = replica.core
    if (replicant.lives.length === 0 && !this.#mayKeepEarly(commit, replica, entry.lives)) {
      this.#wants.lookLater(replica)
      return
    }
    if (!mayTell(replicant, this.#from)) {
      // It may have become one by what is not here yet: then it can tell of that.
      this.#wants.lacks(replica.name)
      return
    }
    const told = withAcknowledgement(acknowledgements, this.#from, entry.lives, entry.clock)
    commit.core(replica, { acknowledgements: withinBounds(told, this.#from, replicant.lives) })
    notePassedOver(this.#engine, commit, replica, [this.#from])
    takeShown(this.#engine, commit, replica, this.#from, entry)
    heardByLeaver(this.#engine, commit, replica, this.#from, entry.lives)
    this.#wants.lookLater(replica)
  }

  /** A site speaks of itself, and to the origin. */
  #takeCame(commit: Commit, replica: Replica, { dot, outcome, at, status, error }: Came): void {
    const site = this.#from
    if (dot.site !== this.#engine.options.site) return
    // Of nothing that was not written here, and of nobody who does not hold it, is anything noted.
    const isNoted = replica.local.outcomes.some(known => sameDot(known.dot, dot))
    const isKnown =
      isNoted ||
      replica.core.replicant.lives.some(({ live, conflicts }) =>
        [live, conflicts].some(list => list.some(held => sameDot(held.dot, dot))),
      )
    if (!isKnown || !mayHear(replica.core.replicant, site)) return
    const why = { ...(status !== undefined && { status }), ...(error !== undefined && { error }) }
    takeOutcome(this.#engine, commit, replica, dot, { site, outcome, at, ...why })
  }

  /**
   * What a step leaves of a name without a life that counts is kept for so many names of each site. What has no room is asked for as a
   * whole, with the life that it belongs to.
   */
  #hasRoom(commit: Commit, replica: Replica, { replicant }: ReplicantStep): boolean {
    const { unproven, waitingRoom } = this.#engine
    // What one member makes of a name that is its own too must stay small enough to be told, and to be looked through.
    const isTooMuch = lives(replicant) > Math.max(MAX_LIVES_BROUGHT, lives(replica.core.replicant))
    const isTooWide = sites(replicant) > Math.max(MAX_NAMED_MEMBERS, sites(replica.core.replicant))
    if (isTooMuch || isTooWide || !isTellable(replicant, replica.core.replicant)) {
      this.#refuse(commit, 'no-room')
      return false
    }
    const key = replicantKey(replica.name)
    const before = replica.core.replicant
    if (!waitingRoom.mayKeep(this.#from, key, before, replicant)) {
      this.#wants.lacks(replica.name)
      return false
    }
    const isNew = replica.core.replicant.lives.length === 0
    const isEarly = replicant.lives.length === 0
    const isLet = !isEarly && haveSay(this.#engine, replica, replicant.lives)
    if (isLet) commit.afterwards(() => unproven.drop(key))
    if (isLet || !isNew || unproven.mayKeep(commit, this.#from, key)) {
      waitingRoom.count(commit, this.#from, key, before, replicant)
      return true
    }
    if (isEarly) this.#wants.lacks(replica.name)
    else this.#refuse(commit, 'no-room')
    return false
  }

  /** An acknowledgement that overtakes a create. It must be as small as those are. */
  #mayKeepEarly(commit: Commit, replica: Replica, told: readonly LifeKnowledge[]): boolean {
    const dots = told.reduce((sum, { knowledge, holes }) => sum + knowledge.length + holes.length, told.length)
    return dots <= MAX_UNPROVEN_DOTS && this.#engine.unproven.mayKeep(commit, this.#from, replicantKey(replica.name))
  }

  #refuse(commit: Commit, why: string): void {
    tellEvent(this.#engine, commit, { kind: 'refused', from: this.#from, why })
  }
}

function lives({ lives: { length } }: Replicant): number {
  return length
}

/** Sites that are or were members. */
function sites({ lives: all }: Replicant): number {
  const [only] = all
  // Most have one life, whose changes are few.
  if (all.length === 1 && only !== undefined && only.changes.length <= MAX_NAMED_MEMBERS) return only.changes.length
  return new Set(all.flatMap(({ changes }) => changes.map(({ site }) => site))).size
}

/**
 * What the lane of one replicant does: it brings what the application has to what the schedule says. Serial; whatever was begun is
 * written down before, so that a start in the middle knows what may have happened. Source: 3-consistency "Plan", "Applying to a black box".
 */
import {
  holderOf,
  isReset,
  membersOfReplicant,
  sameDot,
  withExecuted,
  type Dot,
  type Operation,
  type Schedule,
} from '../../core/oplog/index.ts'
import { acknowledge, othersOf, tellEvent, tellOutcome, type Shared } from './admission.ts'
import { currentPlan } from './current-plan.ts'
import { decideDraft } from './doubt.ts'
import { failedHere, withFailed } from './failed.ts'
import { MAX_PLANS_TOGETHER, MAX_REFUSALS } from './limits.ts'
import { lookForState, shorten } from './issue-state.ts'
import { copyState } from './repair.ts'
import { Resource, contains, type Reading, type Seen, type Sent, type State } from './resource.ts'
import { largeBodyOf } from './body-records.ts'
import { fitOf } from './written-fields.ts'
import type { Looked } from './lanes.ts'
import { differing, judge, knowledgeNow, shownNow, writtenOf } from './comparison.ts'
import { ABSENT, type Intent, type LocalState } from './records.ts'
import type { Replica } from './replicas-store.ts'
import type { OperationTraits } from '../../ports/glue.ts'

/**
 * `done`: it counts as executed. `again`: to be tried later. `alone`: that too, and a member that is reached anew may help. `waits`:
 * something else must happen first. `replan`: look at the plan anew.
 */
type Step = 'done' | 'again' | 'alone' | 'waits' | 'replan'

/** Refusals that may pass and are about one operation: others could take it, or this one in another order. The rest is about the account, or the server. */
const GIVES_WAY: ReadonlySet<number> = new Set([403, 409, 423])

/** Does what is to be done, as far as it can be done now. */
export async function advance(shared: Shared, replica: Replica): Promise<Looked> {
  const { options, replicas } = shared
  const glue = options.glueOf(replica.name.service)
  const isMember = membersOfReplicant(replica.core.replicant).includes(options.site)
  const isIdle = glue === undefined || (!isMember && replica.draft === undefined)
  const looked = isIdle
    ? await settle(shared, replica)
    : await new Pass(shared, replica, new Resource(options, replica.name, glue)).run()
  // What was written on the way carried it along; what cannot be carried out now is held all the same.
  if (replica.local.acknowledges) await replicas.commit(commit => acknowledge(shared, commit, replica))
  return looked
}

/** Nothing is left to do: marks that say otherwise go, unless more has come. */
async function settle(shared: Shared, replica: Replica): Promise<Looked> {
  await shared.replicas.commit(commit => {
    const { replaying, diverged } = replica.local
    const isMember = membersOfReplicant(replica.core.replicant).includes(shared.options.site)
    if (isMember && currentPlan(shared, replica).plan.kind !== 'nothing') return
    const own = shownNow(shared, replica)
    const differs = own !== undefined && differing(shared, replica, own).length > 0
    const isWell =
      diverged &&
      failedHere(replica).length === 0 &&
      !(differs && replica.local.mended === knowledgeNow(shared, replica))
    if (replaying || isWell) commit.local(replica, { replaying: false, ...(isWell && { diverged: false }) })
    if (isWell) tellEvent(shared, commit, { kind: 'agrees', replicant: replica.name })
    acknowledge(shared, commit, replica)
    // A body that is still to come holds the acknowledgement up.
    if (!replica.local.acknowledges) shared.replicas.due(commit, replica.name, false)
  })
  return 'settled'
}

class Pass {
  readonly #shared: Shared
  readonly #replica: Replica
  readonly #resource: Resource

  constructor(shared: Shared, replica: Replica, resource: Resource) {
    this.#shared = shared
    this.#replica = replica
    this.#resource = resource
  }

  async run(): Promise<Looked> {
    const recovered = await this.#recover()
    if (recovered !== 'done') return recovered === 'replan' ? 'again' : recovered
    for (let round = 0; round < MAX_PLANS_TOGETHER; round++) {
      const { schedule, plan } = currentPlan(this.#shared, this.#replica)
      if (this.#local.uncertain !== undefined) {
        if (!(await this.#isDecided(schedule))) return 'waits'
        if (!this.#replica.checked) return 'again'
      }
      switch (plan.kind) {
        case 'nothing': {
          const compared = await this.#compareWithOthers()
          if (compared === 'replan') break
          return compared === 'done' ? settle(this.#shared, this.#replica) : compared
        }
        case 'stuck':
          await this.#diverge('its create was lost')
          return 'waits'
        case 'repair': {
          const copied = await this.#copy('what was sent may not be sent again')
          if (copied !== 'done') return copied
          break
        }
        case 'run':
        case 'replay': {
          const step = await this.#carryOut(plan.operations, plan.kind === 'replay')
          if (step !== 'done' && step !== 'replan') return step
        }
      }
    }
    this.#shared.kick(this.#replica)
    return 'settled'
  }

  get #local(): LocalState {
    return this.#replica.local
  }

  async #carryOut(operations: readonly Operation[], isReplay: boolean): Promise<Step> {
    if (isReplay && !this.#local.replaying) await this.#write({ replaying: true })
    for (const operation of operations) {
      if (!this.#isLive(operation)) return 'replan'
      const step = await this.#execute(operation)
      if (step !== 'done') return step
    }
    return 'done'
  }

  async #execute(operation: Operation): Promise<Step> {
    const { options, bodies, fetchBodies } = this.#shared
    const { site, mayRun } = options
    const { dot, type } = operation
    // What says what is there already changes nothing; `#executeState` asks if it does.
    if (type !== 'state' && dot.site !== site && !mayRun(operation)) {
      // Whoever exposes it later need not have it sent again.
      return this.#notExposed(operation)
    }
    const body = largeBodyOf(operation)
    if (body !== undefined && !bodies.isHere(operation.replicant, body.hash)) {
      // It goes on when it is here.
      fetchBodies()
      return 'waits'
    }
    const isState = ['create', 'replace', 'state', 'delete'].includes(operation.type)
    return isState ? this.#executeState(operation) : this.#executeRequest(operation)
  }

  async #notExposed({ dot }: Operation): Promise<Step> {
    await this.#diverge(`this site does not let ${dot.site} do that (expose)`)
    return 'again'
  }

  /** A reset is executed as state: create, replace or delete, whatever the application has. */
  async #executeState(operation: Operation): Promise<Step> {
    const reading = (await this.#seen(operation)) ?? (await this.#resource.read())
    if (reading.is === 'unknown') return 'again'
    const { bound } = this.#local
    if (operation.type === 'delete') {
      const sends = bound && reading.is === 'present'
      if (!sends) return this.#executed(operation, undefined, { bound: false, unbound: this.#local.unbound })
      await this.#intend({ dot: operation.dot, action: 'delete', before: reading.hash })
      return this.#took(operation, await this.#resource.delete(), { bound: false })
    }
    const state = await this.#resource.stateIn(operation)
    if (state === undefined) return this.#cannotSay()
    // What it shows already needs not be said to it again.
    const isThere = bound && reading.is === 'present' && this.#resource.equal(reading.body, state)
    if (isThere) return this.#executed(operation, undefined, { bound: true })
    const { site, mayRun } = this.#shared.options
    if (operation.dot.site !== site && !mayRun(operation)) return this.#notExposed(operation)
    const headers = operation.payload?.headers.flat() ?? []
    if (reading.is === 'absent') {
      await this.#intend({ dot: operation.dot, action: 'create', before: ABSENT })
      return this.#took(operation, await this.#resource.create(state, headers), { bound: true, unbound: false })
    }
    if (!bound) return this.#isOwn(operation) ? this.#isOurs() : this.#foreign(operation, reading, state)
    await this.#intend({ dot: operation.dot, action: 'replace', before: reading.hash })
    if (this.#resource.glue.kind(this.#resource.name.kind)?.isImmutable !== true)
      return this.#took(operation, await this.#resource.replace(state, headers, reading), { bound: true })
    const gone = await this.#resource.delete()
    if (gone === undefined || (gone.is !== 'done' && !isGone(gone))) return this.#took(operation, gone, {})
    return this.#took(operation, await this.#resource.create(state, headers), { bound: true })
  }

  /**
   * What the application answered last, in place of a reading: where its answers have been seen to tell what it shows, and nothing was
   * sent since. A precondition made of it holds as one made of a reading does; where there is none, whatever was changed past Cheops is
   * overwritten in either case. Not where nothing would be sent, nor in place of what must be absent afterwards.
   */
  async #seen(operation: Operation): Promise<Seen | undefined> {
    const { seen } = this.#replica
    const { hash, answered, answersTell, bound } = this.#local
    if (seen === undefined || !bound || !answersTell || seen.hash !== (hash ?? answered)) return undefined
    const isImmutable = this.#resource.glue.kind(this.#resource.name.kind)?.isImmutable === true
    if (operation.type !== 'replace' || isImmutable || largeBodyOf(operation) !== undefined) return undefined
    const state = await this.#resource.stateIn(operation)
    return state === undefined || this.#resource.equal(seen.body, state) ? undefined : seen
  }

  /** Any other operation is sent as it was written. */
  async #executeRequest(operation: Operation): Promise<Step> {
    if (operation.payload === undefined) return this.#executed(operation, undefined, {})
    if (!this.#local.bound) {
      if (this.#local.unbound) return 'waits'
      // What it makes of nothing can only be copied from a member that has had something.
      if (isReset(operation, this.#matrices)) return this.#cannotSay()
      // The application here has refused to make it: what has the name by now is not ours to change.
      return this.#executed(operation, undefined, {}, 'failed')
    }
    const { hash, answered } = this.#local
    let before: Intent['before'] = hash ?? answered
    if (before === undefined && !this.#traits(operation).maySendAgain) {
      const reading = await this.#resource.read()
      if (reading.is === 'unknown') return 'again'
      before = reading.is === 'absent' ? ABSENT : reading.hash
    }
    await this.#intend({ dot: operation.dot, action: 'send', before })
    return this.#took(operation, await this.#resource.send(operation.payload), {})
  }

  /** What an answer means for the lane. */
  async #took(operation: Operation, sent: Sent | undefined, then: Partial<LocalState>): Promise<Step> {
    switch (sent?.is) {
      case undefined:
        await this.#write({ intent: undefined })
        return this.#cannotSay()
      case 'done': {
        const { answered, seen } = this.#resource.shownIn(sent.answer)
        this.#replica.seen = seen
        return this.#executed(operation, sent.answer.status, { ...then, answered })
      }
      case 'not-now':
        return this.#notNow(operation, sent.status)
      case 'doubt':
        return (await this.#resolveIntent()) === 'done' && this.#isExecuted(operation.dot) ? 'done' : 'again'
      case 'refused': {
        const { status } = sent.answer
        if (operation.type === 'delete' && isGone(sent)) return this.#executed(operation, status, then)
        const isLost =
          status === 412 || (operation.type !== 'delete' && isReset(operation, this.#matrices) && isGone(sent))
        if (isLost || this.#shared.unanswered.hasEarlier(operation.dot)) {
          await this.#write({ intent: undefined })
          return 'again'
        }
        return this.#executed(operation, status, {}, 'failed')
      }
    }
  }

  /** It may pass. What never does must not hold up all that comes after, where it is about this operation and not about the account. */
  async #notNow(operation: Operation, status: number | undefined): Promise<Step> {
    const { intent, refused } = this.#local
    const before = refused !== undefined && sameDot(refused.dot, operation.dot) ? refused.times : 0
    const times = status === undefined ? before : before + 1
    if (times >= MAX_REFUSALS && status !== undefined && GIVES_WAY.has(status))
      return this.#executed(operation, status, {}, 'failed')
    // Somebody has created it meanwhile, perhaps this lane: the next look reads.
    const isMade = status === 409 && intent?.action === 'create'
    await this.#write({ refused: { dot: operation.dot, times }, ...(!isMade && { intent: undefined }) })
    if (times >= MAX_REFUSALS) await this.#diverge(`the application answers ${status} to the ${operation.type}`)
    return 'again'
  }

  async #executed(
    operation: Operation,
    status: number | undefined,
    then: Partial<LocalState>,
    outcome: 'applied' | 'failed' = 'applied',
  ): Promise<Step> {
    const { replicas, unanswered } = this.#shared
    await replicas.commit(commit => {
      const executed = withExecuted(this.#local.executed, operation, this.#matrices)
      const failed = withFailed(this.#replica, operation.dot, outcome)
      const done = { executed, failed, refused: undefined, intent: undefined }
      commit.local(this.#replica, { answered: undefined, hash: undefined, ...then, ...done })
      acknowledge(this.#shared, commit, this.#replica)
      tellOutcome(this.#shared, commit, this.#replica, operation, outcome, status)
      commit.afterwards(() => unanswered.update(this.#replica))
    })
    return 'done'
  }

  /** Every create of this site was executed here before anybody heard of it: this store does not know so, since it was set back. */
  #isOwn({ type, dot }: Operation): boolean {
    return type === 'create' && dot.site === this.#shared.options.site
  }

  async #isOurs(): Promise<Step> {
    await this.#write({ bound: true, unbound: false, suspect: true, copiesOnlyFitting: false })
    return 'again'
  }

  /** The name is there, and not ours as far as this store knows. One that was set back looks whether it is what the others have. */
  async #foreign(operation: Operation, reading: Reading & { readonly is: 'present' }, state: State): Promise<Step> {
    const { standing } = this.#shared
    if (!standing.isOld) return this.#clash(operation)
    if (this.#resource.shows(reading.body, state)) return this.#isOurs()
    if ((await copyState(this.#shared, this.#replica, this.#resource)) === 'copied') return 'replan'
    await this.#clash(operation)
    return 'alone'
  }

  /** The name is there and not ours: nothing is done to it, and everybody can see so. */
  async #clash(operation: Operation): Promise<Step> {
    if (this.#local.unbound) return 'waits'
    const { replicas, unanswered } = this.#shared
    await replicas.commit(commit => {
      commit.local(this.#replica, { unbound: true, intent: undefined })
      tellOutcome(this.#shared, commit, this.#replica, operation, 'failed')
      tellEvent(this.#shared, commit, { kind: 'unbound', replicant: this.#replica.name })
      commit.afterwards(() => unanswered.update(this.#replica))
    })
    return 'waits'
  }

  /** Nobody can say how to bring the application into the state; a member that has it may show it. */
  async #cannotSay(): Promise<Step> {
    const copied = await this.#copy('the body cannot be put into another request')
    return copied === 'done' ? 'replan' : copied
  }

  /** Takes the state of a member that agrees, or shows why it is needed. */
  async #copy(why: string): Promise<'done' | 'again' | 'alone'> {
    const copied = await copyState(this.#shared, this.#replica, this.#resource)
    switch (copied) {
      case 'copied':
        return 'done'
      case 'busy':
        return 'again'
      case 'not-taken':
        await this.#diverge(`${why}, and the application does not take the state of another member now`)
        return 'again'
      case 'not-exposed':
        await this.#diverge(`${why}, and this site does not let the others write what is missing (expose)`)
        return 'again'
      case 'nobody': {
        await this.#diverge(`${why}, and no member that agrees can be reached`)
        const found = await lookForState(this.#shared, this.#replica, this.#resource)
        return found === 'waits' ? 'alone' : 'done'
      }
    }
  }

  /** All is executed here: whether the members that know the same show the same. */
  async #compareWithOthers(): Promise<'done' | 'replan' | 'again' | 'alone'> {
    const [shared, replica] = [this.#shared, this.#replica]
    const own = shownNow(shared, replica)
    const others = own === undefined ? [] : differing(shared, replica, own)
    if (failedHere(replica).length > 0) {
      // The others are right, and know of it. A round later a state of theirs is tried.
      await this.#diverge('the application here has refused what counts at the other members')
      return 'done'
    }
    if (others.length === 0) return (await shorten(shared, replica, this.#resource)) ? 'replan' : 'done'
    const knowledge = knowledgeNow(shared, replica)
    const sites = others.map(({ site }) => site).join(', ')
    const why = `it does not show what ${sites} shows after the same operations`
    if (this.#local.mended === knowledge) {
      await this.#diverge(
        `${why}, also after a repair; fields that each application sets by itself belong into server-set of its definition`,
      )
      return 'done'
    }
    const reading = await this.#resource.read()
    if (reading.is === 'unknown' || knowledgeNow(shared, replica) !== knowledge) return 'again'
    const isRight =
      reading.is === 'present' && (await judge(shared, replica, this.#resource, reading, others)) === 'right'
    if (isRight) return 'done'
    const copiesOnlyFitting =
      reading.is === 'present' && (await fitOf(this.#resource, writtenOf(shared, replica), reading.body)).fits
    const nothing = { hash: undefined, answered: undefined }
    await this.#write({ suspect: true, copiesOnlyFitting, mended: knowledge, ...nothing })
    const copied = await this.#copy(why)
    return copied === 'done' ? 'replan' : copied
  }

  // What an earlier look, or an earlier run of the agent, has left -----------------------------------------------------

  async #recover(): Promise<Step> {
    if (this.#replica.draft !== undefined) {
      const decided = await decideDraft(this.#shared, this.#replica, this.#resource, this.#hasForeignReset())
      if (decided === 'unread') return 'again'
    }
    if (this.#local.intent !== undefined) {
      const resolved = await this.#resolveIntent()
      if (resolved !== 'done') return resolved
    }
    // What holds needs not be compared before something has decided.
    if (this.#local.uncertain === undefined && (!this.#replica.checked || this.#local.suspect)) {
      const looked = await this.#compareWithLast()
      if (looked === 'unknown') return 'again'
      this.#replica.checked = true
    }
    if (!this.#local.suspect) return 'done'
    if (this.#willBeReset()) {
      // Whatever it shows is gone then.
      await this.#write({ suspect: false, hash: undefined, answered: undefined })
      return 'done'
    }
    return this.#copy('the application does not show what was done last')
  }

  /**
   * Whether the application still shows what it showed when the lane was idle last. What it shows again is suspect no more. After a start
   * nothing is believed that cannot be compared: the store may have been set back to before what the application has carried out, and
   * that would be done twice. Whoever is the only member has nobody to learn it from.
   */
  async #compareWithLast(): Promise<'known' | 'unknown'> {
    const { hash, answered, answersTell, bound, suspect } = this.#local
    const known = hash ?? answered
    const isBlind = hash === undefined && (answered === undefined || !answersTell)
    if (!bound || (isBlind && this.#replica.checked)) return 'known'
    const reading = await this.#resource.read()
    if (reading.is === 'unknown') return known === undefined && isRefusal(reading.status) ? 'known' : 'unknown'
    const shown = reading.is === 'present' ? reading.hash : ABSENT
    const isAlone = isBlind && othersOf(this.#replica.core.replicant).length === 0
    const differs = shown !== known && !isAlone
    const isKept = !differs && shown !== ABSENT
    if (differs === suspect && (!isKept || hash !== undefined)) return 'known'
    const { replicas } = this.#shared
    await replicas.commit(commit => {
      commit.local(this.#replica, { suspect: differs, copiesOnlyFitting: false, ...(isKept && { hash: shown }) })
      if (differs !== suspect) replicas.due(commit, this.#replica.name, true)
      const { name } = this.#replica
      if (differs && !suspect && !isBlind) tellEvent(this.#shared, commit, { kind: 'drift', replicant: name })
    })
    return 'known'
  }

  /** Something was sent, and nobody knows what came of it: the table of recovery. */
  async #resolveIntent(): Promise<Step> {
    const { intent } = this.#local
    if (intent === undefined) return 'done'
    const reading = await this.#resource.read()
    if (reading.is === 'unknown') return 'again'
    const operation = holderOf(this.#replica.core.replicant)?.live.find(({ dot }) => sameDot(dot, intent.dot))
    if (operation === undefined) {
      // It was dropped meanwhile. What was made where there was nothing is ours.
      const made = intent.action === 'create' && reading.is === 'present'
      await this.#write({ intent: undefined, ...(made && { bound: true }), hash: undefined, answered: undefined })
      return 'done'
    }
    const state = await this.#resource.stateIn(operation)
    const done = this.#isDone(intent, operation, reading, state)
    if (done === 'yes') {
      const saysAll = state !== undefined && isReset(operation, this.#matrices)
      const isAll = saysAll && reading.is === 'present' && this.#resource.equal(reading.body, state)
      return this.#executed(operation, undefined, {
        ...boundAfter(intent, this.#local),
        ...(isAll && { hash: reading.hash }),
      })
    }
    if (done === 'theirs') return this.#clash(operation)
    if (done === 'no' || this.#traits(operation).maySendAgain) {
      const isAsBefore = reading.is === 'present' && reading.hash === intent.before
      await this.#write({ intent: undefined, answered: undefined, ...(isAsBefore && { hash: reading.hash }) })
      return 'done'
    }
    return this.#begunAnew(operation)
  }

  #isDone(
    intent: Intent,
    operation: Operation,
    reading: Reading,
    state: State | undefined,
  ): 'yes' | 'no' | 'theirs' | 'unknown' {
    switch (intent.action) {
      case 'create':
        if (reading.is !== 'present') return 'no'
        return state !== undefined && this.#resource.shows(reading.body, state) ? 'yes' : 'theirs'
      case 'replace':
        if (reading.is !== 'present' || state === undefined || reading.hash === intent.before) return 'no'
        return this.#resource.shows(reading.body, state) ? 'yes' : 'no'
      case 'delete':
        return reading.is === 'absent' ? 'yes' : 'no'
      case 'send': {
        if (reading.is !== 'present') return intent.before === ABSENT ? 'no' : 'unknown'
        if (reading.hash === intent.before) return 'no'
        if (operation.type !== 'merge' || state?.is !== 'json' || reading.body.is !== 'json') return 'unknown'
        return contains(reading.body.value, state.value) ? 'yes' : 'unknown'
      }
    }
  }

  /**
   * It may not be sent a second time on top of itself, but may on an earlier state: then all is run again from the last reset, which
   * makes its effect exactly one. Else it is shown as uncertain, and the lane holds.
   */
  async #begunAnew(operation: Operation): Promise<Step> {
    const { schedule } = currentPlan(this.#shared, this.#replica)
    const changes = schedule.state === 'present' ? schedule.changes : []
    const sent = changes.filter(change => sameDot(change.dot, operation.dot) || this.#isExecuted(change.dot))
    if (sent.length > 0 && sent.every(change => this.#traits(change).mayReplay)) {
      const { life } = operation
      const executed = { life, operations: [], context: [] }
      await this.#write({ intent: undefined, executed, replaying: true, hash: undefined, answered: undefined })
      return 'done'
    }
    await this.#shared.replicas.commit(commit => {
      commit.local(this.#replica, { intent: undefined, uncertain: operation.dot, answered: undefined })
      tellOutcome(this.#shared, commit, this.#replica, operation, 'uncertain')
    })
    return 'waits'
  }

  /** Whether a reset has done away with what was uncertain. */
  async #isDecided(schedule: Schedule): Promise<boolean> {
    const { uncertain } = this.#local
    const stands =
      schedule.state === 'present' && schedule.changes.some(({ dot }) => uncertain && sameDot(dot, uncertain))
    if (!stands) await this.#write({ uncertain: undefined })
    return !stands
  }

  /** Whether the lane will put the application into a state that another site has written. */
  #hasForeignReset(): boolean {
    const { plan } = currentPlan(this.#shared, this.#replica)
    const first = plan.kind === 'run' || plan.kind === 'replay' ? plan.operations[0] : undefined
    return first !== undefined && isReset(first, this.#matrices) && !this.#isExecuted(first.dot)
  }

  /** Whether the lane puts the application into a state that another site has written, and runs nothing twice that may not be. */
  #willBeReset(): boolean {
    const { plan } = currentPlan(this.#shared, this.#replica)
    return (
      this.#hasForeignReset() &&
      (plan.kind === 'run' || plan.kind === 'replay') &&
      plan.operations.every(
        operation =>
          operation.dot.site !== this.#shared.options.site &&
          (isReset(operation, this.#matrices) || this.#traits(operation).mayReplay),
      )
    )
  }

  #isExecuted(dot: Dot): boolean {
    return this.#local.executed.operations.some(done => sameDot(done.dot, dot))
  }

  #isLive(operation: Operation): boolean {
    return holderOf(this.#replica.core.replicant)?.live.includes(operation) === true
  }

  #traits({ type }: Operation): OperationTraits {
    const known = this.#resource.glue.kind(this.#resource.name.kind)?.operations[type]
    return known ?? { isReset: false, mayReplay: false, maySendAgain: false }
  }

  get #matrices() {
    return this.#shared.options.matrices
  }

  #intend(intent: Intent): Promise<void> {
    this.#replica.seen = undefined
    return this.#shared.replicas.commit(commit => {
      commit.local(this.#replica, { intent, hash: undefined })
      acknowledge(this.#shared, commit, this.#replica)
    })
  }

  #write(change: Partial<LocalState>): Promise<void> {
    return this.#shared.replicas.commit(commit => commit.local(this.#replica, change))
  }

  async #diverge(why: string): Promise<void> {
    if (this.#local.diverged) return
    await this.#shared.replicas.commit(commit => {
      commit.local(this.#replica, { diverged: true })
      tellEvent(this.#shared, commit, { kind: 'diverged', replicant: this.#replica.name, why })
    })
  }
}

/** The application does not let the agent read at all, and never has. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500
}

function boundAfter({ action }: Intent, { bound }: LocalState): Partial<LocalState> {
  return { bound: action === 'delete' ? false : action === 'send' ? bound : true }
}

function isGone(sent: Sent): boolean {
  return sent.is === 'refused' && (sent.answer.status === 404 || sent.answer.status === 410)
}

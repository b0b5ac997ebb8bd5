import { holderOf, isReset, sameDot, type Operation } from '../../../core/oplog/index.ts'
import { othersOf } from '../admission/words.ts'
import { beginsWithReset, currentPlan } from './current-plan.ts'
import { mayLand } from '../drift/settling.ts'
import { decideDraft } from '../write/doubt.ts'
import { givenUpNow, knownBy, noteFoundBeside, noteMayLand, recallGivenUp } from '../write/given-up.ts'
import { compareWithLast } from './lane-comparison.ts'
import { copyOrShow } from './lane-copy.ts'
import { ABSENT, type Intent, type LocalState } from '../replica.ts'
import { isMerging } from '../drift/merging.ts'
import { copyState } from '../drift/repair.ts'
import { contains } from '../application/contains.ts'
import type { Reading, State } from '../application/state.ts'
import { sendApart } from './together.ts'
import type { LaneBook, Step } from './lane-book.ts'

/** What an earlier look, or an earlier run of the agent, has left: it is found out what became of it before anything else is done. */
export class Recovery {
  readonly #book: LaneBook

  constructor(book: LaneBook) {
    this.#book = book
  }

  /** @param isPrepared nothing of the intent was sent yet */
  async recover(isPrepared: boolean): Promise<Step> {
    if (!this.#book.replica.run.checked) recallGivenUp(this.#book.engine, this.#book.replica)
    if (this.#book.replica.draft !== undefined) {
      const decided = await decideDraft(
        this.#book.engine,
        this.#book.replica,
        this.#book.resource,
        this.#hasForeignReset(),
      )
      if (decided === 'unread') return 'again'
    }
    // A repair has no intent: what an earlier run has sent for one may land yet.
    if (!this.#book.replica.run.checked && this.#book.local.replaying) this.#noteMayLand()
    if (this.#book.local.intent !== undefined && !isPrepared) {
      const resolved = await this.resolveIntent()
      if (resolved !== 'done') return resolved
    }
    // What holds needs not be compared before something has decided.
    if (this.#book.local.uncertain === undefined && (!this.#book.replica.run.checked || this.#book.local.suspect)) {
      const looked = await compareWithLast(this.#book)
      if (looked === 'unknown') return 'again'
      this.#book.replica.run.checked = true
    }
    if (!this.#book.local.suspect) return 'done'
    if (this.#willBeReset()) {
      // Whatever it shows is gone then.
      await this.#book.write({ suspect: false, unsure: false, hash: undefined, answered: undefined })
      return 'done'
    }
    return copyOrShow(this.#book, 'the application does not show what was done last')
  }

  /**
   * Something was sent, and nobody knows what came of it: the table of recovery.
   * @param isJustSent it may land yet. What may not be sent twice is not sent again because of what is read now: it is read once more just before,
   *   after the lane has waited
   */
  async resolveIntent(isJustSent = false): Promise<Step> {
    const { intent } = this.#book.local
    if (intent === undefined) return 'done'
    const reading = await this.#book.resource.read()
    if (reading.is === 'unknown') return 'again'
    const live = holderOf(this.#book.replica.core.replicant)?.live ?? []
    const operation = live.find(({ dot }) => sameDot(dot, intent.dot))
    const also = intent.also ?? []
    const areAllLive = also.every(dot => live.some(other => sameDot(other.dot, dot)))
    if (operation === undefined || !areAllLive) {
      // It, or what was sent with it, was dropped meanwhile. What was made where there was nothing is ours.
      const made = intent.action === 'create' && reading.is === 'present'
      const isAsBefore = reading.is === 'present' ? reading.hash === intent.before : intent.before === ABSENT
      const isGone = beginsWithReset(currentPlan(this.#book.engine, this.#book.replica).plan, this.#book.matrices)
      // A matrix drops it without a reset: what it has done may stand there all the same.
      const mayShow = (intent.action === 'send' || also.length > 0) && !isAsBefore && !isGone
      const then = { hash: undefined, answered: undefined, ...(made && { bound: true }) }
      await this.#book.write({
        intent: undefined,
        ...then,
        ...(mayShow && { suspect: true, copiesOnlyFitting: false }),
        ...this.#noteMayLand(),
      })
      return 'done'
    }
    const state = await this.#book.resource.stateIn(operation)
    // All of several may be sent again, and are one by one: which are in effect is seen by that.
    if (also.length > 0) sendApart(this.#book.replica)
    const done = also.length > 0 ? 'no' : this.#isDone(intent, operation, reading, state)
    if (done === 'yes') {
      const saysAll = state !== undefined && isReset(operation, this.#book.matrices)
      const isAll = saysAll && reading.is === 'present' && this.#book.resource.equal(reading.body, state)
      const { engine, replica } = this.#book
      const step = await this.#book.executed(operation, undefined, {
        ...boundAfter(intent, this.#book.local),
        ...(reading.is === 'present' && knownBy(engine, replica, reading.hash)),
        ...(isAll && { hash: reading.hash }),
      })
      if (reading.is === 'present' && !isAll) noteFoundBeside(engine, replica, reading.hash)
      return step
    }
    // It is not what was sent that has changed it.
    if (reading.is === 'present' && intent.before !== undefined && reading.hash !== intent.before)
      noteFoundBeside(this.#book.engine, this.#book.replica, reading.hash)
    if (done === 'theirs') {
      const step = await this.#book.clash()
      await this.#book.blocked([operation], this.#book.unboundCode)
      return step
    }
    // It was taken on perhaps, and is not there yet.
    if (done === 'no' && mayLand(this.#book.engine, this.#book.resource, intent.at)) return 'again'
    const { maySendAgain } = this.#book.traits(operation)
    if (done === 'no' && isJustSent && !maySendAgain) return 'again'
    if (done === 'no' || maySendAgain) {
      const isAsBefore = reading.is === 'present' && reading.hash === intent.before
      const sentAgain = this.#book.local.sentAgain || !maySendAgain
      const hash = isAsBefore ? { hash: reading.hash } : {}
      await this.#book.write({ intent: undefined, answered: undefined, sentAgain, ...hash, ...this.#noteMayLand() })
      return 'done'
    }
    return this.#begunAnew(operation)
  }

  /** What was sent may land yet, whatever is read now. */
  #noteMayLand(): Pick<LocalState, 'givenUp'> {
    const { engine, replica } = this.#book
    noteMayLand(replica.run, engine.options.clock.monotonic())
    return givenUpNow(engine, replica)
  }

  #isDone(
    intent: Intent,
    operation: Operation,
    reading: Reading,
    state: State | undefined,
  ): 'yes' | 'no' | 'theirs' | 'unknown' {
    const marked =
      reading.is === 'present' && intent.action !== 'delete'
        ? this.#book.resource.showsEffect(reading.body, state, operation.type)
        : undefined
    if (marked !== undefined) return marked ? 'yes' : 'no'
    switch (intent.action) {
      case 'create':
        if (reading.is !== 'present') return 'no'
        return state !== undefined && this.#book.resource.shows(reading.body, state) ? 'yes' : 'theirs'
      case 'replace':
        if (reading.is !== 'present' || state === undefined || reading.hash === intent.before) return 'no'
        return this.#book.resource.shows(reading.body, state) ? 'yes' : 'no'
      case 'delete':
        return reading.is === 'absent' ? 'yes' : 'no'
      case 'send': {
        if (reading.is !== 'present') return intent.before === ABSENT ? 'no' : 'unknown'
        if (reading.hash === intent.before) return 'no'
        if (!isMerging(operation, state) || state?.is !== 'json' || reading.body.is !== 'json') return 'unknown'
        return contains(reading.body.value, state.value) ? 'yes' : 'unknown'
      }
    }
  }

  /**
   * It may not be sent a second time on top of itself, but may on an earlier state: then all is run again from the last reset, which
   * makes its effect exactly one. Else the service's policy decides: it is shown as uncertain, and the lane holds; or it is sent again; or it
   * counts as failed, and the state of another member is copied.
   */
  async #begunAnew(operation: Operation): Promise<Step> {
    const { schedule } = currentPlan(this.#book.engine, this.#book.replica)
    const changes = schedule.state === 'present' ? schedule.changes : []
    const sent = changes.filter(change => sameDot(change.dot, operation.dot) || this.#book.isExecuted(change.dot))
    if (sent.length > 0 && sent.every(change => this.#book.traits(change).mayReplay)) {
      const { life } = operation
      const executed = { life, operations: [], context: [] }
      await this.#book.write({ intent: undefined, executed, replaying: true, hash: undefined, answered: undefined })
      return 'done'
    }
    switch (this.#book.engine.options.onDoubt?.(operation.replicant.service) ?? 'hold') {
      case 'retry':
        await this.#book.write({ intent: undefined, answered: undefined, hash: undefined })
        return 'done'
      case 'skip':
        await this.#book.failed(operation, { error: 'ERR_OUTCOME_UNKNOWN' })
        await copyState(this.#book.engine, this.#book.replica, this.#book.resource)
        return 'done'
      case 'hold':
    }
    await this.#book.holdAt(operation)
    return 'waits'
  }

  /** Whether the lane will put the application into a state that another site has written. */
  #hasForeignReset(): boolean {
    const { plan } = currentPlan(this.#book.engine, this.#book.replica)
    const first = plan.kind === 'run' || plan.kind === 'replay' ? plan.operations[0] : undefined
    return first !== undefined && isReset(first, this.#book.matrices) && !this.#book.isExecuted(first.dot)
  }

  /** Whether there may be more, still to come here, that was carried out in a part of the store that is lost, and may not be sent twice. */
  #maySendTwice(): boolean {
    const { engine, replica, resource } = this.#book
    const operations = Object.values(resource.glue.kind(replica.name.kind)?.operations ?? {})
    if (operations.every(({ isReset: isAll, mayReplay }) => isAll || mayReplay)) return false
    return engine.standing.amongst(othersOf(replica.core.replicant)) !== 'last'
  }

  /** Whether the lane puts the application into a state that another site has written, and runs nothing twice that may not be. */
  #willBeReset(): boolean {
    if (this.#book.local.unsure && this.#maySendTwice()) return false
    const { plan } = currentPlan(this.#book.engine, this.#book.replica)
    return (
      this.#hasForeignReset() &&
      (plan.kind === 'run' || plan.kind === 'replay') &&
      plan.operations.every(
        operation =>
          operation.dot.site !== this.#book.engine.options.site &&
          (isReset(operation, this.#book.matrices) || this.#book.traits(operation).mayReplay),
      )
    )
  }
}

function boundAfter({ action }: Intent, { bound }: LocalState): Partial<LocalState> {
  return { bound: action === 'delete' ? false : action === 'send' ? bound : true }
}

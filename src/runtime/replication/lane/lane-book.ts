import {
  covers,
  dotKey,
  holderOf,
  isReset,
  sameDot,
  withExecuted,
  withIdentities,
  type Dot,
  type Operation,
} from '../../../core/oplog/index.ts'
import type { ErrorCode } from '../../../errors.ts'
import { acknowledge, acknowledgeOutcome, tellEvent, tellOutcome, type Why } from '../admission/words.ts'
import { currentPlan } from './current-plan.ts'
import type { Engine } from '../engine.ts'
import { largeBodyOf } from '../bodies/body-records.ts'
import { renamed, whyFailed, withBodyNow, withFailed, withoutFailed } from './failed.ts'
import { outcomesOf } from '../outcomes.ts'
import { withoutLanded, type Intent, type LocalState, type Replica, type RunState } from '../replica.ts'
import { noteDiffers } from '../drift/own-fields.ts'
import { momentOf } from '../drift/settling.ts'
import type { Commit } from '../store/commit.ts'
import { showsAllText } from '../application/shows-all.ts'
import type { Resource } from '../application/resource.ts'
import type { OperationTraits } from '../../../ports/replication-glue.ts'
import { noteBuiltOn, noteNoneIsThere, wasGivenUp } from '../write/given-up.ts'

/**
 * `done`: it counts as executed. `again`: to be tried later. `alone`: that too, and a member that is reached anew may help. `waits`:
 * something else must happen first. `replan`: look at the plan anew.
 */
export type Step = 'done' | 'again' | 'alone' | 'waits' | 'replan'

/** Operations, by `dotKey`, of which the origins were told that they are held up: once in a run of the agent. */
const blockedBefore = new WeakMap<RunState, ReadonlySet<string>>()

/** Whether nothing is carried out from an operation on until somebody decides, as its origin was told. */
export function isBlocked(replica: Replica, { dot }: Operation): boolean {
  const { diverged, unbound } = replica.local
  return (diverged || unbound) && blockedBefore.get(replica.run)?.has(dotKey(dot)) === true
}

/** What a pass of a lane knows of its replicant, and what it writes down of what it does: for carrying out and recovering alike. */
export class LaneBook {
  readonly engine: Engine
  readonly replica: Replica
  readonly resource: Resource

  constructor(engine: Engine, replica: Replica, resource: Resource) {
    this.engine = engine
    this.replica = replica
    this.resource = resource
  }

  get local(): LocalState {
    return this.replica.local
  }

  /** Why nothing is done to a name that is not ours here. */
  get unboundCode(): ErrorCode {
    return this.local.showsAll === undefined ? 'ERR_REPLICANT_UNBOUND' : 'ERR_GLUE_ABSENCE'
  }

  get matrices() {
    return this.engine.options.matrices
  }

  traits({ type }: Operation): OperationTraits {
    const known = this.resource.glue.kind(this.resource.name.kind)?.operations[type]
    return known ?? { isReset: false, mayReplay: false, maySendAgain: false }
  }

  isExecuted(dot: Dot): boolean {
    return this.local.executed.operations.some(done => sameDot(done.dot, dot))
  }

  isLive(operation: Operation): boolean {
    return holderOf(this.replica.core.replicant)?.live.includes(operation) === true
  }

  /** What is to be acknowledged is so with what comes of it: one message less. */
  intend(intent: Intent, learnt: Partial<LocalState> = {}): Promise<void> {
    this.replica.seen = undefined
    const dated = { ...intent, ...momentOf(this.engine, this.resource) }
    return this.engine.replicas.commit(commit =>
      commit.local(this.replica, { ...learnt, intent: dated, hash: undefined }),
    )
  }

  /** @param operations one, or several that one request has carried out, in their order */
  executed(
    operations: Operation | readonly Operation[],
    status: number | undefined,
    then: Partial<LocalState>,
  ): Promise<Step> {
    return this.#done([operations].flat(), 'applied', status === undefined ? {} : { status }, then)
  }

  /** It counts as executed, and has come to nothing here. */
  failed(operation: Operation, why: Why, then: Partial<LocalState> = {}): Promise<Step> {
    return this.#done([operation], 'failed', why, then)
  }

  async #done(
    operations: readonly Operation[],
    outcome: 'applied' | 'failed',
    why: Why,
    then: Partial<LocalState>,
  ): Promise<Step> {
    const { replicas, unanswered } = this.engine
    await replicas.commit(commit => {
      for (const operation of operations) this.#note(commit, operation, outcome, why, then)
      commit.afterwards(() => unanswered.update(this.replica))
    })
    return 'done'
  }

  #note(
    commit: Commit,
    operation: Operation,
    outcome: 'applied' | 'failed',
    why: Why,
    then: Partial<LocalState>,
  ): void {
    const executed = withExecuted(this.local.executed, operation, this.matrices)
    const failed = withFailed(this.replica, operation.dot, outcome)
    // What was given up here before may land yet, or may have landed as this was sent. What was sent twice before is gone with a reset.
    const isAgain = outcome === 'applied' && wasGivenUp(this.replica.run, operation)
    const sentAgain = (this.local.sentAgain || isAgain) && !isReset(operation, this.matrices)
    // A replay carries out what came before once more: that says nothing of what it refuses behind it.
    const { refused: before } = this.local
    const refused = before === undefined || sameDot(before.dot, operation.dot) ? undefined : before
    const landed = isReset(operation, this.matrices) ? withoutLanded(this.local) : {}
    const done = { executed, failed, refused, intent: undefined, leftover: false, sentAgain, ...landed }
    commit.local(this.replica, { answered: undefined, hash: undefined, ...then, ...done })
    // A state of this site is made of what is shown here.
    const isOwnState = operation.type === 'state' && operation.dot.site === this.engine.options.site
    if (outcome === 'applied') {
      if (isReset(operation, this.matrices) && !isOwnState) noteNoneIsThere(this.replica.run)
      else noteBuiltOn(this.replica.run)
    }
    if (outcome === 'failed' && this.#wasDone(operation)) acknowledge(this.engine, commit, this.replica)
    else acknowledgeOutcome(this.engine, commit, this.replica, operation, outcome, why)
  }

  /**
   * Whether its client was told here that it was done, behind all that stands before it: what the application refuses when that is made once more (it was lost there) takes nothing of that
   * back. Behind what others have written meanwhile it is another thing.
   */
  #wasDone({ dot, context }: Operation): boolean {
    const { site } = this.engine.options
    if (dot.site !== site) return false
    const isApplied = outcomesOf(this.replica, dot).some(told => told.site === site && told.outcome === 'applied')
    const { schedule } = currentPlan(this.engine, this.replica)
    if (!isApplied || schedule.state !== 'present') return false
    const all = [schedule.reset, ...schedule.changes]
    const before = all.slice(
      0,
      all.findIndex(other => sameDot(other.dot, dot)),
    )
    return before.every(other => covers(context, other.dot))
  }

  /**
   * A client has sent one request, with a key, to two members, and what was executed here is not the operation of the two that counts: it is that from now on. Else its origin would wait for ever,
   * and what is written here next would not have seen it, and be undone by it. Where anything is left to do that waits: the operation that counts may have seen that.
   */
  async nameWhatCounts(): Promise<void> {
    const { plan, executedAs } = currentPlan(this.engine, this.replica)
    if (plan.kind !== 'nothing' || executedAs.length === 0) return
    const { replicas, unanswered } = this.engine
    const before = this.local.executed.operations
    await replicas.commit(commit => {
      const { failed, lacked } = renamed(
        this.replica,
        dot =>
          executedAs.find(({ place }) => before[place] !== undefined && sameDot(before[place].dot, dot))?.operation
            .dot ?? dot,
      )
      commit.local(this.replica, { executed: withIdentities(this.local.executed, executedAs), failed, lacked })
      for (const { operation } of executedAs) {
        const { dot } = operation
        if (dot.site === this.engine.options.site) continue
        if (!failed.some(other => sameDot(other, dot)))
          acknowledgeOutcome(this.engine, commit, this.replica, operation, 'applied', {})
        else acknowledgeOutcome(this.engine, commit, this.replica, operation, 'failed', whyFailed(this.replica, dot))
      }
      commit.afterwards(() => unanswered.update(this.replica))
    })
  }

  /** Nobody can tell whether it took effect: the lane holds before it until somebody decides. */
  async holdAt(operation: Operation): Promise<void> {
    await this.engine.replicas.commit(commit => {
      commit.local(this.replica, { intent: undefined, uncertain: operation.dot, answered: undefined })
      tellOutcome(this.engine, commit, this.replica, operation, 'uncertain')
    })
  }

  /** What has failed for want of its large body, and has it now, counts as not executed. */
  async runAgain(): Promise<void> {
    const { bodies, replicas, unanswered } = this.engine
    const again = withBodyNow(this.replica, operation => {
      const body = largeBodyOf(operation)
      return body !== undefined && bodies.isHere(operation.replicant, body)
    })
    if (again.length === 0) return
    await replicas.commit(commit => {
      commit.local(this.replica, withoutFailed(this.replica, again))
      commit.afterwards(() => unanswered.update(this.replica))
    })
  }

  /** The name is there and not ours: nothing is done to it, and everybody can see so. */
  async clash(): Promise<Step> {
    if (this.local.unbound) return 'waits'
    const { replicas, unanswered } = this.engine
    const shown = await this.resource.readNobodys()
    const why = shown && showsAllText(this.resource, shown)
    await replicas.commit(commit => {
      commit.local(this.replica, { unbound: true, showsAll: why, intent: undefined })
      tellEvent(this.engine, commit, {
        kind: 'unbound',
        replicant: this.replica.name,
        ...(why !== undefined && { why }),
      })
      commit.afterwards(() => unanswered.update(this.replica))
    })
    return 'waits'
  }

  /**
   * Nothing more is carried out until somebody decides: origins need not wait for it. What is carried out after all is told then.
   * @param operations what is left to do, the first of which cannot be done
   */
  async blocked(operations: readonly Operation[], error: ErrorCode): Promise<void> {
    const before = blockedBefore.get(this.replica.run)
    const news = operations.filter(({ dot }) => before?.has(dotKey(dot)) !== true)
    if (news.length === 0) return
    blockedBefore.set(this.replica.run, new Set(operations.map(({ dot }) => dotKey(dot))))
    await this.engine.replicas.commit(commit => {
      for (const operation of news) tellOutcome(this.engine, commit, this.replica, operation, 'failed', { error })
    })
  }

  /** What stands in the way now is kept; told it is once. */
  async diverge(why: string): Promise<void> {
    const { diverged, divergedBy } = this.local
    if (diverged && divergedBy === why) return
    if (!diverged) noteDiffers(this.replica, this.engine.options.clock.monotonic())
    await this.engine.replicas.commit(commit => {
      commit.local(this.replica, { diverged: true, divergedBy: why })
      if (diverged) return
      tellEvent(this.engine, commit, { kind: 'diverged', replicant: this.replica.name, why })
    })
  }

  write(change: Partial<LocalState>): Promise<void> {
    return this.engine.replicas.commit(commit => commit.local(this.replica, change))
  }
}

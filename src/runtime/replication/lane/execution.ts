import {
  MAX_OPERATIONS_PAST_RESET,
  covers,
  holderOf,
  includes,
  isReset,
  sameDot,
  type Dot,
  type Operation,
} from '../../../core/oplog/index.ts'
import type { ErrorCode } from '../../../errors.ts'
import { othersOf } from '../admission/words.ts'
import { largeBodyOf } from '../bodies/body-records.ts'
import { createBy, replaceBy } from './creation.ts'
import { MAX_KNOWN_FAILED } from '../limits.ts'
import {
  isInTheWay,
  isSettling,
  isYetToCome,
  looksAgainInMs,
  mayComeAfter,
  mayComeLater,
  stillToCome,
} from '../drift/settling.ts'
import { ABSENT, type Intent, type LocalState } from '../replica.ts'
import { isObject } from '../drift/merge-patch.ts'
import { isMerging } from '../drift/merging.ts'
import { isChangedPast, suspectDrift } from '../drift/read-back.ts'
import { copyState } from '../drift/repair.ts'
import { mayBeThere, mayLandNow, noteMayBeThere, wasGivenUp } from '../write/given-up.ts'
import { Answers } from './answers.ts'
import type { LaneBook, Step } from './lane-book.ts'
import { isMeantHere } from './meant.ts'
import { isOursUnknown, showsAnyWritten } from './ours-unknown.ts'
import type { Prepared } from './prepared.ts'
import {
  NOTHING_TAKEN,
  areSentApart,
  patchOf,
  sendApart,
  sendTogether,
  stateWith,
  takenBy,
  type Several,
} from './together.ts'
import { decideUnsure, mayBeInSaid } from './unsure.ts'
import type { Recovery } from './recovery.ts'
import type { Made } from '../application/sent.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'
import { isKeptFromReading, type Reading, type Seen, type State } from '../application/state.ts'

/** What the application has, by what was read; undefined where it could not be. */
function foundIn(reading: Reading): Intent['before'] {
  if (reading.is === 'unknown') return undefined
  return reading.is === 'absent' ? ABSENT : reading.hash
}

/** As an application says that a name is taken. */
const TAKEN = 409

/** Operations that are carried out by one request. */
function intentOf([first, ...others]: Several, action: Intent['action'], before: Intent['before']): Intent {
  const also = others.map(({ dot }) => dot)
  return { dot: first.dot, action, before, ...(also.length > 0 && { also }) }
}

/** Operations are carried out at the application, one after the other. Source: src/consistency.md "Applying to a black box". */
export class Execution {
  readonly #book: LaneBook
  readonly #answers: Answers
  #prepared: Prepared | undefined
  /** What the request of an operation before it has carried out too. */
  readonly #besides = new Set<Operation>()
  /** Before any of it was carried out once more. */
  #taken = NOTHING_TAKEN
  /** Why it is held up, where that is this agent's doing. */
  #blockedBy: ErrorCode | undefined

  /** @param prepared what is to be carried out first, if that is intended already */
  constructor(book: LaneBook, recovery: Recovery, prepared: Prepared | undefined) {
    this.#book = book
    this.#answers = new Answers(book, recovery)
    this.#prepared = prepared
    // One is refused for the time being: which it is shows only one by one.
    if (book.local.refused !== undefined) sendApart(book.replica)
  }

  async carryOut(operations: readonly Operation[], isReplay: boolean): Promise<Step> {
    const { replica } = this.#book
    this.#besides.clear()
    this.#taken = operations.length > 1 ? takenBy(this.#book) : NOTHING_TAKEN
    if (isReplay) replica.isBegunAnew = false
    if (isReplay && !this.#book.local.replaying) await this.#book.write({ replaying: true })
    for (const [place, operation] of operations.entries()) {
      if (this.#besides.has(operation)) continue
      if (!this.#book.isLive(operation)) return 'replan'
      const step = await this.#execute(operation, operations.slice(place + 1))
      if (step === 'done') {
        if (isReplay && place === 0) replica.isBegunAnew = true
        continue
      }
      if (this.#book.local.unbound) await this.#book.blocked(operations.slice(place), this.#book.unboundCode)
      else if (this.#blockedBy !== undefined) await this.#book.blocked(operations.slice(place), this.#blockedBy)
      return step
    }
    sendTogether(replica)
    return 'done'
  }

  /** @param behind what comes next: some of it may be carried out by the same request */
  async #execute(operation: Operation, behind: readonly Operation[]): Promise<Step> {
    const { options, bodies, fetchBodies, isGivenUp } = this.#book.engine
    const { site, mayRun } = options
    const { dot, type } = operation
    // What says what is there already changes nothing; `#executeState` asks if it does.
    if (type !== 'state' && dot.site !== site && !mayRun(operation)) {
      // Whoever exposes it later need not have it sent again.
      return this.#notExposed(operation)
    }
    if (!isMeantHere(this.#book.resource.glue, operation)) return this.#otherGlue(operation)
    const body = largeBodyOf(operation)
    if (body !== undefined && !bodies.isHere(operation.replicant, body)) {
      // It goes on when it is here.
      fetchBodies()
      const isAlone = othersOf(this.#book.replica.core.replicant).length === 0
      if (!isAlone && !isGivenUp({ ...body, replicant: operation.replicant })) return 'waits'
      // Only members give bodies. A next write settles it, or a member that has it: then it runs after all.
      const why = isAlone ? 'there is no other member to give it' : 'no member has given it'
      await this.#book.diverge(`a body that ${dot.site} has written is not here, and ${why}`)
      const lacked = [...this.#book.local.lacked, dot].slice(-MAX_KNOWN_FAILED)
      return this.#book.failed(operation, { error: 'ERR_BLOB_NOT_FOUND' }, { lacked })
    }
    const isState = ['create', 'replace', 'state', 'delete'].includes(operation.type)
    return isState ? this.#executeState(operation, behind) : this.#executeRequest(operation, behind)
  }

  async #notExposed({ dot }: Operation): Promise<Step> {
    this.#blockedBy = 'ERR_FORWARD_NOT_EXPOSED'
    await this.#book.diverge(`this site does not let ${dot.site} do that (expose)`)
    return 'again'
  }

  /** Nothing runs until both sites have the same definition. */
  async #otherGlue({ dot, replicant, payload }: Operation): Promise<Step> {
    this.#blockedBy = 'ERR_REPLICANT_OTHER_GLUE'
    const request = payload === undefined ? '' : ` of ${payload.method} ${payload.path}`
    const made = `what ${dot.site} makes${request}, the ${replicant.kind} ${replicant.name}`
    await this.#book.diverge(`the glue of this site does not make ${made}: give the service the same glue at both`)
    return 'again'
  }

  /** A reset is executed as state: create, replace or delete, whatever the application has. */
  async #executeState(operation: Operation, behind: readonly Operation[]): Promise<Step> {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (prepared !== undefined && sameDot(prepared.dot, operation.dot)) {
      if (!prepared.isOnDisk) await this.#book.engine.replicas.onDisk()
      const { state, reading } = prepared
      const sent = await this.#book.resource.replace(
        state,
        operation.payload?.headers.flat() ?? [],
        reading,
        operation.payload,
      )
      return this.#answers.took(operation, sent, { bound: true })
    }
    const seen = behind.length === 0 ? await this.#seen(operation) : undefined
    const reading = seen ?? (await this.#book.resource.read())
    if (reading.is === 'unknown') return 'again'
    if (isInTheWay(this.#book.engine, this.#book.replica, reading)) return this.#waitUntilItHasCome()
    const { bound } = this.#book.local
    if (operation.type === 'delete') {
      const sends = bound && reading.is === 'present'
      if (!sends) return this.#book.executed(operation, undefined, { bound: false, unbound: this.#book.local.unbound })
      if (mayComeAfter(this.#book.engine, this.#book.replica, reading, 'delete')) return this.#waitUntilItHasCome()
      await this.#book.intend({ dot: operation.dot, action: 'delete', before: reading.hash })
      return this.#answers.took(operation, await this.#book.resource.delete(reading, operation.payload), {
        bound: false,
        leaving: reading.hash,
      })
    }
    const state = await this.#book.resource.stateIn(operation)
    if (state === undefined) return this.#executeBare(operation, reading)
    // What it shows already needs not be said to it again.
    const isThere = bound && reading.is === 'present' && this.#book.resource.says(reading.body, state)
    if (isThere || this.#isSaidAlready(operation, reading))
      return this.#book.executed(operation, undefined, { bound: true })
    const { site, mayRun } = this.#book.engine.options
    if (operation.dot.site !== site && !mayRun(operation)) return this.#notExposed(operation)
    const headers = operation.payload?.headers.flat() ?? []
    if (reading.is === 'absent') {
      await this.#book.intend({ dot: operation.dot, action: 'create', before: ABSENT })
      const then = { bound: true, unbound: false, leaving: undefined }
      const { resource, replica } = this.#book
      return this.#answers.took(operation, await createBy(resource, replica, operation, state), then)
    }
    if (!bound) {
      if (this.#isOwn(operation) && !this.#book.local.unbound) return this.#own(operation, reading, state)
      if (this.#isAdopted(reading)) return this.#becomesOurs()
      // It takes its time over what was deleted here (finalizers), and has the name free then.
      const isLeaving = reading.hash === this.#book.local.leaving
      return isLeaving ? this.#answers.notNow(operation, TAKEN) : this.#foreign(operation, reading, state)
    }
    if (mayComeAfter(this.#book.engine, this.#book.replica, reading, 'replace')) return this.#waitUntilItHasCome()
    // Nothing was sent since the last answer, and it showed what is read now: next time it can stand for that.
    const learnt = this.#book.local.answered === reading.hash ? { answersTell: true } : {}
    const shown = stillToCome(this.#book.engine, this.#book.replica)
    const { resource, replica } = this.#book
    const together = areSentApart(replica) ? undefined : stateWith(this.#book, operation, state, behind, this.#taken)
    const operations = together?.operations ?? ([operation] as const)
    const wants = together?.state ?? state
    await this.#book.intend(intentOf(operations, 'replace', reading.hash), { ...learnt, ...shown })
    const make = (): Promise<Made | undefined> => createBy(resource, replica, operation, wants)
    const giving = {
      headers,
      make,
      asked: operation.payload,
      isPutBack: operation.type === 'state',
      isRestSaid: this.#isRestSaid(operation, behind),
    }
    const sent = await replaceBy(resource, replica, reading, wants, giving)
    if (together === undefined) return this.#answers.took(operation, sent, { bound: true })
    // A PUT may leave what only a PATCH changes, or do it later: what is not shown comes next, as a patch.
    const isLeft = sent?.is === 'done' && !(await this.#showsAll(sent.answer, wants))
    if (isLeft) return this.#answers.took(operation, sent, { bound: true })
    const step = await this.#tookTogether(operations, sent, { bound: true })
    return step === 'apart' ? this.#executeState(operation, behind) : step
  }

  /**
   * A create without a body, which its path says all of: where there is none it is asked for in the same way, and what the application makes of that elsewhere, which it may not
   * take, is not said to it.
   */
  async #executeBare(operation: Operation, reading: Reading): Promise<Step> {
    const { engine, resource } = this.#book
    const { site, mayRun } = engine.options
    const { payload } = operation
    const isBare = payload !== undefined && payload.body === undefined && operation.type !== 'state'
    if (!isBare || reading.is !== 'absent') return this.#answers.cannotSay()
    if (operation.dot.site !== site && !mayRun(operation)) return this.#notExposed(operation)
    await this.#book.intend({ dot: operation.dot, action: 'create', before: ABSENT })
    const then = { bound: true, unbound: false, leaving: undefined }
    return this.#answers.took(operation, await resource.send(payload), then)
  }

  /**
   * Whether what is there besides a reset was set by nothing but the merges that come again behind it, which set it again, or is the application's own: then nothing has to go that a PUT leaves. What
   * was carried out and has lost is gone in no other way, and what an operation of the application's own has set nobody knows.
   */
  #isRestSaid(reset: Operation, behind: readonly Operation[]): boolean {
    const { executed, diverged, suspect } = this.#book.local
    if (diverged || suspect || executed.operations.length === 0) return false
    const again = [reset, ...behind]
    return (
      behind.every(operation => isMerging(operation, this.#book.resource.inlineStateIn(operation))) &&
      executed.operations.every(done => again.some(({ dot }) => sameDot(dot, done.dot)))
    )
  }

  /** What is in effect already is not sent once more: the application may take no step twice. */
  async #showsAll(answer: ApplicationAnswer, wants: State): Promise<boolean> {
    const { resource } = this.#book
    if (resource.hasAll(resource.bodyIn(answer), wants)) return true
    if (resource.mayComeLater(answer)) return false
    const reading = await resource.read()
    return reading.is === 'present' && resource.hasAll(reading.body, wants)
  }

  /**
   * A state that is made of the many changes that were carried out here, and nothing is wrong with that: whatever the application shows is what comes of
   * them, and need not be put there again, where it may set what was not written anew. What is said after a few changes is said since something was wrong. What was
   * carried out besides is no part of it, and comes again on top: it would be there twice, unless it is the same the second time.
   */
  #isSaidAlready({ type, life, context }: Operation, reading: Reading): boolean {
    const { executed, bound, diverged, sentAgain, failed, hash, answered } = this.#book.local
    if (type !== 'state' || !bound || diverged || sentAgain || failed.length > 0 || reading.is !== 'present')
      return false
    if (executed.operations.length <= MAX_OPERATIONS_PAST_RESET) return false
    const isAll =
      executed.life !== undefined &&
      sameDot(executed.life.dot, life.dot) &&
      includes(executed.context, context) &&
      executed.operations.every(done => covers(context, done.dot) || this.#isSameTwice(done.dot))
    return isAll && reading.hash === (hash ?? answered)
  }

  #isSameTwice(dot: Dot): boolean {
    const operation = holderOf(this.#book.replica.core.replicant)?.live.find(other => sameDot(other.dot, dot))
    return operation !== undefined && this.#book.traits(operation).maySendAgain
  }

  /**
   * What the application answered last, in place of a reading: where its answers have been seen to tell what it shows, and nothing was
   * sent since. A precondition made of it holds as one made of a reading does; where there is none, whatever was changed past Cheops is
   * overwritten in either case. Not where nothing would be sent, nor in place of what must be absent afterwards.
   */
  async #seen(operation: Operation): Promise<Seen | undefined> {
    const { seen } = this.#book.replica
    const { hash, answered, answersTell, bound } = this.#book.local
    if (seen === undefined || !bound || !answersTell || seen.hash !== (hash ?? answered)) return undefined
    const isImmutable = this.#book.resource.glue.kind(this.#book.resource.name.kind)?.isImmutable === true
    if (operation.type !== 'replace' || isImmutable || largeBodyOf(operation) !== undefined) return undefined
    const state = await this.#book.resource.stateIn(operation)
    return state === undefined || this.#book.resource.says(seen.body, state) ? undefined : seen
  }

  /** Any other operation is sent as it was written. */
  async #executeRequest(operation: Operation, behind: readonly Operation[]): Promise<Step> {
    if (operation.payload === undefined) return this.#book.executed(operation, undefined, {})
    if (!this.#book.local.bound) {
      const says = isReset(operation, this.#book.matrices)
      if (this.#book.local.unbound && !says) return 'waits'
      const isBegunHere = operation.life.dot.site === this.#book.engine.options.site
      if (isBegunHere && (await isOursUnknown(this.#book))) return 'again'
      // What it makes of nothing can only be copied from a member that has had something.
      if (says) return this.#copied(operation)
      // The application here has refused to make it: what has the name by now is not ours to change.
      return this.#book.failed(operation, { error: 'ERR_REPLICANT_REFUSED' })
    }
    const settled = await this.#settled()
    if (settled === 'unread') return 'again'
    if (settled === 'not-yet') return this.#waitUntilItHasCome()
    if (this.#mayBeSaid(operation)) {
      const decided = await this.#decideSaid(operation)
      if (decided !== 'undone') return decided
    } else if (await this.#mayHaveLanded(operation)) return 'again'
    const { hash, answered } = this.#book.local
    let before: Intent['before'] = hash ?? answered ?? settled.before
    if (before === undefined && mayComeLater(this.#book.replica, this.#book.resource)) {
      const reading = await this.#book.resource.read()
      // An application that lets nobody read it is changed all the same.
      if (reading.is === 'unknown' && !isKeptFromReading(reading)) return 'again'
      before = foundIn(reading)
    }
    const together = areSentApart(this.#book.replica)
      ? undefined
      : patchOf(this.#book, [operation, ...behind], this.#taken)
    if (together !== undefined) {
      const { engine, replica } = this.#book
      await this.#book.intend(intentOf(together.operations, 'send', before), stillToCome(engine, replica))
      const sent = await this.#book.resource.send(together.request)
      const step = await this.#tookTogether(together.operations, sent, {})
      if (step !== 'apart') return step
    }
    if (before === undefined && !this.#book.traits(operation).maySendAgain) {
      before = foundIn(await this.#book.resource.read())
      if (before === undefined) return 'again'
    }
    await this.#book.intend(
      { dot: operation.dot, action: 'send', before },
      stillToCome(this.#book.engine, this.#book.replica),
    )
    return this.#answers.took(operation, await this.#book.resource.send(operation.payload), {})
  }

  /** Only a member shows what it has come to. What has the name here, and is not that, is somebody else's, as with any reset. */
  async #copied(operation: Operation): Promise<Step> {
    const { engine, replica, resource } = this.#book
    const reading = await resource.read()
    if (reading.is === 'unknown') return 'again'
    // Also where somebody had it, and has taken it away: the name is free by now.
    if (reading.is === 'absent') return this.#answers.cannotSay()
    if (this.#book.local.unbound) return 'waits'
    if (this.#isAdopted(reading)) return this.#becomesOurs()
    if (reading.hash === this.#book.local.leaving) return this.#answers.notNow(operation, TAKEN)
    const copied = await copyState(engine, replica, resource)
    if (copied === 'copied') return 'replan'
    if (copied !== 'not-taken') return this.#answers.cannotSay()
    await this.#book.clash()
    return 'alone'
  }

  /** Whether what was done last is in effect, or has had its time: what comes next builds on it. With what is shown, if that was read. */
  async #settled(): Promise<'unread' | 'not-yet' | { readonly before: Intent['before'] }> {
    const { engine, replica, resource } = this.#book
    if (!isSettling(engine, replica)) return { before: undefined }
    const reading = await resource.read()
    if (reading.is === 'unknown') return 'unread'
    if (await isYetToCome(engine, replica, resource, reading)) return 'not-yet'
    return { before: foundIn(reading) }
  }

  #waitUntilItHasCome(): Step {
    const { engine, replica } = this.#book
    engine.kickIn(replica, looksAgainInMs(engine, replica))
    return 'again'
  }

  /**
   * Whether what was given up here, and found without effect, may have landed since: the application shows something else than it did. What is carried out now would
   * hide that, and what was given up itself, and comes from another member, would be there twice. Then the state of a member that has carried it out once, or not at
   * all, is copied. Also where the lane goes on with what it was changed to.
   */
  async #mayHaveLanded(operation: Operation): Promise<boolean> {
    const { engine, replica, resource } = this.#book
    const { run } = replica
    const isSame = wasGivenUp(run, operation) && !this.#book.traits(operation).maySendAgain
    if (!isSame && !mayLandNow(run, engine.options.clock.monotonic())) return false
    const reading = await resource.read()
    // What only comes on top of it need not wait until it can be read.
    if (reading.is === 'unknown') return isSame
    const { hash, answered, shown } = this.#book.local
    const isAsKnown = reading.is === 'present' && reading.hash === (hash ?? answered)
    const isChanged = !isAsKnown && (await isChangedPast(engine, replica, resource, reading))
    if (isChanged) {
      noteMayBeThere(run, reading.is === 'present' ? reading.hash : undefined)
      await suspectDrift(engine, replica)
    } else if (isSame && (shown?.was !== undefined || mayBeThere(run, operation)))
      // Else it would be suspect no more as soon as it shows what the lane goes on with.
      await this.#book.write({ suspect: true, copiesOnlyFitting: false, hash: undefined, answered: undefined })
    else return false
    return true
  }

  /**
   * Whether what was given up here, or was carried out before its store was lost, may be in what this site has said since, or nobody else is a member: then no other state can be copied to have it
   * there once.
   */
  #mayBeSaid(operation: Operation): boolean {
    const { engine, replica, local } = this.#book
    if (this.#book.traits(operation).maySendAgain) return false
    if (mayBeInSaid(this.#book, operation)) return true
    if (!mayBeThere(replica.run, operation)) return false
    const [first] = local.executed.operations
    const live = holderOf(replica.core.replicant)?.live ?? []
    const isOwnState = ({ type, dot }: Operation): boolean =>
      type === 'state' && dot.site === engine.options.site && first !== undefined && sameDot(dot, first.dot)
    return live.some(isOwnState) || othersOf(replica.core.replicant).length === 0
  }

  async #decideSaid(operation: Operation): Promise<Step | 'undone'> {
    const reading = await this.#book.resource.read()
    return reading.is === 'unknown' ? 'again' : decideUnsure(this.#book, operation, reading)
  }

  async #tookTogether(operations: Several, sent: Made | undefined, then: Partial<LocalState>): Promise<Step | 'apart'> {
    const step = await this.#answers.tookTogether(operations, sent, then)
    if (step === 'done') this.#carriedOut(operations)
    return step
  }

  #carriedOut([, ...others]: Several): void {
    for (const operation of others) this.#besides.add(operation)
  }

  /** Every create of this site was executed here before anybody heard of it: this store does not know so, since it was set back. */
  #isOwn({ type, dot }: Operation): boolean {
    return type === 'create' && dot.site === this.#book.engine.options.site
  }

  /** What was here before is the resource: whoever began its life has said so; but not of what came to a site while that was no member. */
  #isAdopted({ hash }: Seen): boolean {
    const adopts = holderOf(this.#book.replica.core.replicant)?.adopts
    return (adopts === 'all' && !this.#book.local.unbound) || adopts === hash
  }

  async #becomesOurs(): Promise<Step> {
    await this.#book.write({ bound: true, unbound: false })
    return 'replan'
  }

  /**
   * What this store does not know of was carried out: the create, and perhaps what came after it. It is not carried out again on top of the
   * create's body, but copied. A replay that was to begin with it has sent nothing yet: what is there is whole.
   */
  async #isOurs(operation: Operation): Promise<Step> {
    const ours = {
      bound: true,
      unbound: false,
      suspect: true,
      unsure: true,
      copiesOnlyFitting: false,
      replaying: false,
    }
    await this.#book.executed(operation, undefined, ours)
    return 'again'
  }

  /** The name is there, and not ours as far as this store knows. One that was set back looks whether it is what the others have. */
  async #foreign(operation: Operation, reading: Reading & { readonly is: 'present' }, state: State): Promise<Step> {
    const { engine, replica, resource } = this.#book
    if (!engine.standing.isOldFor(replica.core.replicant)) return this.#book.clash()
    // A body that says little stands in whatever has the name.
    const shows = resource.shows(reading.body, state) && (await showsAnyWritten(this.#book, reading.body)) !== 'no'
    return shows ? this.#isOurs(operation) : this.#knownAgain()
  }

  /** This site has made it, and its store does not know that: it is ours where it shows anything of what was written, and nothing else. The application may have been lost too. */
  async #own(operation: Operation, reading: Reading & { readonly is: 'present' }, state: State): Promise<Step> {
    const shows = await showsAnyWritten(this.#book, reading.body)
    // Of a body that nobody can look into no field can be missing.
    const isOurs = shows === 'yes' || (shows === 'perhaps' && state.is === 'json' && isObject(state.value))
    return isOurs ? this.#isOurs(operation) : this.#knownAgain()
  }

  /** Else it is what another member shows, or somebody else's. */
  async #knownAgain(): Promise<Step> {
    const { engine, replica, resource } = this.#book
    if ((await copyState(engine, replica, resource)) === 'copied') return 'replan'
    await this.#book.clash()
    return 'alone'
  }
}

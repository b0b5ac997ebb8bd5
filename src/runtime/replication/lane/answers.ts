/** What the application's answers to what a lane has sent mean for it. Source: src/consistency.md "Applying to a black box", "Refusals at a member". */
import { isReset, sameDot, type Operation } from '../../../core/oplog/index.ts'
import { SEE_OTHER, isGone, type Made } from '../application/sent.ts'
import { suspectDrift } from '../drift/read-back.ts'
import { answeredBy, settlingAfter } from '../drift/settling.ts'
import { MAX_LOOKS_FOR_ABSENT, MAX_REFUSALS, READ_BACK_AFTER_MS, RETRY_CAP_MS } from '../limits.ts'
import { noteRefusal } from './failed.ts'
import { copyOrShow } from './lane-copy.ts'
import type { Intent, LocalState, RunState, Settling } from '../replica.ts'
import type { LaneBook, Step } from './lane-book.ts'
import type { Recovery } from './recovery.ts'
import { sendApart, type Several } from './together.ts'

/** Refusals that may pass and are about one operation: others could take it, or this one in another order. The rest is about the account, or the server. */
const GIVES_WAY: ReadonlySet<number> = new Set([403, 409, 423])

/** Since when what was to be changed is not there, and when that was seen last, milliseconds by the monotonic clock. */
const goneSince = new WeakMap<RunState, { readonly at: number; readonly seen: number }>()

/** What comes of what is intended. */
const DOES: Readonly<Record<Intent['action'], Settling['does']>> = {
  create: 'create',
  replace: 'change',
  send: 'change',
  delete: 'delete',
}

/** Of one look of a lane. */
export class Answers {
  readonly #book: LaneBook
  readonly #recovery: Recovery

  constructor(book: LaneBook, recovery: Recovery) {
    this.#book = book
    this.#recovery = recovery
  }

  /** What an answer means for what was to be carried out. */
  async took(operation: Operation, sent: Made | undefined, then: Partial<LocalState>): Promise<Step> {
    switch (sent?.is) {
      case undefined:
        await this.#book.write({ intent: undefined })
        return this.cannotSay()
      case 'done':
        return this.#done([operation], sent, then)
      case 'otherwise':
        return this.#calledOtherwise(operation)
      case 'not-now':
        return sent.status === SEE_OTHER ? this.#seeOther(operation) : this.notNow(operation, sent.status)
      case 'doubt':
        return this.#lookWhether(operation)
      case 'refused': {
        const { status } = sent.answer
        if (operation.type === 'delete' && isGone(sent)) return this.#book.executed(operation, status, then)
        // Whatever else waits: it is nothing that has to be made before.
        if (isGone(sent) && (await this.#isLost(operation))) return this.#lost()
        const isLost =
          status === 412 || (operation.type !== 'delete' && isReset(operation, this.#book.matrices) && isGone(sent))
        if (isLost || this.#book.engine.unanswered.hasEarlier(operation.dot)) {
          await this.#book.write({ intent: undefined })
          return 'again'
        }
        return this.#refused(operation, status)
      }
    }
  }

  /**
   * Likewise where one request stands for several operations; `apart` where it was not taken: sent one by one, what can be is carried out, and what cannot
   * is known.
   */
  async tookTogether(operations: Several, sent: Made | undefined, then: Partial<LocalState>): Promise<Step | 'apart'> {
    if (sent?.is === 'done') return this.#done(operations, sent, then)
    sendApart(this.#book.replica)
    if (sent?.is === 'doubt') return this.#lookWhether(operations[0])
    await this.#book.write({ intent: undefined })
    return 'apart'
  }

  /** Nobody can say how to bring the application into the state; a member that has it may show it. */
  async cannotSay(): Promise<Step> {
    const copied = await copyOrShow(this.#book, 'the body cannot be put into another request')
    return copied === 'done' ? 'replan' : copied
  }

  #done(operations: Several, { answer }: Made & { readonly is: 'done' }, then: Partial<LocalState>): Promise<Step> {
    const { engine, resource, replica } = this.#book
    const { action, before } = this.#book.local.intent ?? { action: 'send', before: undefined }
    const settling = settlingAfter(engine, resource, { does: DOES[action], before }, answer.status, replica)
    const { answered, seen } = answeredBy(resource.shownIn(answer), settling)
    replica.seen = seen
    return this.#book.executed(operations, answer.status, { ...then, answered, settling })
  }

  /** Nobody knows: what the application shows decides. */
  async #lookWhether({ dot }: Operation): Promise<Step> {
    const before = this.#book.local.executed
    const isResolved = (await this.#recovery.resolveIntent(true)) === 'done'
    // In a replay it has been carried out before, too.
    return isResolved && this.#book.local.executed !== before && this.#book.isExecuted(dot) ? 'done' : 'again'
  }

  /** It was done, or somebody has to log in. */
  async #seeOther(operation: Operation): Promise<Step> {
    const step = await this.#lookWhether(operation)
    const isUndone = step === 'again' && this.#book.local.intent === undefined
    return isUndone ? this.notNow(operation, SEE_OTHER) : step
  }

  /** It would make one more each time. */
  async #calledOtherwise(operation: Operation): Promise<Step> {
    await this.#book.diverge(this.#book.resource.givenNameText ?? 'the application here has given it another name')
    return this.#book.failed(operation, { error: 'ERR_REPLICANT_RENAMED' })
  }

  #refused(operation: Operation, status: number): Promise<Step> {
    noteRefusal(this.#book.replica, operation, status)
    return this.#book.failed(operation, { status })
  }

  /** It may pass. What never does must not hold up all that comes after, where it is about this operation and not about the account. */
  async notNow(operation: Operation, status: number | undefined): Promise<Step> {
    if ((status === 404 || status === 410) && (await this.#isLost(operation))) return this.#lost()
    const { intent, refused } = this.#book.local
    const before = refused !== undefined && sameDot(refused.dot, operation.dot) ? refused.times : 0
    const times = status === undefined ? before : before + 1
    if (times >= MAX_REFUSALS && status !== undefined && GIVES_WAY.has(status)) return this.#refused(operation, status)
    // Somebody has created it meanwhile, perhaps this lane: the next look reads.
    const isMade = status === 409 && intent?.action === 'create'
    await this.#book.write({ refused: { dot: operation.dot, times }, ...(!isMade && { intent: undefined }) })
    if (times >= MAX_REFUSALS) await this.#book.diverge(`the application answers ${status} to the ${operation.type}`)
    return 'again'
  }

  /** It is copied before anything is changed; not before it is sure that it is gone: some make it in the background, or are just being started. */
  async #lost(): Promise<Step> {
    const { engine, replica } = this.#book
    const now = engine.options.clock.monotonic()
    const known = goneSince.get(replica.run)
    // What was seen long ago was another time: it has come back meanwhile.
    const at = known === undefined || now - known.seen > 2 * RETRY_CAP_MS ? now : known.at
    if (now - at >= MAX_LOOKS_FOR_ABSENT * READ_BACK_AFTER_MS) {
      goneSince.delete(replica.run)
      await this.#book.write({ intent: undefined })
      await suspectDrift(engine, replica)
      // The pause that comes next is that of all that was tried in vain before.
      engine.kick(replica)
    } else {
      goneSince.set(replica.run, { at, seen: now })
      await this.#book.write({ intent: undefined })
      engine.kickIn(replica, READ_BACK_AFTER_MS)
    }
    return 'again'
  }

  /** Whether what it changes is not there any more, although nobody has deleted it through Cheops. */
  async #isLost(operation: Operation): Promise<boolean> {
    if (isReset(operation, this.#book.matrices) || !this.#book.local.bound) return false
    const isAbsent = (await this.#book.resource.read()).is === 'absent'
    if (!isAbsent) goneSince.delete(this.#book.replica.run)
    return isAbsent
  }
}

import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import {
  MAX_ASKED_TOGETHER,
  MAX_HUNG_AGAIN_TOGETHER,
  MAX_HUNG_TOGETHER,
  MAX_KNOWN_HUNG,
  SLOW_AFTER_MS,
} from '../limits.ts'
import type { Application, ApplicationAnswer, ApplicationRequest } from '../../../ports/application.ts'
import type { Clock } from '../../../ports/clock.ts'

/** What is asked of one service at the moment. */
interface Turns {
  /** With a turn. */
  asked: number
  /** Without an answer for so long that another has their turn. */
  slow: number
  /** About what did not answer last time either. */
  again: number
  readonly waiting: (() => void)[]
}

/**
 * What lanes ask, so much at once of each service and no more; the rest waits for its turn, first come, first served. A lane has a turn only
 * while it asks, not while the disk syncs what it has to write before and after. What hangs gives its turn to others after a while, and is
 * asked again a few at a time only, so that it holds up neither another service nor the rest of its own.
 *
 * What clients ask takes no turn: an application may handle a request by writing, through its own agent, what is replicated. Were those
 * writes to wait for turns that the requests they belong to have, both would wait until they are given up.
 */
export class ApplicationTurns {
  readonly #application: Application
  readonly #clock: Clock
  readonly #services = new Map<string, Turns>()
  /** Replicants about which the application did not answer in time when it was asked last, the newest ones. */
  readonly #hung = new Set<string>()

  constructor(application: Application, clock: Clock) {
    this.#application = application
    this.#clock = clock
  }

  /** The application, for the lane of one replicant: what it throws also where it is certain that nothing was sent (ERR_APPLICATION_BUSY). */
  of(name: ReplicantName): Application {
    return { request: request => this.#request(name, request) }
  }

  async #request(name: ReplicantName, request: ApplicationRequest): Promise<ApplicationAnswer> {
    const turns = this.#turnsOf(name.service)
    const key = replicantKey(name)
    try {
      return await (this.#hung.has(key) ? this.#askAgain(turns, key, request) : this.#ask(turns, key, request))
    } finally {
      if (turns.asked + turns.slow + turns.again === 0) this.#services.delete(name.service)
    }
  }

  async #ask(turns: Turns, key: string, request: ApplicationRequest): Promise<ApplicationAnswer> {
    if (turns.asked < MAX_ASKED_TOGETHER) turns.asked++
    else await new Promise<void>(resolve => void turns.waiting.push(resolve))
    const hasTurn = this.#giveUpTurn(turns)
    try {
      return await this.#asked(key, request)
    } finally {
      if (hasTurn()) next(turns)
      else turns.slow--
    }
  }

  /**
   * The turn of what is not answered in time goes to another, as long as few are without an answer.
   * @returns ends that, and says whether the turn is still there
   */
  #giveUpTurn(turns: Turns): () => boolean {
    let hasTurn = true
    const giveUp = (): void => {
      // As soon as others were answered there is room.
      if (turns.slow >= MAX_HUNG_TOGETHER) return void (timer = this.#clock.after(SLOW_AFTER_MS, giveUp))
      hasTurn = false
      turns.slow++
      next(turns)
    }
    let timer = this.#clock.after(SLOW_AFTER_MS, giveUp)
    return () => {
      timer.cancel()
      return hasTurn
    }
  }

  /** Nobody waits for a place here: it would keep that of its lane. */
  async #askAgain(turns: Turns, key: string, request: ApplicationRequest): Promise<ApplicationAnswer> {
    if (turns.again >= MAX_HUNG_AGAIN_TOGETHER)
      throw new CheopsError('ERR_APPLICATION_BUSY', 'Too much is asked already that was not answered before.')
    turns.again++
    try {
      return await this.#asked(key, request)
    } finally {
      turns.again--
    }
  }

  /** Notes whether it was answered in time. */
  async #asked(key: string, request: ApplicationRequest): Promise<ApplicationAnswer> {
    const began = this.#clock.monotonic()
    let isAnswered = false
    try {
      const answer = await this.#application.request(request)
      // A front that has waited in vain answers in place of the application.
      isAnswered = answer.status < 500
      return answer
    } finally {
      const isHung = !isAnswered && this.#clock.monotonic() - began >= SLOW_AFTER_MS
      this.#hung.delete(key)
      if (isHung) {
        this.#hung.add(key)
        const [oldest] = this.#hung
        if (this.#hung.size > MAX_KNOWN_HUNG && oldest !== undefined) this.#hung.delete(oldest)
      }
    }
  }

  #turnsOf(service: string): Turns {
    const turns = this.#services.get(service) ?? { asked: 0, slow: 0, again: 0, waiting: [] }
    this.#services.set(service, turns)
    return turns
  }
}

/** A turn is over. */
function next(turns: Turns): void {
  const waiting = turns.waiting.shift()
  if (waiting === undefined) turns.asked--
  else waiting()
}

import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { httpDateMs } from '../../../core/resource/http-date.ts'
import { headerValue } from '../../../core/resource/http-head.ts'
import { CheopsError } from '../../../errors.ts'
import {
  BUSY_BASE_MS,
  BUSY_WITHIN_MS,
  MAX_AWAITED_BESIDE,
  MAX_BUSY_PAUSE_MS,
  MAX_HUNG_AGAIN_TOGETHER,
  MAX_HUNG_TOGETHER,
  MAX_KNOWN_HUNG,
  SLOW_AFTER_MS,
} from '../limits.ts'
import { LoadLimit, TOO_MANY_REQUESTS, UNAVAILABLE, isBusy } from './load-limit.ts'
import type { Awaited } from '../lane/awaited.ts'
import { WaitingLine } from '../lane/waiting-line.ts'
import { statusOf } from './resource-requests.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'
import type { Application, ApplicationAnswer, ApplicationRequest } from '../../../ports/application.ts'
import type { Clock } from '../../../ports/clock.ts'

/** What is asked of one service at the moment. */
interface Turns {
  /** With a turn. */
  asked: number
  /** Of those for which clients wait, beside all turns. */
  beside: number
  /** Without an answer for so long that another has their turn. */
  slow: number
  /** About what did not answer last time either. */
  again: number
  readonly waiting: WaitingLine
  /** How many may have a turn. */
  readonly load: LoadLimit
}

/**
 * What lanes ask, so much at once of each service and no more; the rest waits for its turn, those first for which a client waits. A lane has a turn only
 * while it asks, not while the disk syncs what it has to write before and after. What hangs gives its turn to others after a while, and is
 * asked again a few at a time only, so that it holds up neither another service nor the rest of its own. An application that says that it is too busy is
 * asked less at once, and the same again a little later, where that certainly changes nothing twice.
 *
 * What clients ask takes no turn: an application may handle a request by writing, through its own agent, what is replicated. Were those
 * writes to wait for turns that the requests they belong to have, both would wait until they are given up.
 */
export class ApplicationTurns {
  readonly #application: Application
  readonly #clock: Clock
  readonly #awaited: Awaited
  /** Those that this site offers, or has. */
  readonly #services = new Map<string, Turns>()
  /** Replicants about which the application did not answer in time when it was asked last, the newest ones. */
  readonly #hung = new Set<string>()

  constructor(application: Application, clock: Clock, awaited: Awaited) {
    this.#application = application
    this.#clock = clock
    this.#awaited = awaited
  }

  /** The application, for the lane of one replicant: what it throws also where it is certain that nothing was sent (ERR_APPLICATION_BUSY). */
  of(name: ReplicantName, glue?: StatusGlue): PatientApplication {
    const about = aboutOf(name, glue)
    return { request: request => this.#untilNotBusy(about, request, () => this.#request(about, request)) }
  }

  /** The application, for what is read for a client's write: without a turn. */
  forClient(name: ReplicantName, glue?: StatusGlue): PatientApplication {
    const about = aboutOf(name, glue)
    return { request: request => this.#untilNotBusy(about, request, () => this.#requestBeside(about, request)) }
  }

  /** The application, for a client's write itself: whatever it is answered is its client's. */
  asClient(name: ReplicantName, glue?: StatusGlue): Application {
    const about = aboutOf(name, glue)
    return { request: request => this.#requestBeside(about, request) }
  }

  /** Without a turn meanwhile. */
  async #untilNotBusy(
    about: About,
    request: PatientRequest,
    ask: () => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    const { key } = about
    const until = this.#clock.monotonic() + BUSY_WITHIN_MS
    for (let waitMs = BUSY_BASE_MS; ; waitMs *= 2) {
      const answer = await ask()
      if (!mayAskAgain(request, about.meaning(request.method, answer))) return answer
      const { load } = this.#turnsOf(about)
      const now = this.#clock.monotonic()
      if (load.isAway(now) || load.wasWaitedForInVain(key)) return answer
      const inMs = Math.max(waitMs, retryAfterMs(answer, this.#clock.now()))
      if (now + inMs > until) {
        load.waitedInVain(key)
        return answer
      }
      await new Promise<void>(resolve => void this.#clock.after(inMs, resolve))
      if ((await request.isStillMeant?.()) === false) return answer
    }
  }

  async #request(about: About, request: ApplicationRequest): Promise<ApplicationAnswer> {
    const turns = this.#turnsOf(about)
    try {
      return await (this.#hung.has(about.key)
        ? this.#askAgain(turns, about, request)
        : this.#ask(turns, about, request))
    } finally {
      this.#letIn(turns)
    }
  }

  async #requestBeside(about: About, request: ApplicationRequest): Promise<ApplicationAnswer> {
    const began = this.#clock.monotonic()
    const answer = await this.#application.request(request)
    const { load } = this.#turnsOf(about)
    const status = about.meaning(request.method, answer)
    // Too many requests of a client are not too many of the agent's.
    if (status === UNAVAILABLE) load.wasBusy(about.key, began, this.#clock.monotonic())
    else if (!isBusy(status)) load.answered(about.key)
    return answer
  }

  async #ask(turns: Turns, about: About, request: ApplicationRequest): Promise<ApplicationAnswer> {
    let counter: 'asked' | 'beside' = 'asked'
    if (turns.waiting.isEmpty && turns.asked < turns.load.most(this.#clock.monotonic())) turns.asked++
    else {
      const turn = turns.waiting.join(about.key)
      this.#letIn(turns)
      if (await turn) counter = 'beside'
    }
    const hasTurn = this.#giveUpTurn(turns, counter)
    try {
      return await this.#asked(turns, about, request)
    } finally {
      turns[hasTurn() ? counter : 'slow']--
    }
  }

  /**
   * The turn of what is not answered in time goes to another, as long as few are without an answer.
   * @returns ends that, and says whether the turn is still there
   */
  #giveUpTurn(turns: Turns, counter: 'asked' | 'beside'): () => boolean {
    let hasTurn = true
    const giveUp = (): void => {
      // As soon as others were answered there is room.
      if (turns.slow >= MAX_HUNG_TOGETHER) return void (timer = this.#clock.after(SLOW_AFTER_MS, giveUp))
      hasTurn = false
      turns.slow++
      turns[counter]--
      this.#letIn(turns)
    }
    let timer = this.#clock.after(SLOW_AFTER_MS, giveUp)
    return () => {
      timer.cancel()
      return hasTurn
    }
  }

  /** Nobody waits for a place here: it would keep that of its lane. */
  async #askAgain(turns: Turns, about: About, request: ApplicationRequest): Promise<ApplicationAnswer> {
    if (turns.again >= MAX_HUNG_AGAIN_TOGETHER)
      throw new CheopsError('ERR_APPLICATION_BUSY', 'Too much is asked already that was not answered before.')
    turns.again++
    try {
      return await this.#asked(turns, about, request)
    } finally {
      turns.again--
    }
  }

  /** Notes whether it was answered in time. */
  async #asked(turns: Turns, about: About, request: ApplicationRequest): Promise<ApplicationAnswer> {
    const { key } = about
    const began = this.#clock.monotonic()
    let isAnswered = false
    try {
      const answer = await this.#application.request(request)
      this.#noteLoad(turns, about, { method: request.method, answer, began })
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

  #noteLoad(turns: Turns, { key, meaning }: About, { method, answer, began }: Answered): void {
    const { load } = turns
    const status = meaning(method, answer)
    if (!isBusy(status)) return load.answered(key)
    const now = this.#clock.monotonic()
    const isLess = load.wasBusy(key, began, now)
    // Its rate is bounded: what comes before it says so is refused, however little is asked at once.
    if (status !== TOO_MANY_REQUESTS || !(isLess || load.refusesAll)) return
    const isPausing = load.pausesMs(now) > 0
    load.pause(now + Math.min(retryAfterMs(answer, this.#clock.now()), MAX_BUSY_PAUSE_MS))
    if (!isPausing) this.#goOnAfterPause(turns)
  }

  #goOnAfterPause(turns: Turns): void {
    const inMs = turns.load.pausesMs(this.#clock.monotonic())
    if (inMs > 0) this.#clock.after(inMs, () => this.#goOnAfterPause(turns))
    else this.#letIn(turns)
  }

  #turnsOf({ service }: About): Turns {
    const turns = this.#services.get(service) ?? {
      asked: 0,
      beside: 0,
      slow: 0,
      again: 0,
      waiting: new WaitingLine(this.#awaited),
      load: new LoadLimit(),
    }
    this.#services.set(service, turns)
    return turns
  }

  /** As many as there are turns, and a few more for which clients wait: all turns may be held by what waits for one of these, or hangs. */
  #letIn(turns: Turns): void {
    const most = turns.load.most(this.#clock.monotonic())
    while (turns.asked < most && turns.waiting.letIn()) turns.asked++
    while (most > 0 && turns.beside < MAX_AWAITED_BESIDE && turns.waiting.letInAwaited()) turns.beside++
  }
}

/** What was refused for now may be asked for again a few times. */
export interface PatientRequest extends ApplicationRequest {
  /** Whether what it was decided by still holds, seconds later; looked at before each repetition. It may ask the application itself. */
  readonly isStillMeant?: (() => Promise<boolean>) | undefined
}

export interface PatientApplication {
  /** @throws CheopsError as `Application.request` */
  request(request: PatientRequest): Promise<ApplicationAnswer>
}

/** Without a definition an answer means what it says. */
type StatusGlue = Pick<ReplicationGlue, 'statusOf'>

/** What is asked about. */
interface About {
  readonly service: string
  /** Of the replicant. */
  readonly key: string
  /** The status that an answer means. */
  readonly meaning: (method: string, answer: ApplicationAnswer) => number
}

interface Answered {
  readonly method: string
  readonly answer: ApplicationAnswer
  /** When it was asked. */
  readonly began: number
}

function aboutOf(name: ReplicantName, glue: StatusGlue | undefined): About {
  const meaning: About['meaning'] = (method, answer) =>
    glue === undefined ? answer.status : statusOf(glue, name.kind, method, answer)
  return { service: name.service, key: replicantKey(name), meaning }
}

/** Nothing can have been changed: it was refused for the time being, or only read. A body that is read from the disk is there for one request. */
function mayAskAgain({ method, body }: ApplicationRequest, status: number): boolean {
  if (body !== undefined && !(body instanceof Uint8Array)) return false
  return status === TOO_MANY_REQUESTS || (status === UNAVAILABLE && (method === 'GET' || method === 'HEAD'))
}

/**
 * As it asks for, in seconds or by a date (RFC 9110, 10.2.3), milliseconds.
 * @param now by this machine's clock; the application's own counts, where it says what it shows
 */
function retryAfterMs({ rawHeaders }: ApplicationAnswer, now: number): number {
  const said = headerValue(rawHeaders, 'retry-after')?.trim() ?? ''
  const date = httpDateMs(said)
  const ms =
    date === undefined ? Number(said) * 1_000 : date - (httpDateMs(headerValue(rawHeaders, 'date') ?? '') ?? now)
  return Number.isFinite(ms) && ms > 0 ? ms : 0
}

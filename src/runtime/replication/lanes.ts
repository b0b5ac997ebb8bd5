import { replicantKey, type ReplicantName } from '../../core/oplog/index.ts'
import { CheopsError } from '../../errors.ts'
import { MAX_BUSY_LANES, MAX_LANE_QUEUE, MAX_RUNNING_LANES, RETRY_BASE_MS, RETRY_CAP_MS } from './limits.ts'
import type { Clock, TimerHandle } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'

interface Lane {
  readonly name: ReplicantName
  /** What it does, and what waits, one after the other. */
  tail: Promise<unknown>
  queued: number
  /** A look at what is to be done stands in the queue already. */
  looks: boolean
  timer: TimerHandle | undefined
  failures: number
  /** The last look came to `alone`. */
  isAlone: boolean
}

/**
 * What a look came to: nothing is left to do; it is to be tried again; something else must happen first; or what another member has is
 * needed, and none that can tell it was reached.
 */
export type Looked = 'settled' | 'again' | 'waits' | 'alone'

/**
 * The lanes of a site: for one replicant one thing at a time, in the order in which it was asked for; for all together so many at once
 * as have room in memory. A lane exists while there is something to do.
 */
export class Lanes {
  readonly #clock: Clock
  readonly #random: Random
  readonly #look: (name: ReplicantName) => Promise<Looked>
  readonly #onFault: (error: unknown) => void
  readonly #onRoom: () => void
  readonly #lanes = new Map<string, Lane>()
  /** Whoever waits for a place, the first from `#next` on: taking the first of a long list away would move all of it. */
  readonly #waiting: (() => void)[] = []
  #next = 0
  #running = 0
  /** Lanes in which something runs or waits; the others wait for their time. */
  #busy = 0
  /** Some were not let in. */
  #isOverfull = false
  #stopped = false

  /**
   * @param look carries out what a replicant's plan says
   * @param onFault is told of what `look` has thrown
   * @param onRoom some looks were left out for want of room, and there is room now: to be asked for anew
   */
  constructor(
    clock: Clock,
    random: Random,
    look: (name: ReplicantName) => Promise<Looked>,
    onFault: (error: unknown) => void,
    onRoom: () => void = () => undefined,
  ) {
    this.#clock = clock
    this.#random = random
    this.#look = look
    this.#onFault = onFault
    this.#onRoom = onRoom
  }

  /** How many lanes have something to do. */
  get size(): number {
    return this.#lanes.size
  }

  /**
   * Runs something in the lane of a replicant.
   * @throws CheopsError ERR_REPLICANT_BUSY when too much waits there, or in all of them; what `job` throws
   */
  async run<T>(name: ReplicantName, job: () => Promise<T>): Promise<T> {
    const lane = this.#laneOf(name)
    // Looks leave as much room again.
    if (lane.queued === 0 && this.#busy >= 2 * MAX_BUSY_LANES) {
      this.#leave(name, lane)
      throw new CheopsError('ERR_REPLICANT_BUSY', 'Too many resources have something to do already.')
    }
    if (lane.queued >= MAX_LANE_QUEUE)
      throw new CheopsError('ERR_REPLICANT_BUSY', `Too many writes to ${name.name} wait already.`)
    return this.#enqueue(name, lane, job)
  }

  /** Whether it has nothing to do, and nothing waits in it. */
  isIdle(name: ReplicantName): boolean {
    return (this.#lanes.get(replicantKey(name))?.queued ?? 0) === 0
  }

  /** As `run`, but undefined at once when the lane has something to do: two lanes that wait for each other would wait for ever. */
  async runIfIdle<T>(name: ReplicantName, job: () => Promise<T>): Promise<T | undefined> {
    return this.isIdle(name) ? this.run(name, job) : undefined
  }

  /** Looks soon what is to be done; `inMs` later, if it is given, unless something comes earlier. */
  kick(name: ReplicantName, inMs = 0): void {
    if (this.#stopped) return
    const lane = this.#laneOf(name)
    if (inMs > 0) {
      lane.timer ??= this.#clock.after(inMs, () => {
        lane.timer = undefined
        this.kick(name)
      })
      return
    }
    if (lane.looks) return
    if (lane.queued === 0 && this.#busy >= MAX_BUSY_LANES) {
      this.#isOverfull = true
      return this.#leave(name, lane)
    }
    lane.looks = true
    const looked = this.#enqueue(name, lane, async () => {
      lane.looks = false
      lane.timer?.cancel()
      lane.timer = undefined
      const result = await this.#look(name)
      lane.isAlone = result === 'alone'
      const isAgain = result === 'again' || result === 'alone'
      lane.failures = isAgain ? lane.failures + 1 : 0
      if (isAgain) this.kick(name, this.#backoffMs(lane.failures))
    })
    looked.catch(this.#onFault)
  }

  /** Another member can be reached, or has something new to tell: what waits for that looks at once, and often again for a while. */
  kickAlone(): void {
    for (const lane of this.#lanes.values()) {
      if (!lane.isAlone) continue
      lane.failures = 0
      this.kick(lane.name)
    }
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#stopped = true
    for (const lane of this.#lanes.values()) lane.timer?.cancel()
  }

  #laneOf(name: ReplicantName): Lane {
    const key = replicantKey(name)
    const lane = this.#lanes.get(key) ?? {
      name,
      tail: Promise.resolve(),
      queued: 0,
      looks: false,
      timer: undefined,
      failures: 0,
      isAlone: false,
    }
    this.#lanes.set(key, lane)
    return lane
  }

  async #enqueue<T>(name: ReplicantName, lane: Lane, job: () => Promise<T>): Promise<T> {
    if (lane.queued++ === 0) this.#busy++
    const before = lane.tail
    const done = Promise.withResolvers<void>()
    lane.tail = done.promise
    await before
    await this.#begin()
    try {
      if (this.#stopped) throw new CheopsError('ERR_AGENT_STOPPING', 'The agent is stopping.')
      return await job()
    } finally {
      this.#end()
      if (--lane.queued === 0) this.#busy--
      done.resolve()
      this.#leave(name, lane)
      if (this.#isOverfull && this.#busy <= MAX_BUSY_LANES / 2) {
        this.#isOverfull = false
        if (!this.#stopped) this.#onRoom()
      }
    }
  }

  /** Nothing of a lane stays in which nothing waits. */
  #leave(name: ReplicantName, lane: Lane): void {
    if (lane.queued === 0 && lane.timer === undefined) this.#lanes.delete(replicantKey(name))
  }

  async #begin(): Promise<void> {
    if (this.#running < MAX_RUNNING_LANES) this.#running++
    else await new Promise<void>(resolve => void this.#waiting.push(resolve))
  }

  #end(): void {
    const next = this.#waiting[this.#next]
    if (next === undefined) {
      this.#running--
      return
    }
    this.#next++
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
    next()
  }

  #backoffMs(failures: number): number {
    const full = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 16))
    return full * (0.5 + this.#random.uniform() / 2)
  }
}

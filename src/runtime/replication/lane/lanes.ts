import { backoffMs, spread } from '../../../core/resource/backoff.ts'
import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { Awaited } from './awaited.ts'
import { LanePlaces } from './lane-places.ts'
import { MAX_BUSY_LANES, MAX_LANE_QUEUE, RETRY_BASE_MS, RETRY_CAP_MS } from '../limits.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'
import type { Random } from '../../../ports/random.ts'

interface Lane {
  readonly name: ReplicantName
  readonly places: LanePlaces
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
 * The lanes of a site: for one replicant one thing at a time, in the order in which it was asked for; for all of a service so many at once
 * as have room in memory. A lane exists while there is something to do.
 */
export class Lanes {
  readonly #clock: Clock
  readonly #random: Random
  readonly #look: (name: ReplicantName) => Promise<Looked>
  readonly #onFault: (error: unknown) => void
  readonly #onRoom: () => void
  readonly #isOffered: (service: string) => boolean
  readonly #awaited: Awaited
  readonly #lanes = new Map<string, Lane>()
  /** By service; those that are not offered here, which others may make up, share one. */
  readonly #places = new Map<string, LanePlaces>()
  #stopped = false

  /**
   * @param look carries out what a replicant's plan says
   * @param onFault is told of what `look` has thrown
   * @param onRoom some looks were left out for want of room, and there is room now: to be asked for anew
   * @param isOffered whether this site has the service: each has places of its own
   * @param awaited those for which a client waits
   */
  constructor(
    clock: Clock,
    random: Random,
    look: (name: ReplicantName) => Promise<Looked>,
    onFault: (error: unknown) => void,
    onRoom: () => void = () => undefined,
    isOffered: (service: string) => boolean = () => true,
    awaited = new Awaited(),
  ) {
    this.#clock = clock
    this.#random = random
    this.#look = look
    this.#onFault = onFault
    this.#onRoom = onRoom
    this.#isOffered = isOffered
    this.#awaited = awaited
  }

  /** How many lanes have something to do. */
  get size(): number {
    return this.#lanes.size
  }

  /**
   * Runs something for which a client waits in the lane of a replicant, when what was asked for before is done; of other lanes it waits for none.
   * @throws CheopsError ERR_REPLICANT_BUSY when too much waits there, or in all of them; what `job` throws
   */
  run<T>(name: ReplicantName, job: () => Promise<T>): Promise<T> {
    return this.#awaited.during(name, () => this.#run(name, job))
  }

  async #run<T>(name: ReplicantName, job: () => Promise<T>): Promise<T> {
    const lane = this.#laneOf(name)
    // Looks leave as much room again.
    if (lane.queued === 0 && !lane.places.hasRoomForClients) {
      this.#leave(name, lane)
      throw new CheopsError('ERR_REPLICANT_BUSY', 'Too many resources of the service have something to do already.')
    }
    if (lane.queued >= MAX_LANE_QUEUE)
      throw new CheopsError('ERR_REPLICANT_BUSY', `Too many writes to ${name.name} wait already.`)
    return this.#enqueue(lane, job)
  }

  /** Whether it has nothing to do, and nothing waits in it. */
  isIdle(name: ReplicantName): boolean {
    return (this.#lanes.get(replicantKey(name))?.queued ?? 0) === 0
  }

  /** As `run`, for nobody who waits, and undefined at once when the lane has something to do: two lanes that wait for each other would wait for ever. */
  async runIfIdle<T>(name: ReplicantName, job: () => Promise<T>): Promise<T | undefined> {
    return this.isIdle(name) ? this.#run(name, () => this.#inPlace(name, this.#placesOf(name), job)) : undefined
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
    if (lane.queued === 0 && !lane.places.hasRoom) {
      lane.places.isOverfull = true
      return this.#leave(name, lane)
    }
    lane.looks = true
    const look = async (): Promise<void> => {
      lane.looks = false
      lane.timer?.cancel()
      lane.timer = undefined
      const result = await this.#look(name)
      lane.isAlone = result === 'alone'
      const isAgain = result === 'again' || result === 'alone'
      lane.failures = isAgain ? lane.failures + 1 : 0
      if (isAgain)
        this.kick(name, spread(backoffMs(lane.failures, RETRY_BASE_MS, RETRY_CAP_MS), this.#random.uniform()))
    }
    const looked = this.#enqueue(lane, () => this.#inPlace(name, lane.places, look))
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
      places: this.#placesOf(name),
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

  #placesOf({ service }: ReplicantName): LanePlaces {
    const key = this.#isOffered(service) ? service : ''
    const places = this.#places.get(key) ?? new LanePlaces(this.#awaited)
    this.#places.set(key, places)
    return places
  }

  async #inPlace<T>(name: ReplicantName, places: LanePlaces, job: () => Promise<T>): Promise<T> {
    await places.begin(replicantKey(name))
    try {
      if (this.#stopped) throw stopping()
      return await job()
    } finally {
      places.end()
    }
  }

  async #enqueue<T>(lane: Lane, job: () => Promise<T>): Promise<T> {
    const { name, places } = lane
    if (lane.queued++ === 0) places.busy++
    const before = lane.tail
    const done = Promise.withResolvers<void>()
    lane.tail = done.promise
    await before
    try {
      if (this.#stopped) throw stopping()
      return await job()
    } finally {
      if (--lane.queued === 0) places.busy--
      done.resolve()
      this.#leave(name, lane)
      if (places.isOverfull && places.busy <= MAX_BUSY_LANES / 2) {
        places.isOverfull = false
        if (!this.#stopped) this.#onRoom()
      }
    }
  }

  /** Nothing of a lane stays in which nothing waits. */
  #leave(name: ReplicantName, lane: Lane): void {
    if (lane.queued === 0 && lane.timer === undefined) this.#lanes.delete(replicantKey(name))
  }
}

function stopping(): CheopsError {
  return new CheopsError('ERR_AGENT_STOPPING', 'The agent is stopping.')
}

import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import {
  LOSING_FOR_MS,
  MAX_LOOKS_FOR_ABSENT,
  MAX_READ_BACKS_TOGETHER,
  MAX_THERE,
  MAX_THERE_BESIDE,
  MAX_WAITING_READ_BACKS,
  MOST_ABSENT_BESIDE,
  MOST_AHEAD,
  MOST_AHEAD_OF_ONE,
  READ_BACKS_A_SECOND,
  READ_BACKS_OF_LOSING,
  READ_BACKS_UNDER_LOAD,
  READ_BACK_AFTER_MS,
  REREADS_AFTER_MS,
  REREADS_TOGETHER,
  REREAD_EVERY_MS,
} from '../limits.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'
import type { Random } from '../../../ports/random.ts'

/** How one is read. */
export interface Look {
  /** How often it was read in vain. */
  readonly attempts: number
  /** Because its turn has come, whatever happened. */
  readonly isRound: boolean
  /** Its application was just found to have lost others. */
  readonly losesAll: boolean
}

interface Waiting extends Pick<Look, 'attempts' | 'isRound'> {
  readonly name: ReplicantName
  readonly dueAt: number
}

/** An application that has lost something, or may have: mostly it has lost more, as one that keeps nothing and was started anew, and so have others beside it. */
interface Losing {
  /** Which of its replicants were looked at; undefined: all, or enough were there. */
  readonly last: ReplicantName | undefined
  /** When one was found last, or it was begun, by the monotonic clock, milliseconds. */
  readonly at: number
  /** It has surely lost one. */
  readonly isSure: boolean
  /** How many were there since. */
  readonly there: number
  /** How many were not, at the first look. */
  readonly absent: number
  /** When all were looked at, or enough were there. */
  readonly over?: number
}

export interface ReadBackParts {
  readonly clock: Clock
  readonly random: Random
  /**
   * Reads one back, if its lane is idle. Must not throw.
   * @returns `unread` where the application could not be reached, `there` where it has what it should have, `lost` where it has not any more, `again` where that is to be seen
   */
  readonly read: (name: ReplicantName, look: Look) => Promise<'unread' | 'there' | 'lost' | 'again' | 'done'>
  /** Names behind one, in the order of the store, at most so many; from the beginning on without one. Must not throw. */
  readonly namesAfter: (name: ReplicantName | undefined, limit: number) => Promise<readonly ReplicantName[]>
  /** The round has come to a name, or to its end: said once a minute, so that the next run goes on there. Must not throw. */
  readonly onRound: (last: ReplicantName | undefined) => void
}

/**
 * When the application is read to see what it shows: soon after a lane has become idle, and of all replicants one after the other, all round,
 * so that what was changed past Cheops is found in bounded time at a bounded cost. What could not be read is read when its application is back:
 * one that was killed may have lost what it has just answered. Where one has lost something all that it should have is read at once. Source: src/consistency.md "Plan, at one site" (Drift).
 */
export class ReadBacks {
  readonly #parts: ReadBackParts
  /** By key of the name; who is due first stands first. */
  readonly #waiting = new Map<string, Waiting>()
  /** By key of the name, its service: what was absent, and is looked at again before all others that wait. It keeps its place while it is read. */
  readonly #ahead = new Map<string, string>()
  /** By service, then by key of the name: what could not be read. */
  readonly #unread = new Map<string, Map<string, ReplicantName>>()
  #running = 0
  /** How many have become idle since the last tick. */
  #came = 0
  /** How many may be read until the next tick. */
  #left = 0
  #timer: TimerHandle | undefined
  #isStopped = false
  /** Where the round is. */
  #last: ReplicantName | undefined
  #roundBegan = Number.NEGATIVE_INFINITY
  #wentOn = Number.NEGATIVE_INFINITY
  #roundSaid = Number.NEGATIVE_INFINITY
  #isLooking = false
  /** By service. */
  readonly #losing = new Map<string, Losing>()
  /** What these should have, and is looked for next. */
  #sought: readonly ReplicantName[] = []
  /** What waits was read last: where clients write more than can be read, nobody would come to what is sought. */
  #isTurnOfSought = false
  /** Of which something was read. */
  readonly #services = new Set<string>()
  #isLookingForLost = false

  constructor(parts: ReadBackParts) {
    this.#parts = parts
  }

  /** @param last where the round of the run before was: else an agent that starts often would never come to the last ones */
  start(last?: ReplicantName): void {
    this.#last = last
    const { clock, random } = this.#parts
    this.#roundBegan = clock.monotonic()
    // Sites that start together do not read at the same moments: who reads cannot be asked for its state.
    this.#timer = clock.after(random.uniform() * READ_BACK_AFTER_MS, () => this.#tick())
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#waiting.clear()
    this.#ahead.clear()
    this.#unread.clear()
    this.#losing.clear()
    this.#sought = []
  }

  /** Its lane has become idle. What finds no room is found by the round. */
  soon(name: ReplicantName): void {
    this.#came++
    this.#wait(name, 0)
  }

  /** It has not shown what it should. @param attempts how often by now */
  again(name: ReplicantName, attempts: number): void {
    this.#wait(name, attempts)
  }

  /** It may not be there any more. Who asks for it again and again puts no look off. */
  lookAt(name: ReplicantName): void {
    this.#putAhead(name)
    if (!this.#waiting.has(replicantKey(name))) this.#wait(name, 0)
  }

  /** Whether an application has surely lost something just now. */
  losesAll(service: string): boolean {
    return this.#losing.get(service)?.isSure === true
  }

  #wait(name: ReplicantName, attempts: number, isRound = false): void {
    const key = replicantKey(name)
    this.#waiting.delete(key)
    if (attempts > 0) this.#putAhead(name)
    // Whatever is looked at still more often is not lost, but yet to come.
    if (attempts > MAX_LOOKS_FOR_ABSENT) this.#ahead.delete(key)
    if (this.#waiting.size >= MAX_WAITING_READ_BACKS && !this.#ahead.has(key)) return
    this.#waiting.set(key, { name, attempts, isRound, dueAt: this.#parts.clock.monotonic() + READ_BACK_AFTER_MS })
  }

  /** If there is room, and its application is not known yet to lose what it has. */
  #putAhead(name: ReplicantName): void {
    if (this.#ahead.size >= MOST_AHEAD || this.losesAll(name.service)) return
    const ofOne = [...this.#ahead.values()].filter(service => service === name.service)
    if (ofOne.length < MOST_AHEAD_OF_ONE) this.#ahead.set(replicantKey(name), name.service)
  }

  #tick(): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.after(READ_BACK_AFTER_MS, () => this.#tick())
    const all = (READ_BACKS_A_SECOND * READ_BACK_AFTER_MS) / 1_000
    // More than can be read: reading takes its turn when clients leave time for it, of what was not written again by then.
    this.#left = this.#came > all ? (READ_BACKS_UNDER_LOAD * READ_BACK_AFTER_MS) / 1_000 : all
    // What is put back makes lanes idle, and clients are refused what is not there.
    if (this.#nextLosing() !== undefined) this.#left = (READ_BACKS_OF_LOSING * READ_BACK_AFTER_MS) / 1_000
    this.#came = 0
    for (const names of this.#unread.values()) this.#probe(names)
    this.#readDue()
    void this.#goRound()
  }

  /** As many as may be read until the next tick, so many at a time; what is looked for by turns with what waits already. */
  #readDue(): void {
    while (this.#left > 0 && this.#running < MAX_READ_BACKS_TOGETHER && !this.#isStopped) {
      const next = this.#nextDue()
      if (next === undefined) {
        void this.#lookForLost()
        return
      }
      this.#left--
      void this.#read(next.name, next.attempts, next.isRound).then(() => this.#readDue())
    }
  }

  #nextDue(): Omit<Waiting, 'dueAt'> | undefined {
    const ahead = [...this.#ahead.keys()].map(key => this.#waiting.get(key)).find(each => this.#isDue(each))
    const [first] = this.#waiting.values()
    if (ahead !== undefined) return this.#take(ahead)
    this.#isTurnOfSought = !this.#isTurnOfSought
    if (this.#isTurnOfSought && this.#sought.length === 0) void this.#lookForLost()
    const sought = this.#isTurnOfSought || !this.#isDue(first) ? this.#nextSought() : undefined
    if (sought !== undefined) return this.#take(sought)
    return this.#isDue(first) ? this.#take(first) : undefined
  }

  #isDue(waiting: Waiting | undefined): waiting is Waiting {
    return waiting !== undefined && waiting.dueAt <= this.#parts.clock.monotonic()
  }

  #take<T extends Omit<Waiting, 'dueAt'>>(next: T): T {
    this.#waiting.delete(replicantKey(next.name))
    return next
  }

  /** Whatever was absent is left to its next look: each counts. */
  #nextSought(): Omit<Waiting, 'dueAt'> | undefined {
    for (;;) {
      const [name, ...others] = this.#sought
      if (name === undefined) return undefined
      this.#sought = others
      const waiting = this.#waiting.get(replicantKey(name))
      const attempts = waiting?.attempts ?? 0
      if (attempts === 0 || this.#isDue(waiting)) return { name, attempts, isRound: true }
    }
  }

  async #goRound(): Promise<void> {
    if (this.#isLooking || this.#running >= MAX_READ_BACKS_TOGETHER) return
    const { clock, namesAfter } = this.#parts
    const now = clock.monotonic()
    const isNew = this.#last === undefined
    if (isNew ? now - this.#roundBegan < REREAD_EVERY_MS : now - this.#wentOn < REREADS_AFTER_MS) return
    this.#isLooking = true
    this.#wentOn = now
    if (isNew) this.#roundBegan = now
    try {
      const names = await namesAfter(this.#last, REREADS_TOGETHER)
      for (const name of names) if (!this.#isStopped) await this.#read(name, 0, true)
      this.#last = names.length < REREADS_TOGETHER ? undefined : names.at(-1)
      const isOver = this.#last === undefined
      if (!isOver && clock.monotonic() - this.#roundSaid < REREAD_EVERY_MS) return
      this.#roundSaid = clock.monotonic()
      this.#parts.onRound(this.#last)
    } finally {
      this.#isLooking = false
    }
  }

  /** The next of what an application should have, once all before it were looked at. */
  async #lookForLost(): Promise<void> {
    const next = this.#nextLosing()
    if (next === undefined || this.#isLookingForLost || this.#sought.length > 0) return
    const [service, { last, isSure }] = next
    this.#isLookingForLost = true
    try {
      // As long as it may have lost nothing, a few tell.
      const limit = isSure ? READ_BACKS_A_SECOND : MOST_ABSENT_BESIDE
      const names = await this.#parts.namesAfter(last, limit)
      const own = names.filter(name => name.service === service)
      const known = this.#losing.get(service)
      // It has begun anew meanwhile.
      if (known?.last === undefined || known.isSure !== isSure) return
      this.#sought = own
      this.#losing.set(service, own.length < limit ? this.#over(known) : { ...known, last: own.at(-1) })
    } finally {
      this.#isLookingForLost = false
      if (!this.#isStopped) this.#readDue()
    }
  }

  /** An application that is looked through. One beside that lacks as many is waited for: each absence takes several looks to count, and then all are looked at. */
  #nextLosing(): readonly [string, Losing] | undefined {
    const now = this.#parts.clock.monotonic()
    for (const [service, { at }] of this.#losing) if (now - at > LOSING_FOR_MS) this.#losing.delete(service)
    return [...this.#losing].find(
      ([, { last, isSure, absent }]) => last !== undefined && (isSure || absent < MOST_ABSENT_BESIDE),
    )
  }

  /** That it has lost one: all others are looked at, and some of each application beside it. */
  #noteLost(service: string): void {
    const known = this.#losing.get(service)
    const at = this.#parts.clock.monotonic()
    // It may lose all again and again, as one that is killed every few minutes.
    for (const [key, of] of this.#ahead) if (of === service) this.#ahead.delete(key)
    const isAnew = known?.isSure !== true || (known.over !== undefined && at - known.over >= LOSING_FOR_MS)
    const began = isAnew ? { last: beginningOf(service) } : known
    this.#losing.set(service, { ...began, at, isSure: true, there: 0, absent: 0 })
    for (const other of this.#services) this.#noteMayLose(other)
  }

  #noteMayLose(service: string): void {
    if (this.#losing.has(service)) return
    const at = this.#parts.clock.monotonic()
    this.#losing.set(service, { last: beginningOf(service), at, isSure: false, there: 0, absent: 0 })
  }

  #noteThere(service: string): void {
    const known = this.#losing.get(service)
    if (known === undefined) return
    const there = known.there + 1
    const isEnough = known.last !== undefined && there >= (known.isSure ? MAX_THERE : MAX_THERE_BESIDE)
    this.#losing.set(service, { ...(isEnough ? this.#over(known) : known), there })
  }

  #noteAbsent(service: string): void {
    const known = this.#losing.get(service)
    if (known !== undefined) this.#losing.set(service, { ...known, absent: known.absent + 1 })
  }

  #over(known: Losing): Losing {
    return { ...known, last: undefined, over: this.#parts.clock.monotonic() }
  }

  /** Whether the application is back, by one of what it has not shown. */
  #probe(names: Map<string, ReplicantName>): void {
    const [next] = names
    if (next === undefined || this.#running >= MAX_READ_BACKS_TOGETHER) return
    names.delete(next[0])
    void this.#read(next[1], 0, false)
  }

  async #read(name: ReplicantName, attempts: number, isRound: boolean): Promise<void> {
    this.#running++
    this.#services.add(name.service)
    const losesAll = this.losesAll(name.service)
    const found = await this.#parts.read(name, { attempts, isRound, losesAll })
    this.#running--
    const key = replicantKey(name)
    if (!this.#waiting.has(key)) this.#ahead.delete(key)
    if (this.#isStopped) return
    if (found === 'unread') return this.#missed(name)
    this.#isBack(name.service)
    if (found === 'lost') this.#noteLost(name.service)
    else if (found === 'there' && isRound) this.#noteThere(name.service)
    else if (found === 'again' && isRound && attempts === 0) this.#noteAbsent(name.service)
  }

  /** What finds no room is found by the round. */
  #missed(name: ReplicantName): void {
    const names = this.#unread.get(name.service) ?? new Map<string, ReplicantName>()
    this.#unread.set(name.service, names)
    if (names.size < MAX_WAITING_READ_BACKS) names.set(replicantKey(name), name)
  }

  #isBack(service: string): void {
    const names = this.#unread.get(service)
    this.#unread.delete(service)
    if (names === undefined) return
    for (const name of names.values()) this.#wait(name, 0)
    this.#noteMayLose(service)
  }
}

/** Before all of its names. */
function beginningOf(service: string): ReplicantName {
  return { service, kind: '', name: '' }
}

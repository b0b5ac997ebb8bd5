import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import {
  MAX_READ_BACKS_TOGETHER,
  MAX_WAITING_READ_BACKS,
  READ_BACKS_A_SECOND,
  READ_BACKS_UNDER_LOAD,
  READ_BACK_AFTER_MS,
  REREADS_AFTER_MS,
  REREADS_TOGETHER,
  REREAD_EVERY_MS,
} from '../limits.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'
import type { Random } from '../../../ports/random.ts'

interface Waiting {
  readonly name: ReplicantName
  readonly dueAt: number
  /** How often it was read in vain. */
  readonly attempts: number
}

export interface ReadBackParts {
  readonly clock: Clock
  readonly random: Random
  /**
   * Reads one back, if its lane is idle; `isRound`: because its turn has come, whatever happened. Must not throw.
   * @returns `unread` where the application could not be reached
   */
  readonly read: (name: ReplicantName, attempts: number, isRound: boolean) => Promise<'unread' | 'done'>
  /** Names behind one, in the order of the store, at most so many; from the beginning on without one. Must not throw. */
  readonly namesAfter: (name: ReplicantName | undefined, limit: number) => Promise<readonly ReplicantName[]>
  /** The round has come to a name, or to its end: said once a minute, so that the next run goes on there. Must not throw. */
  readonly onRound: (last: ReplicantName | undefined) => void
}

/**
 * When the application is read to see what it shows: soon after a lane has become idle, and of all replicants one after the other, all round,
 * so that what was changed past Cheops is found in bounded time at a bounded cost. What could not be read is read when its application is back:
 * one that was killed may have lost what it has just answered. Source: src/consistency.md "Plan, at one site" (Drift).
 */
export class ReadBacks {
  readonly #parts: ReadBackParts
  /** By key of the name; who is due first stands first. */
  readonly #waiting = new Map<string, Waiting>()
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
    this.#unread.clear()
  }

  /** Its lane has become idle. What finds no room is found by the round. */
  soon(name: ReplicantName, attempts = 0): void {
    if (attempts === 0) this.#came++
    this.#wait(name, attempts)
  }

  #wait(name: ReplicantName, attempts: number): void {
    const key = replicantKey(name)
    this.#waiting.delete(key)
    if (this.#waiting.size >= MAX_WAITING_READ_BACKS) return
    this.#waiting.set(key, { name, attempts, dueAt: this.#parts.clock.monotonic() + READ_BACK_AFTER_MS })
  }

  #tick(): void {
    if (this.#isStopped) return
    this.#timer = this.#parts.clock.after(READ_BACK_AFTER_MS, () => this.#tick())
    const all = (READ_BACKS_A_SECOND * READ_BACK_AFTER_MS) / 1_000
    // More than can be read: reading takes its turn when clients leave time for it, of what was not written again by then.
    this.#left = this.#came > all ? (READ_BACKS_UNDER_LOAD * READ_BACK_AFTER_MS) / 1_000 : all
    this.#came = 0
    for (const names of this.#unread.values()) this.#probe(names)
    this.#readDue()
    void this.#goRound()
  }

  /** As many as may be read until the next tick, so many at a time. */
  #readDue(): void {
    while (this.#left > 0 && this.#running < MAX_READ_BACKS_TOGETHER && !this.#isStopped) {
      const [next] = this.#waiting
      if (next === undefined || next[1].dueAt > this.#parts.clock.monotonic()) return
      this.#waiting.delete(next[0])
      this.#left--
      void this.#read(next[1].name, next[1].attempts, false).then(() => this.#readDue())
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

  /** Whether the application is back, by one of what it has not shown. */
  #probe(names: Map<string, ReplicantName>): void {
    const [next] = names
    if (next === undefined || this.#running >= MAX_READ_BACKS_TOGETHER) return
    names.delete(next[0])
    void this.#read(next[1], 0, false)
  }

  async #read(name: ReplicantName, attempts: number, isRound: boolean): Promise<void> {
    this.#running++
    const found = await this.#parts.read(name, attempts, isRound)
    this.#running--
    if (this.#isStopped) return
    if (found === 'unread') this.#missed(name)
    else this.#isBack(name.service)
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
    for (const name of names?.values() ?? []) this.#wait(name, 0)
  }
}

/**
 * Replicants whose lanes cannot go on, since their application cannot be asked, or takes nothing, for now. Most of that passes; what lasts is
 * said: else a site whose application refuses the agent's account would look as well as one that has nothing to do.
 */
import { dotKey, replicantKey, type Operation, type ReplicantName } from '../../../core/oplog/index.ts'
import { currentPlan } from './current-plan.ts'
import { isBlocked } from './lane-book.ts'
import { BEHIND_AFTER_MS, MAX_BEHIND_TOLD } from '../limits.ts'
import { tellEvent, tellOutcome } from '../admission/words.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

interface Entry {
  readonly name: ReplicantName
  /** Since when its lane has not come to an end, monotonic. */
  readonly since: number
  /** What the application answered last; undefined: it did not answer. */
  readonly status: number | undefined
  /** Operations whose origins were told, by `dotKey`. */
  readonly told: ReadonlySet<string>
}

/** Those that are behind for long. */
export interface BehindCounts {
  readonly behind: number
  /** For how long the first of them is, milliseconds; 0 where none is. */
  readonly behindMs: number
  /** What most of their applications answered last; undefined where none is, or they did not answer. */
  readonly behindStatus: number | undefined
}

export class Behind {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By key of the name: no more than there are lanes with something to do. */
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Its lane has come to an end, or waits for something that is shown otherwise. */
  over(name: ReplicantName): void {
    if (this.#entries.size > 0) this.#entries.delete(replicantKey(name))
  }

  /**
   * Its lane could not go on, and tries again. After a while its origins and people are told.
   * @param began when it began to try, monotonic
   * @param status that the application answered last; undefined: it did not answer
   */
  async cannotGoOn(engine: Engine, replica: Replica, began: number, status: number | undefined): Promise<void> {
    const key = replicantKey(replica.name)
    const { plan } = currentPlan(engine, replica)
    const waiting = plan.kind === 'run' || plan.kind === 'replay' ? plan.operations.slice(0, MAX_BEHIND_TOLD) : []
    // Not for its application: that is told, and shown otherwise.
    if (waiting.some(operation => isBlocked(replica, operation))) return this.over(replica.name)
    const before = this.#entries.get(key)
    const since = before?.since ?? began
    const { service, kind, name } = replica.name
    const told = before?.told ?? new Set<string>()
    this.#entries.set(key, { name: { service, kind, name }, since, status, told })
    if (this.#clock.monotonic() - since < BEHIND_AFTER_MS) return
    const isOthers = ({ dot }: Operation): boolean => dot.site !== engine.options.site
    const news = waiting.filter(operation => isOthers(operation) && !told.has(dotKey(operation.dot)))
    const isFirst = before === undefined || before.told.size === 0
    if (news.length === 0 && !isFirst) return
    const all = new Set([...waiting.map(({ dot }) => dotKey(dot)), key])
    this.#entries.set(key, { name: { service, kind, name }, since, status, told: all })
    await engine.replicas.commit(commit => {
      for (const operation of news)
        tellOutcome(engine, commit, replica, operation, 'pending', status === undefined ? {} : { status })
      if (isFirst) tellEvent(engine, commit, { kind: 'behind', replicant: replica.name, status })
    })
  }

  /** For how long the lane of one cannot go on, milliseconds, and what its application answered last; undefined: it is not known to be behind. */
  of(name: ReplicantName): { readonly forMs: number; readonly status: number | undefined } | undefined {
    const entry = this.#entries.get(replicantKey(name))
    return entry && { forMs: this.#clock.monotonic() - entry.since, status: entry.status }
  }

  get counts(): BehindCounts {
    const now = this.#clock.monotonic()
    const long = [...this.#entries.values()].filter(({ since }) => now - since >= BEHIND_AFTER_MS)
    const statuses = [...Map.groupBy(long, ({ status }) => status)].sort(([, a], [, b]) => b.length - a.length)
    const behindMs = long.reduce((most, { since }) => Math.max(most, now - since), 0)
    return { behind: long.length, behindMs, behindStatus: statuses[0]?.[0] }
  }
}

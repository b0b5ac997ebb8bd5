import type { Clock, TimerHandle } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { TokenBuckets } from '../runtime/membership/token-buckets.ts'
import type { ReplicationEvent } from '../runtime/replication/events.ts'

/** Warnings of each kind: a load that meets itself has thousands of conflicts in a minute, and each is listed and counted elsewhere. */
export const WARNINGS_LOGGED = { burst: 16, perSecond: 0.1, maxKeys: 32 }

/** How soon after the first that was left out the log says how many were. */
export const OMITTED_TOLD_MS = 60_000

/** What happens in replication, as lines of the log: what people must know of is a warning; the rest is for who looks for it. */
export class ReplicationLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #buckets = new TokenBuckets(WARNINGS_LOGGED)
  readonly #omitted = new Map<ReplicationEvent['kind'], number>()
  #timer: TimerHandle | undefined

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  see(event: ReplicationEvent): void {
    const { kind, ...fields } = event
    switch (kind) {
      case 'conflict':
      case 'unbound':
      case 'diverged':
      case 'behind':
      case 'hole':
      case 'detached':
      case 'refused':
      case 'set-back':
      case 'foreign':
      case 'waits-for-body':
      case 'drift':
      case 'compared':
      case 'ahead':
      case 'unbelieved':
        if (this.#buckets.take(kind, this.#clock.monotonic()))
          this.#logger.warn(loggable(fields), `replication: ${kind}`)
        else this.#omit(kind)
        return
      case 'left':
        this.#logger[event.givenUp > 0 ? 'warn' : 'debug'](fields, `replication: ${kind}`)
        return
      case 'settled':
        this.#logger.debug(loggable(fields), `replication: ${kind}`)
        return
      // Several for each write, and without bodies.
      case 'released':
      case 'outcome':
      case 'done':
      case 'agrees':
      case 'members':
      case 'body-here':
        this.#logger.debug(fields, `replication: ${kind}`)
    }
  }

  /** Says what was left out until now. */
  close(): void {
    this.#tellOmitted()
  }

  #omit(kind: ReplicationEvent['kind']): void {
    this.#omitted.set(kind, (this.#omitted.get(kind) ?? 0) + 1)
    this.#timer ??= this.#clock.after(OMITTED_TOLD_MS, () => this.#tellOmitted())
  }

  #tellOmitted(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#omitted.size > 0)
      this.#logger.warn({ omitted: Object.fromEntries(this.#omitted) }, 'replication: more than is logged one by one')
    this.#omitted.clear()
  }
}

/** Names and numbers: operations hold bodies, which are nobody's business in a log. */
function loggable(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      name === 'conflict' ? (value as { operation: { dot: unknown } }).operation.dot : value,
    ]),
  )
}

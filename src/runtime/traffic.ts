import type { RequestCounts } from '../ports/control.ts'
import type { RelayResult } from '../ports/exchange.ts'
import type { Clock } from '../ports/clock.ts'
import type { Counter, Gauge, Histogram, Metrics } from '../ports/metrics.ts'

/** `local`: a client's request at this site's application; `forwarded`: one that went to another site; `received`: one from there. */
export type TrafficKind = 'local' | 'forwarded' | 'received'

interface Counts {
  inFlight: number
  total: number
  failed: number
}

/** Seconds. From a pass-through on loopback to the time after which clients give up. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Counts requests for `cheops status` and `/metrics`. */
export class Traffic {
  readonly #clock: Clock
  readonly #counts: Record<TrafficKind, Counts> = { local: zero(), forwarded: zero(), received: zero() }
  readonly #total: Counter
  readonly #inFlight: Gauge
  readonly #duration: Histogram

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock
    this.#total = metrics.counter('cheops_requests_total', 'Requests that ended, by what became of them.', [
      'kind',
      'service',
      'outcome',
    ])
    this.#inFlight = metrics.gauge('cheops_requests_in_flight', 'Requests under way.', ['kind'])
    this.#duration = metrics.histogram(
      'cheops_request_duration_seconds',
      'From the head of the request to the end of the answer; upgrades and watches are as long as they last.',
      DURATION_BUCKETS,
      ['kind', 'service'],
    )
  }

  counts(): Record<TrafficKind, RequestCounts> {
    const { local, forwarded, received } = this.#counts
    return { local: { ...local }, forwarded: { ...forwarded }, received: { ...received } }
  }

  /** @returns what ends the count of this request; undefined where it came to nothing that is counted, or is counted otherwise */
  begin(kind: TrafficKind, service: string): (result: RelayResult | undefined) => void {
    const counts = this.#counts[kind]
    const startedAt = this.#clock.monotonic()
    counts.inFlight++
    counts.total++
    this.#inFlight.set(counts.inFlight, kind)
    return result => {
      counts.inFlight--
      if (result === undefined) {
        counts.total--
        this.#inFlight.set(counts.inFlight, kind)
        return
      }
      if (result.kind === 'failed' || (result.kind === 'answered' && !result.complete)) counts.failed++
      this.#inFlight.set(counts.inFlight, kind)
      this.#total.add(1, kind, service, outcomeOf(result))
      this.#duration.observe((this.#clock.monotonic() - startedAt) / 1000, kind, service)
    }
  }
}

function outcomeOf(result: RelayResult): string {
  switch (result.kind) {
    case 'answered':
      return result.complete ? `${Math.floor(result.status / 100)}xx` : 'broken'
    case 'declined':
      return 'declined'
    case 'failed':
      return result.error.code
    case 'gone':
      return 'gone'
  }
}

function zero(): Counts {
  return { inFlight: 0, total: 0, failed: 0 }
}

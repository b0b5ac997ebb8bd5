import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { collectProcessMetrics } from './event-loop-lag.ts'
import type { Metrics } from '../../ports/metrics.ts'

export interface PrometheusMetrics extends Metrics {
  /** All metrics in the text format of Prometheus. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>
}

/** Names of metrics: part of the public interface, as dashboards rely on them. */
const NAME = /^cheops_[a-z0-9]+(_[a-z0-9]+)+$/
/** More labels than this make more time series than anybody looks at. */
const MAX_LABELS = 4

/**
 * Metrics by prom-client, in a registry of their own so that several agents can live in one process. A metric that is asked
 * for twice is the same one. Memory, event loop and garbage collection of the process are there too (`cheops_process_…`,
 * `cheops_nodejs_…`).
 */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): PrometheusMetrics {
  const registry = new Registry()
  if (options.processMetrics ?? true) collectProcessMetrics(registry, 'cheops_')
  const known = new Map<string, { kind: string; metric: unknown }>()

  function once<T>(kind: string, name: string, labels: readonly string[], make: () => T): T {
    if (!NAME.test(name) || labels.length > MAX_LABELS) {
      throw new TypeError(
        `Metric "${name}" must be called cheops_<part>_<what>_<unit> and have at most ${String(MAX_LABELS)} labels.`,
      )
    }
    const before = known.get(name)
    if (before !== undefined) {
      if (before.kind !== kind) throw new TypeError(`Metric "${name}" is a ${before.kind} already.`)
      return before.metric as T
    }
    const metric = make()
    known.set(name, { kind, metric })
    return metric
  }

  return {
    counter: (name, help, labels = []) =>
      once('counter', name, labels, () => {
        const series = seriesOf(labels)
        new Counter({
          name,
          help,
          labelNames: [...labels],
          registers: [registry],
          collect() {
            for (const each of series.all()) {
              this.inc(each.labels, each.value)
              each.value = 0
            }
          },
        })
        return { add: (value: number, ...values: string[]) => void (series.of(values).value += value) }
      }),
    gauge: (name, help, labels = []) =>
      once('gauge', name, labels, () => {
        const series = seriesOf(labels)
        new Gauge({
          name,
          help,
          labelNames: [...labels],
          registers: [registry],
          collect() {
            for (const each of series.all()) this.set(each.labels, each.value)
          },
        })
        return { set: (value: number, ...values: string[]) => void (series.of(values).value = value) }
      }),
    histogram: (name, help, buckets, labels = []) =>
      once('histogram', name, labels, () => {
        const series = seriesOf(labels)
        const histogram = new Histogram({
          name,
          help,
          labelNames: [...labels],
          buckets: [...buckets],
          registers: [registry],
        })
        return {
          observe: (value: number, ...values: string[]) => histogram.observe(series.of(values).labels, value),
        }
      }),
    async expose() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

/** One combination of label values. */
interface Series {
  /** As prom-client wants them: by name. */
  readonly labels: Record<string, string>
  /** What prom-client learns when it is asked: several times for each request it would be a fortieth of what one costs. */
  value: number
}

/** The series of one metric, each made once. */
function seriesOf(names: readonly string[]): { of(values: readonly string[]): Series; all(): Iterable<Series> } {
  const known = new Map<string, Series>()
  return {
    of(values) {
      const key = values.length === 1 ? (values[0] ?? '') : values.join('\n')
      let series = known.get(key)
      if (series === undefined) {
        series = { labels: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])), value: 0 }
        known.set(key, series)
      }
      return series
    },
    all: () => known.values(),
  }
}

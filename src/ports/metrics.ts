/** Metrics: names are `cheops_<part>_<what>_<unit>`, labels are few and bounded (service, site, code; never paths). */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter
  gauge(name: string, help: string, labels?: readonly string[]): Gauge
  /** `buckets` are upper bounds in the metric's unit, ascending. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram
}

/** Label values stand in the order in which the metric named its labels. */
export interface Counter {
  add(value: number, ...labels: string[]): void
}
export interface Gauge {
  set(value: number, ...labels: string[]): void
}
export interface Histogram {
  observe(value: number, ...labels: string[]): void
}

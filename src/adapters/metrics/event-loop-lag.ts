import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

/**
 * How often it is looked how late the event loop is, milliseconds. The library looks each 10 ms by default, which wakes an agent that has nothing to do a
 * hundred times a second: a third of all that it computes then.
 */
const LOOK_MS = 100
/** The library is not to look by itself: the largest delay that timers take. */
const NEVER_MS = 2 ** 31 - 1

/** Metrics of the process, memory and garbage among them, and of how late its event loop is: by their usual names, behind the prefix. */
export function collectProcessMetrics(register: Registry, prefix: string): void {
  collectDefaultMetrics({ register, prefix, eventLoopMonitoringPrecision: NEVER_MS })
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS })
  delays.enable()
  const values = {
    min: { help: 'The minimum recorded event loop delay.', of: () => delays.min },
    max: { help: 'The maximum recorded event loop delay.', of: () => delays.max },
    mean: { help: 'The mean of the recorded event loop delays.', of: () => delays.mean },
    stddev: { help: 'The standard deviation of the recorded event loop delays.', of: () => delays.stddev },
    p50: { help: 'The 50th percentile of the recorded event loop delays.', of: () => delays.percentile(50) },
    p90: { help: 'The 90th percentile of the recorded event loop delays.', of: () => delays.percentile(90) },
    p99: { help: 'The 99th percentile of the recorded event loop delays.', of: () => delays.percentile(99) },
  }
  const gauges: { readonly gauge: Gauge; readonly read: () => number }[] = []
  // What is recorded are times between two looks: what is above that is lag. The spread has no such part.
  const seconds = (name: string, nanoseconds: number): number =>
    delays.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - (name === 'stddev' ? 0 : LOOK_MS / 1e3))
  for (const [value, { help, of }] of Object.entries(values)) {
    const name = `${prefix}nodejs_eventloop_lag_${value}_seconds`
    register.removeSingleMetric(name)
    const isFirst = gauges.length === 0
    const gauge = new Gauge({
      name,
      help,
      registers: [register],
      // The first one that is asked reads for all, as in the library: each exposition is about the time since the one before.
      ...(isFirst && {
        collect: () => {
          for (const each of gauges) each.gauge.set(each.read())
          delays.reset()
        },
      }),
    })
    gauges.push({ gauge, read: () => seconds(value, of()) })
  }
}

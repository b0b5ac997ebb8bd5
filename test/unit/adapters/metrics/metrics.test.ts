// Shows that metrics appear in the format of Prometheus with their labels, that asking twice gives the same one, and that
// names and numbers of labels are held to the convention.
import { expect, test } from 'vitest'
import { createMetrics } from '../../../../src/adapters/metrics/prometheus.ts'

test('counter, gauge, histogram', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.counter('cheops_forward_requests_total', 'Requests.', ['service', 'site']).add(2, 'inventory', 'site2')
  metrics.counter('cheops_forward_requests_total', 'Requests.', ['service', 'site']).add(1, 'inventory', 'site2')
  metrics.gauge('cheops_peers_connected_count', 'Peers.').set(3)
  metrics.histogram('cheops_ingress_latency_seconds', 'Time.', [0.1, 1]).observe(0.5)
  const { contentType, body } = await metrics.expose()
  expect(contentType).toContain('text/plain; version=0.0.4')
  expect(body).toContain('cheops_forward_requests_total{service="inventory",site="site2"} 3')
  expect(body).toContain('cheops_peers_connected_count 3')
  expect(body).toContain('cheops_ingress_latency_seconds_bucket{le="0.1"} 0')
  expect(body).toContain('cheops_ingress_latency_seconds_bucket{le="1"} 1')
})

test('what is counted is told once, and gauges as they are when they are asked for', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const counter = metrics.counter('cheops_forward_requests_total', 'Requests.', ['service', 'site'])
  const gauge = metrics.gauge('cheops_requests_in_flight', 'Requests.', ['kind'])
  const lines = async (): Promise<string[]> =>
    (await metrics.expose()).body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  counter.add(1, 'a', 'b')
  counter.add(0, 'ab', '')
  gauge.set(7, 'local')
  gauge.set(4, 'local')
  const first = [
    'cheops_forward_requests_total{service="a",site="b"} 1',
    'cheops_forward_requests_total{service="ab",site=""} 0',
    'cheops_requests_in_flight{kind="local"} 4',
  ]
  expect(await lines()).toEqual(first)
  expect(await lines()).toEqual(first)
  counter.add(2, 'a', 'b')
  gauge.set(0, 'local')
  expect(await lines()).toEqual([
    'cheops_forward_requests_total{service="a",site="b"} 3',
    'cheops_forward_requests_total{service="ab",site=""} 0',
    'cheops_requests_in_flight{kind="local"} 0',
  ])
})

test('two agents in one process do not share metrics; those of the process are there', async () => {
  const [one, two] = [createMetrics(), createMetrics()]
  one.gauge('cheops_peers_connected_count', 'Peers.').set(1)
  expect((await two.expose()).body).not.toContain('cheops_peers')
  expect((await two.expose()).body).toContain('cheops_process_resident_memory_bytes')
})

test('bad names, too many labels and another kind are refused', () => {
  const metrics = createMetrics({ processMetrics: false })
  expect(() => metrics.counter('requests', 'x')).toThrow(/must be called/)
  expect(() => metrics.counter('cheops_a_b', 'x', ['a', 'b', 'c', 'd', 'e'])).toThrow(/at most 4 labels/)
  metrics.counter('cheops_a_b', 'x')
  expect(() => metrics.gauge('cheops_a_b', 'x')).toThrow(/is a counter already/)
})

test('how late the event loop was is told without the time between two looks', async () => {
  const metrics = createMetrics()
  const lags = async () => {
    const { body } = await metrics.expose()
    const found = [...body.matchAll(/^cheops_nodejs_eventloop_lag_([a-z0-9]+)_seconds (\S+)$/gm)]
    return Object.fromEntries(found.map(([, name = '', value]) => [name, Number(value)]))
  }
  const names = ['max', 'mean', 'min', 'p50', 'p90', 'p99', 'stddev']
  expect(await lags()).toEqual(Object.fromEntries(names.map(name => [name, 0])))
  // One look is over, and then the loop is held up for several.
  await new Promise(resolve => setTimeout(resolve, 250))
  const until = performance.now() + 400
  while (performance.now() < until) continue
  await new Promise(resolve => setTimeout(resolve, 150))
  const late = await lags()
  expect(Object.keys(late).toSorted()).toEqual(names)
  expect(late['max']).toBeGreaterThanOrEqual(0.25)
  expect(late['p99']).toBeGreaterThan(late['min'] ?? Infinity)
  expect(late['min']).toBeGreaterThanOrEqual(0)
})

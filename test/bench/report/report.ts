import type { Case, LoadCase } from '../cases.ts'
import type { ChainName } from '../chains/chain.ts'
import { CHAINS } from '../chains/chain.ts'
import type { Sample } from '../measure/measure.ts'
import { paired, spread } from '../measure/statistics.ts'
import type { Spread } from '../measure/statistics.ts'
import type { Results } from '../run.ts'
import type { Aim } from './aims.ts'
import { figure, table } from './table.ts'

const MB = 1e6
const NOT_MEASURED = '–'

/** Everything for people: a table for each case, then the aims. */
export function renderReport(
  cases: readonly Case[],
  results: Results,
  aims: readonly Aim[],
  missing: Readonly<Partial<Record<ChainName, string>>>,
): string {
  const parts: string[] = []
  for (const one of cases) {
    if (one.kind === 'load') {
      const ofCase = results.load[one.name]
      if (ofCase !== undefined) parts.push(`${one.title}\n${renderCase(one, ofCase, missing)}`)
    } else if (one.kind === 'beside' && results.beside.length > 0) {
      parts.push(`${one.title}\n${renderBeside(results)}`)
    } else if (one.kind === 'watches' && results.watches.length > 0) {
      parts.push(`${one.title}\n${renderWatches(results)}`)
    }
  }
  parts.push(`Aims (medians of rounds; ratios are taken within each round)\n${renderAims(aims)}`)
  return parts.join('\n\n')
}

function renderCase(
  { of, chains, connections }: LoadCase,
  ofCase: Partial<Record<ChainName, readonly Sample[]>>,
  missing: Readonly<Partial<Record<ChainName, string>>>,
): string {
  const bytes = of === 'bytes'
  const rows = [
    bytes
      ? ['chain', 'MB/s', 'min–max', 'of direct', 'of Envoy', 'ms a body', 'CPU s/GB', 'peak MB', 'growth MB', 'errors']
      : ['chain', 'req/s', 'min–max', 'of direct', 'of Envoy', 'p50 µs', 'p99 µs', 'CPU ms/1,000', 'peak MB', 'errors'],
  ]
  const absent: string[] = []
  const speed = (one: Sample): number => (bytes ? one.bytesPerSecond / MB : one.requestsPerSecond)
  const ratio = (own: readonly Sample[], to: ChainName): string =>
    half(paired(own, ofCase[to] ?? [], (left, right) => speed(left) / speed(right)))
  for (const name of chains) {
    const samples = ofCase[name]
    if (samples === undefined || samples.length === 0) {
      absent.push(`${name}: not measured, ${missing[name] ?? 'left out by --chain'}`)
      continue
    }
    const speeds = spread(samples.map(speed))
    const common = [name, figure(speeds.median), range(speeds), ratio(samples, 'direct'), ratio(samples, 'envoy')]
    const peak = median(samples, ({ peakBytes }) => peakBytes / MB)
    const errors = String(samples.reduce((sum, one) => sum + one.errors, 0))
    rows.push(
      bytes
        ? [
            ...common,
            connections === 1 ? median(samples, ({ p50Us }) => p50Us && p50Us / 1_000) : NOT_MEASURED,
            median(samples, one => one.cpuMs / 1_000 / (one.bytes / 1e9)),
            peak,
            median(samples, ({ growthBytes }) => Math.max(0, growthBytes / MB)),
            errors,
          ]
        : [
            ...common,
            median(samples, ({ p50Us }) => p50Us),
            median(samples, ({ p99Us }) => p99Us),
            median(samples, one => (one.cpuMs / one.requests) * 1_000),
            peak,
            errors,
          ],
    )
  }
  return [table(rows), ...absent].join('\n')
}

function renderBeside({ beside }: Results): string {
  const row = (name: string, samples: readonly Sample[]): string[] => [
    name,
    median(samples, ({ p50Us }) => p50Us),
    median(samples, ({ p99Us }) => p99Us),
    String(samples.reduce((sum, one) => sum + one.errors, 0)),
  ]
  const large = spread(beside.map(one => one.large.bytesPerSecond / MB))
  return [
    table([
      ['forwarded', 'p50 µs', 'p99 µs', 'errors'],
      row(
        'alone',
        beside.map(({ alone }) => alone),
      ),
      row(
        'beside 1 GB',
        beside.map(one => one.beside),
      ),
    ]),
    `the large body meanwhile: ${figure(large.median)} MB/s`,
  ].join('\n')
}

function renderWatches({ watches }: Results): string {
  return table([
    ['forwarded', 'req/s', 'p50 µs', 'p99 µs', 'watches', 'still open', 'served meanwhile', 'peak MB', 'errors'],
    ...watches.map(({ load, watches: asked, open, served }) => [
      `round ${String(load.round)}`,
      figure(load.requestsPerSecond),
      median([load], ({ p50Us }) => p50Us),
      median([load], ({ p99Us }) => p99Us),
      ...[asked, open, served].map(String),
      figure(load.peakBytes / MB),
      String(load.errors),
    ]),
  ])
}

/** A table of aims and what was reached. */
export function renderAims(aims: readonly Aim[]): string {
  const rows = [['aim', 'wanted', 'reached', 'min–max', 'met']]
  for (const { name, sign, bound, unit, reached, met, note } of aims) {
    const verdict = met === undefined ? 'not measured' : met ? 'yes' : 'NO'
    rows.push([
      name,
      `${sign} ${String(bound)} ${unit}`.trim(),
      reached === undefined ? NOT_MEASURED : figure(reached.median),
      reached === undefined ? NOT_MEASURED : range(reached),
      note === undefined ? verdict : `${verdict}: ${note}`,
    ])
  }
  return table(rows)
}

/** What the names of chains in the tables stand for. */
export function renderChains(names: readonly ChainName[]): string {
  const width = Math.max(...names.map(name => name.length))
  return names.map(name => `${name.padEnd(width)}   ${CHAINS[name]}`).join('\n')
}

function median(samples: readonly Sample[], value: (one: Sample) => number | undefined): string {
  const values = samples.map(value).filter(one => one !== undefined && Number.isFinite(one))
  return values.length === 0 ? NOT_MEASURED : figure(spread(values.map(Number)).median)
}

function range({ min, max }: Spread): string {
  return `${figure(min)}–${figure(max)}`
}

function half(value: Spread | undefined): string {
  return value === undefined ? NOT_MEASURED : value.median.toFixed(2)
}

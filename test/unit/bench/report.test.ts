// What the benchmark prints: columns that line up, figures of three digits, and a peer that is missing named in its table.

import { describe, expect, it } from 'vitest'
import { CASES } from '../../bench/cases.ts'
import { renderChains, renderReport } from '../../bench/report/report.ts'
import { figure, table } from '../../bench/report/table.ts'

describe('figure', () => {
  it.each([
    [0, '0'],
    [0.01234, '0.0123'],
    [1.5, '1.50'],
    [22.04, '22.0'],
    [999.6, '1,000'],
    [38_438.2, '38,438'],
    [-0.25, '-0.250'],
  ])('%d is %s', (value, shown) => {
    expect(figure(value)).toBe(shown)
  })
})

describe('table', () => {
  it('puts names to the left and figures to the right', () => {
    const text = table([
      ['chain', 'req/s'],
      ['direct', '38,438'],
      ['nginx', '9'],
    ])
    expect(text.split('\n')).toEqual(['chain     req/s', '------   ------', 'direct   38,438', 'nginx         9'])
  })
})

describe('renderReport', () => {
  const one = (round: number, requestsPerSecond: number) => ({
    round,
    requests: requestsPerSecond,
    requestsPerSecond,
    bytesPerSecond: 1e6,
    p50Us: 120,
    p99Us: 1_300,
    cpuMs: 500,
    bytes: 1e6,
    peakBytes: 2.5e8,
    growthBytes: 0,
    errors: 1,
    othersShare: 0,
  })
  const results = {
    load: { 'small-32': { direct: [one(1, 1_000), one(2, 3_000)], forwarded: [one(1, 500), one(2, 600)] } },
    beside: [],
    watches: [],
  }

  it('shows medians, ranges and ratios, and names what was not measured with its reason', () => {
    const lines = renderReport(CASES, results, [], { envoy: 'Envoy is not installed' }).split('\n')
    const words = (start: string) => lines.find(line => line.startsWith(start))?.split(/ {2,}/)
    // Ratios of 0.5 and 0.2 within the rounds; CPU of 1,000 and of 833 ms.
    expect(words('forwarded ')).toEqual(['forwarded', '550', '500–600', '0.35', '–', '120', '1,300', '917', '250', '2'])
    expect(lines).toContain('envoy: not measured, Envoy is not installed')
    expect(lines).toContain('nginx: not measured, left out by --chain')
  })
})

describe('renderChains', () => {
  it('says what the names stand for', () => {
    expect(renderChains(['direct', 'pass-through'])).toBe(
      'direct         client → service (nginx)\npass-through   client → agent → service',
    )
  })
})

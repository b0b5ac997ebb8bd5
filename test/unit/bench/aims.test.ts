// The verdicts of the benchmark on figures that are made up: met at the bound, not beyond it, never on figures that errors
// spoil, and "not measured" with its reason where a peer is missing.

import { describe, expect, it } from 'vitest'
import type { Sample } from '../../bench/measure/measure.ts'
import { judgeAims } from '../../bench/report/aims.ts'
import type { Aim } from '../../bench/report/aims.ts'
import type { Results } from '../../bench/run.ts'

function sample(given: Partial<Sample>): Sample {
  return {
    round: 1,
    requests: 1_000,
    requestsPerSecond: 1_000,
    bytesPerSecond: 1e6,
    p50Us: 100,
    p99Us: 200,
    cpuMs: 100,
    bytes: 1e6,
    peakBytes: 1e8,
    growthBytes: 1e6,
    errors: 0,
    othersShare: 0,
    ...given,
  }
}

function judge(given: Partial<Results>): Aim[] {
  return judgeAims({ load: {}, beside: [], watches: [], ...given }, { envoy: 'Envoy is not installed' })
}

const only = (aims: readonly Aim[]): Aim => {
  expect(aims).toHaveLength(1)
  const [aim] = aims
  if (aim === undefined) throw new Error('no aim')
  return aim
}

const besideEnvoy = (forwarded: number, envoy: number, more: Partial<Sample> = {}): Partial<Results> => ({
  load: {
    'small-128': {
      forwarded: [sample({ requestsPerSecond: forwarded, ...more })],
      envoy: [sample({ requestsPerSecond: envoy })],
    },
  },
})

describe('judgeAims', () => {
  it('judges nothing that was not run', () => {
    expect(judge({})).toEqual([])
  })

  it.each([
    [6_000, true],
    [5_999, false],
    [20_000, true],
  ])('%i forwarded beside 10,000 through Envoy: %s', (forwarded, met) => {
    expect(only(judge(besideEnvoy(forwarded, 10_000))).met).toBe(met)
  })

  it('does not count a figure as reached when requests failed', () => {
    expect(only(judge(besideEnvoy(9_000, 10_000, { errors: 3 })))).toMatchObject({
      met: false,
      note: '3 requests failed',
      reached: { median: 0.9 },
    })
  })

  it('names the peer that is missing', () => {
    const aim = only(judge({ load: { 'small-128': { forwarded: [sample({})] } } }))
    expect(aim).toMatchObject({ met: undefined, reached: undefined, note: 'Envoy is not installed' })
  })

  it('takes the latency that is added from the medians at 1 in flight, in milliseconds', () => {
    const load = { 'small-1': { forwarded: [sample({ p50Us: 400 })], direct: [sample({ p50Us: 50 })] } }
    expect(only(judge({ load }))).toMatchObject({ met: true, reached: { median: 0.35 } })
  })

  it('wants of 1 GB: speed, flat memory, and at least one whole body', () => {
    const of1Gb = (given: Partial<Sample>) =>
      judge({ load: { '1gb': { forwarded: [sample(given)] } } }).map(({ met }) => met)
    expect(of1Gb({ bytesPerSecond: 150e6, growthBytes: 128e6 })).toEqual([true, true])
    expect(of1Gb({ bytesPerSecond: 149e6, growthBytes: 129e6 })).toEqual([false, false])
    expect(of1Gb({ bytesPerSecond: 200e6, growthBytes: 0, requests: 0 })).toEqual([false, false])
  })

  it('compares small requests beside a large body with the same round alone', () => {
    const beside = [1, 2].map(round => ({
      round,
      alone: sample({ round, p50Us: 100 * round }),
      beside: sample({ round, p50Us: 300 * round }),
      large: sample({ round }),
    }))
    expect(only(judge({ beside }))).toMatchObject({ met: true, reached: { median: 3 } })
  })

  it('wants every watch open, and something through each', () => {
    const watching = (open: number, served: number) =>
      only(judge({ watches: [{ round: 1, load: sample({}), watches: 200, open, served }] })).met
    expect(watching(200, 200)).toBe(true)
    expect(watching(199, 200)).toBe(false)
    expect(watching(200, 199)).toBe(false)
  })
})

// Tables and aims of replication from given figures: medians of rounds, ratios within rounds, and what spoils a figure is said.

import { describe, expect, it } from 'vitest'
import { judgeReplication } from '../../../bench/replication/aims.ts'
import type { ManyResults, ReturnSample, StartSample } from '../../../bench/replication/many.ts'
import type { BareSample } from '../../../bench/replication/bare.ts'
import { renderBare } from '../../../bench/replication/report-bare.ts'
import type { BesideOrbitSample } from '../../../bench/replication/orbitdb.ts'
import { renderMany } from '../../../bench/replication/report-many.ts'
import { renderBesideOrbit, timesOrbit } from '../../../bench/replication/report-orbitdb.ts'
import { renderWrites } from '../../../bench/replication/report.ts'
import { othersMost, renderReplication } from '../../../bench/replication/suite.ts'
import type { WritesSample } from '../../../bench/replication/writes.ts'

const AGENT = { cpuUs: 500, diskBytes: 4_096, sentBytes: 600, reads: 0.5, changes: 1, residentBytes: 200e6 }

function writes(more: Partial<WritesSample>): WritesSample {
  return {
    round: 1,
    kind: 'one-full',
    wantedPerSecond: undefined,
    accepted: 1_000,
    perSecond: 3_100,
    answerP50Ms: 10,
    answerP99Ms: 20,
    lagP50Ms: 30,
    lagP99Ms: 40,
    replacedShare: 0,
    behindMs: 50,
    lost: 0,
    refused: 0,
    refusal: undefined,
    agents: [AGENT, { ...AGENT, cpuUs: 300 }, { ...AGENT, cpuUs: 100 }],
    ownShare: 0.3,
    othersShare: 0.01,
    ...more,
  }
}

const RETURN: ReturnSample = {
  round: 1,
  writes: 500,
  items: 500,
  startMs: 900,
  firstMs: 100,
  allMs: 1_500,
  carriedOut: 500,
  reads: 500,
  sentBytes: 200_000,
  besideBytes: 55_000,
  parts: { operation: 128_000, acknowledgement: 40_000 },
  lost: 0,
  othersShare: 0.2,
}
const START: StartSample = {
  round: 1,
  startMs: 900,
  startCpuMs: 800,
  settleCpuMs: 400,
  killedStartMs: 950,
  killedStartCpuMs: 820,
  idleShare: 0.004,
  residentBytes: 120e6,
  othersShare: 0,
}
const MANY: ManyResults = {
  replicants: 100_000,
  makeSeconds: 100,
  madeResidentBytes: 700e6,
  apart: [RETURN],
  away: [{ ...RETURN, writes: 5_000 }],
  starts: [START],
}

function beside(who: BesideOrbitSample['of'], round: number, everywherePerSecond: number): BesideOrbitSample {
  return {
    of: who,
    round,
    writes: 100,
    takenPerSecond: 2 * everywherePerSecond,
    everywherePerSecond,
    cpuUs: 1_000,
    lost: 0,
    othersShare: 0,
  }
}

describe('the tables', () => {
  it('show medians, and what an operation costs the origin and the others', () => {
    const samples = [1, 2, 3].map(round => writes({ round, perSecond: 100 * round }))
    const text = renderWrites(samples)
    expect(text).toMatch(/writes at one site +200 +100–300 +10.0 +20.0 +30.0 +40.0/)
    expect(text).toMatch(/writes at one site +500 +200 +600 +600 +4,096 +4,096 +0.500 +0.500 +200/)
  })

  it('have as many heads as figures', () => {
    const [head = '', , row = ''] =
      renderWrites([writes({})])
        .split('\n\n')[1]
        ?.split('\n') ?? []
    expect(head.split(/ {2,}/)).toHaveLength(row.split(/ {2,}/).length)
  })

  it('name refusals, what was lost, and a generator at its limit', () => {
    const text = renderWrites([writes({ refused: 3, refusal: 'ERR_X', lost: 2, ownShare: 0.9 })])
    expect(text).toContain('refused with ERR_X')
    expect(text).toContain('2 operations that were accepted were not everywhere')
    expect(text).toContain('took 90 % of a core')
  })

  it('leave out what was not measured', () => {
    const unknown = writes({ agents: [{ ...AGENT, sentBytes: undefined }], lagP50Ms: undefined })
    expect(renderWrites([unknown])).toContain('–')
    expect(renderReplication({})).not.toContain('three sites')
  })

  it('show how a member comes back, and how one starts', () => {
    const text = renderMany(MANY)
    expect(text).toContain('100,000 replicants on two sites, made in 100 s')
    expect(text).toMatch(/changed while apart +500 +500 +900 +100 +1,500 +500 +500 +200 +55.0 +0/)
    expect(text).toMatch(/each of two +900 +800 +400 +950 +820 +0.400 +120/)
  })

  it('show what the machine gives, and what agents reach of it', () => {
    const bare = (kind: BareSample['kind'], round: number, perSecond: number): BareSample => ({
      kind,
      round,
      perSecond,
      cpuUs: 300,
      behindMs: 30,
      lost: 0,
      othersShare: 0,
    })
    const samples = [
      bare('one-full', 1, 1_000),
      bare('one-full', 2, 2_000),
      bare('one-full', 3, 3_000),
      bare('three-full', 1, 4_000),
    ]
    expect(renderBare(samples, undefined)).toMatch(
      /at one site +2,000 +300 +30.0 +–\n.*at all three +4,000 +300 +30.0 +–/,
    )
    const writes = [{ kind: 'one-full', perSecond: 500 }] as WritesSample[]
    expect(renderBare(samples, writes)).toMatch(/at one site +2,000 +300 +30.0 +25.0/)
  })

  it('compare with OrbitDB within rounds', () => {
    const samples = [
      beside('orbitdb', 1, 10),
      beside('cheops', 1, 200),
      beside('orbitdb', 2, 20),
      beside('cheops', 2, 200),
    ]
    expect(timesOrbit(samples)).toEqual({ median: 15, min: 10, max: 20 })
    expect(renderBesideOrbit(samples)).toContain('not synced')
    expect(timesOrbit(samples.slice(0, 1))).toBeUndefined()
  })
})

describe('the aims of replication', () => {
  const met = (results: Parameters<typeof judgeReplication>[0]) =>
    Object.fromEntries(judgeReplication(results).map(aim => [aim.name, aim.met]))

  it('are met by figures that are good enough', () => {
    const all = met({
      writes: (['one-full', 'one-half', 'three-full', 'three-half'] as const).map(kind => writes({ kind })),
      many: MANY,
      orbitdb: [beside('orbitdb', 1, 10), beside('cheops', 1, 200)],
    })
    expect(Object.keys(all)).toHaveLength(12)
    expect(new Set(Object.values(all))).toEqual(new Set([true]))
  })

  it('are not met by less', () => {
    const slow = met({
      writes: [writes({ perSecond: 2_900 }), writes({ kind: 'one-half', lagP99Ms: 1_100 })],
      many: { ...MANY, apart: [{ ...RETURN, allMs: 2_100, carriedOut: 551 }], starts: [{ ...START, idleShare: 0.02 }] },
      orbitdb: [beside('orbitdb', 1, 10), beside('cheops', 1, 90)],
    })
    expect(slow).toMatchObject({
      'operations accepted at one origin': false,
      'operations accepted at three origins': undefined,
      'p99 lag at half of that, one origin': false,
      '500 changed while apart: from serving until all is there': false,
      '500 changed while apart: operations carried out': false,
      start: true,
      'idle, of a core': false,
      'writes at both peers, of OrbitDB 4': false,
    })
  })

  it('do not count where something was lost, or with fewer replicants than they are about', () => {
    expect(met({ writes: [writes({ lost: 1 })] })['operations accepted at one origin']).toBe(false)
    expect(met({ many: { ...MANY, replicants: 1_000 } })).toMatchObject({ start: false, 'memory when idle': false })
    const [lost] = judgeReplication({ orbitdb: [beside('orbitdb', 1, 10), { ...beside('cheops', 1, 200), lost: 4 }] })
    expect(lost).toMatchObject({ met: false, note: '4 writes did not come to the other peer' })
  })

  it('are left out where nothing was run', () => {
    expect(judgeReplication({})).toEqual([])
  })
})

it('others are looked for in all runs', () => {
  expect(othersMost({})).toBe(0)
  expect(othersMost({ writes: [writes({})], many: MANY })).toBe(0.2)
})

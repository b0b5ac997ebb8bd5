import { spread } from '../measure/statistics.ts'
import { judge } from '../report/aims.ts'
import type { Aim } from '../report/aims.ts'
import { timesOrbit } from './report-orbitdb.ts'
import type { ReplicationResults } from './results.ts'

/** What the project's aims are about; with fewer, what depends on it is shown and does not count as met. */
const REPLICANTS = 100_000

/** Compares what was measured with what the project aims at. Aims whose cases were not run are left out. */
export function judgeReplication({ writes, many, orbitdb }: ReplicationResults): Aim[] {
  const aims: Aim[] = []
  const add = (
    name: string,
    [sign, bound, unit]: readonly [Aim['sign'], number, string],
    values: readonly (number | undefined)[],
    note?: string,
  ): void => {
    const known = values.filter(value => value !== undefined)
    aims.push(judge({ name, sign, bound, unit, note }, known.length === 0 ? undefined : spread(known)))
  }
  if (writes !== undefined) {
    const of = (kind: string) => writes.filter(one => one.kind === kind)
    const lost = writes.reduce((sum, one) => sum + one.lost, 0)
    const spoiled = lost === 0 ? undefined : `${String(lost)} operations did not come everywhere`
    const speeds = (kind: string) => of(kind).map(({ perSecond }) => perSecond)
    add('operations accepted at one origin', ['≥', 3_000, '/s'], speeds('one-full'), spoiled)
    add('operations accepted at three origins', ['≥', 3_000, '/s'], speeds('three-full'), spoiled)
    const lags = (kind: string) => of(kind).map(({ lagP99Ms }) => lagP99Ms)
    add('p99 lag at half of that, one origin', ['≤', 1_000, 'ms'], lags('one-half'), spoiled)
    add('p99 lag at half of that, three origins', ['≤', 1_000, 'ms'], lags('three-half'), spoiled)
  }
  if (many !== undefined) {
    const { replicants, apart, starts } = many
    const few = replicants < REPLICANTS ? `with ${String(replicants)} replicants only` : undefined
    const lost = apart.reduce((sum, one) => sum + one.lost, 0)
    const spoiled = lost === 0 ? few : `${String(lost)} changes did not come`
    const took = apart.map(({ allMs }) => allMs)
    add('500 changed while apart: from serving until all is there', ['≤', 2_000, 'ms'], took, spoiled)
    const moved = apart.map(({ carriedOut }) => carriedOut)
    add('500 changed while apart: operations carried out', ['≤', 550, ''], moved, spoiled)
    const beside = apart.map(({ besideBytes }) => besideBytes && besideBytes / 1_000)
    add('500 changed while apart: sent beside operations', ['≤', 60, 'KB'], beside, spoiled)
    add(
      'start',
      ['≤', 3_000, 'ms'],
      starts.map(({ startMs }) => startMs),
      few,
    )
    add(
      'start after a kill',
      ['≤', 3_000, 'ms'],
      starts.map(({ killedStartMs }) => killedStartMs),
      few,
    )
    add(
      'idle, of a core',
      ['≤', 1, '%'],
      starts.map(({ idleShare }) => idleShare * 100),
      few,
    )
    add(
      'memory when idle',
      ['≤', 300, 'MB'],
      starts.map(({ residentBytes }) => residentBytes / 1e6),
      few,
    )
  }
  if (orbitdb !== undefined) {
    const lost = orbitdb.reduce((sum, one) => sum + one.lost, 0)
    const note = lost === 0 ? undefined : `${String(lost)} writes did not come to the other peer`
    const aim = { name: 'writes at both peers, of OrbitDB 4', sign: '≥', bound: 10, unit: '×', note } as const
    aims.push(judge(aim, timesOrbit(orbitdb)))
  }
  return aims
}

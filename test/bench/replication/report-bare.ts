import { spread } from '../measure/statistics.ts'
import { figure, table } from '../report/table.ts'
import type { BareSample } from './bare.ts'
import { medianOf } from './report.ts'
import type { WritesSample } from './writes.ts'

const TITLES = { 'one-full': 'writes at one site', 'three-full': 'writes at all three' } as const

/** Table of the case `bare`: medians over the rounds; beside them, where they were measured in the same run, what agents have reached. */
export function renderBare(bare: readonly BareSample[], writes: readonly WritesSample[] | undefined): string {
  const rows = [['bare sites', 'taken/s', 'CPU µs each, all sites', 'ms behind', 'agents reach, %']]
  for (const kind of ['one-full', 'three-full'] as const) {
    const own = bare.filter(one => one.kind === kind)
    const theirs = (writes ?? []).filter(one => one.kind === kind).map(({ perSecond }) => perSecond)
    const most = spread(own.map(({ perSecond }) => perSecond)).median
    rows.push([
      TITLES[kind],
      medianOf(own, ({ perSecond }) => perSecond),
      medianOf(own, ({ cpuUs }) => cpuUs),
      medianOf(own, ({ behindMs }) => behindMs),
      theirs.length === 0 ? '–' : figure((spread(theirs).median / most) * 100),
    ])
  }
  return table(rows)
}

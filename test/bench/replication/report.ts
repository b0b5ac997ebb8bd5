import { spread } from '../measure/statistics.ts'
import type { Spread } from '../measure/statistics.ts'
import { figure, table } from '../report/table.ts'
import type { WritesKind, WritesSample } from './writes.ts'

const NOT_MEASURED = '–'
const MB = 1e6

const TITLES: Readonly<Record<WritesKind, string>> = {
  create: 'creates at one site',
  'one-full': 'writes at one site',
  'one-half': 'half of that',
  'three-full': 'writes at all three',
  'three-half': 'half of that',
}

/** Tables of the case `writes`: medians over the rounds. */
export function renderWrites(samples: readonly WritesSample[]): string {
  const speeds = [
    [
      'three sites',
      'op/s',
      'min–max',
      'answer p50',
      'p99 ms',
      'lag p50',
      'p99 ms',
      'behind ms',
      'replaced %',
      'refused',
    ],
  ]
  const costs = [
    [
      'for each operation',
      'CPU µs origin',
      'other',
      'bytes sent origin',
      'other',
      'bytes on disk origin',
      'other',
      'reads origin',
      'other',
      'MB each',
    ],
  ]
  const notes = new Set<string>()
  for (const [kind, title] of Object.entries(TITLES) as [WritesKind, string][]) {
    const own = samples.filter(one => one.kind === kind)
    if (own.length === 0) continue
    const speed = spread(own.map(({ perSecond }) => perSecond))
    speeds.push([
      title,
      figure(speed.median),
      range(speed),
      medianOf(own, one => one.answerP50Ms),
      medianOf(own, one => one.answerP99Ms),
      medianOf(own, one => one.lagP50Ms),
      medianOf(own, one => one.lagP99Ms),
      medianOf(own, one => one.behindMs),
      medianOf(own, one => one.replacedShare * 100),
      String(own.reduce((sum, one) => sum + one.refused, 0)),
    ])
    // At three origins each is one.
    const origins = kind.startsWith('three') ? [0, 1, 2] : [0]
    const others = [0, 1, 2].filter(site => !origins.includes(site))
    const mean = (sites: readonly number[], value: (agent: WritesSample['agents'][number]) => number | undefined) =>
      medianOf(own, ({ agents }) => {
        const values = sites.map(site => agents[site]).map(agent => agent && value(agent))
        const known = values.filter(each => each !== undefined)
        return known.length === 0 ? undefined : known.reduce((sum, each) => sum + each, 0) / known.length
      })
    costs.push([
      title,
      mean(origins, ({ cpuUs }) => cpuUs),
      mean(others, ({ cpuUs }) => cpuUs),
      mean(origins, ({ sentBytes }) => sentBytes),
      mean(others, ({ sentBytes }) => sentBytes),
      mean(origins, ({ diskBytes }) => diskBytes),
      mean(others, ({ diskBytes }) => diskBytes),
      mean(origins, ({ reads }) => reads),
      mean(others, ({ reads }) => reads),
      mean([0, 1, 2], ({ residentBytes }) => residentBytes / MB),
    ])
    const lost = own.reduce((sum, one) => sum + one.lost, 0)
    if (lost > 0)
      notes.add(`${title}: ${String(lost)} operations that were accepted were not everywhere a minute later`)
    for (const { refusal } of own) if (refusal !== undefined) notes.add(`${title}: refused with ${refusal}`)
    const busiest = Math.max(...own.map(({ ownShare }) => ownShare))
    if (busiest > OWN_SHARE_NOTED)
      notes.add(
        `${title}: the generator and the applications took ${(busiest * 100).toFixed(0)} % of a core themselves`,
      )
  }
  return [table(speeds), table(costs), [...notes].join('\n')].filter(part => part !== '').join('\n\n')
}

/** They have one core at most: near it, it is they that are measured. */
const OWN_SHARE_NOTED = 0.7

/** For a cell of a table: the median of what was measured. */
export function medianOf<T>(samples: readonly T[], value: (one: T) => number | undefined): string {
  const values = samples.map(value).filter(one => one !== undefined && Number.isFinite(one))
  return values.length === 0 ? NOT_MEASURED : figure(spread(values.map(Number)).median)
}

function range({ min, max }: Spread): string {
  return `${figure(min)}–${figure(max)}`
}

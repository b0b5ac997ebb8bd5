import { paired } from '../measure/statistics.ts'
import { table } from '../report/table.ts'
import type { BesideOrbitSample } from './orbitdb.ts'
import { medianOf } from './report.ts'

const TITLES = {
  cheops: 'Cheops: client → agent → application, agent ⇒ agent → application; synced to disk',
  orbitdb: 'OrbitDB 4: put into a keyvalue database ⇒ the other peer; on disk, not synced',
} as const

/** Tables of the case `orbitdb`: medians over the rounds. */
export function renderBesideOrbit(samples: readonly BesideOrbitSample[]): string {
  const rows = [['two peers', 'taken/s', 'at both/s', 'CPU µs each, both peers', 'lost']]
  for (const who of ['cheops', 'orbitdb'] as const) {
    const own = samples.filter(one => one.of === who)
    rows.push([
      TITLES[who],
      medianOf(own, ({ takenPerSecond }) => takenPerSecond),
      medianOf(own, ({ everywherePerSecond }) => everywherePerSecond),
      medianOf(own, ({ cpuUs }) => cpuUs),
      String(own.reduce((sum, { lost }) => sum + lost, 0)),
    ])
  }
  return table(rows)
}

/** How many times as many writes are at both peers, round by round; undefined where nothing was measured. */
export function timesOrbit(samples: readonly BesideOrbitSample[]): ReturnType<typeof paired> {
  const [ours, theirs] = (['cheops', 'orbitdb'] as const).map(who => samples.filter(one => one.of === who))
  return paired(ours ?? [], theirs ?? [], (one, other) => one.everywherePerSecond / other.everywherePerSecond)
}

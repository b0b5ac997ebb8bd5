import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Processes } from '../processes.ts'
import { orbitVersion } from '../tools.ts'
import { renderAims } from '../report/report.ts'
import { judgeReplication } from './aims.ts'
import { REPLICATION_CASES } from './cases.ts'
import type { ReplicationCase } from './cases.ts'
import { benchBare } from './bare.ts'
import { benchMany } from './many.ts'
import { benchBesideOrbit } from './orbitdb.ts'
import { renderBesideOrbit } from './report-orbitdb.ts'
import { renderBare } from './report-bare.ts'
import { renderMany } from './report-many.ts'
import { renderWrites } from './report.ts'
import type { ReplicationResults } from './results.ts'
import { benchWrites } from './writes.ts'

export interface ReplicationPlan {
  readonly processes: Processes
  /** Temporary folder of this run. */
  readonly folder: string
  readonly only: readonly string[]
  readonly rounds: number
  /** Of the case `many`. */
  readonly replicants: number
  /** Of the cases `writes` and `bare`, at each origin. */
  readonly clients: number
  readonly quick: boolean
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Seconds of each load, so that a round of all kinds takes a minute; and before the first, until V8 has compiled what is hot. */
const SECONDS = { whole: 8, quick: 3 } as const
/** Long enough for what comes every ten seconds. */
const IDLE_SECONDS = { whole: 20, quick: 5 } as const
/** Under this load V8 compiles for half a minute, a sixth of all that agents compute. */
const WARM_UP_SECONDS = { whole: 30, quick: 3 } as const

/** Runs the cases one after another, each with agents and folders of its own. */
export async function benchReplication(plan: ReplicationPlan): Promise<ReplicationResults> {
  const { processes, folder, only, rounds, replicants, clients, quick, signal, say } = plan
  const wanted = (name: ReplicationCase): boolean => only.length === 0 || only.includes(name)
  const length = quick ? 'quick' : 'whole'
  const results: ReplicationResults = {}
  const ground = async (name: ReplicationCase) => {
    say(`${name}: ${REPLICATION_CASES[name]}`)
    const own = path.join(folder, name)
    await mkdir(own, { recursive: true })
    return { processes, folder: own, signal, say }
  }
  if (wanted('writes')) {
    const seconds = { seconds: SECONDS[length], warmUpSeconds: WARM_UP_SECONDS[length] }
    results.writes = await benchWrites(await ground('writes'), { rounds, clients, ...seconds })
  }
  if (wanted('bare')) {
    const seconds = { seconds: SECONDS[length], warmUpSeconds: WARM_UP_SECONDS[length] }
    results.bare = await benchBare(await ground('bare'), { rounds, clients, ...seconds })
  }
  if (wanted('many')) {
    results.many = await benchMany(await ground('many'), { replicants, rounds, idleSeconds: IDLE_SECONDS[length] })
  }
  if (wanted('orbitdb')) {
    if (orbitVersion() === undefined) say('orbitdb: not measured, OrbitDB is not installed; run: npm run bench:peers')
    else results.orbitdb = await benchBesideOrbit(await ground('orbitdb'), { rounds, seconds: SECONDS[length] })
  }
  return results
}

/** Tables for people, a part for each case, and the aims. */
export function renderReplication(results: ReplicationResults): string {
  const { writes, bare, many, orbitdb } = results
  const parts = [
    writes === undefined ? [] : renderWrites(writes),
    bare === undefined ? [] : renderBare(bare, writes),
    many === undefined ? [] : renderMany(many),
    orbitdb === undefined ? [] : renderBesideOrbit(orbitdb),
    `Aims (medians of rounds; ratios are taken within each round)\n${renderAims(judgeReplication(results))}`,
  ]
  return parts.flat().join('\n\n')
}

/** Most that others used of the machine in any run, 0 to 1. */
export function othersMost({ writes = [], bare = [], many, orbitdb = [] }: ReplicationResults): number {
  const samples = [
    ...writes,
    ...bare,
    ...(many === undefined ? [] : [...many.apart, ...many.away, ...many.starts]),
    ...orbitdb,
  ]
  return Math.max(0, ...samples.map(({ othersShare }) => othersShare))
}

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Processes } from '../processes.ts'
import { REPLICATION_CASES } from './cases.ts'
import type { ReplicationCase } from './cases.ts'
import { renderWrites } from './report.ts'
import { benchWrites } from './writes.ts'
import type { WritesSample } from './writes.ts'

/** All that was measured; what was not is left out. */
export interface ReplicationResults {
  writes?: readonly WritesSample[]
}

export interface ReplicationPlan {
  readonly processes: Processes
  /** Temporary folder of this run. */
  readonly folder: string
  readonly only: readonly string[]
  readonly rounds: number
  readonly quick: boolean
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Seconds of each load, so that a round of all kinds takes a minute; and before the first, until V8 has compiled what is hot. */
const SECONDS = { whole: 8, quick: 3 } as const
const WARM_UP_SECONDS = { whole: 8, quick: 3 } as const

/** Runs the cases one after another, each with agents and folders of its own. */
export async function benchReplication(plan: ReplicationPlan): Promise<ReplicationResults> {
  const { processes, folder, only, rounds, quick, signal, say } = plan
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
    results.writes = await benchWrites(await ground('writes'), { rounds, ...seconds })
  }
  return results
}

/** Tables for people, a part for each case. */
export function renderReplication({ writes }: ReplicationResults): string {
  return [writes === undefined ? [] : renderWrites(writes)].flat().join('\n\n')
}

/** Most that others used of the machine in any run, 0 to 1. */
export function othersMost({ writes = [] }: ReplicationResults): number {
  return Math.max(0, ...writes.map(({ othersShare }) => othersShare))
}

import { draw } from './draw.ts'
import { ENDLESS, runReplication } from './run.ts'
import { shorten } from './shorten.ts'
import { weatherOf } from './weather.ts'
import type { ReplicationPlant, WorldParts } from '../../world/replication/replication-world.ts'
import type { Plan, Weather } from './draw.ts'
import type { ReplicationReport } from './run.ts'
import type { Step } from './step.ts'

/** A run that failed once: kept as a file, so that it does not again. */
export interface Regression {
  /** What was found, in a sentence. */
  readonly found: string
  /** Of the delays and whatever else is drawn while the plan runs. */
  readonly seed: number
  readonly plan: Plan
}

/** Runs to shorten what does not come to an end: each takes half a minute. */
const ENDLESS_TRIES = 20

/** The run of a seed. */
export function runSeed(
  seed: number,
  parts: WorldParts,
  plant: ReplicationPlant = {},
  weather: Weather = weatherOf(seed),
): Promise<ReplicationReport> {
  return runReplication(seed, draw(seed, weather), parts, plant)
}

/** What is left of the plan of a seed that fails when all is left out that is not needed for the same checker to find something. */
export async function shortened(
  { seed, violations: found }: ReplicationReport,
  parts: WorldParts,
  { plant = {}, weather = weatherOf(seed) }: { readonly plant?: ReplicationPlant; readonly weather?: Weather } = {},
): Promise<Regression> {
  const plan = draw(seed, weather)
  const checkers = new Set(found.map(checkerOf))
  const tries = checkers.has(ENDLESS) ? ENDLESS_TRIES : undefined
  const fails = async (left: readonly Step[]): Promise<boolean> => {
    const { violations } = await runReplication(seed, { ...plan, steps: left }, parts, plant)
    return violations.some(violation => checkers.has(checkerOf(violation)))
  }
  const steps = await shorten(plan.steps, fails, tries)
  return { found: found[0] ?? 'nothing', seed, plan: { ...plan, steps } }
}

const checkerOf = (violation: string): string => violation.slice(0, violation.indexOf(':'))

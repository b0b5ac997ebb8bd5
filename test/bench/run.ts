import { measureBeside, measureWatches } from './beside.ts'
import type { BesideSample, WatchesSample } from './beside.ts'
import type { Case } from './cases.ts'
import type { Chain, ChainName } from './chains/chain.ts'
import { measure } from './measure/measure.ts'
import type { Measuring, Sample } from './measure/measure.ts'

/** All that was measured, by name of the case. */
export interface Results {
  readonly load: Record<string, Partial<Record<ChainName, Sample[]>>>
  readonly beside: BesideSample[]
  readonly watches: WatchesSample[]
}

export interface Plan {
  readonly cases: readonly Case[]
  readonly chains: ReadonlyMap<ChainName, Chain>
  readonly rounds: number
  readonly quick: boolean
  /** Called before each run with what comes. */
  readonly say: (line: string) => void
  /** Called after each run: throws when a server has ended. */
  readonly check: () => void
}

/** V8 has compiled what is hot after some ten thousand requests, and pools are filled to the most in flight. */
const WARM_UP = { connections: 128, seconds: 4, quickSeconds: 2 }

/**
 * Warms all chains, then measures in rounds: within each round every case goes through its chains one after another
 * (A B C, A B C), so that drift of the machine hits all alike.
 */
export async function runPlan(plan: Plan, measuring: Measuring): Promise<Results> {
  const results: Results = { load: {}, beside: [], watches: [] }
  for (const chain of plan.chains.values()) {
    plan.say(`warming ${chain.name}`)
    const { connections, seconds, quickSeconds } = WARM_UP
    await measure(
      chain,
      { path: '/1k', connections, seconds: plan.quick ? quickSeconds : seconds, round: 0 },
      measuring,
    )
  }
  for (let round = 1; round <= plan.rounds; round++) {
    for (const one of plan.cases) {
      if (round > (one.rounds ?? Infinity)) continue
      plan.say(`round ${String(round)} of ${String(plan.rounds)}: ${one.title}`)
      await runCase(one, round, plan, results, measuring)
    }
  }
  return results
}

async function runCase(one: Case, round: number, plan: Plan, results: Results, measuring: Measuring): Promise<void> {
  const seconds = plan.quick ? one.quickSeconds : one.seconds
  if (one.kind === 'load') {
    const ofCase = (results.load[one.name] ??= {})
    for (const name of one.chains) {
      const chain = plan.chains.get(name)
      if (chain === undefined) continue
      const sample = await measure(chain, { ...one, seconds, round }, measuring)
      plan.check()
      ;(ofCase[name] ??= []).push(sample)
    }
    return
  }
  const forwarded = plan.chains.get('forwarded')
  if (forwarded === undefined) return
  if (one.kind === 'beside') results.beside.push(await measureBeside(forwarded, { seconds, round }, measuring))
  else results.watches.push(await measureWatches(forwarded, { ...one, seconds, round }, measuring))
  plan.check()
}

import { fewBeats } from '../checkers/few-beats.ts'
import { World } from '../world/world.ts'
import type { Plant } from '../world/sim-site.ts'

/** Enough sites that a beat every quarter of a second from each, which is configured, would be too many: 160 a second. */
export const CROWD = 40
const BEAT_INTERVAL_MS = 250
const MEET_MS = 6_000
const WATCH_MS = 3_000

/** A large mesh in which nothing goes wrong: how many beats does each site receive? It ends with the first that is too much. */
export async function runCrowd(seed: number, plant: Plant = {}): Promise<{ violations: readonly string[] }> {
  const world = new World(seed, CROWD, { beatIntervalMs: BEAT_INTERVAL_MS, ...plant })
  for (const site of world.sites) world.time.after(world.random.between(0, 2_000), () => void site.start())
  await world.time.run(MEET_MS)
  const checker = fewBeats(world)
  const isFound = (): boolean => checker.violations.length > 0
  await world.time.run(MEET_MS + WATCH_MS, isFound)
  const known = world.site('s5').membership?.sites().length
  return { violations: [...(known === CROWD ? [] : [`s5 knows ${known} sites`]), ...checker.violations] }
}

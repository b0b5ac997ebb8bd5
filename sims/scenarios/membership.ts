import { notAlive } from '../checkers/everybody-alive.ts'
import { fewBeats } from '../checkers/few-beats.ts'
import { heardIsNotDown } from '../checkers/heard-is-not-down.ts'
import { namesKeepTheirKeys } from '../checkers/names-keep-their-keys.ts'
import { noDefects } from '../checkers/no-defects.ts'
import { numbersOnlyGrow } from '../checkers/numbers-only-grow.ts'
import { World } from '../world/world.ts'
import { cause, faultNames, healEverything } from './faults.ts'
import { Rogue } from './rogue.ts'
import type { Plant } from '../world/sim-site.ts'
import type { Line } from '../world/world.ts'

/** Faults begin when everybody knows everybody: a name belongs to the first key that is seen. */
const MEET_MS = 30_000
const CHAOS_MS = 40_000
/**
 * After healing everybody must see everybody alive within this: the next attempt comes 30 s later at the most, and then there
 * are a handshake and a beat. (Beats of others wake most much earlier; of thousands of seeds the slowest took 9 s.)
 */
export const HEALING_MS = 40_000
/** It must stay so. */
const QUIET_MS = 10_000

export interface Report {
  readonly seed: number
  /** What must not have been; empty when the seed passed. */
  readonly violations: readonly string[]
  /** Virtual time from healing to everybody alive, milliseconds. */
  readonly healedAfterMs: number
  readonly story: readonly Line[]
}

/** One run: sites meet, everything goes wrong for a while, everything is healed, everybody must be well again. */
export async function runMembership(seed: number, plant: Plant = {}): Promise<Report> {
  const world = new World(seed, 3 + (seed % 3), plant)
  const checkers = [
    namesKeepTheirKeys(world),
    numbersOnlyGrow(world),
    fewBeats(world),
    heardIsNotDown(world),
    noDefects(world),
  ]
  const violations: string[] = []
  const everybodyAlive = (): boolean => notAlive(world).length === 0
  const mustBeAlive = (when: string): void => {
    for (const text of notAlive(world)) violations.push(`everybody alive: ${when}, ${text}`)
  }

  for (const site of world.sites) world.time.after(world.random.between(0, 3_000), () => void site.start())
  await world.time.run(MEET_MS, () => world.sites.every(site => site.isRunning) && everybodyAlive())
  mustBeAlive(`${MEET_MS / 1000} s after the start`)

  const chaosUntil = world.time.now + CHAOS_MS
  const rogue = world.random.chance(0.5) ? new Rogue(world) : undefined
  const faults = faultNames(rogue !== undefined)
  const disturb = (): void => {
    if (world.time.now >= chaosUntil) return
    cause(world, world.random.pick(faults))
    if (rogue !== undefined) for (let i = 0; i < 3; i++) rogue.attack()
    world.time.after(world.random.between(500, 6_000), disturb)
  }
  disturb()
  await world.time.run(chaosUntil + 16_000)

  healEverything(world)
  const healedAt = world.time.now
  await world.time.run(healedAt + HEALING_MS, everybodyAlive)
  const healedAfterMs = world.time.now - healedAt
  mustBeAlive(`${HEALING_MS / 1000} s after healing`)
  if (violations.length === 0) {
    await world.time.run(world.time.now + QUIET_MS)
    mustBeAlive('a while after that')
  }
  for (const checker of checkers) violations.push(...checker.violations.map(text => `${checker.name}: ${text}`))
  return { seed, violations, healedAfterMs, story: world.story }
}

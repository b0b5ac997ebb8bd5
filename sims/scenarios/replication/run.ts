import { CHECKERS, PATIENT_CHECKERS } from '../../checkers/replication/all-checkers.ts'
import { EndlessError } from '../../world/virtual-time.ts'
import { ReplicationWorld } from '../../world/replication/replication-world.ts'
import { act } from './act.ts'
import { PLAN_ENDS_MS } from './draw.ts'
import type { Line, ReplicationPlant, WorldParts } from '../../world/replication/replication-world.ts'
import type { EndingChecker } from '../../checkers/replication/ending-checker.ts'
import type { Ending } from '../../world/replication/ending.ts'
import type { Plan } from './draw.ts'

/** Time that sites have to meet before anything is asked of them, milliseconds. */
const START_MS = 1_000
/**
 * Everything must have come to rest within this after healing: the slowest retry comes half a minute after the last, and one may have to
 * wait for another.
 */
const HEALING_MS = 180_000
/** Between two looks whether all has come to rest. */
const LOOK_EVERY_MS = 5_000
/** It must stay so. */
const QUIET_MS = 20_000
/** What `PATIENT_CHECKERS` look for must hold within this after that, with a look now and then: a state is said three times at most, ten minutes apart. */
const PATIENCE_MS = 35 * 60_000
const PATIENT_LOOK_MS = 30_000

/**
 * What may happen in one run: timers, messages, syncs of disks, answers of applications. It is 1,300 in the middle one of the seeds, and 12,000 in the fullest one of
 * many patches; what goes on without end comes to this in half a minute, mostly.
 */
const MAX_HAPPENINGS = 100_000

/** As checkers have names: what is found of a run that does not come to an end. */
export const ENDLESS = 'no end'

export interface ReplicationReport {
  readonly seed: number
  /** What must not have been; empty when the run passed. */
  readonly violations: readonly string[]
  /** Where a site says itself at the end that it is not as the others are: no violation, and worth a look. */
  readonly admitted: readonly string[]
  /** Virtual time from healing until all had come to rest, milliseconds. */
  readonly healedAfterMs: number
  readonly story: readonly Line[]
}

/**
 * One run: what the plan says happens, everything is healed, and everything must come to rest as it should. It ends whatever sites do: virtual time is bounded by
 * the constants above, and what may happen in it by `MAX_HAPPENINGS`.
 */
export async function runReplication(
  seed: number,
  plan: Plan,
  parts: WorldParts,
  plant: ReplicationPlant = {},
): Promise<ReplicationReport> {
  const world = new ReplicationWorld(seed, plan.sites, parts, { maxHappenings: MAX_HAPPENINGS, ...plant })
  let result: Result
  try {
    result = await liveThrough(world, plan)
  } catch (error) {
    if (!(error instanceof EndlessError)) throw error
    const healedAfterMs = Math.max(0, world.time.now - START_MS - PLAN_ENDS_MS)
    result = { violations: [`${ENDLESS}: ${error.message}; ${world.trafficText()}`], admitted: [], healedAfterMs }
  }
  for (const text of result.violations) world.tell(`VIOLATION ${text}`)
  for (const { machine } of world.sites) machine.kill()
  return { seed, ...result, story: world.story }
}

type Result = Pick<ReplicationReport, 'violations' | 'admitted' | 'healedAfterMs'>

/** @throws EndlessError */
async function liveThrough(world: ReplicationWorld, plan: Plan): Promise<Result> {
  const { time } = world
  world.fillerBytes = plan.fillerBytes ?? 0
  world.variants = plan.variants ?? {}
  world.hasSecrets = plan.hasSecrets === true
  world.siteKeys.areLost = plan.losesKeys === true
  if (world.hasSecrets) for (const { application } of world.sites) application.hides.set('secret', true)
  for (const site of world.sites) void site.start()
  await time.run(START_MS)
  for (const step of plan.steps) time.after(step.at, () => act(world, step))
  await time.run(START_MS + PLAN_ENDS_MS)

  world.tell('everything is healed')
  world.wire.healAll()
  for (const site of world.sites) {
    site.machine.clockOffsetMs = 0
    site.application.start()
    if (!site.machine.isRunning) void site.start()
  }
  const healedAt = time.now
  let look = await lookAt(world, plan)
  while (look.violations.length > 0 && time.now < healedAt + HEALING_MS) {
    await time.run(time.now + LOOK_EVERY_MS)
    look = await lookAt(world, plan)
  }
  const healedAfterMs = time.now - healedAt
  let { violations } = look
  if (violations.length === 0) {
    await time.run(time.now + QUIET_MS)
    look = await lookAt(world, plan)
    violations = look.violations.map(text => `${text} (and it was well before)`)
  }
  if (violations.length === 0) violations = await lookPatiently(world, plan)
  return { violations, admitted: look.admitted, healedAfterMs }
}

/** @throws EndlessError */
async function lookPatiently(world: ReplicationWorld, plan: Plan): Promise<readonly string[]> {
  const { time } = world
  const until = time.now + PATIENCE_MS
  const lookNow = async (): Promise<readonly string[]> => found(PATIENT_CHECKERS, await world.ending(plan.names))
  let violations = await lookNow()
  while (violations.length > 0 && time.now < until) {
    await time.run(time.now + PATIENT_LOOK_MS)
    violations = await lookNow()
  }
  return violations
}

function found(checkers: readonly EndingChecker[], ending: Ending): readonly string[] {
  return checkers.flatMap(({ name, look }) => look(ending).map(text => `${name}: ${text}`))
}

interface Look {
  readonly violations: readonly string[]
  readonly admitted: readonly string[]
}

async function lookAt(world: ReplicationWorld, plan: Plan): Promise<Look> {
  const ending = await world.ending(plan.names)
  const admitted = ending.names.flatMap(name =>
    ending
      .replicasOf(name)
      .flatMap(({ site, admits }) => (admits === undefined ? [] : [`${name.name} at ${site}: ${admits}`])),
  )
  return { violations: [...found(CHECKERS, ending), ...world.defects.map(text => `no defects: ${text}`)], admitted }
}

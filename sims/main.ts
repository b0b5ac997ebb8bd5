import { readFile, writeFile } from 'node:fs/promises'
import { makePlansFolder, parseOptions, USAGE } from './options.ts'
import { runMembership } from './scenarios/membership.ts'
import { countSteps } from './scenarios/replication/count-steps.ts'
import { inWords } from './scenarios/replication/step.ts'
import { runSeed, shortened } from './scenarios/replication/regression.ts'
import { runReplication } from './scenarios/replication/run.ts'
import { weatherOf } from './scenarios/replication/weather.ts'
import { REAL_PARTS } from './world/replication/real-agent.ts'
import type { Options } from './options.ts'
import type { Report } from './scenarios/membership.ts'
import type { Weather } from './scenarios/replication/draw.ts'
import type { Regression } from './scenarios/replication/regression.ts'
import type { ReplicationReport } from './scenarios/replication/run.ts'

/* oxlint-disable no-console -- this is a command */

/** `npm run sim`: runs seeds, and ends with `N passed, N failed`. options.ts says what it takes. */
async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2))
  if (options === undefined || options.help) {
    if (options !== undefined) process.stdout.write(USAGE)
    return
  }
  const { seeds, only, weather, story, write, replay } = options
  if (replay !== undefined) return replayOf(replay)
  if (options.faults) return tellSteps(seeds, weather)
  if (write !== undefined) {
    const why = await makePlansFolder(write)
    if (why !== undefined) return complain(why)
  }
  let failed = 0
  for (const name of only) {
    const run = name === 'membership' ? simulateMembership : simulateReplication
    failed += await run(seeds, { all: story, write, weather })
  }
  console.log(`${only.length * seeds.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    return parseOptions(args)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    complain(`${message.replace(/\.?$/, '.')} See npm run sim -- --help`)
    return undefined
  }
}

/** Nothing runs. */
function complain(why: string): void {
  process.stderr.write(`${why}\n`)
  process.exitCode = 2
}

async function replayOf(file: string): Promise<void> {
  let regression: Regression
  try {
    regression = JSON.parse(await readFile(file, 'utf8')) as Regression
  } catch (error) {
    return complain(`${file} is no plan of a run: ${error instanceof Error ? error.message : String(error)}`)
  }
  const report = await runReplication(regression.seed, regression.plan, REAL_PARTS)
  tellStory(report, 'replication')
  process.exitCode = report.violations.length === 0 ? 0 : 1
}

/** What the seeds of the replication do, without running them. */
function tellSteps(seeds: readonly number[], weather: Weather | undefined): void {
  for (const [kind, { steps, seeds: had }] of countSteps(seeds, seed => weather ?? weatherOf(seed)))
    console.log(`${String(steps).padStart(7)} in ${String(had).padStart(6)} of ${seeds.length} seeds  ${kind}`)
}

interface Telling {
  /** Also the stories of seeds that passed. */
  readonly all: boolean
  /** Where the plans of failing seeds are written, if anywhere. */
  readonly write: string | undefined
  /** In place of what each seed says. */
  readonly weather: Weather | undefined
}

/** @returns how many seeds failed */
async function simulateMembership(seeds: readonly number[], { all }: Telling): Promise<number> {
  let failed = 0
  let slowest = 0
  for (const seed of seeds) {
    const report = await runMembership(seed)
    slowest = Math.max(slowest, report.healedAfterMs)
    if (report.violations.length > 0) failed += 1
    if (report.violations.length > 0 || all) tellStory(report, 'membership')
  }
  summary('membership', seeds.length, failed, slowest)
  return failed
}

async function simulateReplication(seeds: readonly number[], { all, write, weather }: Telling): Promise<number> {
  let failed = 0
  let slowest = 0
  let admitting = 0
  for (const seed of seeds) {
    const report = await runSeed(seed, REAL_PARTS, {}, weather ?? weatherOf(seed))
    slowest = Math.max(slowest, report.healedAfterMs)
    if (report.admitted.length > 0) admitting += 1
    if (all) tellStory(report, 'replication')
    if (report.violations.length === 0) continue
    failed += 1
    const regression = await shortened(report, REAL_PARTS, { weather: weather ?? weatherOf(seed) })
    tellShortly(regression, report)
    if (write !== undefined) {
      await writeFile(`${write}/replication-${seed}.json`, `${JSON.stringify(regression, undefined, 2)}\n`)
    }
  }
  console.log(`replication: in ${admitting} a site says at the end that it is not as the others are`)
  summary('replication', seeds.length, failed, slowest)
  return failed
}

function summary(name: string, count: number, failed: number, slowestMs: number): void {
  console.log(`${name}: longest healing ${(slowestMs / 1000).toFixed(1)} s of virtual time`)
  console.log(`${name}: ${count - failed} passed, ${failed} failed`)
}

function tellStory(report: Report | ReplicationReport, name: string): void {
  const { seed, story, violations, healedAfterMs } = report
  console.log(`seed ${seed}`)
  for (const { at, text } of story) console.log(`${seconds(at)}  ${text}`)
  if ('admitted' in report) for (const text of report.admitted) console.log(`  admitted: ${text}`)
  console.log(`healed after ${(healedAfterMs / 1000).toFixed(1)} s`)
  for (const violation of violations) console.log(`  violated: ${violation}`)
  console.log(`replay: npm run sim -- --only ${name} --from ${seed} --seeds 1 --story\n`)
}

/** The fewest steps that still fail, in words. */
function tellShortly({ plan, found }: Regression, { seed }: ReplicationReport): void {
  console.log(`seed ${seed}: ${found}`)
  console.log(`  sites ${plan.sites.join(', ')}`)
  for (const step of plan.steps) console.log(`${seconds(step.at)}  ${inWords(step)}`)
  console.log(`replay: npm run sim -- --only replication --from ${seed} --seeds 1 --story\n`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)} s`
}

await main()

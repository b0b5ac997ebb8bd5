import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CASES } from './cases.ts'
import type { Case, LoadCase } from './cases.ts'
import type { ChainName, Ground } from './chains/chain.ts'
import { startService } from './chains/service.ts'
import { missingChains, startChains, whatStops } from './ground.ts'
import { othersBefore } from './measure/measure.ts'
import type { Sample } from './measure/measure.ts'
import { parseOptions, USAGE } from './options.ts'
import type { Options } from './options.ts'
import { Processes } from './processes.ts'
import { profileAgents } from './profile.ts'
import { judgeAims } from './report/aims.ts'
import { describeMachine, renderMachine } from './report/machine.ts'
import { renderChains, renderReport } from './report/report.ts'
import { profileReplication } from './replication/profile.ts'
import { benchReplication, othersMost, renderReplication } from './replication/suite.ts'
import { runPlan } from './run.ts'
import type { Results } from './run.ts'
import { findTools, versions } from './tools.ts'

/** The promise of the documentation, kept by force: whatever hangs, the machine is given back. */
const TIME_LIMIT_MS = { forwarding: 8 * 60_000, replication: 40 * 60_000 } as const
const RESULTS = path.join(import.meta.dirname, 'results')
/** How long to look at the machine before it is used, and how much use by others is too much to quote figures. */
const LOOK_MS = 1_000
const QUIET_SHARE = 0.05

const say = (line: string): void => console.error(line)

/** @returns the exit code: 0 done, 1 could not begin, 2 failed on the way, 130 interrupted */
async function main(args: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = parseOptions(args)
  } catch (error) {
    say(error instanceof Error ? `${error.message}\n\n${USAGE}` : String(error))
    return 1
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      say('stopping')
      interrupted.abort()
    })
  }
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(TIME_LIMIT_MS[options.suite])])
  const folder = await mkdtemp(path.join(tmpdir(), 'cheops-bench-'))
  const processes = new Processes(folder)
  try {
    if (options.suite === 'forwarding') return await forwarding(options, { processes, folder, signal })
    await replication(options, { processes, folder, signal })
    return 0
  } catch (error) {
    if (interrupted.signal.aborted) return 130
    say(error instanceof Error ? error.message : String(error))
    return 2
  } finally {
    await processes.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
}

type Place = Pick<Ground, 'processes' | 'folder' | 'signal'>

/** @returns the exit code: 0 done, 1 could not begin */
async function forwarding(options: Options, { processes, folder, signal }: Place): Promise<number> {
  const tools = findTools()
  const stops = whatStops(tools)
  if (stops !== undefined || tools.wrk === undefined) {
    say(stops ?? '')
    return 1
  }
  const others = await othersBefore(LOOK_MS, signal)
  const { port, server } = await startService({ processes, tools, folder, signal })
  const ground: Ground = { processes, tools, folder, servicePort: port, signal }
  if (options.profile) console.log(await profileAgents(ground, tools.wrk, profiledCase(options), RESULTS))
  else await benchForwarding(options, ground, server, tools.wrk, others)
  return 0
}

async function replication(options: Options, place: Place): Promise<void> {
  if (options.profile) {
    console.log(await profileReplication({ ...place, say }, RESULTS))
    return
  }
  const others = await othersBefore(LOOK_MS, place.signal)
  const startedAt = new Date().toISOString()
  const began = performance.now()
  const { rounds, quick, only, replicants, clients } = options
  const results = await benchReplication({ ...place, rounds, replicants, clients, quick, only, say })
  const most = othersMost(results)
  const machine = describeMachine(others)
  const took = `Took ${((performance.now() - began) / 1_000).toFixed(0)} s. ${renderOthers(others, most)}`
  const node = { node: process.version }
  const report = [renderReplication(results), `${renderMachine(machine, node)}\n${took}`].join('\n\n')
  const kept = {
    format: 1,
    startedAt,
    machine: { ...machine, othersMost: most },
    versions: node,
    options: { rounds, quick, only, replicants, clients },
    results,
  }
  await keep(options, report, kept)
}

/** Prints the report and keeps it, with all figures beside it. */
async function keep(
  { save }: Options,
  report: string,
  kept: { readonly startedAt: string; readonly [name: string]: unknown },
): Promise<void> {
  console.log(report)
  const file = path.join(RESULTS, `${save}.json`)
  await writeFile(file, `${JSON.stringify(kept, undefined, 1)}\n`)
  await writeFile(path.join(RESULTS, `${save}.txt`), `${kept.startedAt}\n\n${report}\n`)
  console.log(`Kept as ${path.relative(process.cwd(), file)}, and this text beside it.`)
}

async function benchForwarding(
  options: Options,
  ground: Ground,
  service: Parameters<typeof startChains>[1],
  wrk: string,
  others: number,
): Promise<void> {
  const startedAt = new Date().toISOString()
  const began = performance.now()
  const cases = CASES.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
  const wanted = chainsOf(cases, options.chains)
  const missing = missingChains(ground.tools)
  const chains = await startChains(wanted, service, ground)
  const { processes, signal } = ground
  const { rounds, quick } = options
  const results = await runPlan(
    { cases, chains, rounds, quick, say, check: () => processes.check() },
    { wrk, ownPids: () => processes.pids, signal },
  )
  const aims = judgeAims(results, missing)
  const most = Math.max(0, ...allSamples(results).map(({ othersShare }) => othersShare))

  const took = `Took ${((performance.now() - began) / 1_000).toFixed(0)} s. ${renderOthers(others, most)}`
  const machine = describeMachine(others)
  const report = [
    renderChains([...wanted]),
    renderReport(cases, results, aims, missing),
    `${renderMachine(machine, versions(ground.tools))}\n${took}`,
  ].join('\n\n')
  await keep(options, report, {
    format: 1,
    startedAt,
    machine: { ...machine, othersMost: most },
    versions: versions(ground.tools),
    options: { rounds, quick, only: options.only, chains: options.chains },
    missing,
    aims,
    results,
  })
}

/** What `--only` names first, or the case that the aims are most about. */
function profiledCase({ only }: Options): LoadCase {
  const [first = 'small-32'] = only
  const found = CASES.find(({ name }) => name === first)
  if (found?.kind !== 'load') throw new Error(`--profile takes one of the cases that load one path, not ${first}.`)
  return found
}

function renderOthers(before: number, most: number): string {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  const facts = `Others used ${percent(before)} of this machine before it began, and ${percent(most)} at most in a run.`
  return Math.max(before, most) > QUIET_SHARE ? `${facts} It was not quiet: do not quote these figures.` : facts
}

/** Chains that these cases go through; beside a body and beside watches it is the forwarded one. */
function chainsOf(cases: readonly Case[], chosen: readonly ChainName[]): Set<ChainName> {
  const all = cases.flatMap((one): readonly ChainName[] => (one.kind === 'load' ? one.chains : ['forwarded']))
  return new Set(all.filter(name => chosen.length === 0 || chosen.includes(name)))
}

function allSamples({ load, beside, watches }: Results): Sample[] {
  return [
    ...Object.values(load).flatMap(ofCase => Object.values(ofCase).flat()),
    ...beside.flatMap(one => [one.alone, one.large]),
    ...watches.map(one => one.load),
  ]
}

process.exitCode = await main(process.argv.slice(2))

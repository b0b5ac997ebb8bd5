import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counts } from './counts.ts'
import { FaultBook, drawFaults, makeTrouble } from './faults.ts'
import { judge, loggedErrors, untilAgreed } from './judge.ts'
import { Load } from './load.ts'
import { Operators } from './operators.ts'
import { settleAll } from './settle-all.ts'
import { SITES, SoakMesh } from './mesh.ts'
import { SeededRandom } from '../../sims/world/seeded-random.ts'
import { USAGE, parseOptions } from './options.ts'
import type { Options } from './options.ts'

const PROGRESS_MS = 10_000
/** An agent with a few hundred resources. */
const MOST_RESIDENT_BYTES = 700e6
/** What all agents may have on disk: a floor, and what each request may leave for a day. */
const MOST_STORE_BYTES = (requests: number): number => 60e6 + requests * 20_000
const PRINTED = 40

async function main(args: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = parseOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    return 2
  }
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  if (process.platform !== 'linux') {
    console.error('A soak needs Linux, where all of 127.0.0.0/8 is this machine.')
    return 2
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'cheops-soak-'))
  const mesh = new SoakMesh(folder, options.styles, options.seed)
  const interrupted = new AbortController()
  const end = (): void => {
    if (!interrupted.signal.aborted) {
      console.log('Ending: all is healed and judged; once more ends it at once.')
      return interrupted.abort()
    }
    // What was started runs in groups of its own, and stays otherwise.
    void mesh.stop().finally(() => process.exit(130))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  let findings: string[]
  try {
    findings = await soak(mesh, options, interrupted.signal)
  } catch (error) {
    findings = [`the soak itself broke: ${(error as Error).stack ?? String(error)}`]
  } finally {
    await mesh.stop()
  }
  return conclude(options, folder, [
    ...findings,
    ...mesh.deaths.map(({ who, how }) => `${who} ended by itself: ${how}`),
  ])
}

async function soak(mesh: SoakMesh, options: Options, interrupted: AbortSignal): Promise<string[]> {
  const { styles, seed, seconds, rate } = options
  const began = performance.now()
  const say = (line: string): void =>
    console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${line}`)
  say(
    `seed ${String(seed)}, ${String(seconds)} s, ${String(rate)}/s; ${styles.map(({ name }) => name).join(', ')}; ${options.faults.join(', ') || 'no faults'}; ${mesh.folder}`,
  )
  const [counts, book] = [new Counts(), new FaultBook()]
  const load = new Load({ mesh, styles, counts, book, clocksDiffer: options.faults.includes('clock') })
  const operators = new Operators(mesh, book, load.things)
  const random = new SeededRandom(seed + 2)
  const findings: string[] = []

  const started = book.begin('the start', performance.now())
  await mesh.start()
  await sleep(3_000)
  started()
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(seconds * 1_000)])
  const isOver = new AbortController()
  const watching = watch(mesh, counts, say, findings, isOver.signal)
  await Promise.all([
    load.run({ rate, seed, signal }),
    operators.run(random.fork(), signal),
    makeTrouble(mesh, drawFaults(seed + 1, options.faults), book, { signal, say }),
  ])
  say('all is healed; waiting until all members are the same')
  mesh.joinAll()
  const open = await untilAgreed(mesh, styles, say)
  isOver.abort()
  await watching
  say('looking whether all is there, and writing to each style at each member')
  const wrong = await judge(mesh, styles, load.things)
  if (open.length + wrong.length === 0) {
    say('settling conflicts, one by one')
    wrong.push(...(await settleAll(mesh, styles, random)), ...(await untilAgreed(mesh, styles, say)))
  }
  const { errors, warnings } = await loggedErrors(mesh)

  console.log(
    `\nWhat clients were answered: how often while nothing was wrong + while a fault explains it\n${counts.table().join('\n')}`,
  )
  console.log(`\nFaults: ${book.said.join('; ')}`)
  console.log(
    `Operators settled: ${[...operators.counts].map(([text, count]) => `${text}: ${String(count)}`).join(', ') || 'nothing'}`,
  )
  console.log(
    `Warnings in logs: ${[...warnings].map(([text, count]) => `${String(count)} × ${text}`).join('; ') || 'none'}`,
  )
  const things = load.things.length
  console.log(
    `${String(counts.total())} requests, ${String(things)} things, of which ${String(load.things.filter(({ model }) => model.presence() === 'yes').length)} must be there and ${String(load.things.filter(({ model }) => model.presence() === 'no').length)} must not`,
  )
  return [...open, ...wrong, ...load.findings, ...operators.findings, ...counts.findings, ...errors, ...findings]
}

async function watch(
  mesh: SoakMesh,
  counts: Counts,
  say: (line: string) => void,
  findings: string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(PROGRESS_MS, undefined, { signal }).catch(() => undefined)
    const resident = mesh.residentBytes()
    const stores = await mesh.storeBytes()
    const megabytes = (all: readonly number[]): string => all.map(bytes => (bytes / 1e6).toFixed(0)).join(' ')
    say(`${counts.summary()}; resident ${megabytes(resident)} MB, stores ${megabytes(stores)} MB`)
    for (const [place, site] of SITES.entries()) {
      if ((resident[place] ?? 0) > MOST_RESIDENT_BYTES)
        findings.push(`${site} takes ${megabytes([resident[place] ?? 0])} MB of memory`)
      if ((stores[place] ?? 0) > MOST_STORE_BYTES(counts.total()))
        findings.push(
          `${site} has ${megabytes([stores[place] ?? 0])} MB on disk after ${String(counts.total())} requests`,
        )
    }
  }
}

async function conclude(options: Options, folder: string, findings: readonly string[]): Promise<number> {
  if (findings.length === 0) {
    console.log('\nNothing was found.')
    if (options.keep) console.log(`Logs and stores: ${folder}`)
    else await rm(folder, { recursive: true, force: true })
    return 0
  }
  await writeFile(path.join(folder, 'findings.txt'), `${findings.join('\n')}\n`)
  console.log(`\n${String(findings.length)} findings, all of them in ${folder}/findings.txt, beside logs and stores:`)
  for (const finding of findings.slice(0, PRINTED)) console.log(`  ${finding.slice(0, 1_500)}`)
  const { seconds, rate, seed, styles, faults } = options
  console.log(
    `\nAgain: npm run soak -- --seconds ${String(seconds)} --rate ${String(rate)} --seed ${String(seed)} --style ${styles.map(({ name }) => name).join()} --faults ${faults.join() || 'none'}`,
  )
  return 1
}

// What a run that broke has left under way would keep it alive.
process.exit(await main(process.argv.slice(2)))

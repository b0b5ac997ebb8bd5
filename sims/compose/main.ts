import { parseArgs } from 'node:util'
import { runTour, type StepResult } from '../demo/run-tour.ts'
import { say, showStep, showSummary } from '../demo/show.ts'
import { tour } from '../demo/steps.ts'
import { ensureBaseImage } from './base-image.ts'
import { findCompose } from './compose-command.ts'
import { ComposeMesh } from './compose-mesh.ts'
import { openEngine, type Engine } from './engine.ts'
import { log, Missing } from './ground.ts'

const USAGE = `Runs docker-compose.yml as its header says, goes through the tour, and takes one site from the network and back.

  npm run test:compose

Starts a Docker engine when none runs (as root, on Debian), and makes what cannot be pulled. Exit code 0 when all was as
it must be or when this machine cannot do it, which is then said; 1 otherwise.

  --help
`

/** Lines of each agent's log that are shown when something went wrong. */
const LOG_LINES = 40
/** Longer than a connection on one machine takes, if it comes about at all. */
const CONNECT_TIMEOUT_MS = 2_000

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const end = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort())
  const undo: (() => Promise<void>)[] = []
  try {
    const results = await test(end.signal, undo)
    return showSummary(results) ? 0 : 1
  } catch (error) {
    if (end.signal.aborted) return 130
    if (!(error instanceof Missing)) throw error
    say(`Skipped: ${error.message}.`)
    say('0 passed, 0 failed, 1 skipped')
    return 0
  } finally {
    for (const step of undo.toReversed()) await step().catch((error: unknown) => log(String(error)))
  }
}

/** @param undo takes what has to be undone, in the order in which it was done */
async function test(signal: AbortSignal, undo: (() => Promise<void>)[]): Promise<readonly StepResult[]> {
  const engine: Engine = await openEngine(signal)
  undo.push(engine.stop)
  const compose = await findCompose(engine, signal)
  undo.push(await ensureBaseImage(engine, signal))
  const mesh = await ComposeMesh.prepare(engine, compose, signal)
  undo.push(() => mesh.down())

  const results: StepResult[] = []
  const tell = (result: StepResult): void => {
    results.push(result)
    showStep(result, results.length)
  }
  const check = async (title: string, what: () => Promise<string>): Promise<void> => tell(await asStep(title, what))
  try {
    await check('docker compose up: everything starts and becomes healthy', async () => {
      await mesh.up()
      return healthOf(mesh)
    })
    if (results.every(({ ok }) => ok)) {
      await check('The command line in the container cheops', () => statusOf(mesh))
      await check('Applications of two sites cannot reach each other: only agents meet', () => apart(mesh))
      const steps = tour(mesh.sites, { cut: true, kill: false })
      await runTour(steps, mesh, { signal, onStep: tell })
      await check('Everything is healthy at the end', () => healthOf(mesh))
    }
  } finally {
    const ok = results.length > 0 && results.every(result => result.ok)
    if (!ok && !signal.aborted) say(await mesh.logs(mesh.sites, LOG_LINES))
  }
  return results
}

async function asStep(title: string, what: () => Promise<string>): Promise<StepResult> {
  const begin = performance.now()
  const result = (ok: boolean, note: string): StepResult => ({
    title,
    ok,
    ms: Math.round(performance.now() - begin),
    exchanges: [],
    note,
  })
  try {
    return result(true, await what())
  } catch (error) {
    return result(false, error instanceof Error ? error.message : String(error))
  }
}

/** @throws Error that names what is not as it must be */
async function healthOf(mesh: ComposeMesh): Promise<string> {
  const states = await mesh.states()
  const wrong = states.filter(({ service, state, health }) => {
    if (service === 'init') return state !== 'exited'
    // What commands are typed in has nothing to be asked about its health.
    return state !== 'running' || (health !== 'healthy' && service !== 'cheops')
  })
  if (wrong.length > 0) {
    throw new Error(wrong.map(({ service, state, health }) => `${service} is ${state} ${health}`).join(', '))
  }
  return `${states.filter(({ health }) => health === 'healthy').length} healthy, of ${states.length} containers`
}

async function statusOf(mesh: ComposeMesh): Promise<string> {
  const { code, stdout, stderr } = await mesh.exec('cheops', ['cheops', 'site', 'ls'])
  const missing = mesh.sites.filter(site => !stdout.includes(site))
  if (code === 0 && missing.length === 0) return `$ docker compose exec cheops cheops site ls\n${stdout.trimEnd()}`
  throw new Error(`cheops site ls ended with ${String(code)} without ${missing.join(', ')}:\n${stdout}${stderr}`)
}

/** From beside one inventory: the other one's port must not answer, its own agent's must. */
async function apart(mesh: ComposeMesh): Promise<string> {
  const connects = async (host: string, port: number): Promise<boolean> => {
    const program = `
      const socket = require('node:net').connect(${port}, '${host}')
      socket.setTimeout(${CONNECT_TIMEOUT_MS})
      socket.on('connect', () => process.exit(0)).on('timeout', () => process.exit(3)).on('error', () => process.exit(3))`
    const { code, stderr } = await mesh.exec('inventory1', ['node', '-e', program])
    if (code !== 0 && code !== 3) throw new Error(stderr)
    return code === 0
  }
  const other = await mesh.addressOf('inventory2', 'site2')
  if (!(await connects('site1', 9101))) throw new Error('inventory1 does not reach the agent of its own site')
  if (await connects(other, 9001)) throw new Error(`inventory1 reaches inventory2 at ${other}`)
  return `inventory1 reaches its agent, and not inventory2 at ${other}`
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

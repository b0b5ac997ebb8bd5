import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { live } from './live.ts'
import { LocalMesh, SITES } from './local-mesh.ts'
import { showGuide } from './guide.ts'
import { runTour } from './run-tour.ts'
import { paint, picture, say, showStep, showSummary, tourAsJson } from './show.ts'
import { tour } from './steps.ts'

const USAGE = `Cheops on this machine: three sites, each with its own agent and its own shop of two services.

  npm start                    brings them up, says what to paste, shows how they are; Ctrl-C ends all
  npm start -- --once          goes through the tour by itself; exit code 0 when every step answered as it must

  --once          the tour, then the end
  --json          with --once: the result as one JSON document on standard output
  --keep          keeps configurations, data and logs, in data/demo
  --help
`

/** Exit codes: 0 all well, 1 something did not answer as it must or did not start, 2 wrong use, 130 ended by Ctrl-C. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.json && !values.once) throw new TypeError('--json is for --once.')

  const end = new AbortController()
  // The terminal sends Ctrl-C to npm as well, which passes it on: what comes twice is meant once.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort())

  const begin = performance.now()
  const mesh = await LocalMesh.prepare(
    { typed: !values.once, ...(values.keep ? { folder: resolve('data/demo') } : {}) },
    end.signal,
  )
  let ok = true
  try {
    if (!values.json) say(`Starting ${SITES.join(', ')}: an agent, an inventory and an orders each …`)
    await mesh.start()
    if (!values.json) {
      say()
      say(picture(mesh.sites.map(site => ({ ...site.plan, agent: `:${site.plan.ports.ingress}`, up: true }))))
      say()
      say(paint('dim', `All serve after ${((performance.now() - begin) / 1000).toFixed(1)} s.`))
      say()
    }
    ok = await (values.once ? once(mesh, values.json, end.signal) : interactive(mesh, end))
  } catch (error) {
    if (!end.signal.aborted) throw error
  } finally {
    if (!values.json) say('Ending all processes …')
    await mesh.end()
    if (values.keep && !values.json) say(`Kept: ${mesh.folder}`)
  }
  if (end.signal.aborted && values.once) return 130
  return ok ? 0 : 1
}

async function once(mesh: LocalMesh, json: boolean, signal: AbortSignal): Promise<boolean> {
  const steps = tour(SITES, { cut: mesh.canCut, kill: true })
  const results = await runTour(steps, mesh, { signal, ...(json ? {} : { onStep: showStep }) })
  if (!json) return showSummary(results)
  say(tourAsJson(results))
  return results.every(({ ok }) => ok)
}

async function interactive(mesh: LocalMesh, end: AbortController): Promise<boolean> {
  showGuide(mesh, process.stdin.isTTY && process.stdout.isTTY)
  await live(mesh, end)
  return true
}

try {
  process.exitCode = await main()
} catch (error) {
  const wrongUse = error instanceof TypeError
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${wrongUse ? `\n${USAGE}` : ''}`)
  process.exitCode = wrongUse ? 2 : 1
}

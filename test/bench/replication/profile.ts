import { setTimeout as sleep } from 'node:timers/promises'
import path from 'node:path'
import { monotonicUs, readProfile } from '../profile.ts'
import { create, loadFully } from './load.ts'
import type { LoadReport } from './load.ts'
import { Mesh, SERVICE } from './mesh.ts'
import type { Ground } from './mesh.ts'
import { ITEMS } from './writes.ts'

const WARM_UP_S = 30
const LOAD_S = 10
const CLIENTS = 32
const MAKE_S = 120
/** After the load, until what is behind has arrived. */
const BEHIND_MS = 20_000

/** Profiles the origin, and one of two others, while one of three sites takes writes; keeps the profiles in `keepIn`. */
export async function profileReplication(ground: Ground, keepIn: string): Promise<string> {
  const profileOf = (site: string): string => path.join(ground.folder, `${site}-profile`)
  const mesh = await Mesh.start(
    { ...ground, nodeFlags: site => ['--cpu-prof', `--cpu-prof-dir=${profileOf(site)}`] },
    3,
  )
  const clients = await mesh.clients(0, CLIENTS)
  let sequence = 0
  const load = {
    origins: [clients],
    service: SERVICE,
    ledger: mesh.ledger,
    items: ITEMS,
    nextSequence: () => ++sequence,
    signal: ground.signal,
  }
  const settled = async (report: LoadReport): Promise<LoadReport> => {
    const until = performance.now() + BEHIND_MS
    while (mesh.ledger.pending > 0 && performance.now() < until) await sleep(10, undefined, { signal: ground.signal })
    return report
  }
  ground.say('making items, and warming')
  await settled(await create(load, 0, ITEMS, MAKE_S, mesh.scope))
  await settled(await loadFully(load, WARM_UP_S))
  ground.say('profiling')
  const from = monotonicUs()
  const { accepted, seconds } = await settled(await loadFully(load, LOAD_S))
  const until = monotonicUs()
  for (const client of clients) client.close()
  // Node writes the profile at the end of the process.
  await mesh.stop()
  const parts = [`writes at site1: ${(accepted / seconds).toFixed(0)} a second while all agents were profiled`]
  for (const site of ['site1', 'site2']) parts.push(await readProfile(site, profileOf(site), keepIn, from, until))
  return parts.join('\n\n')
}

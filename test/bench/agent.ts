import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Processes, Started } from './processes.ts'

const DIST = path.resolve(import.meta.dirname, '../../dist')
/** The built command, as a user starts it. */
const CHEOPS = path.join(DIST, 'bin/cheops.js')
/** The same, not bundled: a profile says of a function in which file it stands. */
const COMPILED = path.join(DIST, 'src/cli/cheops.js')
/** One with 100,000 replicants is measured: this is when it counts as broken. */
const START_TIMEOUT_MS = 60_000
const ASK_EVERY_MS = 20

/** Of which all agents are. */
export const MESH = 'bench'

/** An agent to start. */
export interface AgentPlan {
  readonly processes: Processes
  /** Temporary folder of this run; the agent has one of its own in it, and finds its data there when it is started again. */
  readonly folder: string
  readonly site: string
  readonly service: { readonly name: string; readonly endpoint: string }
  /** Address for other agents, `127.0.0.1:0` for any free port. */
  readonly listen: string
  readonly bootstrap: readonly string[]
  /** Further flags of Node (`--cpu-prof`); with any, the agent runs as it was compiled, not bundled. */
  readonly nodeFlags: readonly string[]
  readonly signal: AbortSignal
}

/** An agent that serves. */
export interface Agent {
  readonly site: string
  readonly server: Started
  /** Base URL of its ingress. */
  readonly ingress: string
  /** Base URL of its admin listener. */
  readonly admin: string
  readonly addresses: readonly string[]
  /** From the start of the process until it has said that it serves, milliseconds. */
  readonly startMs: number
}

/** Where the agent of a site keeps what it has. */
export function dataFolder(folder: string, site: string): string {
  return path.join(folder, site, 'data')
}

/** Starts an agent as `cheops up` does. @throws Error with its log when it does not serve */
export async function startAgent(plan: AgentPlan): Promise<Agent> {
  const { processes, folder, site, service, nodeFlags, signal } = plan
  const own = path.join(folder, site)
  await mkdir(own, { recursive: true })
  const config = path.join(own, 'cheops.yaml')
  const ready = path.join(own, 'ready.json')
  await rm(ready, { force: true })
  await writeFile(
    config,
    // JSON is YAML.
    JSON.stringify({
      mesh: MESH,
      site,
      data: './data',
      listen: [plan.listen],
      bootstrap: plan.bootstrap,
      ingress: { listen: '127.0.0.1:0' },
      admin: { listen: '127.0.0.1:0' },
      log: { level: 'warn' },
      services: [{ ...service, expose: { sites: ['*'], methods: ['*'], paths: ['/**'] } }],
    }),
  )
  const args = [...nodeFlags, nodeFlags.length > 0 ? COMPILED : CHEOPS, 'up', '--config', config, '--ready-file', ready]
  const began = performance.now()
  const server = processes.start(site, process.execPath, args)
  for (;;) {
    const info = await readReady(ready)
    const startMs = performance.now() - began
    if (info !== undefined) return { site, server, startMs, ...info }
    if (server.ended() || startMs > START_TIMEOUT_MS) throw new Error(`${site} did not start:\n${server.log()}`)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

/** @returns undefined until the file is there, whole */
async function readReady(file: string): Promise<Pick<Agent, 'ingress' | 'admin' | 'addresses'> | undefined> {
  try {
    type Ready = Pick<Agent, 'ingress' | 'admin' | 'addresses'>
    const { ingress, admin, addresses } = JSON.parse(await readFile(file, 'utf8')) as Ready
    return { ingress, admin, addresses }
  } catch {
    return undefined
  }
}

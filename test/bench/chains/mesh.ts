import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilItServes } from '../processes.ts'
import type { Started } from '../processes.ts'
import type { Chain, Ground } from './chain.ts'

/** The built command, as a user starts it. */
const CHEOPS = path.resolve(import.meta.dirname, '../../../dist/src/cli/cheops.js')
const SERVICE = 'files'
const START_TIMEOUT_MS = 20_000
const ASK_EVERY_MS = 50

export interface Mesh {
  /** Through the ingress of site1 to its own instance. */
  readonly passThrough: Chain
  /** Through the ingress of site1 to site2. */
  readonly forwarded: Chain
  /** Both agents, site1 first. */
  readonly agents: readonly [Started, Started]
}

/**
 * Two agents as processes of their own, as `cheops up` runs them, in front of one service.
 * @param nodeFlags further flags of Node, a list for each site (`--cpu-prof`)
 */
export async function startMesh(ground: Ground, nodeFlags: readonly (readonly string[])[] = []): Promise<Mesh> {
  const { signal } = ground
  const site1 = await startAgent(ground, 'site1', [], nodeFlags[0] ?? [])
  const site2 = await startAgent(ground, 'site2', site1.addresses, nodeFlags[1] ?? [])
  const agents = [site1.server, site2.server] as const
  const url = (file: string): string => `${site1.ingress}/${SERVICE}${file}`
  const scope = { 'Cheops-Scope': 'site2' }
  await untilItServes(url('/1k'), {}, agents, signal)
  await untilItServes(url('/1k'), scope, agents, signal)
  return {
    agents,
    passThrough: {
      name: 'pass-through',
      pids: [site1.server.pid],
      target: file => ({ url: url(file), headers: {} }),
    },
    forwarded: {
      name: 'forwarded',
      pids: agents.map(({ pid }) => pid),
      target: file => ({ url: url(file), headers: scope }),
    },
  }
}

interface Agent {
  readonly server: Started
  readonly ingress: string
  readonly addresses: readonly string[]
}

async function startAgent(
  { processes, folder, servicePort, signal }: Ground,
  site: string,
  bootstrap: readonly string[],
  nodeFlags: readonly string[],
): Promise<Agent> {
  const own = path.join(folder, site)
  await mkdir(own, { recursive: true })
  const config = path.join(own, 'cheops.yaml')
  const ready = path.join(own, 'ready.json')
  await writeFile(
    config,
    // JSON is YAML.
    JSON.stringify({
      mesh: 'bench',
      site,
      data: './data',
      listen: ['127.0.0.1:0'],
      bootstrap,
      ingress: { listen: '127.0.0.1:0' },
      admin: { listen: '127.0.0.1:0' },
      log: { level: 'warn' },
      services: [
        {
          name: SERVICE,
          endpoint: `http://127.0.0.1:${String(servicePort)}`,
          expose: { sites: ['*'], methods: ['*'], paths: ['/**'] },
        },
      ],
    }),
  )
  const args = [...nodeFlags, CHEOPS, 'up', '--config', config, '--ready-file', ready]
  const server = processes.start(site, process.execPath, args)
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const info = await readReady(ready)
    if (info !== undefined) return { server, ...info }
    if (server.ended() || performance.now() > deadline) throw new Error(`${site} did not start:\n${server.log()}`)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

/** @returns undefined until the file is there, whole */
async function readReady(file: string): Promise<Omit<Agent, 'server'> | undefined> {
  try {
    const { ingress, addresses } = JSON.parse(await readFile(file, 'utf8')) as Omit<Agent, 'server'>
    return { ingress, addresses }
  } catch {
    return undefined
  }
}

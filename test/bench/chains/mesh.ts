import { startAgent } from '../agent.ts'
import type { Agent } from '../agent.ts'
import { untilItServes } from '../processes.ts'
import type { Started } from '../processes.ts'
import type { Chain, Ground } from './chain.ts'

const SERVICE = 'files'

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
  const start = (site: string, bootstrap: readonly string[], flags: readonly string[] = []): Promise<Agent> =>
    startAgent({
      ...ground,
      site,
      service: { name: SERVICE, endpoint: `http://127.0.0.1:${String(ground.servicePort)}` },
      listen: '127.0.0.1:0',
      bootstrap,
      nodeFlags: flags,
    })
  const site1 = await start('site1', [], nodeFlags[0])
  const site2 = await start('site2', site1.addresses, nodeFlags[1])
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

import type { Chain, ChainName, Ground } from './chains/chain.ts'
import { startEnvoyChain } from './chains/envoy.ts'
import { startMesh } from './chains/mesh.ts'
import { startNginxChain } from './chains/nginx.ts'
import { startNodeProxy } from './chains/node-proxy.ts'
import { directChain } from './chains/service.ts'
import type { Started } from './processes.ts'
import type { Tools } from './tools.ts'

const INSTALL = 'run: npm run bench:peers'

/** Why a run cannot begin at all, in a sentence; undefined when it can. */
export function whatStops({ wrk, nginx }: Tools): string | undefined {
  const lacking = [
    wrk === undefined ? 'wrk (the generator)' : [],
    nginx === undefined ? 'nginx (the service)' : [],
  ].flat()
  return lacking.length === 0 ? undefined : `There is no ${lacking.join(' and no ')} here; ${INSTALL}`
}

/** Chains that cannot be measured here, each with why. They are named in every table, never left out in silence. */
export function missingChains(tools: Tools): Partial<Record<ChainName, string>> {
  return tools.envoy === undefined ? { envoy: `Envoy is not installed; ${INSTALL}` } : {}
}

/** Starts the wanted chains in front of one service. */
export async function startChains(
  wanted: ReadonlySet<ChainName>,
  service: Started,
  ground: Ground,
): Promise<Map<ChainName, Chain>> {
  const started = new Map<ChainName, Chain>()
  const add = (chain: Chain): void => {
    if (wanted.has(chain.name)) started.set(chain.name, chain)
  }
  add(directChain(ground.servicePort, service))
  if (wanted.has('node-proxy')) add(await startNodeProxy(ground))
  if (wanted.has('nginx')) add(await startNginxChain(ground))
  if (wanted.has('envoy') && ground.tools.envoy !== undefined) add(await startEnvoyChain(ground))
  if (wanted.has('forwarded') || wanted.has('pass-through')) {
    const { passThrough, forwarded } = await startMesh(ground)
    add(passThrough)
    add(forwarded)
  }
  return started
}

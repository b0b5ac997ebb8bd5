import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAgent, type Agent, type AgentOptions } from './agent.ts'
import { makeEmptyGlance, makeGlance, startGlance } from './glance.ts'
import {
  copyKeystone,
  makeEmptyKeystone,
  makeKeystone,
  startKeystone,
  writeCatalog,
  type KeystoneFolder,
} from './keystone.ts'
import { reservePorts } from '../support/ports.ts'
import { stopAll, type Running } from './processes.ts'

/** One site: a Keystone, a Glance and an agent. Glance asks its own agent who the bearer of a token is. */
export interface Site {
  readonly name: string
  readonly folder: string
  /** Addresses of the applications themselves, past the agent. */
  readonly identity: string
  readonly image: string
  keystone: Running
  glance: Running
  agent: Agent
  /** Starts what was stopped, where it was. */
  startGlance(): Promise<void>
  startKeystone(folder: KeystoneFolder): Promise<void>
  startAgent(): Promise<void>
}

export interface Mesh {
  readonly folder: string
  readonly site1: Site
  readonly site2: Site
  /** A Keystone that knows nothing of the others: the same names, other IDs and keys. Not running. */
  readonly unrelated: KeystoneFolder
  /** Ends everything; the folders with their logs are kept, and named, when `failed`. */
  stop(failed: boolean): Promise<void>
}

/** Everything that the suite needs, in half a minute. */
export async function startMesh(say: (line: string) => void): Promise<Mesh> {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-openstack-'))
  const stop = async (failed: boolean) => {
    await stopAll()
    if (failed) say(`logs are kept in ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
  try {
    const [emptyKeystone, emptyGlance] = await Promise.all([
      makeEmptyKeystone(join(folder, 'empty-keystone')),
      makeEmptyGlance(join(folder, 'empty-glance')),
    ])
    const keystone1 = await makeKeystone(emptyKeystone, join(folder, 'site1', 'keystone'))
    // Copied before the first starts, so that a token of either holds at both.
    const keystone2 = await copyKeystone(keystone1, join(folder, 'site2', 'keystone'))
    const unrelated = await makeKeystone(emptyKeystone, join(folder, 'unrelated-keystone'))
    const ports = await reservePorts(8)
    const peerPorts = [ports[6], ports[7]] as [number, number]
    const [site1, site2] = await Promise.all([
      startSite('site1', folder, ports.slice(0, 3), peerPorts, keystone1, emptyGlance),
      startSite('site2', folder, ports.slice(3, 6), peerPorts.toReversed() as [number, number], keystone2, emptyGlance),
    ])
    await Promise.all([untilReached(site1, 'site2'), untilReached(site2, 'site1')])
    return { folder, site1, site2, unrelated, stop }
  } catch (error) {
    await stop(true)
    throw error
  }
}

async function startSite(
  name: string,
  meshFolder: string,
  ports: readonly number[],
  [peerPort, bootstrapPort]: readonly [number, number],
  keystoneFolder: KeystoneFolder,
  emptyGlance: string,
): Promise<Site> {
  const folder = join(meshFolder, name)
  await mkdir(folder, { recursive: true })
  const [identityPort, imagePort, ingressPort] = ports as [number, number, number]
  const identity = `http://127.0.0.1:${identityPort}`
  const image = `http://127.0.0.1:${imagePort}`
  const glanceFolder = join(folder, 'glance')
  await makeGlance(emptyGlance, glanceFolder, imagePort, `http://127.0.0.1:${ingressPort}/identity`)
  const agentOptions: AgentOptions = {
    site: name,
    folder,
    ingressPort,
    peerPort,
    bootstrapPort,
    endpoints: { identity, image },
  }

  const runKeystone = async (of: KeystoneFolder) => {
    const running = await startKeystone(of, `keystone of ${name}`, identityPort)
    await writeCatalog(identity, { identity: `${identity}/v3`, image })
    return running
  }
  const runGlance = () => startGlance(glanceFolder, `glance of ${name}`, imagePort)
  const [keystone, glance, agent] = await Promise.all([
    runKeystone(keystoneFolder),
    runGlance(),
    startAgent(agentOptions),
  ])
  const site: Site = {
    name,
    folder,
    identity,
    image,
    keystone,
    glance,
    agent,
    startKeystone: async of => void (site.keystone = await runKeystone(of)),
    startGlance: async () => void (site.glance = await runGlance()),
    startAgent: async () => void (site.agent = await startAgent(agentOptions)),
  }
  return site
}

/** Two agents that know each other's address meet within seconds; then each can ask the other's Glance for its versions. */
const MEET_TIMEOUT_MS = 20_000
const MEET_ASK_EVERY_MS = 200

/** Waits until `from` can forward to `to`. */
export async function untilReached(from: Site, to: string): Promise<void> {
  const deadline = performance.now() + MEET_TIMEOUT_MS
  for (;;) {
    const response = await fetch(scopedUrl(from, `{image: ${to}}`, 'image') + '/')
    const answer = await response.text()
    if (response.status === 300) return
    if (performance.now() > deadline) throw new Error(`${from.name} does not reach ${to}: ${response.status} ${answer}`)
    await new Promise(resolve => setTimeout(resolve, MEET_ASK_EVERY_MS))
  }
}

/** Address of a service at a site's agent with a scope in it, as unmodified clients can be given one. */
export function scopedUrl(site: Site, scope: string | undefined, service: string): string {
  const prefix = scope === undefined ? '' : `/~${encodeURIComponent(scope)}`
  return `${site.agent.ready.ingress}${prefix}/${service}`
}

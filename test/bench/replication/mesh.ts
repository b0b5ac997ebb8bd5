import { dataFolder, startAgent } from '../agent.ts'
import type { Agent } from '../agent.ts'
import { freePorts, untilItServes } from '../processes.ts'
import type { Processes } from '../processes.ts'
import { Application } from './application.ts'
import { Client } from './client.ts'
import { Ledger } from './ledger.ts'

export const SERVICE = 'bench'
const SITES = ['site1', 'site2', 'site3'] as const

/** What a case needs to start. */
export interface Ground {
  readonly processes: Processes
  /** Temporary folder of the case. */
  readonly folder: string
  /** Further flags of Node for the agents of each site. */
  readonly nodeFlags?: (site: string) => readonly string[]
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Some sites: agents as processes of their own with their stores on disk, applications in this process. */
export class Mesh {
  readonly applications: readonly Application[]
  readonly ledger: Ledger
  readonly #ground: Ground
  readonly #ports: readonly number[]
  readonly #endpoints: readonly string[]
  readonly #agents: (Agent | undefined)[] = []

  private constructor(
    ground: Ground,
    applications: readonly Application[],
    endpoints: readonly string[],
    ports: readonly number[],
    ledger: Ledger,
  ) {
    this.#ground = ground
    this.applications = applications
    this.#endpoints = endpoints
    this.#ports = ports
    this.ledger = ledger
  }

  /** Starts the applications and agents of so many sites, and waits until each can reach each. */
  static async start(ground: Ground, count: 1 | 2 | 3): Promise<Mesh> {
    const ledger = new Ledger(count)
    const applications = SITES.slice(0, count).map(
      (_, site) => new Application({ onWrite: (place, sequence, at) => ledger.received(site, place, sequence, at) }),
    )
    const endpoints = await Promise.all(applications.map(one => one.start()))
    const ports = Object.values(await freePorts(...SITES.slice(0, count)))
    const mesh = new Mesh(ground, applications, endpoints, ports, ledger)
    for (let site = 0; site < count; site++) await mesh.startSite(site)
    await mesh.untilMet()
    return mesh
  }

  /** Of all sites: what creates name as members. */
  get scope(): string {
    return SITES.slice(0, this.applications.length).join(' & ')
  }

  /** Ports on which agents listen for each other. */
  get ports(): readonly number[] {
    return this.#ports
  }

  get sites(): readonly number[] {
    return this.applications.map((_, site) => site)
  }

  /** Data folder of each site. */
  get folders(): readonly string[] {
    return this.applications.map((_, site) => dataFolder(this.#ground.folder, SITES[site] ?? ''))
  }

  get running(): readonly Agent[] {
    return this.#agents.filter(agent => agent !== undefined)
  }

  /** @throws Error for a site that does not run */
  agent(site: number): Agent {
    const agent = this.#agents[site]
    if (agent === undefined) throw new Error(`${SITES[site] ?? String(site)} does not run`)
    return agent
  }

  /** Starts the agent of a site, with the data that it had. */
  async startSite(site: number): Promise<Agent> {
    const { processes, folder, signal, nodeFlags } = this.#ground
    const name = SITES[site] ?? ''
    const agent = await startAgent({
      processes,
      folder,
      site: name,
      service: { name: SERVICE, endpoint: this.#endpoints[site] ?? '' },
      listen: `127.0.0.1:${String(this.#ports[site])}`,
      bootstrap: this.#ports.filter((_, other) => other !== site).map(port => `127.0.0.1:${String(port)}`),
      nodeFlags: nodeFlags?.(name) ?? [],
      signal,
    })
    this.#agents[site] = agent
    return agent
  }

  async stopSite(site: number): Promise<void> {
    await this.agent(site).server.stop()
    this.#agents[site] = undefined
  }

  /** As `stopSite`, but the agent has no time for anything. */
  async killSite(site: number): Promise<void> {
    await this.agent(site).server.kill()
    this.#agents[site] = undefined
  }

  /** Waits until each agent that runs reaches each other, by asking the applications of all through all. */
  async untilMet(): Promise<void> {
    const servers = this.running.map(({ server }) => server)
    for (const from of this.running)
      for (const to of this.running)
        await untilItServes(
          `${from.ingress}/${SERVICE}/healthz`,
          from === to ? {} : { 'Cheops-Scope': to.site },
          servers,
          this.#ground.signal,
        )
  }

  clients(site: number, count: number): Promise<readonly Client[]> {
    const { ingress } = this.agent(site)
    return Promise.all(Array.from({ length: count }, () => Client.connect(ingress)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ server }) => server.stop()))
    await Promise.all(this.applications.map(one => one.stop()))
  }
}

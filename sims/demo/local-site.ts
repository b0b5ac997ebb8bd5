import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from './child.ts'
import { shopOf, warehouseOf } from './steps.ts'

/** `dist/sims/demo` → the root of the built project. */
const DIST = join(import.meta.dirname, '../..')
const AGENT = join(DIST, 'bin/cheops.js')
const APPS = join(DIST, 'sims/apps/main.js')

/** Half of the default: a demonstration should show a lost site soon. */
const HEARTBEAT_INTERVAL_MS = 500
/** All sites are on one machine: who does not answer soon does not answer. */
const DIAL_TIMEOUT_MS = 1_500

export interface SitePorts {
  /** What other agents dial. */
  readonly peers: number
  /** Where this agent listens for them; the same where nothing stands between. */
  readonly listen: number
  readonly ingress: number
  readonly admin: number
}

export interface SitePlan {
  readonly name: string
  readonly mesh: string
  readonly region: string
  /** Holds the configuration, the data and the logs of the site; made when it does not exist. */
  readonly folder: string
  readonly ports: SitePorts
  /** Peer ports of all sites of the mesh on this machine. */
  readonly bootstrap: readonly number[]
  readonly meshKeyFile: string
}

/** One site on this machine: an agent, an inventory and an orders, each a process of its own. */
export class LocalSite {
  readonly plan: SitePlan
  /** In the order of their start. */
  #children: readonly Child[] = []

  constructor(plan: SitePlan) {
    this.plan = plan
  }

  get name(): string {
    return this.plan.name
  }

  /** Base URL of the agent's ingress, without a slash at the end. */
  get ingress(): string {
    return `http://127.0.0.1:${this.plan.ports.ingress}`
  }

  get admin(): string {
    return `http://127.0.0.1:${this.plan.ports.admin}`
  }

  get configFile(): string {
    return join(this.plan.folder, 'cheops.yaml')
  }

  get adminTokenFile(): string {
    return join(this.plan.folder, 'admin.token')
  }

  /** The process of the agent, as long as it runs. */
  get agentPid(): number | undefined {
    const agent = this.#children.at(-1)
    return agent?.running === true ? pidOf(agent) : undefined
  }

  /** Where the inventory itself listens, past the agent. */
  get inventoryUrl(): string | undefined {
    const inventory = this.#children[0]
    return inventory?.running === true ? urlOf(inventory) : undefined
  }

  /** PIDs of what runs, agent first. */
  get pids(): readonly number[] {
    return this.#children
      .filter(child => child.running)
      .map(child => child.pid)
      .toReversed()
  }

  get running(): boolean {
    return this.#children.some(child => child.running)
  }

  /** Resolves once all three serve; when one of them does not, none is left. */
  async start(signal: AbortSignal): Promise<void> {
    const { folder, name } = this.plan
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const started: Child[] = []
    try {
      const inventory = await this.#startApp('inventory', ['--name', warehouseOf(name)], signal)
      started.push(inventory)
      const orders = await this.#startApp(
        'orders',
        ['--name', shopOf(name), '--inventory-url', `${this.ingress}/inventory`],
        signal,
      )
      started.push(orders)
      await writeFile(this.configFile, this.#config(urlOf(inventory), urlOf(orders)))
      const readyFile = join(folder, 'agent.ready.json')
      started.push(
        await Child.start(
          {
            name: `The agent of ${name}`,
            args: [AGENT, 'up', '--config', this.configFile, '--ready-file', readyFile],
            cwd: folder,
            logFile: join(folder, 'agent.log'),
            readyFile,
          },
          signal,
        ),
      )
      this.#children = started
    } catch (error) {
      await Promise.all(started.map(child => child.kill()))
      throw error
    }
  }

  /** Asks all to end, the agent first so that nobody is sent to an application that is gone. */
  async stop(): Promise<void> {
    const [agent, ...apps] = this.#children.toReversed()
    await agent?.stop()
    await Promise.all(apps.map(app => app.stop()))
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    await Promise.all(this.#children.map(child => child.kill()))
  }

  #startApp(application: string, args: readonly string[], signal: AbortSignal): Promise<Child> {
    const { folder, name } = this.plan
    const file = (ending: string): string => join(folder, `${application}.${ending}`)
    const readyFile = file('ready.json')
    return Child.start(
      {
        name: `${application} of ${name}`,
        args: [APPS, application, ...args, '--port', '0', '--file', file('json'), '--ready-file', readyFile],
        cwd: folder,
        logFile: file('log'),
        readyFile,
      },
      signal,
    )
  }

  #config(inventory: string, orders: string): string {
    const { name, mesh, region, ports, bootstrap, meshKeyFile } = this.plan
    const others = bootstrap.filter(port => port !== ports.peers).map(port => `/ip4/127.0.0.1/tcp/${port}`)
    // Every site of the demonstration may use everything of every other; a real site names who may use what.
    return `# Written by the demonstration. The agent was started with: cheops up --config <this file>
mesh: ${mesh}
site: ${name}
labels: {region: ${region}}
data: ./data
listen: [/ip4/127.0.0.1/tcp/${ports.listen}]
announce: [/ip4/127.0.0.1/tcp/${ports.peers}]
bootstrap: [${others.join(', ')}]
meshKey: ${JSON.stringify(meshKeyFile)}
heartbeat: {intervalMs: ${HEARTBEAT_INTERVAL_MS}}
timeouts: {dialMs: ${DIAL_TIMEOUT_MS}}
ingress: {listen: 127.0.0.1:${ports.ingress}}
admin: {listen: 127.0.0.1:${ports.admin}, tokenFile: ./admin.token}
services:
  - {name: inventory, endpoint: "${inventory}", expose: {sites: ["*"]}}
  - {name: orders, endpoint: "${orders}", expose: {sites: ["*"]}}
`
  }
}

/** The `url` of an application's ready file. */
function urlOf({ name, ready }: Child): string {
  if (typeof ready === 'object' && ready !== null && 'url' in ready && typeof ready.url === 'string') return ready.url
  throw new Error(`${name} wrote a ready file without a URL.`)
}

/** The `pid` of an agent's ready file: that of the child is its launcher's where another Node has to run it. */
function pidOf({ name, ready }: Child): number {
  if (typeof ready === 'object' && ready !== null && 'pid' in ready && typeof ready.pid === 'number') return ready.pid
  throw new Error(`${name} wrote a ready file without a process ID.`)
}

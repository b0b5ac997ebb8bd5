import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { vi } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import { reservePort } from '../../support/ports.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { FaultyApplication } from './faulty-application.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'

export interface Asked {
  readonly scope?: string
  readonly body?: object
  readonly headers?: Record<string, string>
  /** `manual`: what sends elsewhere is answered, and not followed. */
  readonly redirect?: 'manual'
}

export interface SiteOptions {
  /** What it lets others do, as in YAML. */
  readonly expose?: string
  /** Further services that its application is, too. */
  readonly aliases?: readonly string[]
  /** Path of a definition. */
  readonly glue?: string
  /** The agent's own account at it, as in YAML. */
  readonly credential?: string
  readonly flags?: Record<string, unknown>
  /** More services, as in YAML. */
  readonly services?: readonly string[]
}

interface Site {
  readonly port: number
  /** The only address under which others know it, so that all between them can be cut. */
  readonly proxy: TcpProxy
  readonly proxyPort: number
  readonly application: FaultyApplication
  readonly flags: Record<string, unknown>
  agent: RunningAgent | undefined
}

/** Prefer header that waits until all members have said what came of it. */
export const WAIT = { Prefer: 'wait=20' }

const EXPOSED = '{sites: ["*"], methods: ["*"], paths: ["/**"]}'

const credentialOf = ({ credential }: SiteOptions = {}) =>
  credential === undefined ? '' : `, credential: ${credential}`

/** Real agents in this process, with real streams and stores, an application behind each, and links that can be cut. */
export class Mesh implements AsyncDisposable {
  readonly #folder: string
  readonly #sites = new Map<string, Site>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @param more by the name of the site */
  static async start(names: readonly string[], more: Readonly<Record<string, SiteOptions>> = {}): Promise<Mesh> {
    const mesh = new Mesh(await mkdtemp(path.join(tmpdir(), 'cheops-replication-')))
    for (const name of names) {
      const port = await reservePort()
      const proxy = new TcpProxy({ host: '127.0.0.1', port })
      const application = await FaultyApplication.start(name)
      const flags = {
        services: [
          ...['inventory', ...(more[name]?.aliases ?? [])].map(
            service =>
              `{name: ${service}, endpoint: "${application.url}", expose: ${more[name]?.expose ?? EXPOSED}, glue: ${more[name]?.glue ?? 'rest'}${credentialOf(more[name])}}`,
          ),
          ...(more[name]?.services ?? []),
        ],
        ...more[name]?.flags,
      }
      mesh.#sites.set(name, { port, proxy, proxyPort: await proxy.listen(), application, flags, agent: undefined })
    }
    for (const name of names) await mesh.up(name)
    await mesh.together()
    return mesh
  }

  /** @param bootstrap where others may be, if not where they are */
  async up(name: string, bootstrap?: readonly string[]): Promise<void> {
    const site = this.#site(name)
    const any = '127.0.0.1:0'
    const others = [...this.#sites].filter(([other, { agent }]) => other !== name && agent !== undefined)
    const flags = {
      mesh: 'replication',
      site: name,
      data: path.join(this.#folder, name),
      listen: [`127.0.0.1:${site.port}`],
      announce: [`127.0.0.1:${site.proxyPort}`],
      bootstrap: bootstrap ?? others.map(([, { proxyPort }]) => `127.0.0.1:${proxyPort}`),
      'ingress.listen': any,
      'admin.listen': any,
      'log.level': 'silent',
      'heartbeat.intervalMs': '200',
      // All are on one machine: who does not answer soon does not answer.
      'timeouts.dialMs': '1500',
      ...site.flags,
    }
    site.agent = await startAgent(loadConfig({ env: {}, flags }))
  }

  async down(name: string): Promise<void> {
    const site = this.#site(name)
    await site.agent?.stop()
    site.agent = undefined
  }

  /** Nothing passes between any two sites; nobody is told. */
  cut(): void {
    for (const { proxy } of this.#sites.values()) proxy.freeze()
  }

  /** @param before what becomes of connections that stood: if they stay `dead`, sites take longer to find out */
  heal(before: 'dead' | 'reset' = 'reset'): void {
    for (const { proxy } of this.#sites.values()) proxy.heal(before)
  }

  /** Bytes that passed between sites so far. */
  get bytes(): number {
    return [...this.#sites.values()].reduce((sum, { proxy }) => sum + proxy.bytes, 0)
  }

  /** Folder of a site's agent. */
  data(name: string): string {
    return path.join(this.#folder, name)
  }

  agent(name: string): RunningAgent {
    const { agent } = this.#site(name)
    assert.ok(agent, `the agent of ${name} runs`)
    return agent
  }

  application(name: string): FaultyApplication {
    return this.#site(name).application
  }

  /** Address of an agent's ingress. */
  ingress(name: string): string {
    return this.#site(name).agent?.ready.ingress ?? ''
  }

  /** Multiaddress of an agent. */
  address(name: string): string {
    return `/ip4/127.0.0.1/tcp/${this.#site(name).proxyPort}`
  }

  /** Waits until each site of those that run is alive for each other. */
  async together(): Promise<void> {
    const running = [...this.#sites].filter(([, { agent }]) => agent !== undefined).map(([name]) => name)
    await vi.waitFor(
      async () => {
        const pairs = running.flatMap(from => running.map(to => [from, to] as const))
        await Promise.all(
          pairs.map(async ([from, to]) => {
            const { status } = await this.ask(from, 'GET', '/items', { scope: to })
            // 403: it is there, and lets nobody in.
            assert.ok(status === 200 || status === 403, `${from} reaches ${to}: ${status}`)
          }),
        )
      },
      { timeout: 40_000, interval: 100 },
    )
  }

  async ask(site: string, method: string, resource: string, { scope, body, headers, redirect }: Asked = {}) {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const answer = await fetch(`${this.#site(site).agent?.ready.ingress}/inventory${resource}`, {
      method,
      ...(redirect !== undefined && { redirect }),
      headers: {
        ...(scope !== undefined && { 'Cheops-Scope': scope }),
        ...(body !== undefined && { 'Content-Type': type }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  /** A request that must succeed. */
  async must(site: string, method: string, resource: string, asked: Asked = {}) {
    const answer = await this.ask(site, method, resource, asked)
    assert.ok(answer.status < 300, `${method} ${resource} at ${site}: ${answer.status} ${answer.text}`)
    return answer
  }

  /** What each application has by a name, in the order of the sites. */
  everywhere(id: string): Promise<(Record<string, unknown> | undefined)[]> {
    return Promise.all([...this.#sites.values()].map(({ application }) => application.item(id)))
  }

  /** Waits until the applications have exactly this. */
  async settles(
    id: string,
    expected: readonly (Record<string, unknown> | undefined)[],
    timeout = 20_000,
  ): Promise<void> {
    await vi.waitFor(async () => assert.deepEqual(await this.everywhere(id), expected, id), { timeout, interval: 50 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal()
    for (const name of this.#sites.keys()) await this.down(name)
    for (const { proxy, application } of this.#sites.values()) {
      await proxy[Symbol.asyncDispose]()
      await application[Symbol.asyncDispose]()
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  #site(name: string): Site {
    const site = this.#sites.get(name)
    if (site === undefined) throw new RangeError(`there is no ${name}`)
    return site
  }
}

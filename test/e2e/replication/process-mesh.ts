import assert from 'node:assert/strict'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { vi } from 'vitest'
import { SeededRandom } from '../../../sims/world/seeded-random.ts'
import { reservePort } from '../../support/ports.ts'
import { Bench, type Agent } from '../cli/harness.ts'
import { Gate, type Slowness } from './gate.ts'
import { LEDGER_GLUE, LedgerApplication, type Thing } from './ledger-application.ts'

export interface Asked {
  readonly scope?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface SiteOptions {
  /** How far its clock is ahead. */
  readonly aheadMs?: number
  /** The agent's own account at the application, `user:password`. */
  readonly account?: string
  /** Of its agent, in milliseconds, as in its configuration. */
  readonly timeouts?: Readonly<Record<string, number>>
  /** Other services of the site, beside `ledger`, as in its configuration; each is exposed to everybody. */
  readonly services?: readonly { readonly name: string; readonly endpoint: string; readonly glue?: string }[]
}

export interface Start {
  /** 512 bytes each: no file of the agent grows beyond, as on a disk that is full. */
  readonly fileBlocks?: number
}

/** Everybody may do everything. */
const EXPOSED = { sites: ['*'], methods: ['*'], paths: ['/**'] }

interface Site {
  readonly name: string
  readonly address: string
  readonly gate: Gate
  readonly gatePort: number
  readonly application: LedgerApplication
  readonly options: SiteOptions
  readonly url: string
  agent: Agent | undefined
  /** What the agent before the one of now wrote. */
  said: string
}

/** Prefer header that waits until all members have said what came of it. */
export const WAIT = { Prefer: 'wait=30' }

const PRELOAD = path.join(import.meta.dirname, 'another-machine.mjs')

/**
 * Agents as processes of the built command, each with an application that outlives it, and a gate before it. A test writes as a
 * client does, and reads the applications past Cheops. Needs `npm run build`, and Linux, where all of 127.0.0.0/8 is this machine.
 */
export class ProcessMesh implements AsyncDisposable {
  readonly #bench: Bench
  readonly #sites = new Map<string, Site>()
  #lossSeed: number | undefined

  private constructor(bench: Bench) {
    this.#bench = bench
  }

  static async start(
    names: readonly string[],
    options: Readonly<Record<string, SiteOptions>> = {},
  ): Promise<ProcessMesh> {
    if (process.platform !== 'linux')
      throw new Error('these tests need Linux, where all of 127.0.0.0/8 is this machine')
    const mesh = new ProcessMesh(await Bench.create())
    await writeFile(path.join(mesh.#bench.folder, 'ledger.yaml'), LEDGER_GLUE)
    const nameOf = (address: string): string =>
      [...mesh.#sites.values()].find(site => site.address === address.replace('::ffff:', ''))?.name ?? ''
    for (const [place, name] of names.entries()) {
      const gate = new Gate(nameOf)
      const application = new LedgerApplication()
      mesh.#sites.set(name, {
        name,
        address: `127.0.77.${place + 1}`,
        gate,
        gatePort: await gate.listen(),
        application,
        options: options[name] ?? {},
        url: await application.listen(),
        agent: undefined,
        said: '',
      })
    }
    try {
      await Promise.all(names.map(name => mesh.up(name)))
      await mesh.together(names)
      return mesh
    } catch (error) {
      // Nobody gets hold of it, and its processes would run on.
      await mesh[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Starts the agent of a site, with what it had before. */
  async up(name: string, { fileBlocks }: Start = {}): Promise<void> {
    const site = this.#site(name)
    const { aheadMs = 0, account, timeouts } = site.options
    const basicFile = path.join(this.#bench.folder, `${name}.account`)
    if (account !== undefined) await writeFile(basicFile, account, { mode: 0o600 })
    const config = path.join(this.#bench.folder, `${name}.json`)
    const others = [...this.#sites.values()].filter(other => other !== site)
    const settings = {
      mesh: 'scenarios',
      site: name,
      data: path.join(this.#bench.folder, name),
      announce: [`127.0.0.1:${site.gatePort}`],
      bootstrap: others.map(({ gatePort }) => `127.0.0.1:${gatePort}`),
      log: { level: 'warn' },
      heartbeat: { intervalMs: 200 },
      ...(timeouts !== undefined && { timeouts }),
      services: [
        {
          name: 'ledger',
          endpoint: site.url,
          glue: path.join(this.#bench.folder, 'ledger.yaml'),
          expose: EXPOSED,
          ...(account !== undefined && { credential: { basicFile } }),
        },
        ...(site.options.services ?? []).map(service => ({ ...service, expose: EXPOSED })),
      ],
    }
    // JSON is YAML.
    await writeFile(config, JSON.stringify(settings))
    const env = {
      NODE_OPTIONS: `--import ${PRELOAD}`,
      CHEOPS_TEST_SOURCE: site.address,
      CHEOPS_TEST_AHEAD_MS: String(aheadMs),
    }
    site.gate.target = await reservePort()
    const argv = ['--config', config, '--listen', `127.0.0.1:${site.gate.target}`]
    site.agent = await this.#bench.up(argv, env, fileBlocks)
  }

  /** Ends the agent of a site; `SIGKILL`: without a word. */
  async down(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const site = this.#site(name)
    await site.agent?.stop(signal)
    site.agent = undefined
  }

  /** Nothing passes between two sites; nobody is told. */
  cut(one: string, other: string): void {
    this.cutOneWay(one, other)
    this.cutOneWay(other, one)
  }

  /** Nothing passes between one site and all others. */
  cutOff(name: string): void {
    for (const other of this.#sites.keys()) if (other !== name) this.cut(name, other)
  }

  /** What one site sends does not reach the other. */
  cutOneWay(from: string, to: string): void {
    this.#site(to).gate.holdInward(from)
    this.#site(from).gate.holdOutward(to)
  }

  heal(): void {
    for (const { gate } of this.#sites.values()) {
      gate.open()
      gate.slowness = undefined
    }
  }

  /** All links become like this, until they are healed. */
  slow({ seed, ...slowness }: Slowness): void {
    this.#lossSeed = seed
    const seeds = new SeededRandom(seed)
    for (const { gate } of this.#sites.values()) gate.slowness = { ...slowness, seed: seeds.below(2 ** 31) }
  }

  /** The process of an agent is suspended, and goes on with `resume`. */
  suspend(name: string): void {
    this.#site(name).agent?.process.kill('SIGSTOP')
  }

  resume(name: string): void {
    this.#site(name).agent?.process.kill('SIGCONT')
  }

  /** The exit code of an agent that ends by itself. */
  async ended(name: string): Promise<number> {
    const site = this.#site(name)
    const { agent } = site
    if (agent === undefined) throw new Error(`${name} is down`)
    const code = await agent.ended
    site.said = agent.output()
    site.agent = undefined
    return code
  }

  /** Keeps the data folder of an agent that is down, or brings it back. */
  async backUp(name: string): Promise<void> {
    await cp(path.join(this.#bench.folder, name), path.join(this.#bench.folder, `${name}.backup`), { recursive: true })
  }

  async restore(name: string): Promise<void> {
    const folder = path.join(this.#bench.folder, name)
    await rm(folder, { recursive: true })
    await cp(`${folder}.backup`, folder, { recursive: true })
  }

  application(name: string): LedgerApplication {
    return this.#site(name).application
  }

  /** What an agent wrote, or the one that has ended by itself did. */
  output(name: string): string {
    const { agent, said } = this.#site(name)
    return agent?.output() ?? said
  }

  /** Waits until each of these sites is alive for each other. */
  async together(names: readonly string[] = [...this.#sites.keys()]): Promise<void> {
    await vi.waitFor(
      async () => {
        const pairs = names.flatMap(from => names.map(to => [from, to] as const))
        await Promise.all(
          pairs.map(async ([from, to]) => {
            const { status } = await this.ask(from, 'GET', '/things', { scope: to })
            assert.equal(status, 200, `${from} reaches ${to}; ${this.output(from)}`)
          }),
        )
      },
      { timeout: 90_000, interval: 200 },
    )
  }

  async ask(name: string, method: string, resource: string, { scope, body, headers }: Asked = {}): Promise<Answer> {
    const { agent } = this.#site(name)
    if (agent === undefined) throw new Error(`${name} is down`)
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const answer = await fetch(`${agent.ready.ingress}/ledger${resource}`, {
      method,
      headers: {
        ...(scope !== undefined && { 'Cheops-Scope': scope }),
        ...(body !== undefined && { 'Content-Type': type }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  /** Base URL of a service at the agent of a site. */
  url(name: string, service: string): string {
    const { agent } = this.#site(name)
    if (agent === undefined) throw new Error(`${name} is down`)
    return `${agent.ready.ingress}/${service}`
  }

  /** A request that must succeed. */
  async must(name: string, method: string, resource: string, asked: Asked = {}): Promise<Answer> {
    const answer = await this.ask(name, method, resource, asked)
    assert.ok(
      answer.status < 300,
      `${method} ${resource} at ${name}: ${answer.status} ${answer.text}; ${this.output(name)}`,
    )
    return answer
  }

  /** How a thing stands at a site, as its admin API shows it. */
  async shown(name: string, id: string): Promise<Record<string, unknown>> {
    const { agent } = this.#site(name)
    if (agent === undefined) throw new Error(`${name} is down`)
    const token = (await readFile(agent.ready.adminTokenFile, 'utf8')).trim()
    const headers = { Authorization: `Bearer ${token}` }
    const answer = await fetch(`${agent.ready.admin}/v1/replicants/ledger/thing/${id}`, { headers })
    return (await answer.json()) as Record<string, unknown>
  }

  /** `cheops …` against the agent of a site; what it prints as JSON. */
  async command(name: string, ...argv: readonly string[]): Promise<unknown> {
    const { agent } = this.#site(name)
    if (agent === undefined) throw new Error(`${name} is down`)
    const { ready } = agent
    const env = { CHEOPS_ADMIN: ready.admin, CHEOPS_TOKEN_FILE: ready.adminTokenFile }
    const { code, out, err } = await this.#bench.run([...argv, '-o', 'json'], env)
    assert.equal(code, 0, `cheops ${argv.join(' ')}: ${out}${err}`)
    return JSON.parse(out)
  }

  /** What each application has by a name. */
  everywhere(id: string): Readonly<Record<string, Thing | undefined>> {
    return Object.fromEntries([...this.#sites].map(([name, { application }]) => [name, application.things.get(id)]))
  }

  /** Waits until the applications have exactly this. */
  async settles(id: string, expected: Readonly<Record<string, Thing | undefined>>, timeout = 40_000): Promise<void> {
    const losses = this.#lossSeed === undefined ? '' : `, with the losses of seed ${this.#lossSeed}`
    await vi.waitFor(() => assert.deepEqual(this.everywhere(id), expected, `${id}${losses}`), { timeout, interval: 50 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench.close()
    for (const { gate, application } of this.#sites.values()) {
      await gate[Symbol.asyncDispose]()
      await application[Symbol.asyncDispose]()
    }
  }

  #site(name: string): Site {
    const site = this.#sites.get(name)
    if (site === undefined) throw new RangeError(`there is no ${name}`)
    return site
  }
}

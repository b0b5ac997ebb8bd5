import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Said, World } from '../demo/run-tour.ts'
import type { EventStep } from '../demo/steps.ts'
import { attempt, run, type CommandResult } from './command.ts'
import type { Engine } from './engine.ts'
import { log } from './ground.ts'

/** `dist/sims/compose` → the root of the project. */
const ROOT = join(import.meta.dirname, '../../..')
const SITES = ['site1', 'site2', 'site3'] as const
/** Ports of the services' own listeners inside an agent's container (agent.yaml). */
const SERVICE_PORTS: Readonly<Record<string, number>> = { inventory: 9101, orders: 9102 }

/** The build installs all packages anew. */
const UP_TIMEOUT_MS = 900_000
const HEALTHY_TIMEOUT_S = 180
/** Containers have ten seconds each to end. */
const DOWN_TIMEOUT_MS = 120_000
const COMMAND_TIMEOUT_MS = 60_000

export interface ContainerState {
  readonly service: string
  readonly state: string
  /** Empty for a container without a health check. */
  readonly health: string
}

/** The three sites of docker-compose.yml, as a project of its own beside one that a person may have running. */
export class ComposeMesh implements World {
  readonly sites = SITES
  readonly #engine: Engine
  readonly #compose: readonly string[]
  readonly #project: string
  readonly #folder: string
  readonly #signal: AbortSignal
  readonly #urls = new Map<string, string>()

  private constructor(engine: Engine, compose: readonly string[], folder: string, signal: AbortSignal) {
    this.#engine = engine
    this.#project = `cheops-test-${process.pid}`
    this.#folder = folder
    this.#signal = signal
    const files = [join(ROOT, 'docker-compose.yml'), join(folder, 'ports.yml')].flatMap(file => ['--file', file])
    this.#compose = [...compose, '--project-name', this.#project, '--project-directory', ROOT, ...files]
  }

  /** Names the project; starts nothing yet. */
  static async prepare(engine: Engine, compose: readonly string[], signal: AbortSignal): Promise<ComposeMesh> {
    const folder = await mkdtemp(join(tmpdir(), 'cheops-compose-'))
    // Any free ports instead of those that people type.
    const ports = Object.values(SERVICE_PORTS).map(port => `'127.0.0.1::${port}'`)
    const overrides = SITES.map(site => `  ${site}:\n    ports: !override [${ports.join(', ')}]\n`)
    await writeFile(join(folder, 'ports.yml'), `services:\n${overrides.join('')}`)
    return new ComposeMesh(engine, compose, folder, signal)
  }

  /** Builds the image, starts everything, and resolves once all that can be healthy is. */
  async up(): Promise<void> {
    log('docker compose up: building the image, starting three sites …')
    const wait = ['--wait', '--wait-timeout', String(HEALTHY_TIMEOUT_S)]
    await this.#run(['up', '--detach', '--build', '--quiet-pull', ...wait], UP_TIMEOUT_MS)
    for (const site of SITES) {
      for (const [service, port] of Object.entries(SERVICE_PORTS)) {
        const address = await this.#run(['port', site, String(port)])
        this.#urls.set(`${site} ${service}`, `http://${address.trim()}`)
      }
    }
  }

  /** Ends and removes containers, networks and volumes. */
  async down(): Promise<void> {
    log('docker compose down')
    await attempt([...this.#compose, 'down', '--volumes', '--remove-orphans', '--timeout', '12'], {
      env: this.#env,
      timeoutMs: DOWN_TIMEOUT_MS,
    })
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** All containers, those that have ended included. */
  async states(): Promise<readonly ContainerState[]> {
    const lines = (await this.#run(['ps', '--all', '--format', 'json'])).trim().split('\n')
    return lines.map(line => {
      const { Service, State, Health } = JSON.parse(line) as Readonly<Record<string, unknown>>
      return { service: String(Service), state: String(State), health: String(Health) }
    })
  }

  /** Runs a command in a container, as `docker compose exec` does. */
  exec(service: string, command: readonly string[]): Promise<CommandResult> {
    return attempt([...this.#compose, 'exec', '--no-TTY', service, ...command], {
      env: this.#env,
      timeoutMs: COMMAND_TIMEOUT_MS,
      signal: this.#signal,
    })
  }

  /** The address of a service's container on one of the networks. */
  async addressOf(service: string, network: string): Promise<string> {
    const format = `{{(index .NetworkSettings.Networks "${this.#network(network)}").IPAddress}}`
    return (await this.#docker(['inspect', '--format', format, this.#container(service)])).trim()
  }

  /** The last lines of what containers said. */
  async logs(services: readonly string[], lines: number): Promise<string> {
    const { stdout, stderr } = await attempt([...this.#compose, 'logs', '--tail', String(lines), ...services], {
      env: this.#env,
      timeoutMs: COMMAND_TIMEOUT_MS,
    })
    return stdout + stderr
  }

  readonly url = (site: string, service: string): string => {
    const url = this.#urls.get(`${site} ${service}`)
    if (url === undefined) throw new Error(`No port is published for ${service} of ${site}.`)
    return url
  }

  readonly command = async (site: string, argv: readonly string[]): Promise<Said> => {
    const command = ['env', `CHEOPS_ADMIN=http://${site}:8078`, 'cheops', ...argv]
    const { code, stdout, stderr } = await this.exec('cheops', command)
    return { code: code ?? -1, output: `${stdout}${stderr}`.trimEnd() }
  }

  readonly act = async (kind: EventStep['kind'], site: string): Promise<string> => {
    const container = this.#container(site)
    switch (kind) {
      case 'cut-off':
        return this.#done(['network', 'disconnect', this.#network('wan'), container])
      case 'reconnect':
        return this.#done(['network', 'connect', '--alias', site, this.#network('wan'), container])
      case 'kill':
        return this.#done(['kill', container])
      case 'start':
        return this.#done(['start', container])
    }
  }

  async #done(command: readonly string[]): Promise<string> {
    await this.#docker(command)
    return `docker ${command.join(' ')}`
  }

  get #env(): Readonly<Record<string, string>> {
    // Bake is for builders that are plugins of their own; the engine's builder does all that is needed.
    return { ...this.#engine.env, COMPOSE_BAKE: 'false' }
  }

  #network(name: string): string {
    return `${this.#project}_${name}`
  }

  #container(service: string): string {
    return `${this.#project}-${service}-1`
  }

  #run(words: readonly string[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<string> {
    return run([...this.#compose, ...words], { env: this.#env, timeoutMs, signal: this.#signal })
  }

  #docker(words: readonly string[]): Promise<string> {
    const options = { env: this.#engine.env, timeoutMs: COMMAND_TIMEOUT_MS, signal: this.#signal }
    return run([this.#engine.docker, ...words], options)
  }
}

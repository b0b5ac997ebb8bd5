import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CALLERS_ARE_KNOWN } from './caller.ts'
import { cheops } from './command.ts'
import { Links } from './links.ts'
import { LocalSite } from './local-site.ts'
import { choosePorts } from './ports.ts'
import type { Said, World } from './run-tour.ts'
import type { EventStep } from './steps.ts'

export const SITES = ['site1', 'site2', 'site3'] as const
const REGIONS = ['eu', 'eu', 'us'] as const

/** Easy to type, near the default of an agent, and not those of the containers (docker-compose.yml). */
const PREFERRED_INGRESS_PORTS = [8071, 8072, 8073] as const

/** Somebody else was quicker twice in a row: improbable. A third time: something is wrong with the machine. */
const MAX_STARTS = 3

export interface LocalMeshOptions {
  /** Where everything is kept; a temporary folder, removed at the end, without it. */
  readonly folder?: string
  /** Try well-known ports first, for people who type; else any free ports. */
  readonly typed: boolean
}

/** Three sites on this machine. */
export class LocalMesh implements World {
  readonly folder: string
  readonly #temporary: boolean
  readonly #meshKeyFile: string
  readonly #signal: AbortSignal
  #sites: readonly LocalSite[] = []
  #links: Links | undefined

  private constructor(folder: string, options: LocalMeshOptions, meshKeyFile: string, signal: AbortSignal) {
    this.folder = folder
    this.#temporary = options.folder === undefined
    this.#meshKeyFile = meshKeyFile
    this.#signal = signal
  }

  /** Chooses ports, writes the mesh key; starts nothing yet. */
  static async prepare(options: LocalMeshOptions, signal: AbortSignal): Promise<LocalMesh> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cheops-demo-')))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const meshKeyFile = join(folder, 'mesh.key')
    await writeFile(meshKeyFile, newMeshKey(), { mode: 0o600 })
    await chmod(meshKeyFile, 0o600)
    const mesh = new LocalMesh(folder, options, meshKeyFile, signal)
    await mesh.#plan(options.typed ? PREFERRED_INGRESS_PORTS : [])
    return mesh
  }

  get sites(): readonly LocalSite[] {
    return this.#sites
  }

  /** Sites with ports of their own, which they keep over restarts. */
  async #plan(preferred: readonly number[]): Promise<void> {
    const ports = await choosePorts(4 * SITES.length, preferred)
    const ingresses = ports.slice(0, 3)
    const peers = ports.slice(3, 6)
    const admins = ports.slice(6, 9)
    const listens = CALLERS_ARE_KNOWN ? ports.slice(9, 12) : peers
    this.#sites = SITES.map((name, n) => {
      const own = {
        ingress: ingresses[n] ?? 0,
        peers: peers[n] ?? 0,
        listen: listens[n] ?? 0,
        admin: admins[n] ?? 0,
      }
      return new LocalSite({
        name,
        mesh: 'demo',
        region: REGIONS[n] ?? 'eu',
        folder: join(this.folder, name),
        ports: own,
        bootstrap: peers,
        meshKeyFile: this.#meshKeyFile,
      })
    })
  }

  /**
   * Starts all sites at once; on other ports when somebody took one of theirs meanwhile. When one does not start, the caller still has to
   * `end()` the others.
   */
  async start(): Promise<void> {
    for (let starts = 1; ; starts++) {
      // Waits for all even when one fails: what is still being started would otherwise escape `end()`.
      const outcomes = await Promise.allSettled([
        this.#openLinks(),
        ...this.sites.map(site => site.start(this.#signal)),
      ])
      const failures = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []))
      if (failures.length === 0) return
      if (starts === MAX_STARTS || !failures.every(isPortTaken)) throw failures[0]
      await this.#stop()
      // Another mesh that prefers the same ports, and starts now, would be in the way again.
      await this.#plan([])
    }
  }

  async #openLinks(): Promise<void> {
    if (!CALLERS_ARE_KNOWN) return
    const links = new Links(
      () =>
        new Map(
          this.sites.flatMap(({ name, agentPid }): [number, string][] =>
            agentPid === undefined ? [] : [[agentPid, name]],
          ),
        ),
    )
    this.#links = links
    await links.open(
      this.sites.map(({ name, plan }) => ({ site: name, port: plan.ports.peers, target: plan.ports.listen })),
    )
  }

  async #stop(): Promise<void> {
    await Promise.all(this.sites.map(site => site.stop()))
    await this.#links?.close()
  }

  /** Asks every process to end, kills what does not, and removes the folder if it was a temporary one. Idempotent. */
  async end(): Promise<void> {
    await this.#stop()
    if (this.#temporary) await rm(this.folder, { recursive: true, force: true })
  }

  site(name: string): LocalSite {
    const site = this.sites.find(candidate => candidate.name === name)
    if (site === undefined) throw new Error(`The demonstration has no site ${name}.`)
    return site
  }

  readonly url = (site: string, service: string): string => `${this.site(site).ingress}/${service}`

  readonly command = (name: string, argv: readonly string[]): Promise<Said> => {
    const { admin, adminTokenFile } = this.site(name)
    return cheops(argv, { CHEOPS_ADMIN: admin, CHEOPS_TOKEN_FILE: adminTokenFile }, this.#signal)
  }

  readonly act = async (kind: EventStep['kind'], name: string): Promise<string> => {
    switch (kind) {
      case 'cut-off':
        return this.cutOff(name)
      case 'reconnect':
        return this.reconnect(name)
      case 'kill':
        return this.kill(name)
      case 'start':
        return this.startAgain(name)
    }
  }

  /** Whether this machine lets us cut links between sites. */
  get canCut(): boolean {
    return CALLERS_ARE_KNOWN
  }

  isCut(name: string): boolean {
    return this.#links?.isCut(name) ?? false
  }

  cutOff(name: string): string {
    this.#links?.cutOff(name)
    return `nothing passes any more between ${name} and the others; nobody is told`
  }

  reconnect(name: string): string {
    this.#links?.reconnect(name)
    return 'the links are whole again'
  }

  async kill(name: string): Promise<string> {
    const site = this.site(name)
    const { pids } = site
    await site.kill()
    return `kill -9 ${pids.join(' ')}: its agent and both of its applications`
  }

  async startAgain(name: string): Promise<string> {
    const site = this.site(name)
    await site.start(this.#signal)
    return `started again: ${site.pids.join(', ')}`
  }
}

/** The log of an agent ends with it: of a port for peers or clients with the former, of the admin API with the latter. */
const isPortTaken = (failure: unknown): boolean =>
  failure instanceof Error && /ERR_LISTEN_TAKEN|EADDRINUSE/.test(failure.message)

/** The pre-shared key of a private network, in the format that libp2p and IPFS use. */
function newMeshKey(): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`
}

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { startAgent } from '../../../src/node.ts'
import type { AgentEvent } from '../../../src/ports/control.ts'
import type { ReplicantDetail } from '../../../src/ports/replicant-info.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'
import { startInventory } from '../../../sims/apps/inventory.ts'

export type Name = 'site1' | 'site2'
export const NAMES: readonly Name[] = ['site1', 'site2']

/**
 * Two real agents in this process, with an instance of the sample application behind each. Both have `plain`; of `torn` each has written
 * without having seen the other's write, so that there is a conflict at both.
 */
export class TwoInventories implements AsyncDisposable {
  readonly applications = new Map<Name, Awaited<ReturnType<typeof startInventory>>>()
  readonly agents = new Map<Name, RunningAgent>()
  /** What all agents have told. */
  readonly events: AgentEvent[] = []
  /** Of the write that lost, and of the one that counts, as clients were told. */
  readonly operations = { lost: '', counts: '' }
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(): Promise<TwoInventories> {
    const sites = new TwoInventories(await mkdtemp(path.join(tmpdir(), 'cheops-seeing-')))
    for (const name of NAMES) sites.applications.set(name, await startInventory({ name }))
    for (const name of NAMES) await sites.up(name)
    await vi.waitUntil(() => sites.agents.get('site1')?.control.membership.site('site2')?.liveness === 'alive', 40_000)
    await sites.write('POST', 'site1', '', { id: 'plain', secret: 'hunter2' })
    await sites.write('POST', 'site1', '', { id: 'torn', n: 0 })
    // Each is alone when it is written to, so that neither can have seen the other's write.
    await sites.down('site2')
    sites.operations.lost = (await sites.write('PUT', 'site1', '/torn', { n: 1, secret: 'hunter2' })).operation
    await sites.down('site1')
    await sites.up('site2')
    sites.operations.counts = (await sites.write('PUT', 'site2', '/torn', { n: 2 })).operation
    await sites.up('site1')
    await vi.waitUntil(async () => {
      const shown = await Promise.all(NAMES.map(name => sites.show(name, 'torn')))
      return shown.every(({ conflicts }) => conflicts.length === 1)
    }, 20_000)
    return sites
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.agents.values()) await agent.stop()
    for (const application of this.applications.values()) await application.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async up(name: Name): Promise<void> {
    const any = '127.0.0.1:0'
    const flags = {
      mesh: 'seeing',
      site: name,
      data: path.join(this.#folder, name),
      listen: [any],
      bootstrap: [...this.agents.values()].flatMap(({ ready }) => ready.addresses),
      'ingress.listen': any,
      'admin.listen': any,
      'log.level': 'silent',
      'heartbeat.intervalMs': '200',
      services: [
        `{name: inventory, endpoint: "${this.applications.get(name)?.url}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
      ],
    }
    const agent = await startAgent(loadConfig({ env: {}, flags }))
    agent.control.onEvent(event => this.events.push(event))
    this.agents.set(name, agent)
  }

  async down(name: Name): Promise<void> {
    await this.agents.get(name)?.stop()
    this.agents.delete(name)
  }

  /** A client's write that is taken, and on both sites when it is a create. */
  async write(method: 'POST' | 'PUT', site: Name, resource: string, body: object) {
    const answer = await fetch(`${this.agents.get(site)?.ready.ingress}/inventory/items${resource}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(method === 'POST' && { 'Cheops-Scope': 'site1 & site2', Prefer: 'wait=20' }),
      },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    const expected = [method === 'POST' ? 201 : 200, 'applied']
    assert.deepEqual([answer.status, answer.headers.get('Cheops-Outcome')], expected, text)
    return { operation: answer.headers.get('Cheops-Operation') ?? '' }
  }

  /** Runs a command against the agent of a site. */
  async cheops(site: Name, ...argv: string[]) {
    const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
    stdin.end()
    const { admin = '', adminTokenFile = '' } = this.agents.get(site)?.ready ?? {}
    const code = await main(argv, {
      stdout,
      stderr,
      stdin,
      env: { HOME: this.#folder, CHEOPS_ADMIN: admin, CHEOPS_TOKEN_FILE: adminTokenFile },
      cwd: this.#folder,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      interrupted: new AbortController().signal,
    })
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
  }

  /** A replicant, as the command line shows it. */
  async show(site: Name, name: string): Promise<ReplicantDetail> {
    const { code, out, err } = await this.cheops(site, 'replicant', 'show', `inventory/items/${name}`, '-o', 'json')
    assert.equal(code, 0, err)
    return JSON.parse(out) as ReplicantDetail
  }

  /** What the applications have by a name, past Cheops, without what they add. */
  async everywhere(id: string): Promise<unknown[]> {
    const answers = NAMES.map(name => fetch(`${this.applications.get(name)?.url}/items/${id}`))
    const items = await Promise.all((await Promise.all(answers)).map(async answer => (await answer.json()) as object))
    return items.map(item => ({ ...item, warehouse: undefined }))
  }
}

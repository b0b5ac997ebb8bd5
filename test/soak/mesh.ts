import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplicantInfo } from '../../src/ports/replicant-info.ts'
import type { ReadyInfo } from '../../src/ports/running-agent.ts'
import { Gate } from '../e2e/replication/gate.ts'
import { readMemory } from '../bench/measure/proc.ts'
import { reservePort } from '../support/ports.ts'
import type { Style } from './styles.ts'

export const SITES = ['site1', 'site2', 'site3'] as const
export type SiteName = (typeof SITES)[number]

const CHEOPS = path.resolve(import.meta.dirname, '../../dist/bin/cheops.js')
const PRELOAD = path.resolve(import.meta.dirname, '../e2e/replication/another-machine.mjs')
const APPLICATION = path.join(import.meta.dirname, 'application-main.ts')
/** On a machine that does much else. */
const START_TIMEOUT_MS = 240_000
const STOP_TIMEOUT_MS = 30_000
const ASK_EVERY_MS = 50

interface Site {
  readonly name: SiteName
  readonly address: string
  readonly gate: Gate
  readonly gatePort: number
  readonly applicationPort: number
  agent: { readonly child: ChildProcess; readonly ready: ReadyInfo; readonly token: string } | undefined
  application: ChildProcess | undefined
}

/** One that ended, and nobody had asked it to. */
export interface Death {
  readonly who: string
  readonly how: string
}

/** Three agents as processes with their applications, a gate before each; all of 127.0.0.0/8 is this machine, so it needs Linux. */
export class SoakMesh {
  readonly folder: string
  readonly deaths: Death[] = []
  readonly #styles: readonly Style[]
  readonly #sites = new Map<SiteName, Site>()
  readonly #expected = new WeakSet<ChildProcess>()
  readonly #children = new Set<ChildProcess>()
  readonly #seed: number

  /** @param folder where all that it writes goes */
  constructor(folder: string, styles: readonly Style[], seed: number) {
    this.folder = folder
    this.#styles = styles
    this.#seed = seed
    process.on('exit', () => {
      for (const child of this.#children) child.kill('SIGKILL')
    })
  }

  async start(): Promise<void> {
    for (const { name, glue } of this.#styles) {
      if (glue !== undefined) await writeFile(path.join(this.folder, `${name}.yaml`), glue)
    }
    const nameOf = (address: string): string =>
      [...this.#sites.values()].find(site => site.address === address.replace('::ffff:', ''))?.name ?? ''
    for (const [place, name] of SITES.entries()) {
      const gate = new Gate(nameOf)
      this.#sites.set(name, {
        name,
        address: `127.0.78.${String(place + 1)}`,
        gate,
        gatePort: await gate.listen(),
        applicationPort: await reservePort(),
        agent: undefined,
        application: undefined,
      })
    }
    await Promise.all(SITES.map(name => this.startApplication(name)))
    await Promise.all(SITES.map(name => this.startAgent(name)))
  }

  /** @param aheadMs how far its clock is off */
  async startAgent(name: SiteName, aheadMs = 0): Promise<void> {
    const site = this.#site(name)
    const config = path.join(this.folder, `${name}.json`)
    const ready = path.join(this.folder, `${name}.ready.json`)
    site.gate.target = await reservePort()
    await rm(ready, { force: true })
    // JSON is YAML.
    await writeFile(config, JSON.stringify(this.#settings(site)))
    const argv = [CHEOPS, 'up', '--config', config, '--ready-file', ready]
    const child = this.#spawn(name, argv, {
      NODE_OPTIONS: `--import ${PRELOAD}`,
      CHEOPS_TEST_SOURCE: site.address,
      CHEOPS_TEST_AHEAD_MS: String(aheadMs),
    })
    const began = performance.now()
    for (;;) {
      const info = await readJson<ReadyInfo>(ready)
      if (info !== undefined) {
        const token = (await readFile(info.adminTokenFile, 'utf8')).trim()
        site.agent = { child, ready: info, token }
        return
      }
      if (hasEnded(child) || performance.now() - began > START_TIMEOUT_MS)
        throw new Error(`${name} did not start; see ${path.join(this.folder, `${name}.log`)}`)
      await sleep(ASK_EVERY_MS)
    }
  }

  async endAgent(name: SiteName, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const site = this.#site(name)
    const child = site.agent?.child
    site.agent = undefined
    if (child !== undefined) await this.#end(child, signal)
  }

  async startApplication(name: SiteName): Promise<void> {
    const { applicationPort } = this.#site(name)
    const file = this.#dataOf(name)
    const argv = [APPLICATION, String(applicationPort), name, file, String(this.#seed)]
    const child = this.#spawn(`${name}-application`, argv, {})
    this.#site(name).application = child
    const began = performance.now()
    for (;;) {
      const answer = await fetch(`${this.pastCheops(name, this.#styles[0]?.name ?? '')}/things`).catch(() => undefined)
      if (answer?.ok === true) return
      if (hasEnded(child) || performance.now() - began > START_TIMEOUT_MS)
        throw new Error(`the application of ${name} did not start; see ${this.folder}`)
      await sleep(ASK_EVERY_MS)
    }
  }

  async killApplication(name: SiteName, { loses }: { readonly loses: boolean }): Promise<void> {
    const child = this.#site(name).application
    if (child !== undefined) await this.#end(child, 'SIGKILL')
    if (loses) await rm(this.#dataOf(name), { force: true })
  }

  suspend(name: SiteName, what: 'agent' | 'application', signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { agent, application } = this.#site(name)
    ;(what === 'agent' ? agent?.child : application)?.kill(signal)
  }

  /** Nothing passes between two sites, or does again; nobody is told. */
  cut(one: SiteName, other: SiteName): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#site(to).gate.holdInward(from)
      this.#site(from).gate.holdOutward(to)
    }
  }

  joinAll(): void {
    for (const { gate } of this.#sites.values()) gate.open()
  }

  isUp(name: SiteName): boolean {
    return this.#site(name).agent !== undefined
  }

  /** Where clients ask; undefined while its agent is down. */
  ingress(name: SiteName, style: string): string | undefined {
    const base = this.#site(name).agent?.ready.ingress
    return base === undefined ? undefined : `${base}/${style}`
  }

  pastCheops(name: SiteName, style: string): string {
    return `http://127.0.0.1:${String(this.#site(name).applicationPort)}/${style}`
  }

  /** All that is replicated at a site, as its operator sees it. @throws Error when its agent does not say it */
  async replicants(name: SiteName): Promise<ReplicantInfo[]> {
    const all: ReplicantInfo[] = []
    let after = ''
    for (;;) {
      const query = new URLSearchParams({ limit: '1000', ...(after !== '' && { after }) })
      const page = (await this.admin(name, `/v1/replicants?${query.toString()}`)) as {
        readonly items: readonly ReplicantInfo[]
        readonly next?: string
      }
      all.push(...page.items)
      if (page.next === undefined) return all
      after = page.next
    }
  }

  async admin(name: SiteName, target: string): Promise<unknown> {
    const { agent } = this.#site(name)
    if (agent === undefined) throw new Error(`${name} is down`)
    const answer = await fetch(`${agent.ready.admin}${target}`, {
      headers: { authorization: `Bearer ${agent.token}` },
      signal: AbortSignal.timeout(20_000),
    })
    if (!answer.ok) throw new Error(`${name} answers ${target} with ${String(answer.status)}: ${await answer.text()}`)
    return answer.json()
  }

  /** What changes something; status 0 where there is no answer. */
  async adminPost(name: SiteName, target: string): Promise<{ status: number; code: string; text: string }> {
    try {
      const { agent } = this.#site(name)
      if (agent === undefined) throw new Error(`${name} is down`)
      const answer = await fetch(`${agent.ready.admin}${target}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.token}` },
        signal: AbortSignal.timeout(60_000),
      })
      const text = await answer.text()
      const { code = '' } = answer.ok ? {} : (JSON.parse(text) as { code?: string })
      return { status: answer.status, code, text }
    } catch (error) {
      return { status: 0, code: '', text: String(error) }
    }
  }

  /** Of each agent that is up. */
  residentBytes(): number[] {
    return SITES.map(name => {
      const pid = this.#site(name).agent?.child.pid
      return pid === undefined ? 0 : readMemory([pid]).residentBytes
    })
  }

  storeBytes(): Promise<number[]> {
    return Promise.all(SITES.map(name => sizeOf(path.join(this.folder, `${name}-data`))))
  }

  /** What an agent has written since it was started first. */
  log(name: string): Promise<string> {
    return readFile(path.join(this.folder, `${name}.log`), 'utf8')
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#children].map(child => this.#end(child, 'SIGTERM')))
    for (const { gate } of this.#sites.values()) await gate[Symbol.asyncDispose]()
  }

  #settings({ name, gate, gatePort, applicationPort }: Site): object {
    const others = [...this.#sites.values()].filter(other => other.name !== name)
    return {
      mesh: 'soak',
      site: name,
      data: path.join(this.folder, `${name}-data`),
      listen: [`127.0.0.1:${String(gate.target)}`],
      announce: [`127.0.0.1:${String(gatePort)}`],
      bootstrap: others.map(other => `127.0.0.1:${String(other.gatePort)}`),
      ingress: { listen: '127.0.0.1:0' },
      admin: { listen: '127.0.0.1:0' },
      log: { level: 'warn', format: 'json' },
      services: this.#styles.map(style => ({
        name: style.name,
        endpoint: `http://127.0.0.1:${String(applicationPort)}/${style.name}`,
        ...(style.glue !== undefined && { glue: path.join(this.folder, `${style.name}.yaml`) }),
        expose: { sites: ['*'], methods: ['*'], paths: ['/**'] },
      })),
    }
  }

  #dataOf(name: SiteName): string {
    return path.join(this.folder, `${name}-things.jsonl`)
  }

  #spawn(name: string, argv: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const log = openSync(path.join(this.folder, `${name}.log`), 'a')
    const child = spawn(process.execPath, argv, {
      cwd: this.folder,
      // Nothing of ours leaks in, least of all a proxy.
      env: { PATH: process.env['PATH'], HOME: this.folder, ...env },
      stdio: ['ignore', log, log],
      // Ctrl-C at the terminal reaches us alone, and we end them.
      detached: true,
    })
    closeSync(log)
    this.#children.add(child)
    child.once('error', () => undefined)
    child.once('exit', (code, signal) => {
      this.#children.delete(child)
      if (!this.#expected.has(child)) this.deaths.push({ who: name, how: String(signal ?? code) })
    })
    return child
  }

  async #end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#expected.add(child)
    if (hasEnded(child)) return
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
    // One that is suspended hears nothing else.
    child.kill('SIGCONT')
    child.kill(signal)
    const timer = setTimeout(() => {
      this.deaths.push({
        who: `${String(child.spawnargs.slice(2, 5))}`,
        how: `it does not end within ${String(STOP_TIMEOUT_MS)} ms`,
      })
      child.kill('SIGKILL')
    }, STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }

  #site(name: SiteName): Site {
    const site = this.#sites.get(name)
    if (site === undefined) throw new RangeError(`there is no ${name}`)
    return site
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** @returns undefined until the file is there, whole */
async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(entry =>
      stat(path.join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

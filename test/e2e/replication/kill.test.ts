/**
 * kill -9 under load: a client writes at two members in turn, one of them is killed at random moments and started again with the same
 * data folder and nothing else. Whatever was answered with success must be there at both, both must be equal, and nobody helps. How: the
 * built command in two processes, an application each that outlives them, read past Cheops. CHEOPS_KILL_SEED repeats the
 * choices of a run (not its timing), CHEOPS_KILL_ROUNDS and
 * CHEOPS_KILL_WITHIN_MS say how often it is killed, and how soon after a start. Needs `npm run build`.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { startInventory } from '../../../sims/apps/inventory.ts'
import { reservePorts } from '../../support/ports.ts'
import { PROGRAM } from '../cli/harness.ts'

const KILLS = Number(process.env['CHEOPS_KILL_ROUNDS'] ?? 20)
/** After a start it is killed within this time: an agent takes longer to come up on a machine that does much else. */
const WITHIN_MS = Number(process.env['CHEOPS_KILL_WITHIN_MS'] ?? 2_000)
/** For the kills and the load; what comes after is waited for. */
const LOAD_MS = WITHIN_MS * KILLS
const TEST_MS = LOAD_MS + 140_000
/** Each write adds a field to one of them: more of them for more kills, so that they stay small enough to be said anew. */
const NAMES = Array.from({ length: Math.max(6, Math.ceil(KILLS * 0.3)) }, (_, place) => `item-${place}`)
const SCOPE = 'site1 & site2'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

interface Site {
  readonly name: string
  readonly ingress: string
  readonly config: string
  readonly application: string
  process: ChildProcess | undefined
  output: string
}

async function plan(folder: string, name: string, ports: readonly number[], others: readonly number[]): Promise<Site> {
  const application = await startInventory({ name })
  stops.push(() => application.stop())
  const [port, ingress, admin] = ports.map(each => `127.0.0.1:${each}`)
  const config = path.join(folder, `${name}.json`)
  const settings = {
    mesh: 'killed',
    site: name,
    data: path.join(folder, name),
    listen: [port],
    bootstrap: others.map(each => `127.0.0.1:${each}`),
    ingress: { listen: ingress },
    admin: { listen: admin },
    log: { level: 'warn' },
    heartbeat: { intervalMs: 200 },
    services: [
      { name: 'inventory', endpoint: application.url, expose: { sites: ['*'], methods: ['*'], paths: ['/**'] } },
    ],
  }
  // JSON is YAML.
  await writeFile(config, JSON.stringify(settings))
  return {
    name,
    ingress: `http://${ingress}/inventory`,
    config,
    application: application.url,
    process: undefined,
    output: '',
  }
}

function start(site: Site): void {
  const child = spawn(process.execPath, [PROGRAM, 'up', '--config', site.config], { stdio: ['ignore', 'pipe', 'pipe'] })
  site.process = child
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => (site.output += text))
  }
}

async function kill(site: Site): Promise<void> {
  const child = site.process
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** An answer, or undefined where the connection broke or nobody listens. */
async function ask(url: string, method: string, body?: object, headers: Record<string, string> = {}) {
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    return { status: answer.status, text: await answer.text() }
  } catch {
    return undefined
  }
}

async function itemsOf(site: Site): Promise<Record<string, Record<string, unknown>>> {
  const items = (await (await fetch(`${site.application}/items`)).json()) as Record<string, unknown>[]
  const entries = items.map(item => {
    const { warehouse: _, ...own } = item
    return [String(own['id']), own] as const
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same numbers for the same seed, 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

test(
  'what was answered with success outlives kill -9 at any moment, at both members alike',
  async () => {
    const seed = Number(process.env['CHEOPS_KILL_SEED'] ?? Date.now() % 1_000_000)
    const random = randomOf(seed)
    const folder = await mkdtemp(path.join(tmpdir(), 'cheops-kill-'))
    stops.push(() => rm(folder, { recursive: true, force: true }))
    const ports = await reservePorts(6)
    const [one, two] = await Promise.all([
      plan(folder, 'site1', ports.slice(0, 3), ports.slice(3, 4)),
      plan(folder, 'site2', ports.slice(3, 6), ports.slice(0, 1)),
    ])
    const sites = [one, two]
    stops.push(() => Promise.all(sites.map(kill)))
    for (const site of sites) start(site)
    const told = () => `seed ${seed}\n${sites.map(({ name, output }) => `${name}: ${output.slice(-2000)}`).join('\n')}`
    for (const id of NAMES)
      await vi.waitFor(
        async () => {
          const made = await ask(`${one.ingress}/items`, 'POST', { id }, { 'Cheops-Scope': SCOPE, Prefer: 'wait=5' })
          expect(made?.status, made?.text).toBe(201)
          expect(Object.keys(await itemsOf(two))).toContain(id)
        },
        { timeout: 20_000, interval: 200 },
      )

    // Each writer sets fields of its own, which nobody else writes, so that every success can be looked for by itself.
    const succeeded = new Map<string, Set<string>>(NAMES.map(id => [id, new Set()]))
    const created = new Set<string>()
    const succeededAt = (site: string): number =>
      [...created, ...[...succeeded.values()].flatMap(each => [...each])].filter(field => field.startsWith(site)).length
    let isOver = false
    const write = async (site: Site): Promise<void> => {
      for (let number = 0; !isOver; number++) {
        const id = NAMES[Math.floor(random() * NAMES.length)] ?? ''
        const field = `${site.name}-${number}`
        const [target, answer] =
          number % 5 === 0
            ? ['new', await ask(`${site.ingress}/items`, 'POST', { id: field }, { 'Cheops-Scope': SCOPE })]
            : [
                id,
                await ask(
                  `${site.ingress}/items/${id}`,
                  'PATCH',
                  { [field]: number },
                  {
                    'Content-Type': 'application/merge-patch+json',
                  },
                ),
              ]
        if (answer === undefined) await wait(20)
        else if (answer.status < 300) {
          if (target === 'new') created.add(field)
          else succeeded.get(id)?.add(field)
        }
      }
    }
    const began = performance.now()
    const load = Promise.all(sites.map(write))
    let kills = 0
    try {
      for (; kills < KILLS && performance.now() - began < LOAD_MS; kills++) {
        // From before it listens to well after it has met the other.
        await wait(random() * WITHIN_MS)
        await kill(one)
        start(one)
      }
      // Else little was tried: on a slow machine the load goes on, without kills, until each site has taken more writes than there were kills.
      await vi.waitFor(
        () => {
          for (const { name } of sites)
            expect(succeededAt(name), `writes that succeeded at ${name}; ${told()}`).toBeGreaterThan(KILLS)
        },
        { timeout: 30_000, interval: 200 },
      )
    } finally {
      isOver = true
      await load
    }
    expect(kills, 'kills within the time').toBe(KILLS)

    await vi.waitFor(
      async () => {
        const [first, second] = [await itemsOf(one), await itemsOf(two)]
        for (const [name, items] of [['site1', first] as const, ['site2', second] as const]) {
          for (const [id, own] of succeeded) {
            const missing = [...own].filter(field => items[id]?.[field] === undefined)
            expect(missing, `answered with success and not in ${id} at ${name}; ${told()}`).toEqual([])
          }
          const lacks = [...created].filter(id => items[id] === undefined)
          expect(lacks, `created with success and not at ${name}; ${told()}`).toEqual([])
        }
        expect(first, `both are the same; ${told()}`).toEqual(second)
      },
      { timeout: 60_000, interval: 500 },
    )
    // And both take writes again.
    for (const { ingress } of sites)
      for (const id of NAMES)
        await vi.waitFor(
          async () => {
            const last = await ask(`${ingress}/items/${id}`, 'PUT', { last: ingress }, { Prefer: 'wait=5' })
            expect(last?.status, `${id}: ${last?.text}; ${told()}`).toBe(200)
          },
          { timeout: 20_000, interval: 200 },
        )
    await vi.waitFor(async () => expect(await itemsOf(one)).toEqual(await itemsOf(two)), { timeout: 20_000 })
  },
  TEST_MS,
)

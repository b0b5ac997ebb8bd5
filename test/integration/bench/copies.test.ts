/**
 * The benchmark makes most of its items as copies in the stores. Here two agents make some items through HTTP; then each of them is made
 * again as a copy of the first, and must come out record for record, byte for byte, as the agents have written it. Moments at which
 * outcomes came are told by clocks, and are taken out. Agents that are started with copies must take them for their own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Application } from '../../bench/replication/application.ts'
import { copyItems, sealOf } from '../../bench/replication/copies.ts'
import { bodyOf, nameOf } from '../../bench/replication/items.ts'
import { Pattern } from '../../bench/replication/pattern.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import { startAgent } from '../../../src/node.ts'
import type { RunningAgent } from '../../../src/ports/running-agent.ts'
import type { Store } from '../../../src/ports/store.ts'
import { sealedBy } from '../../support/sealed-by.ts'

const SITES = ['site1', 'site2'] as const
const SERVICE = 'bench'
const PLACES = [0, 1, 2, 3, 4]
const COPIES = 40
/** What is read back is read a second after a lane has become idle; marks go within another one. */
const QUIET_MS = 4_000

const applications = new Map<string, Application>()
const endpoints = new Map<string, string>()
const agents = new Map<string, RunningAgent>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-copies-'))
  for (const site of SITES) {
    const application = new Application({ onWrite: () => undefined })
    applications.set(site, application)
    endpoints.set(site, await application.start())
  }
  await up()
})

afterAll(async () => {
  await down()
  for (const application of applications.values()) await application.stop()
  await rm(folder, { recursive: true, force: true })
})

async function up(): Promise<void> {
  for (const site of SITES) {
    const flags = {
      mesh: 'bench',
      site,
      data: path.join(folder, site),
      listen: ['127.0.0.1:0'],
      bootstrap: [...agents.values()].flatMap(({ ready }) => ready.addresses),
      'ingress.listen': '127.0.0.1:0',
      'admin.listen': '127.0.0.1:0',
      'log.level': 'silent',
      'heartbeat.intervalMs': '200',
      services: [
        `{name: ${SERVICE}, endpoint: "${endpoints.get(site) ?? ''}", expose: {sites: ["*"], methods: ["*"], paths: ["/**"]}}`,
      ],
    }
    agents.set(site, await startAgent(loadConfig({ env: {}, flags })))
  }
  for (const from of SITES)
    for (const to of SITES)
      await vi.waitUntil(
        async () => (await ask(from, 'GET', '/healthz', { 'cheops-scope': to })).status === 200,
        20_000,
      )
}

async function down(): Promise<void> {
  for (const [site, agent] of agents) {
    agents.delete(site)
    await agent.stop()
  }
}

function ask(
  site: string,
  method: string,
  at: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Response> {
  const init = {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  }
  return fetch(`${agents.get(site)?.ready.ingress ?? ''}/${SERVICE}${at}`, init)
}

/** Records of an item, moments taken out. */
async function recordsOf(store: Store, place: number): Promise<Record<string, string>> {
  const prefix = `replication/replicant/${SERVICE}/items/${nameOf(place)}/`
  const records: Record<string, string> = {}
  for await (const [key, value] of store.iterate({ prefix })) records[key] = textOf(value)
  return records
}

/** Moments stand alone in a list or under a name; what stands in quotes is an incarnation. */
const textOf = (value: Uint8Array): string =>
  Buffer.from(value)
    .toString('latin1')
    .replaceAll(/(?<=",|"at":)\d{13}(?=[,\]}])/g, '0')

/** Until nobody has asked an application anything for a while: all is read back and told. */
async function atRest(): Promise<void> {
  const asked = (): string => JSON.stringify([...applications.values()].map(({ counts }) => counts))
  let [last, since] = [asked(), performance.now()]
  await vi.waitUntil(
    () => {
      if (asked() !== last) [last, since] = [asked(), performance.now()]
      return performance.now() - since > QUIET_MS
    },
    { timeout: 40_000, interval: 100 },
  )
}

test('a copy is what agents write of an item that they make', async () => {
  const headers = { 'cheops-scope': 'site1 & site2', prefer: 'wait=20' }
  for (const place of PLACES)
    expect((await ask('site1', 'POST', '/items', headers, bodyOf(place, 100 + place))).status).toBe(201)
  await atRest()
  await down()
  const glue = await loadGlue('rest', SERVICE)
  const seal = await sealOf(path.join(folder, 'site1'), 'bench', 'site1')
  for (const site of SITES) {
    const store = await openLevelStore(path.join(folder, site, 'store'))
    const read = (place: number) => Pattern.read(store, glue, { service: SERVICE, kind: 'items', name: nameOf(place) })
    const pattern = await read(0)
    try {
      for (const place of PLACES) {
        const { dot, stamp } = (await read(place)).create
        const copy = pattern.createOf({ place, sequence: 100 + place, number: dot.number, stamp })
        // What its origin has told, it has not written with its signature.
        const writes = pattern.recordsOf(copy, site === 'site1' ? seal.encode(copy) : sealedBy(seal, copy))
        const copied = Object.fromEntries(
          writes.map(write => [write.key, write.kind === 'put' ? textOf(write.value) : '']),
        )
        expect(copied, `${nameOf(place)} at ${site}`).toEqual(await recordsOf(store, place))
      }
    } finally {
      await store.close()
    }
  }
})

test('agents that are started with copies take them for their own', async () => {
  const places = Array.from({ length: COPIES }, (_, place) => PLACES.length + place)
  const made = await copyItems({
    folders: SITES.map(site => path.join(folder, site)),
    mesh: 'bench',
    service: SERVICE,
    pattern: 0,
    copies: places.map(place => [place, 100 + place] as const),
    signal: new AbortController().signal,
  })
  expect(made).toBe(COPIES)
  for (const application of applications.values())
    for (const place of places) application.hold(nameOf(place), Buffer.from(bodyOf(place, 100 + place)))
  await up()
  for (const site of SITES) {
    const { control } = agents.get(site) ?? {}
    const replicants = PLACES.length + COPIES
    await vi.waitUntil(() => control?.replication.peers().some(({ digest }) => digest === 'agrees'), 40_000)
    const status = control?.status()
    expect(status?.replication).toMatchObject({ state: 'counted', replicants, conflicts: 0, diverged: 0 })
  }
  const changed = bodyOf(PLACES.length, 1_000)
  const { status } = await ask('site2', 'PUT', `/items/${nameOf(PLACES.length)}`, { prefer: 'wait=20' }, changed)
  expect(status).toBe(200)
  for (const application of applications.values())
    expect(application.body(nameOf(PLACES.length))?.toString()).toBe(changed)
})

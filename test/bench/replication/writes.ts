import { setTimeout as sleep } from 'node:timers/promises'
import { availableParallelism } from 'node:os'
import { readAgents } from '../measure/agents.ts'
import { othersBusyMs } from '../measure/measure.ts'
import { quantile } from '../measure/statistics.ts'
import type { InRound } from '../measure/statistics.ts'
import type { Client } from './client.ts'
import { create, loadEvenly, loadFully } from './load.ts'
import type { Load, LoadReport } from './load.ts'
import { Mesh } from './mesh.ts'
import type { Ground } from './mesh.ts'

/** One run of one kind of load. Times in milliseconds, of operations that were accepted. */
export interface WritesSample extends InRound {
  readonly kind: WritesKind
  /** What was asked for, where the load is even. */
  readonly wantedPerSecond: number | undefined
  readonly accepted: number
  readonly perSecond: number
  readonly answerP50Ms: number | undefined
  readonly answerP99Ms: number | undefined
  /** From the client's answer until the last application had it. */
  readonly lagP50Ms: number | undefined
  readonly lagP99Ms: number | undefined
  /** Operations that not each application carried out, since a later one came before, 0 to 1. */
  readonly replacedShare: number
  /** From the end of the load until everything was everywhere. */
  readonly behindMs: number
  /** Accepted and never seen everywhere within the time. */
  readonly lost: number
  readonly refused: number
  readonly refusal: string | undefined
  /** In the order of sites; per operation accepted anywhere. */
  readonly agents: readonly AgentCost[]
  /** CPU of the generator and the applications, of one core: near 1, it is they that are measured. */
  readonly ownShare: number
  /** Share of all CPUs that went to others than this benchmark, 0 to 1. */
  readonly othersShare: number
}

export interface AgentCost {
  readonly cpuUs: number
  readonly diskBytes: number
  readonly sentBytes: number | undefined
  /** Requests to the site's application that read, and that change something. */
  readonly reads: number
  readonly changes: number
  /** At the end, not per operation. */
  readonly residentBytes: number
}

export type WritesKind = 'create' | 'one-full' | 'one-half' | 'three-full' | 'three-half'

/** More than are in flight by far, so that no item is written again before it is everywhere, as long as agents keep up. */
export const ITEMS = 2_000
const BEHIND_MS = 60_000
const LOOK_EVERY_MS = 5

export interface WritesPlan {
  readonly rounds: number
  /** At each origin: one connection each with one request at a time. */
  readonly clients: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** Three sites, first creates, then writes on what exists: at one site and at all three, as much as goes and half of that. */
export async function benchWrites(ground: Ground, { rounds, clients: each, seconds, warmUpSeconds }: WritesPlan) {
  const { signal, say, processes } = ground
  const mesh = await Mesh.start(ground, 3)
  const origins = await Promise.all([0, 1, 2].map(site => mesh.clients(site, each)))
  const one = origins.slice(0, 1)
  let sequence = 0
  const load = (clients: readonly (readonly Client[])[], items: number): Load => ({
    origins: clients,
    service: 'bench',
    ledger: mesh.ledger,
    items,
    nextSequence: () => ++sequence,
    signal,
  })
  const samples: WritesSample[] = []
  const run = async (kind: WritesKind, round: number, work: () => Promise<LoadReport>, wanted?: number) => {
    signal.throwIfAborted()
    const sample = await measureWrites(mesh, { kind, round, wanted, own: () => processes.pids, work })
    processes.check()
    say(progress(sample))
    return sample
  }

  say(`${String(each)} clients at each origin; making ${String(ITEMS)} items`)
  const first = await run('create', 0, () => create(load(one, 0), 0, ITEMS, 120, mesh.scope))
  if (first.accepted < ITEMS)
    throw new Error(`only ${String(first.accepted)} items could be made: ${first.refusal ?? ''}`)
  let items = ITEMS
  say('warming')
  await run('three-full', 0, () => loadFully(load(origins, ITEMS), warmUpSeconds))
  for (let round = 1; round <= rounds; round++) {
    say(`round ${String(round)} of ${String(rounds)}`)
    const made = await run('create', round, () => create(load(one, 0), items, Infinity, seconds, mesh.scope))
    items += made.accepted + made.refused
    samples.push(made)
    for (const [name, clients] of [
      ['one', one],
      ['three', origins],
    ] as const) {
      const full = await run(`${name}-full`, round, () => loadFully(load(clients, ITEMS), seconds))
      const wanted = full.perSecond / 2
      samples.push(full)
      const half = (): Promise<LoadReport> => loadEvenly(load(clients, ITEMS), seconds, wanted)
      samples.push(await run(`${name}-half`, round, half, wanted))
    }
  }
  for (const client of origins.flat()) client.close()
  await mesh.stop()
  return samples
}

interface Measured {
  readonly kind: WritesKind
  readonly round: number
  readonly wanted: number | undefined
  readonly own: () => readonly number[]
  readonly work: () => Promise<LoadReport>
}

/** Runs a load and waits until all of it is everywhere: what agents do after the answer counts as well. */
async function measureWrites(mesh: Mesh, { kind, round, wanted, own, work }: Measured): Promise<WritesSample> {
  const pids = mesh.running.map(({ server }) => server.pid)
  mesh.ledger.take()
  const asked = mesh.applications.map(({ counts }) => ({ ...counts }))
  const before = { agents: readAgents(pids, mesh.ports), others: othersBusyMs(own()), own: process.cpuUsage() }
  const began = performance.now()
  const report = await work()
  const ownCpu = process.cpuUsage(before.own)
  const ended = performance.now()
  while (mesh.ledger.pending > 0 && performance.now() - ended < BEHIND_MS) await sleep(LOOK_EVERY_MS)
  const all = performance.now()
  const after = readAgents(pids, mesh.ports)
  const { lagsMs, replaced } = mesh.ledger.take()
  const { accepted, answersMs, refused, refusal, seconds } = report
  return {
    kind,
    round,
    wantedPerSecond: wanted,
    accepted,
    perSecond: accepted / seconds,
    answerP50Ms: quantile(answersMs, 0.5),
    answerP99Ms: quantile(answersMs, 0.99),
    lagP50Ms: quantile(lagsMs, 0.5),
    lagP99Ms: quantile(lagsMs, 0.99),
    replacedShare: accepted === 0 ? 0 : replaced / accepted,
    behindMs: all - ended,
    lost: mesh.ledger.pending,
    refused: [...refused.values()].reduce((sum, each) => sum + each, 0),
    refusal,
    agents: after.map((use, site) => {
      const old = before.agents[site]
      const now = mesh.applications[site]?.counts
      const more = (method: 'GET' | 'POST' | 'PUT' | 'DELETE'): number =>
        (now?.[method] ?? 0) - (asked[site]?.[method] ?? 0)
      const sent = use.sentBytes === undefined ? undefined : use.sentBytes - (old?.sentBytes ?? 0)
      return {
        cpuUs: ((use.cpuMs - (old?.cpuMs ?? 0)) * 1_000) / accepted,
        diskBytes: (use.diskBytes - (old?.diskBytes ?? 0)) / accepted,
        sentBytes: sent === undefined ? undefined : sent / accepted,
        reads: more('GET') / accepted,
        changes: (more('POST') + more('PUT') + more('DELETE')) / accepted,
        residentBytes: use.residentBytes,
      }
    }),
    ownShare: (ownCpu.user + ownCpu.system) / 1_000 / (ended - began),
    othersShare: Math.max(0, othersBusyMs(own()) - before.others) / ((all - began) * availableParallelism()),
  }
}

function progress(one: WritesSample): string {
  const ms = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(0)} ms`)
  const parts = [
    `${one.kind}: ${one.perSecond.toFixed(0)}/s`,
    `answer p50 ${ms(one.answerP50Ms)} p99 ${ms(one.answerP99Ms)}`,
    `lag p50 ${ms(one.lagP50Ms)} p99 ${ms(one.lagP99Ms)}`,
    `${ms(one.behindMs)} behind`,
    `CPU µs/op ${one.agents.map(({ cpuUs }) => cpuUs.toFixed(0)).join(' ')}`,
    `sent ${one.agents.map(({ sentBytes }) => sentBytes?.toFixed(0) ?? '–').join(' ')}`,
    `disk ${one.agents.map(({ diskBytes }) => diskBytes.toFixed(0)).join(' ')}`,
    `MB ${one.agents.map(({ residentBytes }) => (residentBytes / 1e6).toFixed(0)).join(' ')}`,
    `own ${one.ownShare.toFixed(2)} others ${one.othersShare.toFixed(2)}`,
  ]
  if (one.replacedShare > 0) parts.push(`${(one.replacedShare * 100).toFixed(1)} % replaced`)
  if (one.lost > 0) parts.push(`${String(one.lost)} NEVER EVERYWHERE`)
  if (one.refused > 0) parts.push(`${String(one.refused)} refused: ${one.refusal ?? ''}`)
  return `  ${parts.join(', ')}`
}

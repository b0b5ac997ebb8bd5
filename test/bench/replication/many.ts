import { setTimeout as sleep } from 'node:timers/promises'
import { availableParallelism } from 'node:os'
import { readAgents } from '../measure/agents.ts'
import type { AgentUse } from '../measure/agents.ts'
import { othersBusyMs } from '../measure/measure.ts'
import { readSentParts, sentSince } from '../measure/sent-parts.ts'
import type { SentParts } from '../measure/sent-parts.ts'
import type { InRound } from '../measure/statistics.ts'
import type { Agent } from '../agent.ts'
import { MESH } from '../agent.ts'
import { copyItems } from './copies.ts'
import { REREAD_EVERY_MS } from '../../../src/runtime/replication/limits.ts'
import { bodyOf, nameOf } from './items.ts'
import { create, writeEach } from './load.ts'
import type { Load } from './load.ts'
import { Mesh, SERVICE } from './mesh.ts'
import type { Ground } from './mesh.ts'

/** A member that was away, and is there again. */
export interface ReturnSample extends InRound {
  /** Writes while it was away, and how many items they were of. */
  readonly writes: number
  readonly items: number
  /** From the start of its process until it serves; from then until its application has the first and the last of it. */
  readonly startMs: number
  readonly firstMs: number
  readonly allMs: number
  /** Requests that its application got for it. */
  readonly carriedOut: number
  readonly reads: number
  /** That both agents sent each other, in all, and without the operations, bodies and signatures included. */
  readonly sentBytes: number | undefined
  readonly besideBytes: number | undefined
  /** Of that what replication has said, by what it is. */
  readonly parts: SentParts
  /** Items that it never got. */
  readonly lost: number
  readonly othersShare: number
}

/** An agent that is started with much in its store and has nothing to do. */
export interface StartSample extends InRound {
  readonly startMs: number
  /** CPU until it serves. */
  readonly startCpuMs: number
  /** CPU from then on until it has nothing to do. */
  readonly settleCpuMs: number
  /** Start and CPU after it was killed as soon as 500 writes were answered. */
  readonly killedStartMs: number
  readonly killedStartCpuMs: number
  /** Of one core, 0 to 1: over a while without any load, both agents running and settled. */
  readonly idleShare: number
  readonly residentBytes: number
  readonly othersShare: number
}

export interface ManyResults {
  readonly replicants: number
  readonly makeSeconds: number
  /** Bytes of memory of both agents after that. */
  readonly madeResidentBytes: number
  readonly apart: ReturnSample[]
  readonly away: ReturnSample[]
  readonly starts: StartSample[]
}

export interface ManyPlan {
  readonly replicants: number
  readonly rounds: number
  readonly idleSeconds: number
}

/** Changed while two sites are apart, each once. */
const APART = 500
/** Written while one is away, over so many items. */
const AWAY = { writes: 5_000, items: 500 } as const
const CLIENTS = 64
/** Made through the ingress; and for how long, seconds. */
const MADE = 100
const MAKE_S = 60
const ARRIVE_MS = 60_000
/** Settled: both agents together use less than this of a core over such a time; and how long that is waited for. */
const QUIET_SHARE = 0.1
const QUIET_MS = 2_000
const SETTLE_MS = 60_000

/** Two sites that share many replicants: one goes away and comes back, and both are started with all of that in their stores. */
export async function benchMany(ground: Ground, { replicants, rounds, idleSeconds }: ManyPlan): Promise<ManyResults> {
  const { signal, say, processes } = ground
  const mesh = await Mesh.start(ground, 2)
  let sequence = 0
  const load = async (): Promise<Load> => ({
    origins: [await mesh.clients(0, CLIENTS)],
    service: SERVICE,
    ledger: mesh.ledger,
    items: replicants,
    nextSequence: () => ++sequence,
    signal,
  })

  const began = performance.now()
  await make(mesh, { ...ground, replicants, load, nextSequence: () => ++sequence })
  const makeSeconds = (performance.now() - began) / 1_000
  await settled(mesh, say)
  const madeResidentBytes = use(mesh).reduce((sum, each) => sum + each.residentBytes, 0)

  const [apart, away, starts]: [ReturnSample[], ReturnSample[], StartSample[]] = [[], [], []]
  for (let round = 1; round <= rounds; round++) {
    for (const [name, samples, writes, items] of [
      ['apart', apart, APART, APART],
      ['away', away, AWAY.writes, AWAY.items],
    ] as const) {
      signal.throwIfAborted()
      const places = placesOf(replicants, { writes, items }, round)
      await mesh.stopSite(1)
      const writing = await load()
      const { accepted, refused, refusal } = await writeEach(writing, places)
      close(writing)
      if (refused.size > 0) say(`  while it was away ${String(writes - accepted)} were refused: ${refusal ?? ''}`)
      const sample = await comesBack(mesh, { round, writes: accepted, items, own: () => processes.pids })
      samples.push(sample)
      processes.check()
      const { startMs, firstMs, allMs, carriedOut, reads, sentBytes, besideBytes, lost } = sample
      const told = Object.entries(sample.parts).map(([part, bytes]) => `${part} ${String(bytes)}`)
      say(
        `  ${name}: ${String(accepted)} writes of ${String(items)} items: serves after ${startMs.toFixed(0)} ms, the first came ${firstMs.toFixed(0)} ms, the last ${allMs.toFixed(0)} ms later; ${String(carriedOut)} writes and ${String(reads)} reads of its application, ${String(sentBytes ?? '–')} bytes sent, ${String(besideBytes ?? '–')} beside operations (${told.join(', ')})${lost > 0 ? `, ${String(lost)} NEVER CAME` : ''}`,
      )
      await settled(mesh, say)
    }
    const write = async (): Promise<void> => {
      const writing = await load()
      await writeEach(writing, placesOf(replicants, { writes: APART, items: APART }, round))
      close(writing)
    }
    const start = await starting(mesh, round, idleSeconds, () => processes.pids, write)
    await settled(mesh, say)
    starts.push(start)
    say(
      `  start: ${start.startMs.toFixed(0)} ms, ${start.startCpuMs.toFixed(0)} ms of CPU, ${start.settleCpuMs.toFixed(0)} ms more until all was quiet; ${start.killedStartMs.toFixed(0)} and ${start.killedStartCpuMs.toFixed(0)} ms of CPU after a kill; idle ${(start.idleShare * 100).toFixed(2)} % of a core, ${(start.residentBytes / 1e6).toFixed(0)} MB`,
    )
  }
  await mesh.stop()
  return { replicants, makeSeconds, madeResidentBytes, apart, away, starts }
}

/** Which items are written, in turn: others each round, of all over the store. */
function placesOf(
  replicants: number,
  { writes, items }: { readonly writes: number; readonly items: number },
  round: number,
): number[] {
  const stride = Math.max(1, Math.floor(replicants / items))
  return Array.from({ length: writes }, (_, turn) => ((turn % items) * stride + round) % replicants)
}

/** A few through the ingress; the rest, of which each would take milliseconds, as copies of these, which agents find when they start. */
async function make(
  mesh: Mesh,
  {
    replicants,
    load,
    nextSequence,
    signal,
    say,
  }: Pick<Ground, 'signal' | 'say'> & {
    readonly replicants: number
    readonly load: () => Promise<Load>
    readonly nextSequence: () => number
  },
): Promise<void> {
  const making = await load()
  const { accepted, refusal } = await create(making, 0, MADE, MAKE_S, mesh.scope)
  close(making)
  if (accepted < MADE) throw new Error(`only ${String(accepted)} replicants could be made: ${refusal ?? 'no time'}`)
  await arrived(mesh)
  await settled(mesh, say)
  for (const site of mesh.sites) await mesh.stopSite(site)
  const copies = Array.from({ length: replicants - MADE }, (_, copy) => [MADE + copy, nextSequence()] as const)
  await copyItems({ folders: mesh.folders, mesh: MESH, service: SERVICE, pattern: 0, copies, signal })
  for (const [place, number] of copies) {
    const body = Buffer.from(bodyOf(place, number))
    for (const application of mesh.applications) application.hold(nameOf(place), body)
  }
  for (const site of mesh.sites) await mesh.startSite(site)
  await mesh.untilMet()
}

async function comesBack(
  mesh: Mesh,
  {
    round,
    writes,
    items,
    own,
  }: { readonly round: number; readonly writes: number; readonly items: number; readonly own: () => readonly number[] },
): Promise<ReturnSample> {
  const application = mesh.applications[1]
  if (application === undefined) throw new Error('there is no second site')
  const before = {
    sent: sent(mesh),
    parts: await parts(mesh),
    counts: { ...application.counts },
    others: othersBusyMs(own()),
  }
  const pendingBefore = mesh.ledger.pending
  const began = performance.now()
  const agent = await mesh.startSite(1)
  const serves = began + agent.startMs
  let first: number | undefined
  while (mesh.ledger.pending > 0 && performance.now() - began < ARRIVE_MS) {
    if (mesh.ledger.pending < pendingBefore) first ??= performance.now()
    await sleep(2)
  }
  const all = performance.now()
  const [lost, carriedOut] = [mesh.ledger.pending, application.counts.PUT - before.counts.PUT]
  // What the two say to each other about it after that counts as well.
  await sleep(AFTERWARDS_MS)
  const sentAfter = sent(mesh)
  // The one that was started has sent nothing before.
  const said = sentSince(before.parts, await parts(mesh))
  const sentBytes = sentAfter === undefined || before.sent === undefined ? undefined : sentAfter - before.sent
  return {
    round,
    writes,
    items,
    startMs: agent.startMs,
    firstMs: (first ?? all) - serves,
    allMs: all - serves,
    carriedOut,
    reads: application.counts.GET - before.counts.GET,
    sentBytes,
    besideBytes: sentBytes === undefined ? undefined : sentBytes - (said['operation'] ?? 0),
    parts: said,
    lost,
    othersShare:
      Math.max(0, othersBusyMs(own()) - before.others) / ((performance.now() - began) * availableParallelism()),
  }
}

const AFTERWARDS_MS = 1_000

/** Starts both anew, looks at the first, and then at both together while nothing happens. */
async function starting(
  mesh: Mesh,
  round: number,
  idleSeconds: number,
  own: () => readonly number[],
  write: () => Promise<void>,
): Promise<StartSample> {
  for (const site of mesh.sites) await mesh.stopSite(site)
  const others = othersBusyMs(own())
  const began = performance.now()
  const agent: Agent = await mesh.startSite(0)
  const [started] = readAgents([agent.server.pid], mesh.ports)
  await mesh.startSite(1)
  const startedAt = performance.now()
  await mesh.untilMet()
  await settled(mesh, () => undefined)
  const settledUse = use(mesh)
  // From then on all are read anew in turn, which is no rest either.
  await sleep(Math.max(0, startedAt + REREAD_EVERY_MS - performance.now()))
  const before = use(mesh)
  await sleep(idleSeconds * 1_000)
  const after = use(mesh)
  await write()
  await mesh.killSite(0)
  const again: Agent = await mesh.startSite(0)
  const [startedAgain] = readAgents([again.server.pid], mesh.ports)
  await mesh.untilMet()
  await arrived(mesh)
  const cpuMs = after.reduce((sum, each, site) => sum + each.cpuMs - (before[site]?.cpuMs ?? 0), 0)
  return {
    round,
    startMs: agent.startMs,
    startCpuMs: started?.cpuMs ?? 0,
    settleCpuMs: (settledUse[0]?.cpuMs ?? 0) - (started?.cpuMs ?? 0),
    killedStartMs: again.startMs,
    killedStartCpuMs: startedAgain?.cpuMs ?? 0,
    idleShare: cpuMs / (idleSeconds * 1_000) / after.length,
    residentBytes: Math.max(...after.map(({ residentBytes }) => residentBytes)),
    othersShare: Math.max(0, othersBusyMs(own()) - others) / ((performance.now() - began) * availableParallelism()),
  }
}

/** Until all that was accepted is everywhere. @throws Error when it does not come */
async function arrived(mesh: Mesh): Promise<void> {
  const until = performance.now() + ARRIVE_MS
  while (mesh.ledger.pending > 0) {
    if (performance.now() > until) throw new Error(`${String(mesh.ledger.pending)} operations are not everywhere`)
    await sleep(5)
  }
}

/** Until agents that have nothing to do do nothing: what is read back, written down or told after the last operation is over. */
async function settled(mesh: Mesh, say: (line: string) => void): Promise<void> {
  const until = performance.now() + SETTLE_MS
  for (;;) {
    const before = use(mesh)
    await sleep(QUIET_MS)
    const busyMs = use(mesh).reduce((sum, each, site) => sum + each.cpuMs - (before[site]?.cpuMs ?? 0), 0)
    if (busyMs < QUIET_MS * QUIET_SHARE) return
    if (performance.now() > until) {
      say(`  the agents are still busy after a minute: ${(busyMs / QUIET_MS).toFixed(2)} of a core`)
      return
    }
  }
}

function use(mesh: Mesh): AgentUse[] {
  return readAgents(
    mesh.running.map(({ server }) => server.pid),
    mesh.ports,
  )
}

function parts(mesh: Mesh): Promise<SentParts> {
  return readSentParts(mesh.running.map(({ admin }) => admin))
}

/** On connections that are there. */
function sent(mesh: Mesh): number | undefined {
  return use(mesh).reduce<number | undefined>(
    (sum, each) => (sum === undefined || each.sentBytes === undefined ? undefined : sum + each.sentBytes),
    0,
  )
}

function close({ origins }: Load): void {
  for (const client of origins.flat()) client.close()
}

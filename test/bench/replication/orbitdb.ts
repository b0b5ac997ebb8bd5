import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { othersBusyMs } from '../measure/measure.ts'
import { readTree } from '../measure/proc.ts'
import type { InRound } from '../measure/statistics.ts'
import type { Processes, Started } from '../processes.ts'
import { ORBITDB_FOLDER } from '../tools.ts'
import { bodyOf } from './items.ts'
import { create, loadFully } from './load.ts'
import { Mesh, SERVICE } from './mesh.ts'
import type { Ground } from './mesh.ts'

/** Writes at one of two peers until the other has all of them. */
export interface BesideOrbitSample extends InRound {
  readonly of: 'cheops' | 'orbitdb'
  readonly writes: number
  /** Taken at the first peer while the load went on. */
  readonly takenPerSecond: number
  /** From the first until the other peer has the last. */
  readonly everywherePerSecond: number
  /** Of both peers together. */
  readonly cpuUs: number
  /** Writes that the other did not get within the time. */
  readonly lost: number
  readonly othersShare: number
}

export interface OrbitPlan {
  readonly rounds: number
  readonly seconds: number
}

const ITEMS = 1_000
const IN_FLIGHT = 32
const MAKE_S = 180
const START_MS = 60_000
const EVERYWHERE_MS = 60_000
const BODIES = 256

/**
 * The same for both: two peers as processes of their own on this machine, bodies of the same size, the same number in flight at one peer, time until
 * the other has all. They take turns; the one that waits has nothing to do.
 */
export async function benchBesideOrbit(ground: Ground, { rounds, seconds }: OrbitPlan): Promise<BesideOrbitSample[]> {
  const { processes, say, signal } = ground
  const orbit = await startOrbit(ground)
  const mesh = await Mesh.start(ground, 2)
  const clients = await mesh.clients(0, IN_FLIGHT)
  let sequence = 0
  const nextSequence = (): number => ++sequence
  const load = { origins: [clients], service: SERVICE, ledger: mesh.ledger, items: ITEMS, nextSequence, signal }
  say('  making items, and warming both')
  const { accepted } = await create(load, 0, ITEMS, MAKE_S, mesh.scope)
  if (accepted < ITEMS) throw new Error('the items could not be made')

  const cheops = async (): Promise<Outcome> => {
    mesh.ledger.take()
    const began = performance.now()
    const report = await loadFully(load, seconds)
    const loaded = performance.now()
    while (mesh.ledger.pending > 0 && performance.now() - loaded < EVERYWHERE_MS) await sleep(2)
    const all = performance.now()
    return { writes: report.accepted, takenMs: loaded - began, everywhereMs: all - began, lost: mesh.ledger.pending }
  }
  const both = {
    orbitdb: { pids: orbit.servers.map(({ pid }) => pid), work: () => orbit.write(seconds) },
    cheops: { pids: mesh.running.map(({ server }) => server.pid), work: cheops },
  } as const
  const samples: BesideOrbitSample[] = []
  for (let round = 0; round <= rounds; round++) {
    for (const who of ['orbitdb', 'cheops'] as const) {
      signal.throwIfAborted()
      const { pids, work } = both[who]
      const cpuMs = (): number => readTree(pids).reduce((sum, one) => sum + one.cpuMs, 0)
      const before = { cpuMs: cpuMs(), others: othersBusyMs(processes.pids), at: performance.now() }
      const { writes, takenMs, everywhereMs, lost } = await work()
      processes.check()
      const sample = {
        of: who,
        round,
        writes,
        takenPerSecond: writes / (takenMs / 1_000),
        everywherePerSecond: (writes - lost) / (everywhereMs / 1_000),
        cpuUs: ((cpuMs() - before.cpuMs) * 1_000) / writes,
        lost,
        othersShare:
          Math.max(0, othersBusyMs(processes.pids) - before.others) /
          ((performance.now() - before.at) * availableParallelism()),
      }
      say(
        `  ${round === 0 ? 'warming' : `round ${String(round)}`} ${who}: ${sample.takenPerSecond.toFixed(0)}/s taken, ${sample.everywherePerSecond.toFixed(0)}/s at both, ${sample.cpuUs.toFixed(0)} µs of CPU each${lost > 0 ? `, ${String(lost)} NEVER CAME` : ''}`,
      )
      if (round > 0) samples.push(sample)
    }
  }
  for (const client of clients) client.close()
  await mesh.stop()
  await Promise.all(orbit.servers.map(server => server.stop()))
  return samples
}

interface Outcome {
  readonly writes: number
  readonly takenMs: number
  readonly everywhereMs: number
  readonly lost: number
}

interface Orbit {
  readonly servers: readonly Started[]
  /** Returns when the second peer has all, or the time is over. */
  write(seconds: number): Promise<Outcome>
}

interface Peer {
  readonly server: Started
  readonly control: string
  readonly address: string
}

/** Two peers that have one database open and exchange it. @throws Error with a peer's log, or what it answers */
async function startOrbit(ground: Ground): Promise<Orbit> {
  const script = path.join(ORBITDB_FOLDER, 'orbitdb-peer.mjs')
  await copyFile(path.join(import.meta.dirname, 'orbitdb-peer.mjs'), script)
  const [first, second] = [await startPeer(ground, script, 'orbitdb1'), await startPeer(ground, script, 'orbitdb2')]
  const { address } = await ask<{ address: string }>(first, '/open', { name: 'bench' })
  await ask(second, '/open', { address, dial: first.address })
  const bodies = Array.from({ length: BODIES }, (_, number) => {
    const { text } = JSON.parse(bodyOf(number, number + 1_000_000)) as { text: string }
    return text
  })
  let last = 0
  return {
    servers: [first.server, second.server],
    write: async seconds => {
      const given = { seconds, from: last, items: ITEMS, bodies, inFlight: IN_FLIGHT }
      const wrote = await ask<Wrote>(first, '/put', given)
      const from = last
      last = wrote.sequence
      const deadline = performance.now() + EVERYWHERE_MS
      for (;;) {
        const seen = await ask<{ sequence: number; atMs: number }>(second, '/seen')
        const isOver = performance.now() > deadline
        if (seen.sequence >= last || isOver)
          return {
            writes: wrote.puts,
            takenMs: wrote.endedMs - wrote.beganMs,
            everywhereMs: (isOver ? wrote.endedMs + EVERYWHERE_MS : Math.max(seen.atMs, wrote.endedMs)) - wrote.beganMs,
            lost: last - Math.max(from, seen.sequence),
          }
        await sleep(ASK_EVERY_MS, undefined, { signal: ground.signal })
      }
    },
  }
}

interface Wrote {
  readonly puts: number
  readonly sequence: number
  readonly beganMs: number
  readonly endedMs: number
}

/** The time of the last arrival comes from the peer itself; this is only how soon it is heard of. */
const ASK_EVERY_MS = 50

async function startPeer(
  {
    processes,
    folder,
    signal,
  }: { readonly processes: Processes; readonly folder: string; readonly signal: AbortSignal },
  script: string,
  name: string,
): Promise<Peer> {
  const own = path.join(folder, name)
  await mkdir(own, { recursive: true })
  const ready = path.join(own, 'ready.json')
  const server = processes.start(name, process.execPath, [script, own, ready])
  const deadline = performance.now() + START_MS
  for (;;) {
    const text = await readFile(ready, 'utf8').catch(() => undefined)
    if (text !== undefined) return { server, ...(JSON.parse(text) as Omit<Peer, 'server'>) }
    if (server.ended() || performance.now() > deadline) throw new Error(`${name} did not start:\n${server.log()}`)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

async function ask<T>({ control }: Peer, what: string, given?: object): Promise<T> {
  const answer = await fetch(
    control + what,
    given === undefined ? {} : { method: 'POST', body: JSON.stringify(given), signal: AbortSignal.timeout(120_000) },
  )
  const text = await answer.text()
  if (!answer.ok) throw new Error(`OrbitDB: ${text}`)
  return JSON.parse(text) as T
}

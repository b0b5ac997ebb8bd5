import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { othersBusyMs } from '../measure/measure.ts'
import { readTree } from '../measure/proc.ts'
import type { InRound } from '../measure/statistics.ts'
import { freePorts } from '../processes.ts'
import { Application } from './application.ts'
import { Client } from './client.ts'
import { bodyOf, nameOf } from './items.ts'
import { Ledger } from './ledger.ts'
import { loadFully } from './load.ts'
import { SERVICE } from './mesh.ts'
import type { Ground } from './mesh.ts'
import { ITEMS } from './writes.ts'

/** Writes through sites that do no more than they have to: what the machine gives. */
export interface BareSample extends InRound {
  readonly kind: 'one-full' | 'three-full'
  readonly perSecond: number
  /** Of the three sites together, for each write. */
  readonly cpuUs: number
  /** From the end of the load until everything was everywhere. */
  readonly behindMs: number
  readonly lost: number
  readonly othersShare: number
}

export interface BarePlan {
  readonly rounds: number
  /** As in the case `writes`. */
  readonly clients: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

const SITES = ['bare1', 'bare2', 'bare3'] as const
const BEHIND_MS = 60_000
const READY_MS = 20_000
const ASK_EVERY_MS = 50

/**
 * The same load, clients, applications and sites as processes of their own as in the case `writes`, with `bare-site-main.ts` in the place of agents: HTTP in, a
 * synced batch, HTTP out, two streams. How near agents come to it is how much they add.
 */
export async function benchBare(
  ground: Ground,
  { rounds, clients: each, seconds, warmUpSeconds }: BarePlan,
): Promise<BareSample[]> {
  const { processes, folder, signal, say } = ground
  const ledger = new Ledger(SITES.length)
  const applications = SITES.map(
    (_, site) => new Application({ onWrite: (place, sequence, at) => ledger.received(site, place, sequence, at) }),
  )
  const endpoints = await Promise.all(applications.map(one => one.start()))
  for (const one of applications)
    for (let place = 0; place < ITEMS; place++) one.hold(nameOf(place), Buffer.from(bodyOf(place, 0)))
  const sitePorts = Object.values(await freePorts(...SITES))
  const clientPorts = Object.values(await freePorts(...SITES))
  const main = path.join(import.meta.dirname, 'bare-site-main.ts')
  const servers = await Promise.all(
    SITES.map(async (name, site) => {
      const own = path.join(folder, name)
      await mkdir(own, { recursive: true })
      const others = sitePorts.filter((_, other) => other !== site)
      const ports = [new URL(endpoints[site] ?? '').port, sitePorts[site], clientPorts[site], ...others].map(String)
      return processes.start(name, process.execPath, [main, own, ...ports])
    }),
  )
  let sequence = 0
  const nextSequence = (): number => ++sequence
  const pids = servers.map(({ pid }) => pid)
  const cpuMs = (): number => readTree(pids).reduce((sum, one) => sum + one.cpuMs, 0)
  const samples: BareSample[] = []
  const origins: Client[][] = []
  try {
    for (const port of clientPorts) {
      const url = `http://127.0.0.1:${String(port)}`
      await untilReady(url, signal)
      origins.push(await Promise.all(Array.from({ length: each }, () => Client.connect(url))))
    }
    const run = async (kind: BareSample['kind'], round: number, span: number): Promise<BareSample> => {
      ledger.take()
      const before = { cpu: cpuMs(), others: othersBusyMs(processes.pids) }
      const began = performance.now()
      const clients = kind === 'one-full' ? origins.slice(0, 1) : origins
      const report = await loadFully(
        { origins: clients, service: SERVICE, ledger, items: ITEMS, nextSequence, signal },
        span,
      )
      const ended = performance.now()
      while (ledger.pending > 0 && performance.now() - ended < BEHIND_MS) await sleep(2)
      const all = performance.now()
      processes.check()
      return {
        kind,
        round,
        perSecond: report.accepted / report.seconds,
        cpuUs: ((cpuMs() - before.cpu) * 1_000) / report.accepted,
        behindMs: all - ended,
        lost: ledger.pending,
        othersShare:
          Math.max(0, othersBusyMs(processes.pids) - before.others) / ((all - began) * availableParallelism()),
      }
    }
    say('  warming')
    await run('three-full', 0, warmUpSeconds)
    for (let round = 1; round <= rounds; round++)
      for (const kind of ['one-full', 'three-full'] as const) {
        const sample = await run(kind, round, seconds)
        samples.push(sample)
        say(
          `  ${kind}: ${sample.perSecond.toFixed(0)}/s, CPU µs/op ${sample.cpuUs.toFixed(0)}, behind ${sample.behindMs.toFixed(0)} ms`,
        )
      }
    return samples
  } finally {
    for (const client of origins.flat()) client.close()
    await Promise.all(servers.map(server => server.kill()))
    await Promise.all(applications.map(one => one.stop()))
  }
}

/** It answers, and has reached the others. @throws Error after 20 s */
async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + READY_MS
  for (;;) {
    const body = bodyOf(0, 0)
    const answer = await fetch(`${url}/${SERVICE}/items/${nameOf(0)}`, { method: 'PUT', body }).catch(() => undefined)
    if (answer?.status === 200) return
    if (performance.now() > until) throw new Error(`a bare site has not come up: ${String(answer?.status)}`)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

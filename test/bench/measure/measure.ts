import { availableParallelism } from 'node:os'
import type { Chain } from '../chains/chain.ts'
import { readBusyMs, readMemory, readOwnStat, readTree, resetPeaks } from './proc.ts'
import type { InRound } from './statistics.ts'
import { errorCount, runWrk } from './wrk.ts'

/** One run of one chain. */
export interface Sample extends InRound {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly bytesPerSecond: number
  /** Undefined when no request ended within the run. */
  readonly p50Us: number | undefined
  readonly p99Us: number | undefined
  /** CPU time of the chain's processes during the run, milliseconds. */
  readonly cpuMs: number
  readonly bytes: number
  /** Most memory of the chain's processes during the run, and how much that is above what they had before it. */
  readonly peakBytes: number
  readonly growthBytes: number
  readonly errors: number
  /** Share of all CPUs that went to others than this benchmark, 0 to 1: above a few hundredths the run means little. */
  readonly othersShare: number
}

export interface Measuring {
  readonly wrk: string
  /** Every process that the benchmark started: those of other chains idle, but their beats are not others' work. */
  readonly ownPids: () => readonly number[]
  readonly signal: AbortSignal
}

export interface Run {
  readonly path: string
  readonly connections: number
  readonly seconds: number
  readonly round: number
}

/** Loads one chain once. @throws Error when wrk or the chain fails */
export async function measure(chain: Chain, run: Run, { wrk, ownPids, signal }: Measuring): Promise<Sample> {
  const pids = readTree(chain.pids).map(({ pid }) => pid)
  resetPeaks(pids)
  const before = {
    memory: readMemory(pids),
    cpuMs: cpuMs(chain.pids),
    busy: othersBusyMs(ownPids()),
    at: performance.now(),
  }
  const report = await runWrk(wrk, { ...chain.target(run.path), ...run }, signal)
  const elapsedMs = performance.now() - before.at
  const othersMs = othersBusyMs(ownPids()) - before.busy
  const { peakBytes } = readMemory(pids)
  const seconds = report.durationUs / 1e6
  return {
    round: run.round,
    requests: report.requests,
    requestsPerSecond: report.requests / seconds,
    bytesPerSecond: report.bytes / seconds,
    p50Us: report.requests === 0 ? undefined : report.p50Us,
    p99Us: report.requests === 0 ? undefined : report.p99Us,
    cpuMs: cpuMs(chain.pids) - before.cpuMs,
    bytes: report.bytes,
    peakBytes,
    growthBytes: peakBytes - before.memory.residentBytes,
    errors: errorCount(report),
    othersShare: Math.max(0, othersMs) / (elapsedMs * availableParallelism()),
  }
}

function cpuMs(roots: readonly number[]): number {
  return readTree(roots).reduce((sum, one) => sum + one.cpuMs, 0)
}

/** Time of all CPUs that none of our processes used, milliseconds. wrk counts as a child that has ended. */
export function othersBusyMs(ownPids: readonly number[]): number {
  const own = readOwnStat()
  return readBusyMs() - own.cpuMs - own.childrenCpuMs - cpuMs(ownPids)
}

/** Share of all CPUs that somebody uses while nothing of ours runs, 0 to 1. */
export async function othersBefore(ms: number, signal: AbortSignal): Promise<number> {
  const before = readBusyMs()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true })
  })
  return (readBusyMs() - before) / (ms * availableParallelism())
}

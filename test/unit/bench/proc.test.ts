// Reading of /proc for the benchmark: lines as Linux writes them, one with a hostile process name, and the live files of
// this very process, whose figures must agree with what Node knows about itself.

import { execFileSync, spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  parseBusyMs,
  parseProcessMemory,
  parseProcessStat,
  readMemory,
  readOwnStat,
  readTree,
  resetPeaks,
  withDescendants,
} from '../../bench/measure/proc.ts'

const stat = (pid: number, name: string, parent: number): string =>
  `${String(pid)} (${name}) S ${String(parent)} 1 1 0 -1 4194560 900 800 0 0 250 50 7 3 20 0 11 0 5 1000 200 18446744073709551615 1 1`

describe('parseProcessStat', () => {
  it('counts user and system time in ticks of 10 ms', () => {
    expect(parseProcessStat(stat(42, 'nginx', 7))).toEqual({ pid: 42, parent: 7, cpuMs: 3_000, childrenCpuMs: 100 })
  })

  it('is not led astray by a name with parentheses and blanks', () => {
    expect(parseProcessStat(stat(42, 'a) S 1 (b', 7))).toMatchObject({ pid: 42, parent: 7, cpuMs: 3_000 })
  })

  it.each(['', 'nonsense', '42 (cut off) S 1'])('refuses %j', text => {
    expect(() => parseProcessStat(text)).toThrow('/proc/PID/stat')
  })
})

describe('parseProcessMemory', () => {
  it('reads resident and peak memory', () => {
    const text = 'Name:\tnode\nVmPeak:\t 9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t1\n'
    expect(parseProcessMemory(text)).toEqual({ residentBytes: 1_048_576, peakBytes: 2_097_152 })
  })

  it('says nothing of a zombie, which has no memory', () => {
    expect(parseProcessMemory('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined()
  })
})

describe('parseBusyMs', () => {
  it('adds up all but idle and waiting time, and no guest time twice', () => {
    // user nice system idle iowait irq softirq steal guest guest_nice
    expect(parseBusyMs('cpu  1 2 4 1000 500 8 16 32 1 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n')).toBe(630)
  })

  it('refuses what is no such file', () => {
    expect(() => parseBusyMs('intr 1 2 3')).toThrow('/proc/stat')
  })
})

describe('withDescendants', () => {
  const one = (pid: number, parent: number) => ({ pid, parent, cpuMs: 0, childrenCpuMs: 0 })

  it('finds workers of workers, each once, and no strangers', () => {
    const all = [one(1, 0), one(20, 10), one(10, 1), one(30, 20), one(11, 1), one(99, 1)]
    const pids = withDescendants([10, 20, 11], all).map(({ pid }) => pid)
    expect(pids.toSorted((a, b) => a - b)).toEqual([10, 11, 20, 30])
  })

  it('leaves out roots that have ended', () => {
    expect(withDescendants([5], [one(1, 0)])).toEqual([])
  })
})

describe('the live files', () => {
  it('agree with what Node knows about this process', () => {
    const { user, system } = process.cpuUsage()
    const own = readOwnStat()
    expect(own.pid).toBe(process.pid)
    expect(own.parent).toBe(process.ppid)
    // Ticks are 10 ms each, and time goes on between the two readings.
    expect(Math.abs(own.cpuMs - (user + system) / 1_000)).toBeLessThan(500)
  })

  it('show a child with its own child', async () => {
    const child = spawn('/bin/sh', ['-c', 'sleep 30 & echo started; wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await new Promise(resolve => child.stdout.once('data', resolve))
      const tree = readTree([child.pid ?? 0])
      expect(tree).toHaveLength(2)
      for (const { pid } of tree) if (pid !== child.pid) process.kill(pid)
    } finally {
      child.kill()
    }
  })

  it('forget peaks on demand', () => {
    const before = readMemory([process.pid])
    expect(before.peakBytes).toBeGreaterThanOrEqual(before.residentBytes)
    resetPeaks([process.pid])
    const after = readMemory([process.pid])
    expect(after.peakBytes).toBeLessThanOrEqual(Math.max(before.peakBytes, after.residentBytes * 1.1))
    // A process that has ended counts nothing.
    const ended = Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }))
    expect(readMemory([ended])).toEqual({ residentBytes: 0, peakBytes: 0 })
  })
})

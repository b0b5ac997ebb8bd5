import { cpus, release, totalmem } from 'node:os'

/** What figures depend on, kept beside them. Nothing that names the machine. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  /** Share of all CPUs that others used just before, 0 to 1. */
  readonly othersBefore: number
}

export function describeMachine(othersBefore: number): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    // Only the version: what stands behind it may name a provider.
    system: `${process.platform} ${release().split('-')[0] ?? ''} ${process.arch}`,
    othersBefore,
  }
}

export function renderMachine(
  { cpu, cores, memoryBytes, system }: Machine,
  versions: Readonly<Record<string, string>>,
): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `${String(cores)} cores of ${cpu}, ${(memoryBytes / 1_024 ** 3).toFixed(0)} GiB, ${system}; ${programs.join(', ')}`
}

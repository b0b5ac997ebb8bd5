import { cpus, release, totalmem } from 'node:os'

/** What figures depend on, kept beside them. Nothing that names the machine. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  /** Share of all CPUs that others used just before, and most in any run: 0 to 1. */
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

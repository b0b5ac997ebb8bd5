import { dotKey, findLife, replicantKey } from '../../../src/core/oplog/index.ts'
import { wasHeld } from '../../../src/core/oplog/holes.ts'
import type { Operation, Replicant } from '../../../src/core/oplog/index.ts'
import type { ReadReplicant } from './agent.ts'
import type { DiskCopy } from './disk.ts'
import type { Ledger } from './ledger.ts'

interface Moment {
  /** How many writes had been acknowledged. */
  readonly acknowledged: number
  /** What stood on all disks. */
  readonly disks: readonly DiskCopy[]
}

/** What was acknowledged and stood on no disk any more when one was set back: nobody can bring that back. */
export class Losses {
  readonly #ledger: Ledger
  readonly #read: ReadReplicant
  readonly #moments: Moment[] = []
  readonly #lost = new Set<string>()

  constructor(ledger: Ledger, read: ReadReplicant) {
    this.#ledger = ledger
    this.#read = read
  }

  /** A disk has just been set back. */
  note(disks: readonly DiskCopy[]): void {
    this.#moments.push({ acknowledged: this.#ledger.acknowledged.length, disks })
  }

  /** By `dotKey`. What is on the disks is looked at when it is asked for. */
  async lost(): Promise<ReadonlySet<string>> {
    for (const moment of this.#moments.splice(0)) await this.#look(moment)
    return this.#lost
  }

  async #look({ acknowledged, disks }: Moment): Promise<void> {
    const known = new Map<string, readonly Replicant[]>()
    for (const { dot } of this.#ledger.acknowledged.slice(0, acknowledged)) {
      const operation = this.#ledger.find(dot)
      if (operation === undefined) continue
      const key = replicantKey(operation.replicant)
      const replicants = known.get(key) ?? (await Promise.all(disks.map(disk => this.#read(operation.replicant, disk))))
      known.set(key, replicants)
      if (!replicants.some(replicant => holds(replicant, operation))) this.#lost.add(dotKey(dot))
    }
  }
}

function holds(replicant: Replicant, { life, dot }: Operation): boolean {
  const held = findLife(replicant, life)
  return held !== undefined && wasHeld(held, dot)
}

import { REPAIR_LOOK_MS, REPAIR_WAITS_MS } from '../limits.ts'
import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { Liveness } from '../../../core/resource/catalog.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { RepairResult, ReplicationPeer } from '../../../ports/replication-control.ts'
import type { Copied } from '../drift/repair.ts'

export interface PatientRepairParts {
  readonly clock: Clock
  /** One attempt. */
  readonly repair: (replicant: ReplicantName, from: string | undefined) => Promise<Copied>
  readonly membersOf: (replicant: ReplicantName) => Promise<readonly string[]>
  /** Undefined for a site that nobody knows. */
  readonly livenessOf: (site: string) => Liveness | undefined
  readonly peers: () => readonly ReplicationPeer[]
}

/**
 * A repair that an operator asks for. After a start the others are known before they are connected and hold the same again: they are waited for,
 * for a while, and what cannot be said yet is not said to be so.
 *
 * @param from only this member; any if undefined
 * @param signal ends the waiting
 * @throws what `repair` throws
 */
export async function repairPatiently(
  { clock, repair, membersOf, livenessOf, peers }: PatientRepairParts,
  replicant: ReplicantName,
  from: string | undefined,
  signal: AbortSignal | undefined,
): Promise<RepairResult> {
  const began = clock.monotonic()
  for (;;) {
    const result = await repair(replicant, from)
    if (typeof result === 'object') return { result: result.is }
    if (result !== 'nobody') return { result }
    const met = new Set(peers().flatMap(peer => (peer.connected && peer.digest !== 'unknown' ? [peer.site] : [])))
    const members = from === undefined ? await membersOf(replicant) : [from]
    const waitsFor = members.filter(site => !met.has(site) && (livenessOf(site) ?? 'down') !== 'down')
    if (waitsFor.length === 0) return { result }
    if (signal?.aborted === true || clock.monotonic() - began >= REPAIR_WAITS_MS) return { result: 'not-yet', waitsFor }
    await new Promise<void>(resolve => void clock.after(REPAIR_LOOK_MS, resolve))
  }
}

/**
 * What the application here has refused for good although it counts: the site differs from the others by it, says so, and tries now and then
 * to take the state of one that does not. Source: src/consistency.md "Refusals at a member".
 */
import { NOTHING_EXECUTED, holderOf, sameDot, type Dot, type Operation } from '../../../core/oplog/index.ts'
import { MAX_KNOWN_FAILED } from '../limits.ts'
import type { Why } from '../admission/words.ts'
import type { Replica, RunState } from '../replica.ts'

const REFUSED = 'the application here has refused what counts at the other members'

/** What was refused last, and how: nothing else says it after the answer. */
const refusals = new WeakMap<RunState, { readonly dot: Dot; readonly status: number; readonly type: string }>()

/** @param status that the application answered, for good */
export function noteRefusal(replica: Replica, { dot, type }: Operation, status: number): void {
  refusals.set(replica.run, { dot, status, type })
}

/** Why a replicant with operations that have failed is diverged. */
export function refusedText(replica: Replica): string {
  const { divergedBy } = replica.local
  const last = refusals.get(replica.run)
  // What has failed since may have done so for another reason.
  if (last !== undefined && failedHere(replica).some(({ dot }) => sameDot(dot, last.dot)))
    return `${REFUSED}: it answers ${String(last.status)} to the ${last.type}`
  return divergedBy?.startsWith(REFUSED) === true ? divergedBy : REFUSED
}

/** The operations of the schedule that have failed here. */
export function failedHere({ core, local }: Replica): readonly Operation[] {
  if (local.failed.length === 0) return []
  const live = holderOf(core.replicant)?.live ?? []
  return live.filter(({ dot }) => local.failed.some(failed => sameDot(failed, dot)))
}

/**
 * What has failed under the identity of another request with the same key, as that of the operations that count.
 * @param nameOf the identity that counts, of one that was executed
 */
export function renamed({ run, local }: Replica, nameOf: (dot: Dot) => Dot) {
  const last = refusals.get(run)
  if (last !== undefined) refusals.set(run, { ...last, dot: nameOf(last.dot) })
  return { failed: local.failed.map(nameOf), lacked: local.lacked.map(nameOf) }
}

/** Why an operation has failed here, as its origin is told, as far as that is known: of what was refused before the one that was last it is not. */
export function whyFailed({ run, local }: Replica, dot: Dot): Why {
  if (local.lacked.some(other => sameDot(other, dot))) return { error: 'ERR_BLOB_NOT_FOUND' }
  const last = refusals.get(run)
  return last !== undefined && sameDot(last.dot, dot) ? { status: last.status } : {}
}

/**
 * Of what has failed since its large body came from nobody, what may run now that `isHere` says that it is here. Where that was to make the resource, nothing was sent of what
 * counts as executed behind it, however little is remembered of that: there was nothing to change.
 */
export function withBodyNow({ core, local }: Replica, isHere: (operation: Operation) => boolean): readonly Operation[] {
  const { lacked, bound, executed } = local
  if (lacked.length === 0) return []
  const isAmong = (done: readonly { readonly dot: Dot }[], { dot }: Operation): boolean =>
    done.some(other => sameDot(other.dot, dot))
  const live = holderOf(core.replicant)?.live ?? []
  const again = live.filter(operation => lacked.some(dot => sameDot(dot, operation.dot)) && isHere(operation))
  return again.length > 0 && !bound ? live.filter(operation => isAmong(executed.operations, operation)) : again
}

/** What counts as executed, and as failed, without operations that are to run again. */
export function withoutFailed({ local }: Replica, again: readonly Operation[]) {
  const stays = ({ dot }: { readonly dot: Dot }): boolean => !again.some(other => sameDot(other.dot, dot))
  const dotStays = (dot: Dot): boolean => stays({ dot })
  const operations = local.executed.operations.filter(stays)
  // What was seen may have been sent, but where there was nothing to send it to.
  const isNothingSent = operations.length === 0 && !local.bound
  return {
    executed: isNothingSent ? NOTHING_EXECUTED : { ...local.executed, operations },
    failed: local.failed.filter(dotStays),
    lacked: local.lacked.filter(dotStays),
  }
}

/** What is remembered after an operation was executed; what is no part of the schedule any more is not. */
export function withFailed(replica: Replica, dot: Dot, outcome: 'applied' | 'failed'): readonly Dot[] {
  const others = failedHere(replica)
    .map(failed => failed.dot)
    .filter(failed => !sameDot(failed, dot))
  return outcome === 'applied' ? others : [...others, dot].slice(-MAX_KNOWN_FAILED)
}

import { holderOf, keyOf, sameDot, type Operation } from '../../../core/oplog/index.ts'
import type { Commit } from '../store/commit.ts'
import type { Replica } from '../replica.ts'

/**
 * An operation goes because another is the same request with the same idempotency key. Where nobody knows whether the first took effect here,
 * that is as unknown of the one that stays: it is not sent as if nothing had been. Source: src/consistency.md "Promises to clients".
 */
export function inheritDoubt(commit: Commit, replica: Replica, gone: Operation): void {
  const { intent, uncertain, executed } = replica.local
  const isIntended = intent !== undefined && sameDot(intent.dot, gone.dot)
  const isUncertain = uncertain !== undefined && sameDot(uncertain, gone.dot)
  if (gone.idempotency === undefined || (!isIntended && !isUncertain)) return
  const key = keyOf(gone.idempotency)
  const heir = holderOf(replica.core.replicant)?.live.find(
    ({ idempotency }) => idempotency !== undefined && keyOf(idempotency) === key,
  )
  if (heir === undefined) return
  // It may stand there twice.
  if (executed.operations.some(({ dot }) => sameDot(dot, heir.dot))) {
    commit.local(replica, { suspect: true })
    return
  }
  if (isIntended) commit.local(replica, { intent: { ...intent, dot: heir.dot } })
  if (isUncertain) commit.local(replica, { uncertain: heir.dot })
}

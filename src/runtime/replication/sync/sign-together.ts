import type { Dot, ReplicantName } from '../../../core/oplog/index.ts'
import type { SealedOperation } from '../../../ports/sync.ts'
import type { Engine } from '../engine.ts'

/** An operation that is about to be told. */
interface Kept {
  readonly name: ReplicantName
  readonly dot: Dot
  readonly sealed: SealedOperation
}

/**
 * Signs those that nobody was told of yet, which are this site's own, all at once: at both ends a signature costs as much as all else that is
 * computed of an operation. On the disk they stay as they are: who is told after a start is told with another signature.
 */
export function signTogether(
  { options, replicas }: Pick<Engine, 'options' | 'replicas'>,
  kept: readonly Kept[],
): Kept[] {
  const news = kept.filter(({ sealed }) => sealed.signature.length === 0)
  if (news.length === 0) return [...kept]
  const signed = options.seal.sign(news.map(({ sealed }) => sealed))
  let next = 0
  return kept.map(each => {
    const sealed = each.sealed.signature.length === 0 ? signed[next++] : undefined
    if (sealed === undefined) return each
    replicas.keepSigned(each.name, each.dot, sealed)
    return { ...each, sealed }
  })
}

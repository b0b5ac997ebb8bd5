/** Operations that contradict themselves: from a faulty or forged origin, and never to be taken. */
import { covers, isCanonical } from './context.ts'
import { leftOutBy, replicantKey } from './operation.ts'
import { compareOperations, compareStamps, sameDot } from './order.ts'
import type { Operation, ReplicantName } from './operation.ts'

export type OperationProblem =
  'other-replicant' | 'bad-dot' | 'bad-stamp' | 'bad-context' | 'bad-life' | 'bad-previous' | 'bad-members'

/** What is wrong with an operation by itself; undefined if nothing is. */
export function problemOf(operation: Operation, name: ReplicantName): OperationProblem | undefined {
  const { dot, stamp, replicant, life, type, previous, context, members } = operation
  if (replicantKey(replicant) !== replicantKey(name)) return 'other-replicant'
  if (!isCount(dot.number) || dot.number === 0) return 'bad-dot'
  if (!isCount(stamp.ms) || !isCount(stamp.counter)) return 'bad-stamp'
  if (!isCanonical(context) || covers(context, dot)) return 'bad-context'
  if (context.some(({ number }) => !isCount(number) || number === 0)) return 'bad-context'
  const leftOut = leftOutBy(operation)
  if (leftOut.length > 0 && (type !== 'state' || !leftOut.every(each => covers(context, each)))) return 'bad-context'
  if ((members !== undefined) !== (type === 'create' || type === 'members')) return 'bad-members'
  if (members?.removed.some(site => members.added.includes(site)) === true) return 'bad-members'
  if (type === 'create') {
    if (!sameDot(life.dot, dot) || compareStamps(life.stamp, stamp) !== 0) return 'bad-life'
    if (members?.removed.length !== 0) return 'bad-members'
    return context.length > 0 || previous !== undefined ? 'bad-context' : undefined
  }
  if (compareOperations(life, operation) >= 0 || sameDot(life.dot, dot)) return 'bad-life'
  if (!covers(context, life.dot)) return 'bad-context'
  if (previous === undefined) return undefined
  if (previous.site !== dot.site || !covers(context, previous)) return 'bad-previous'
  return undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

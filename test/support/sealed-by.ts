import type { Operation } from '../../src/core/oplog/index.ts'
import type { OperationSeal, SealedOperation } from '../../src/ports/sync.ts'

/** An operation under a signature of its own. */
export function sealedBy(seal: OperationSeal, operation: Operation): SealedOperation {
  const [sealed] = seal.sign([seal.encode(operation)])
  if (sealed === undefined) throw new Error('signing one operation gave none')
  return sealed
}

import { CheopsError } from '../../../src/errors.ts'
import type { OperationSeal, SealedOperation, SyncCodec } from '../../../src/ports/sync.ts'
import type { VirtualKeys } from '../virtual-keys.ts'
import type { SiteKeys } from './site-keys.ts'
import type { Ledger } from './ledger.ts'

/**
 * Signs with the cheap keys of the simulation, over the real bytes of an operation; keeps the full log, since every operation that
 * anybody releases goes through here.
 * @param now virtual time
 */
export function simSeal(
  site: string,
  keys: VirtualKeys,
  siteKeys: SiteKeys,
  codec: SyncCodec,
  ledger: Ledger,
  now: () => number,
): OperationSeal {
  const ownName = siteKeys.of(site)
  const own = keys.make(ownName, secretOf(ownName))
  return {
    encode: operation => {
      const bytes = codec.encodeOperation(operation)
      ledger.sealed(codec.decodeOperation(bytes), now())
      return { bytes, signature: new Uint8Array() }
    },
    sign: operations => operations.map(({ bytes }) => ({ bytes, signature: widened(own.sign(bytes)) })),
    open: ({ bytes, signature }: SealedOperation) => {
      const operation = codec.decodeOperation(bytes)
      const known = siteKeys.knownAt(site, operation.dot.site)
      if (known === undefined)
        throw new CheopsError('ERR_SYNC_ORIGIN', `${site} does not know the key of ${operation.dot.site}.`)
      const origin = keys.make(known, secretOf(known))
      if (!origin.verify(origin.publicKey, bytes, signature.subarray(0, 8)))
        throw new CheopsError('ERR_SYNC_SIGNATURE', `${operation.dot.site} has not signed this.`)
      ledger.note(operation, bytes)
      return operation
    },
  }
}

/** As long as a signature of Ed25519. */
function widened(signature: Uint8Array): Uint8Array {
  const wide = new Uint8Array(64)
  wide.set(signature)
  return wide
}

function secretOf(site: string): bigint {
  return BigInt(Array.from(site).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
}

/**
 * Operations are sealed by their origin and opened by everybody who knows its key: not one byte can be changed on the way, and no
 * signature that was made for anything else counts. Keys are real ones.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOperationSeal } from '../../../../protocols/sync/seal.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { operation } from './arbitrary.ts'
import type { Operation } from '../../../../src/core/oplog/index.ts'
import type { OperationSeal } from '../../../../src/ports/sync.ts'

const site = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
  return { key, sign: (bytes: Uint8Array) => Uint8Array.from(sign(null, bytes, privateKey)) }
}
const paris = site()
const lyon = site()
const KEYS: ReadonlyMap<string, Uint8Array> = new Map([
  ['paris', paris.key],
  ['lyon', lyon.key],
])
const sealOf = (name: string, signer: typeof paris, mesh = 'demo'): OperationSeal =>
  createOperationSeal({ mesh, site: name, sign: signer.sign, publicKeyOf: each => KEYS.get(each) })
const from = (name: string, value: Operation): Operation => ({ ...value, dot: { ...value.dot, site: name } })
const refusedAs = (code: string) => expect.objectContaining({ code })
const [example] = fc.sample(operation, { numRuns: 1, seed: 1 }) as [Operation]

test('what is sealed at one site is opened at another as it was', () => {
  fc.assert(
    fc.property(operation, value => {
      const sealed = sealOf('paris', paris).seal(from('paris', value))
      expect(sealOf('lyon', lyon).open(sealed)).toEqual(from('paris', value))
    }),
  )
})

test('any change of the bytes or of the signature is refused', () => {
  const sealed = sealOf('paris', paris).seal(from('paris', example))
  const seal = sealOf('lyon', lyon)
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), (inSignature, place, mask) => {
      const forged = { bytes: Uint8Array.from(sealed.bytes), signature: Uint8Array.from(sealed.signature) }
      const part = inSignature ? forged.signature : forged.bytes
      part[place % part.length] = (part[place % part.length] ?? 0) ^ mask
      expect(() => seal.open(forged)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_SYNC_(MESSAGE|SIGNATURE|ORIGIN)$/) as string }),
      )
    }),
    { numRuns: 500 },
  )
})

test('bytes that are cut off, or followed by others, are refused', () => {
  const { bytes, signature } = sealOf('paris', paris).seal(from('paris', example))
  const seal = sealOf('lyon', lyon)
  for (let length = 0; length < bytes.length; length++) {
    expect(() => seal.open({ bytes: bytes.subarray(0, length), signature })).toThrow(CheopsError)
  }
  // A field of a later version would be ignored, if the origin had signed it.
  const longer = Uint8Array.from([...bytes, 0xa2, 0x06, 0])
  expect(() => seal.open({ bytes: longer, signature })).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test("an operation in the name of another site is refused, and another's is not signed at all", () => {
  const forged = sealOf('paris', lyon).seal(from('paris', example))
  expect(() => sealOf('lyon', lyon).open(forged)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(() => sealOf('lyon', lyon).seal(from('paris', example))).toThrow(RangeError)
})

test('a signature of another mesh, or over the bytes alone, is refused', () => {
  const other = sealOf('paris', paris, 'other').seal(from('paris', example))
  expect(() => sealOf('lyon', lyon).open(other)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  const bare = { bytes: other.bytes, signature: paris.sign(other.bytes) }
  expect(() => sealOf('lyon', lyon).open(bare)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test('an origin whose key is not known is said to be that, so that its operations are not lost', () => {
  const stranger = sealOf('Site-1', paris).seal(from('Site-1', example))
  expect(() => sealOf('lyon', lyon).open(stranger)).toThrow(refusedAs('ERR_SYNC_ORIGIN'))
})

test('a key that a site has anew counts from then on, and the old one no more', () => {
  let key = paris.key
  const seal = createOperationSeal({ mesh: 'demo', site: 'lyon', sign: lyon.sign, publicKeyOf: () => key })
  const old = sealOf('paris', paris).seal(from('paris', example))
  const anew = sealOf('paris', lyon).seal(from('paris', example))
  expect(seal.open(old)).toEqual(from('paris', example))
  key = lyon.key
  expect(() => seal.open(old)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(seal.open(anew)).toEqual(from('paris', example))
})

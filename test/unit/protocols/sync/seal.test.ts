/**
 * Operations are sealed by their origin and opened by everybody who knows its key: not one byte can be changed on the way, and no
 * signature that was made for anything else counts. Keys are real ones.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOperationSeal } from '../../../../protocols/sync/seal.ts'
import { MAX_BATCH, decodeProof, leafOf, treeOf } from '../../../../protocols/sync/batch-proof.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { operation } from './arbitrary.ts'
import type { Operation } from '../../../../src/core/oplog/index.ts'
import type { OperationSeal, SealedOperation } from '../../../../src/ports/sync.ts'
import { sealedBy } from '../../../support/sealed-by.ts'

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
      const sealed = sealedBy(sealOf('paris', paris), from('paris', value))
      expect(sealOf('lyon', lyon).open(sealed)).toEqual(from('paris', value))
    }),
  )
})

test('what is kept of a sealed operation keeps no more than itself in memory', () => {
  for (const fits of [false, true]) {
    const { bytes } = sealOf('paris', paris).encode(from('paris', example), fits)
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength)
  }
})

test('any change of the bytes or of the signature is refused', () => {
  const sealed = sealedBy(sealOf('paris', paris), from('paris', example))
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
  const { bytes, signature } = sealedBy(sealOf('paris', paris), from('paris', example))
  const seal = sealOf('lyon', lyon)
  for (let length = 0; length < bytes.length; length++) {
    expect(() => seal.open({ bytes: bytes.subarray(0, length), signature })).toThrow(CheopsError)
  }
  // A field of a later version would be ignored, if the origin had signed it.
  const longer = Uint8Array.from([...bytes, 0xa2, 0x06, 0])
  expect(() => seal.open({ bytes: longer, signature })).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test("an operation in the name of another site is refused, and another's is not signed at all", () => {
  const forged = sealedBy(sealOf('paris', lyon), from('paris', example))
  expect(() => sealOf('lyon', lyon).open(forged)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(() => sealedBy(sealOf('lyon', lyon), from('paris', example))).toThrow(RangeError)
})

test('a signature of another mesh, or over the bytes alone, is refused', () => {
  const other = sealedBy(sealOf('paris', paris, 'other'), from('paris', example))
  expect(() => sealOf('lyon', lyon).open(other)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  const bare = { bytes: other.bytes, signature: paris.sign(other.bytes) }
  expect(() => sealOf('lyon', lyon).open(bare)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test('an origin whose key is not known is said to be that, so that its operations are not lost', () => {
  const stranger = sealedBy(sealOf('Site-1', paris), from('Site-1', example))
  expect(() => sealOf('lyon', lyon).open(stranger)).toThrow(refusedAs('ERR_SYNC_ORIGIN'))
})

test('a key that a site has anew counts from then on, and the old one no more', () => {
  let key = paris.key
  const seal = createOperationSeal({ mesh: 'demo', site: 'lyon', sign: lyon.sign, publicKeyOf: () => key })
  const old = sealedBy(sealOf('paris', paris), from('paris', example))
  const anew = sealedBy(sealOf('paris', lyon), from('paris', example))
  expect(seal.open(old)).toEqual(from('paris', example))
  key = lyon.key
  expect(() => seal.open(old)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(seal.open(anew)).toEqual(from('paris', example))
})

/** Operations of one origin, each another one. */
const batch = (count: number): Operation[] =>
  Array.from({ length: count }, (_, place) => {
    const { dot } = from('paris', example)
    return { ...from('paris', example), dot: { ...dot, number: place + 1 } }
  })

const signedTogether = (operations: readonly Operation[]): SealedOperation[] => {
  const seal = sealOf('paris', paris)
  return seal.sign(operations.map(each => seal.encode(each)))
}

test('what is signed together, however many, is opened each by itself and in any order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.infiniteStream(fc.nat()), (count, places) => {
      const operations = batch(count)
      const sealed = signedTogether(operations)
      const seal = sealOf('lyon', lyon)
      for (let some = 0; some < 5; some++) {
        const place = (places.next().value as number) % count
        expect(seal.open(sealed[place] as SealedOperation)).toEqual(operations[place])
      }
    }),
    { numRuns: 30 },
  )
})

test('as many as fit into a batch cost one signature, and one look at it', () => {
  let signatures = 0
  const counted = createOperationSeal({
    mesh: 'demo',
    site: 'paris',
    sign: bytes => (signatures++, paris.sign(bytes)),
    publicKeyOf: () => undefined,
  })
  const sealed = counted.sign(batch(MAX_BATCH).map(each => counted.encode(each)))
  expect(signatures).toBe(1)
  expect(new Set(sealed.map(({ signature }) => Buffer.from(signature.subarray(0, 64)).toString('hex'))).size).toBe(1)
})

test('any change of an operation, or of its way to what is signed, is refused, also where the others of the batch were believed', () => {
  const sealed = signedTogether(batch(13))
  const seal = sealOf('lyon', lyon)
  for (const each of sealed) seal.open(each)
  fc.assert(
    fc.property(
      fc.nat({ max: 12 }),
      fc.boolean(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (which, inProof, place, mask) => {
        const { bytes, signature } = sealed[which] as SealedOperation
        const forged = { bytes: Uint8Array.from(bytes), signature: Uint8Array.from(signature) }
        const part = inProof ? forged.signature : forged.bytes
        part[place % part.length] = (part[place % part.length] ?? 0) ^ mask
        expect(() => seal.open(forged)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^ERR_SYNC_(MESSAGE|SIGNATURE|ORIGIN)$/) as string }),
        )
      },
    ),
    { numRuns: 1_000 },
  )
})

test("the proof of one operation is none of another's, nor of another origin's, mesh's, nor a signature of one operation", () => {
  const [one, two] = signedTogether(batch(2)) as [SealedOperation, SealedOperation]
  const seal = sealOf('lyon', lyon)
  expect(() => seal.open({ bytes: one.bytes, signature: two.signature })).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(() => seal.open({ ...one, signature: one.signature.subarray(0, 64) })).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  expect(() => sealOf('lyon', lyon, 'other').open(one)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
  const byLyon = sealOf('paris', lyon)
  const forged = byLyon.sign(batch(2).map(each => byLyon.encode(each)))
  for (const each of forged) expect(() => seal.open(each)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test('a node of the tree is not taken for an operation, and a proof without a level, or with sides of none, is refused', () => {
  const [one, two] = signedTogether(batch(2)) as [SealedOperation, SealedOperation]
  const node = Buffer.concat([leafOf(one.bytes), leafOf(two.bytes)])
  const root = treeOf([leafOf(one.bytes), leafOf(two.bytes)]).root
  expect(Buffer.from(leafOf(node)).equals(root)).toBe(false)
  expect(decodeProof(new Uint8Array(65))).toBeUndefined()
  expect(decodeProof(new Uint8Array(65 + 20 * 9))).toBeUndefined()
  const beyond = Uint8Array.from(one.signature)
  beyond[64] = 2
  expect(() => sealOf('lyon', lyon).open({ ...one, signature: beyond })).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

test('what was not signed yet is opened by nobody', () => {
  const unsigned = sealOf('paris', paris).encode(from('paris', example))
  expect(unsigned.signature).toHaveLength(0)
  expect(() => sealOf('lyon', lyon).open(unsigned)).toThrow(refusedAs('ERR_SYNC_SIGNATURE'))
})

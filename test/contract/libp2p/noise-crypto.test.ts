/**
 * Our cryptography for noise says the same as the library's, for every way that a message can be cut into parts and on both
 * sides of the size where the implementation changes: each decrypts what the other encrypted, and a changed byte is refused.
 */
import { randomBytes } from 'node:crypto'
import { defaultCrypto } from '@libp2p/noise/crypto'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, test } from 'vitest'
import { noiseCrypto } from '../../../src/adapters/libp2p/noise-crypto.ts'

const key = Uint8Array.from(randomBytes(32))
const nonce = Uint8Array.from(randomBytes(12))
const noData = new Uint8Array(0)
/** Around the change of implementation, around the library's own, and the largest that noise sends. */
const sizes = [1, 15, 16, 383, 384, 385, 399, 400, 401, 1_199, 1_200, 1_201, 16_384, 65_519]

const plain = (bytes: Uint8Array | Uint8ArrayList): Buffer => Buffer.from(bytes.subarray())

describe.each([
  { name: 'ours, then the library', sealer: noiseCrypto, opener: defaultCrypto },
  { name: 'the library, then ours', sealer: defaultCrypto, opener: noiseCrypto },
  { name: 'ours both ways', sealer: noiseCrypto, opener: noiseCrypto },
])('$name', ({ sealer, opener }) => {
  test.each(sizes)('%i bytes', size => {
    const message = Uint8Array.from(randomBytes(size))
    const sealed = sealer.chaCha20Poly1305Encrypt(message, nonce, noData, key)
    expect(sealed.byteLength).toBe(size + 16)
    expect(plain(opener.chaCha20Poly1305Decrypt(sealed, nonce, noData, key))).toEqual(Buffer.from(message))
  })

  test('messages in parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 900 }), { minLength: 1, maxLength: 5 }), parts => {
        const sealed = sealer.chaCha20Poly1305Encrypt(new Uint8ArrayList(...parts), nonce, noData, key)
        const cut = Math.floor(sealed.byteLength / 2)
        const inParts = new Uint8ArrayList(sealed.subarray(0, cut), sealed.subarray(cut))
        expect(plain(opener.chaCha20Poly1305Decrypt(inParts, nonce, noData, key))).toEqual(Buffer.concat(parts))
      }),
    )
  })
})

test.each([64, 4_096])('a changed byte in %i is refused', size => {
  const sealed = plain(noiseCrypto.chaCha20Poly1305Encrypt(randomBytes(size), nonce, noData, key))
  sealed[size >> 1] = (sealed[size >> 1] ?? 0) ^ 1
  expect(() => noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, noData, key)).toThrow(/decrypt|authenticate/)
})

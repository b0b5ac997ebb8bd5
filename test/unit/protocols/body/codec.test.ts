/** The two messages of /cheops/body: what is written is read back, and what breaks a rule is refused on both ways. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../../../protocols/body/codec.ts'
import { BODY_LIMITS } from '../../../../protocols/body/limits.ts'
import * as pb from '../../../../protocols/body/pb/message.ts'

const HASH = 'ab'.repeat(32)
const piece = { replicant: { service: 'files', kind: 'file', name: 'a' }, hash: HASH, from: 0, to: 1 }
const message = { service: 'files', kind: 'file', name: 'a', hash: new Uint8Array(32), from: 0n, to: 1n }

test('any piece is read as it was written', () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'))
  const name = fc.string({ unit: 'grapheme', maxLength: 100 })
  const kind = fc.string({ minLength: 1, maxLength: 100 })
  const from = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - BODY_LIMITS.pieceBytes })
  const bytes = fc.integer({ min: 1, max: BODY_LIMITS.pieceBytes })
  fc.assert(
    fc.property(hex, name, kind, from, bytes, (hash, name, kind, from, bytes) => {
      const asked = { replicant: { service: 'files', kind, name }, hash, from, to: from + bytes }
      expect(decodeRequest(encodeRequest(asked))).toEqual(asked)
    }),
  )
})

test.each([
  ['a hash that is none', { ...piece, hash: 'AB'.repeat(32) }],
  ['no bytes', { ...piece, to: 0 }],
  ['a range backwards', { ...piece, from: 2 }],
  ['too many bytes', { ...piece, to: BODY_LIMITS.pieceBytes + 1 }],
  ['a negative offset', { ...piece, from: -1 }],
  ['half a byte', { ...piece, to: 0.5 }],
  ['a service that is none', { ...piece, replicant: { ...piece.replicant, service: 'A' } }],
  ['a kind without a name', { ...piece, replicant: { ...piece.replicant, kind: '' } }],
  ['too long a name', { ...piece, replicant: { ...piece.replicant, name: 'x'.repeat(BODY_LIMITS.nameLength + 1) } }],
  ['a name that is no text', { ...piece, replicant: { ...piece.replicant, name: '\ud800' } }],
])('%s cannot be asked for', (_, asked) => {
  expect(() => encodeRequest(asked)).toThrow(expect.objectContaining({ code: 'ERR_BODY_MESSAGE' }) as Error)
})

test.each([
  ['a short hash', { hash: new Uint8Array(31) }],
  ['a piece beyond all numbers', { from: 2n ** 63n, to: 2n ** 63n + 1n }],
  ['too large a piece', { to: BigInt(BODY_LIMITS.pieceBytes) + 1n }],
  ['a kind without a name', { kind: '' }],
])('a peer that asks with %s is refused', (_, part) => {
  const bytes = pb.Request.encode({ ...message, ...part })
  expect(() => decodeRequest(bytes)).toThrow(expect.objectContaining({ code: 'ERR_BODY_MESSAGE' }) as Error)
})

test('whatever comes is a piece, an answer or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      for (const decode of [decodeRequest, decodeAnswer])
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_BODY_MESSAGE' })
        }
    }),
  )
})

test('an answer says whether the piece follows', () => {
  expect([true, false].map(told => decodeAnswer(encodeAnswer(told)))).toEqual([true, false])
})

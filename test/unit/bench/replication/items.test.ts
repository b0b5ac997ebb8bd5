// What is written: bodies of one length, whose number an application finds again.

import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BODY_BYTES, bodyOf, nameOf, placeOf, sequenceOf } from '../../../bench/replication/items.ts'

describe('items', () => {
  it('tell their place and number', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000_000), (place, sequence) => {
        const body = bodyOf(place, sequence)
        expect(JSON.parse(body)).toMatchObject({ id: nameOf(place), sequence })
        expect(body).toHaveLength(BODY_BYTES)
        expect(sequenceOf(Buffer.from(body))).toBe(sequence)
        expect(placeOf(nameOf(place))).toBe(place)
      }),
    )
    expect(sequenceOf(Buffer.from('{}'))).toBeNaN()
  })

  it('cannot be made much smaller, not even many together', () => {
    const together = Array.from({ length: 128 }, (_, sequence) => bodyOf(1, sequence)).join('')
    expect(deflateRawSync(together).length).toBeGreaterThan(together.length * 0.6)
  })
})

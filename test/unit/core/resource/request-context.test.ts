/**
 * What travels with a request in `baggage`: what is written can be read, members of others stay as they stand, and whatever a
 * client or an application sends there is read without harm. Properties by fast-check.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBaggage, writeBaggage } from '../../../../src/core/resource/request-context.ts'

/** A scope is any text that can be encoded. */
const scope = fc.string({ unit: 'grapheme' }).filter(text => text.isWellFormed())
const hops = fc.integer({ min: 0, max: 999 })
/** A member of somebody else: a token, a value, perhaps a property. */
const foreign = fc
  .tuple(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
    fc.stringMatching(/^[A-Za-z0-9%._~!-]{0,12}$/),
    fc.constantFrom('', ';a', ';a=b;c'),
  )
  .filter(([key]) => !key.startsWith('cheops-'))
  .map(([key, value, property]) => `${key}=${value}${property}`)

describe('baggage', () => {
  test('what is written is read again, whatever the scope', () => {
    fc.assert(
      fc.property(scope, hops, fc.array(foreign), (text, count, others) => {
        expect(readBaggage([writeBaggage(others, { scope: text, hops: count })])).toEqual({ scope: text, hops: count })
      }),
    )
  })

  test('is printable ASCII without spaces: it passes every proxy and every parser', () => {
    fc.assert(
      fc.property(scope, hops, (text, count) => {
        expect(writeBaggage([], { scope: text, hops: count })).toMatch(/^[\x21-\x7e]+$/)
      }),
    )
  })

  test('members of others stay, in their order, whatever stood there for Cheops before', () => {
    fc.assert(
      fc.property(fc.array(fc.array(foreign)), scope, scope, hops, (headers, before, after, count) => {
        const existing = headers.map(members => [`cheops-scope=${encodeURIComponent(before)}`, ...members].join(', '))
        const written = writeBaggage([...existing, 'cheops-hops=3'], { scope: after, hops: count })
        expect(written.split(',').slice(0, -2)).toEqual(headers.flat())
        expect(readBaggage([written])).toEqual({ scope: after, hops: count })
      }),
    )
  })

  test.each([
    ['nothing', '', {}],
    ['members of others only', 'a=b,c=d', {}],
    ['spaces around', ' a=b ,  cheops-scope = site1 ;p=1 , cheops-hops = 2 ', { scope: 'site1', hops: 2 }],
    ['the first scope of two', 'cheops-scope=a,cheops-scope=b', { scope: 'a' }],
    ['the higher number of two: no loop hides behind the lower one', 'cheops-hops=2,cheops-hops=9', { hops: 9 }],
    ['what is no encoding as it is, so that reading the scope fails', 'cheops-scope=%zz', { scope: '%zz' }],
    ['what is no UTF-8, likewise', 'cheops-scope=%ff', { scope: '%ff' }],
    ['no number', 'cheops-hops=-1', {}],
    ['a number beyond all bounds', 'cheops-hops=99999999999999999999', {}],
    ['a fraction', 'cheops-hops=1.5', {}],
    ['a member without a value', 'cheops-scope', { scope: '' }],
    ['a value with "="', 'cheops-scope=@a=b', { scope: '@a=b' }],
    ['another case: keys are case-sensitive', 'Cheops-Scope=site1', {}],
  ])('reads %s', (_what, header, expected) => {
    expect(readBaggage([header])).toEqual({ scope: undefined, hops: undefined, ...expected })
  })

  test('reads all headers as one list', () => {
    expect(readBaggage(['a=b', 'cheops-hops=1', 'cheops-scope=site2'])).toEqual({ scope: 'site2', hops: 1 })
  })

  test('no text makes it throw, and what it reads can be written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom(',', ';', '=', 'cheops-scope', 'cheops-hops', '%'))),
        parts => {
          const { scope: text = '', hops: count = 0 } = readBaggage([parts.join('')])
          expect(readBaggage([writeBaggage([parts.join('')], { scope: text, hops: count })])).toEqual({
            scope: text,
            hops: count,
          })
        },
      ),
    )
  })
})

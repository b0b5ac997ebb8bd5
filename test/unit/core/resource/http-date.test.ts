/** Dates of headers, beside those of the language. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { httpDateMs } from '../../../../src/core/resource/http-date.ts'

test('is what the language takes it for', () => {
  const second = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1_000 })
  fc.assert(
    fc.property(second, seconds => {
      expect(httpDateMs(new Date(seconds * 1_000).toUTCString())).toBe(seconds * 1_000)
    }),
  )
  for (const day of ['28 Feb 2000', '29 Feb 2000', '01 Mar 2000', '28 Feb 2100', '01 Mar 2100', '31 Dec 2024'])
    expect(httpDateMs(`Sun, ${day} 00:00:00 GMT`), day).toBe(Date.parse(`${day} 00:00:00 GMT`))
})

test.each(['', '5', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Xyz 1994 08:49:37 GMT'])(
  'is none: %s',
  text => {
    expect(httpDateMs(text)).toBeUndefined()
  },
)

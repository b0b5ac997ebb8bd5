// Medians, and comparisons within rounds: by examples, and by properties that any median must have.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paired, quantile, spread } from '../../bench/measure/statistics.ts'

const figures = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 })

describe('spread', () => {
  it.each([
    [[7], { median: 7, min: 7, max: 7 }],
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[10, 9, 100, 11], { median: 10.5, min: 9, max: 100 }],
  ])('of %j', (values, wanted) => {
    expect(spread(values)).toEqual(wanted)
  })

  it('has no median of nothing', () => {
    expect(() => spread([])).toThrow(RangeError)
  })

  it('has as many values above as below, in whatever order they came', () => {
    fc.assert(
      fc.property(figures, values => {
        const { median, min, max } = spread(values)
        expect(min).toBeLessThanOrEqual(median)
        expect(median).toBeLessThanOrEqual(max)
        expect(values.filter(value => value < median).length).toBeLessThanOrEqual(values.length / 2)
        expect(values.filter(value => value > median).length).toBeLessThanOrEqual(values.length / 2)
        expect(spread(values.toReversed())).toEqual({ median, min, max })
      }),
    )
  })
})

describe('paired', () => {
  const rounds = (...speeds: (number | undefined)[]) =>
    speeds.flatMap((speed, round) => (speed === undefined ? [] : [{ round, speed }]))
  const ratio = (left: { speed: number }, right: { speed: number }) => left.speed / right.speed

  it('compares within a round, so that a machine that gets slower bends nothing', () => {
    // Half as fast in every round, while the machine loses nine tenths of its speed.
    expect(paired(rounds(50, 25, 5), rounds(100, 50, 10), ratio)).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
  })

  it('leaves out rounds in which one of the two is missing or cannot be compared', () => {
    expect(paired(rounds(undefined, 30, 40, 50), rounds(10, 10, undefined, 0), ratio)).toMatchObject({ median: 3 })
    expect(paired(rounds(1), [], ratio)).toBeUndefined()
    expect(paired(rounds(1), rounds(1), () => undefined)).toBeUndefined()
  })
})

describe('quantile', () => {
  it('is the value that such a share is at or below', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([0, 0.5, 0.99, 1].map(share => quantile(hundred, share))).toEqual([1, 50, 99, 100])
    expect(quantile([3], 0.5)).toBe(3)
    expect(quantile([], 0.5)).toBeUndefined()
  })
})

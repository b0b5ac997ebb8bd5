/**
 * How far a site is: what delays pings for a while does not move it away, and a way that has really become longer or shorter
 * is believed within a bounded number of pings.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRoundTrip, ROUND_TRIPS_KEPT, roundTripMs } from '../../../../src/core/liveness/round-trip.ts'
import type { RoundTrips } from '../../../../src/core/liveness/round-trip.ts'

function after(...measured: [number, ...number[]]): number {
  const [first, ...rest] = measured
  let trips: RoundTrips = addRoundTrip(undefined, first)
  for (const ms of rest) trips = addRoundTrip(trips, ms)
  return roundTripMs(trips)
}

test('a slow first ping is forgotten at the second', () => {
  expect(after(300, 1.2)).toBe(1.2)
})

test('pings that wait behind a load do not move the site away', () => {
  expect(after(10, 80, 90, 200, 75)).toBe(10)
})

test('a longer way is believed once all that is kept say so', () => {
  const longer = Array.from({ length: ROUND_TRIPS_KEPT }, () => 40)
  expect(after(10, ...longer.slice(1))).toBe(10)
  expect(after(10, ...longer)).toBe(40)
})

test('it is always one of the last measurements', () => {
  const measurements = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(measurements, list => {
      const [first = 0, ...rest] = list
      expect(after(first, ...rest)).toBe(Math.min(...list.slice(-ROUND_TRIPS_KEPT)))
    }),
  )
})

/** Large bodies give way while others are active, and only then: by a clock of the test's own. */
import { expect, test } from 'vitest'
import { FairShare } from '../../../../src/adapters/http/fair-share.ts'

const LARGE = 65_536
const SMALL = 1_024

function share() {
  const clock = { now: 0 }
  return { clock, fair: new FairShare(() => clock.now) }
}

test('a body that is alone gives way to nobody', () => {
  const { clock, fair } = share()
  const body = {}
  for (let i = 0; i < 1_000; i++) {
    clock.now += 0.3
    expect(fair.givesWay(body, LARGE), `chunk ${i}`).toBe(false)
  }
})

test('a body gives way after each large chunk for as long as others move something now and then', () => {
  const { clock, fair } = share()
  const body = {}
  fair.givesWay(body, LARGE)
  for (let i = 0; i < 50; i++) {
    fair.givesWay({}, SMALL)
    for (let chunk = 0; chunk < 9; chunk++) {
      clock.now += 10
      expect(fair.givesWay(body, LARGE), `${chunk * 10 + 10} ms after the last small request`).toBe(true)
    }
    clock.now += 9
  }
  clock.now += 2
  expect(fair.givesWay(body, LARGE), 'when the others have been silent for a tenth of a second').toBe(false)
})

test('small chunks never give way', () => {
  const { fair } = share()
  fair.givesWay({}, LARGE)
  expect(fair.givesWay({}, SMALL)).toBe(false)
})

test('two large bodies give way to each other', () => {
  const { clock, fair } = share()
  const [one, two] = [{}, {}]
  fair.givesWay(one, LARGE)
  for (let i = 0; i < 10; i++) {
    clock.now += 1
    expect([fair.givesWay(two, LARGE), fair.givesWay(one, LARGE)]).toEqual([true, true])
  }
})

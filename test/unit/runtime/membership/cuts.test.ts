/** What cuts do that needs no network: whom the end of one wakes. How they hold is shown by test/integration/peers/cut.test.ts. */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import { Cuts } from '../../../../src/runtime/membership/cuts.ts'
import { Lifetime } from '../../../../src/runtime/membership/lifetime.ts'

const EPOCH_MS = 1_763_000_000_000

type Mesh = ConstructorParameters<typeof Cuts>[0]

/** @returns cuts of site one, who was woken, and the sites that it knows */
function cutsOfOne() {
  const time = new VirtualTime()
  const wall = { aheadMs: EPOCH_MS }
  const clock = {
    now: () => wall.aheadMs + time.now,
    monotonic: () => time.now,
    after: (delayMs: number, fn: () => void) => time.after(delayMs, fn),
  }
  const known = new Set(['one', 'two', 'three'])
  const woken: string[] = []
  const view = {
    names: () => [...known],
    entry: (site: string) => (known.has(site) ? {} : undefined),
    siteOfPeer: (peerId: string) => peerId,
    changed: () => undefined,
  }
  const parts = {
    clock: clock,
    life: new Lifetime(clock, error => expect.unreachable(String(error))),
    logger: { warn: () => undefined },
    network: { connections: () => [], close: () => undefined },
    options: { site: 'one' },
    view,
  }
  const cuts = new Cuts(parts as unknown as Mesh, site => void woken.push(site))
  return { cuts, known, woken, time, wall }
}

test('who was cut off is dialled when that ends', async () => {
  const { cuts, woken, time } = cutsOfOne()
  cuts.cut(['two'], 5_000)
  expect(cuts.hasPeer('two')).toBe(true)
  await time.run(time.now + 6_000)
  expect(cuts.hasPeer('two')).toBe(false)
  expect(woken).toEqual(['two'])
})

test('who was removed meanwhile is not looked for when that ends', () => {
  const { cuts, known, woken } = cutsOfOne()
  cuts.cut(['two', 'three'], 600_000)
  known.delete('two')
  cuts.join(undefined)
  expect(woken).toEqual(['three'])
})

test('what it is said to last is what it lasts, also where the wall clock jumps', async () => {
  const { cuts, time, wall } = cutsOfOne()
  cuts.cut(['two'], 600_000)
  await time.run(time.now + 60_000)
  for (const jumpMs of [3_600_000, -2 * 86_400_000]) {
    wall.aheadMs += jumpMs
    const now = wall.aheadMs + time.now
    expect(cuts.list()).toEqual([{ site: 'two', since: now - 60_000, until: now + 540_000 }])
  }
})

/** How long a write may wait until it is begun: fails in time where it is not, is waited for where it is. Virtual time. */
import { expect, test } from 'vitest'
import { VirtualTime } from '../../../../../sims/world/virtual-time.ts'
import type { Clock } from '../../../../../src/ports/clock.ts'
import { Patience } from '../../../../../src/runtime/replication/write/patience.ts'

const clockOf = (time: VirtualTime): Clock => ({
  now: () => time.now,
  monotonic: () => time.now,
  after: (ms, fn) => time.after(ms, fn),
})
const busy = { code: 'ERR_REPLICANT_BUSY' }

test('what is not begun in time is refused, and is not begun any more', async () => {
  const time = new VirtualTime()
  const patience = new Patience(clockOf(time), 1_000, 'The write')
  const waited = patience.until(new Promise<string>(() => undefined))
  const refused = waited.catch((error: unknown) => error)
  await time.run(999)
  patience.check()
  await time.run(1_000)
  expect(await refused).toMatchObject(busy)
  expect(() => patience.begin()).toThrow(expect.objectContaining(busy))
})

test('what is begun is waited for, and what ends first is what it came to', async () => {
  const time = new VirtualTime()
  const patience = new Patience(clockOf(time), 1_000, 'The write')
  const done = Promise.withResolvers<string>()
  const waited = patience.until(done.promise)
  patience.begin()
  await time.run(60_000)
  done.resolve('done')
  expect(await waited).toBe('done')
  const other = new Patience(clockOf(time), 1_000, 'The write')
  await expect(other.until(Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})

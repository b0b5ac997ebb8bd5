/**
 * How many lanes have something to do at once is bounded: looks that find no room are asked for again when there is some, and clients are refused
 * only beyond as many again. The look here does nothing until the test lets it.
 */
import { expect, test, vi } from 'vitest'
import { MAX_BUSY_LANES, MAX_RUNNING_LANES } from '../../../../../src/runtime/replication/limits.ts'
import { Lanes, type Looked } from '../../../../../src/runtime/replication/lane/lanes.ts'
import { realClock, realRandom } from '../../../../support/real-time.ts'

const named = (n: number) => ({ service: 'shop', kind: 'items', name: String(n) })
const failed = (error: unknown): never => {
  throw error instanceof Error ? error : new Error(String(error))
}

test('looks beyond the bound leave nothing in memory, and are asked for when there is room', async () => {
  const open = Promise.withResolvers<void>()
  const room = Promise.withResolvers<void>()
  const looked = new Set<string>()
  const look = async (name: { name: string }): Promise<Looked> => {
    await open.promise
    looked.add(name.name)
    return 'settled'
  }
  const lanes = new Lanes(realClock, realRandom, look, failed, room.resolve)
  const count = MAX_BUSY_LANES + 1_000
  for (let n = 0; n < count; n++) lanes.kick(named(n))
  expect(lanes.size).toBe(MAX_BUSY_LANES)
  // A client is not harmed by that.
  const written = lanes.run(named(count), async () => 'written')
  open.resolve()
  expect(await written).toBe('written')
  await room.promise
  for (let n = 0; n < count; n++) if (!looked.has(String(n))) lanes.kick(named(n))
  await vi.waitFor(() => expect([looked.size, lanes.size]).toEqual([count, 0]), 10_000)
})

test('clients are refused where twice as many lanes are busy, and leave no lane behind', async () => {
  const open = Promise.withResolvers<void>()
  const lanes = new Lanes(realClock, realRandom, async () => 'settled', failed)
  const jobs = Array.from({ length: 2 * MAX_BUSY_LANES }, (_, n) => lanes.run(named(n), () => open.promise))
  await expect(lanes.run(named(-1), async () => 1)).rejects.toMatchObject({ code: 'ERR_REPLICANT_BUSY' })
  expect(lanes.size).toBe(2 * MAX_BUSY_LANES)
  open.resolve()
  await Promise.all(jobs)
  expect(lanes.size).toBe(0)
})

test('looks of a service that hang leave the lanes of others and all clients their places', async () => {
  const open = Promise.withResolvers<void>()
  const looked: string[] = []
  const look = async ({ service, name }: { service: string; name: string }): Promise<Looked> => {
    if (service === 'shop') await open.promise
    else looked.push(name)
    return 'settled'
  }
  const lanes = new Lanes(realClock, realRandom, look, failed)
  for (let n = 0; n < 2 * MAX_RUNNING_LANES; n++) lanes.kick(named(n))
  const other = { service: 'orders', kind: 'items', name: 'fine' }
  lanes.kick(other)
  // Behind the look of the same lane, and in a lane whose service has no place left.
  await lanes.run(other, async () => undefined)
  expect(looked).toEqual(['fine'])
  expect(await lanes.run(named(-1), async () => 'written')).toBe('written')
  open.resolve()
  await lanes.run(named(2 * MAX_RUNNING_LANES - 1), async () => undefined)
})

test('what is not offered here shares one room, however many names others make up', async () => {
  const open = Promise.withResolvers<void>()
  const look = async (): Promise<Looked> => {
    await open.promise
    return 'settled'
  }
  const lanes = new Lanes(realClock, realRandom, look, failed, undefined, () => false)
  for (let n = 0; n < MAX_BUSY_LANES + 10; n++) lanes.kick({ ...named(n), service: `made-up-${n}` })
  expect(lanes.size).toBe(MAX_BUSY_LANES)
  open.resolve()
  await lanes.run({ ...named(MAX_BUSY_LANES - 1), service: `made-up-${MAX_BUSY_LANES - 1}` }, async () => undefined)
})

/**
 * Shows that the ports of the demonstration are free, all different, preferred where they can be, and none that the system gives to
 * outgoing connections, which would take some of them before a site listens. How: real ports, one of them taken.
 */
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { choosePorts, quietPort } from '../../../../sims/demo/ports.ts'

const draw = (range: readonly [number, number]) => Array.from({ length: 500 }, () => quietPort(range))

test('ports at random are none that the system gives out', () => {
  expect(draw([32_768, 60_999]).every(port => port >= 10_000 && port < 32_768)).toBe(true)
  expect(draw([10_500, 60_999]).every(port => port > 60_999 && port <= 65_535)).toBe(true)
  expect(draw([1_024, 65_535]).every(port => port >= 10_000 && port <= 65_535)).toBe(true)
})

test('preferred ports are taken where they are free, others in place of those that are not', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const busy = typeof address === 'object' && address !== null ? address.port : 0
  const [free = 0] = await choosePorts(1)
  const ports = await choosePorts(9, [busy, free, free])
  taken.close()
  expect(ports).toHaveLength(9)
  expect(new Set(ports).size).toBe(9)
  expect([ports[0] === busy, ports[1] === free]).toEqual([false, true])
})

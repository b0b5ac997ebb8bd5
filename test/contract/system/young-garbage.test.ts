/**
 * Young garbage is collected for large buffers alone, once for so many bytes; and this V8 offers the way that the default takes:
 * what lies outside its heap is given back by it, and a large body that passes never makes it mark the whole heap.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { Writable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pump } from '../../../src/adapters/http/pump.ts'
import { YoungGarbage } from '../../../src/adapters/system/young-garbage.ts'

test('collects once for each 8 MB of large buffers, and for no number of small ones', () => {
  let collected = 0
  const garbage = new YoungGarbage({ collectYoung: () => void collected++, growHeapBy: () => undefined })
  for (let i = 0; i < 1_000_000; i++) garbage.add(1_400)
  expect(collected).toBe(0)
  for (let i = 0; i < 1_024; i++) garbage.add(65_536)
  expect(collected).toBe(8)
})

test('lets the heap grow until no large body has passed for a while', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const grows: number[] = []
  const garbage = new YoungGarbage({ collectYoung: undefined, growHeapBy: percent => void grows.push(percent) })
  for (let i = 0; i < 5; i++) {
    garbage.add(8 * 1024 * 1024)
    vi.advanceTimersByTime(4_000)
  }
  expect(grows).toEqual([150])
  vi.advanceTimersByTime(2_000)
  expect(grows).toEqual([150, 0])
  garbage.add(8 * 1024 * 1024)
  expect(grows).toEqual([150, 0, 150])
})

test('gives back the memory of buffers that nobody holds', () => {
  const garbage = new YoungGarbage()
  const before = process.memoryUsage().arrayBuffers
  // More than is ever left when it works, less than V8 would take on its own before it does anything.
  for (let i = 0; i < 768; i++) garbage.add(new Uint8Array(65_536).fill(1).byteLength)
  expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20, 'MiB that are still held').toBeLessThan(20)
})

test('a large body that passes makes V8 mark the whole heap next to never', async () => {
  let marked = 0
  const observer = new PerformanceObserver(list => {
    marked += list.getEntries().filter(isMajor).length
  })
  const server = createServer(socket => {
    const part = new Uint8Array(65_536)
    let left = BODY_BYTES
    const send = (): void => {
      while (left > 0) {
        left -= part.length
        if (!socket.write(part)) return void socket.once('drain', send)
      }
      socket.end()
    }
    send()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  observer.observe({ entryTypes: ['gc'] })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  pump(socket, new Writable({ write: (_chunk, _encoding, done) => done() }))
  await once(socket, 'end')
  await new Promise(resolve => setImmediate(resolve))
  observer.disconnect()
  server.close()
  // Nine times where nobody tells of it.
  expect(marked, 'times the whole heap was marked').toBeLessThanOrEqual(3)
})

const BODY_BYTES = 512 * 1024 * 1024

function isMajor(entry: object): boolean {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined
  return (
    typeof detail === 'object' &&
    detail !== null &&
    'kind' in detail &&
    detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
  )
}

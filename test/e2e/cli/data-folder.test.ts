/**
 * A disk on which nothing more can be written: the agent says so, stops and exits with 1, so that whoever watches over it
 * starts it again; then it is there as before. How: the built program, whose files may not grow any more from one moment on.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from './harness.ts'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.create()
})
afterAll(() => bench.close())

test('an agent whose store cannot be written stops with a last word, and comes back', { timeout: 30_000 }, async () => {
  const first = await bench.up(['--mesh', 'm', '--site', 'a', '--data', 'data'])
  const ended = once(first.process, 'close')
  await promisify(execFile)('prlimit', ['--pid', String(first.ready.pid), '--fsize=1:'])
  const change = await bench.run(['service', 'add', 'inventory', '--endpoint', 'http://127.0.0.1:1'])
  expect([change.code, change.err]).toMatchObject([2, expect.stringContaining('ERR_STORE_FAILED')])
  expect((await ended)[0]).toBe(1)
  expect(first.output()).toContain('the store has failed: the agent stops')
  expect(first.output()).toMatch(
    /cheops: The store failed: it cannot be written\. \(ERR_STORE_FAILED\)\n {2}Is the disk full/,
  )

  const second = await bench.up(['--mesh', 'm', '--site', 'a', '--data', 'data'])
  expect(second.ready.peerId).toBe(first.ready.peerId)
  expect((await fetch(`${second.ready.admin}/readyz`)).status).toBe(200)
})

test('a second agent on the same data folder leaves the ready file of the first', async () => {
  const running = await bench.up(['--mesh', 'm', '--site', 'b', '--data', 'shared'])
  const ready = path.join(bench.folder, 'shared', 'ready.json')
  const before = await readFile(ready, 'utf8')
  const second = await bench.run(['up', '--mesh', 'm', '--site', 'b', '--data', 'shared', '--listen', '127.0.0.1:0'])
  expect([second.code, second.err]).toMatchObject([1, expect.stringContaining('ERR_STORE_LOCKED')])
  expect(await readFile(ready, 'utf8')).toBe(before)
  await running.stop('SIGKILL')
  await writeFile(ready, 'left behind')
  await bench.up(['--mesh', 'm', '--site', 'b', '--data', 'shared'])
  expect(JSON.parse(await readFile(ready, 'utf8'))).toMatchObject({ site: 'b' })
})

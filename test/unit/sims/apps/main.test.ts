/**
 * Shows that the sample applications run as processes: ready file, options and environment, clean end on SIGTERM, and
 * what wrong use is told. How: starts the source with this Node, which strips the types itself.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../../../../sims/apps/main.ts')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cheops-apps-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('serves, says where, and ends with 0 when asked', async () => {
  const appeared = (async () => {
    for await (const event of watch(folder)) if (event.filename === 'ready.json') return
  })()
  const child = spawn(process.execPath, [MAIN, 'inventory', '--ready-file', join(folder, 'ready.json')], {
    env: { ...process.env, APP_NAME: 'w7' },
    stdio: 'ignore',
  })
  const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(signal ?? code)))
  await Promise.race([appeared, ended])
  const ready = JSON.parse(await readFile(join(folder, 'ready.json'), 'utf8')) as Record<string, unknown>
  expect(ready).toMatchObject({ application: 'inventory', name: 'w7', pid: child.pid })
  const health = await fetch(`${String(ready['url'])}/healthz`)
  expect(await health.json()).toEqual({ status: 'ok', warehouse: 'w7' })
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test.each([
  [[], 'Which application?'],
  [['shop'], 'not "shop"'],
  [['orders'], '--inventory-url'],
  [['inventory', '--port', '70000'], '"70000" is no port'],
  [['orders', '--inventory-url', 'http://localhost', '--propagate', 'some'], 'all, request-id, none'],
  [['inventory', '--colour', 'red'], '--colour'],
])('%j is refused with a sentence and the usage', async (args, sentence) => {
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>(resolve => {
    execFile(process.execPath, [MAIN, ...args], (error, _, stderr) => resolve({ code: error?.code, stderr }))
  })
  expect(code).toBe(2)
  expect(stderr).toContain(sentence)
  expect(stderr).toContain('--ready-file')
})

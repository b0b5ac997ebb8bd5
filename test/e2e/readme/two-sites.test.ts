/**
 * Shows that "On a real site" of README.md ends as it says: two sites of one key, each found by the commands from the folder in which
 * they were made, and a request from one to the other once the other has exposed its service. How: the same commands without systemd,
 * on one machine with free ports. Needs `npm run build`.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from '../cli/harness.ts'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.create()
})
afterAll(() => bench.close())

test('from two calls of init to a request across', async () => {
  const app = await bench.application('of paris')
  const init = (site: string, ...more: string[]) =>
    bench.run(['init', site, '--mesh', 'shops', '--site', site, '--service', `inventory=${app}`, ...more])
  expect(await init('paris')).toMatchObject({ code: 0, err: '' })
  const paris = await bench.up(['--config', 'paris/cheops.yaml'])
  const { port } = new URL(paris.ready.admin)
  expect(await bench.run(['status'])).toMatchObject({ code: 0, out: expect.stringContaining(`:${port}`) as string })

  const at = paris.ready.addresses[0] ?? ''
  expect(await init('rennes', '--bootstrap', at, '--mesh-key', 'paris/mesh.key')).toMatchObject({ code: 0, err: '' })
  const rennes = await bench.up(['--config', 'rennes/cheops.yaml'])
  const asked = async () => {
    const response = await fetch(`${rennes.ready.ingress}/inventory/items`, { headers: { 'Cheops-Scope': 'paris' } })
    return [response.status, await response.json()] as const
  }
  const add = ['service', 'add', 'inventory', '--agent', 'paris']
  const expose = ['--expose-sites', 'rennes', '--expose-methods', 'GET', '--save']
  // The sites know each other once rennes lists paris as alive.
  await expect
    .poll(async () => (await bench.run(['site', 'ls', '--agent', 'rennes'])).out, { timeout: 20_000 })
    .toMatch(/paris +alive/)
  expect((await asked())[0]).toBe(403)
  expect(await bench.run([...add, ...expose])).toMatchObject({ code: 0, err: '' })
  await expect.poll(asked, { timeout: 20_000 }).toEqual([200, { name: 'of paris', method: 'GET', url: '/items' }])

  const file = await readFile(path.join(bench.folder, 'paris/cheops.yaml'), 'utf8')
  expect(file).toContain('    expose:\n      sites:\n        - rennes\n      methods:\n        - GET\n')
}, 60_000)

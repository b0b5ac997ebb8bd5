// Shows that what is generated from the table of keys is right: the commented file of `cheops init` is read back as what
// was chosen, also when everything in it is uncommented, and the table of the README is current. Then that editing a file
// keeps its comments.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { removeSavedService, saveService } from '../../../src/config/edit.ts'
import { KEYS, SERVICE_KEYS } from '../../../src/config/keys.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { keyTable, renderFile } from '../../../src/config/render.ts'
import { CheopsError } from '../../../src/errors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cheops-render-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const load = (text: string) => {
  const file = path.join(folder, 'cheops.yaml')
  writeFileSync(file, text)
  return loadConfig({ file, env: {}, cwd: folder })
}

const CHOSEN = {
  keys: { mesh: 'demo', site: 'site1', bootstrap: ['10.0.0.2:4078'], 'ingress.listen': '127.0.0.1:8079' },
  services: [
    { name: 'inventory', endpoint: 'http://127.0.0.1:9001', 'expose.sites': ['*'] },
    { name: 'orders', endpoint: 'http://127.0.0.1:9002' },
  ],
}

test('the file is read back as what was chosen', () => {
  const config = load(renderFile(CHOSEN))
  expect(config).toMatchObject({
    mesh: 'demo',
    site: 'site1',
    bootstrap: ['/ip4/10.0.0.2/tcp/4078'],
    meshKey: undefined,
  })
  expect(config.services.map(({ name, expose }) => [name, expose?.sites])).toEqual([
    ['inventory', ['*']],
    ['orders', undefined],
  ])
})

test('without services they stand there as a comment', () => {
  const text = renderFile({ keys: { mesh: 'demo', site: 's' }, services: [] })
  expect(load(text).services).toEqual([])
  expect(text).toContain('\n#services:\n')
})

test('what is commented out names the files of the site itself', () => {
  const text = renderFile({ keys: { mesh: 'demo', site: 'paris' }, services: [] })
  expect(text).toContain('./tls/paris.pem')
  expect(text).toContain('./data/paris/ingress.token')
  expect(text).not.toMatch(/site1/)
})

test('with all comments taken away, every key is there and is valid', () => {
  const text = renderFile({ keys: { mesh: 'demo', site: 'site1' }, services: [] })
  // Twice: a key that is not set inside of services that are not set.
  const all = text.replaceAll(/^( *)#(?=\S| {2})/gm, '$1').replaceAll(/^( *)#(?=\S| {2})/gm, '$1')
  const given: unknown = parse(all)
  const paths = (value: unknown, prefix = ''): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && prefix !== 'labels.'
      ? Object.entries(value).flatMap(([name, inner]) => paths(inner, `${prefix}${name}.`))
      : [prefix.slice(0, -1)]
  expect(paths(given).toSorted()).toEqual([...Object.keys(KEYS), 'services'].toSorted())
  const [service] = (given as { services: unknown[] }).services
  expect(paths(service).toSorted()).toEqual(Object.keys(SERVICE_KEYS).toSorted())
  // The only complaint is that a service takes one credential.
  let problems: unknown
  try {
    load(all)
  } catch (error) {
    problems = error instanceof CheopsError ? error.meta['problems'] : error
  }
  expect(problems).toEqual([expect.stringContaining('credential takes one of')])
})

test('what the keys of a service are is said at the first of them alone, and the others are as whole', () => {
  const services = [
    { name: 'inventory', endpoint: 'http://127.0.0.1:9001' },
    { name: 'orders', endpoint: 'http://127.0.0.1:9002', 'expose.sites': ['site2'] },
  ]
  const text = renderFile({ keys: { mesh: 'demo', site: 'site1' }, services })
  expect(text.match(/# Base URL/g)).toHaveLength(1)
  expect(text).toMatch(
    /\n {2}- name: orders\n {4}endpoint: http:\/\/127\.0\.0\.1:9002\n {4}expose:\n {6}sites: \[site2\]\n$/,
  )
  expect(load(text).services.map(({ name, endpoint, expose }) => [name, endpoint, expose?.sites])).toEqual([
    ['inventory', 'http://127.0.0.1:9001', undefined],
    ['orders', 'http://127.0.0.1:9002', ['site2']],
  ])
})

test('the README has the table of keys', () => {
  const readme = readFileSync(path.join(import.meta.dirname, '../../../src/config/README.md'), 'utf8')
  expect(readme).toContain(keyTable())
})

test('a service is saved into a file whose comments and mode stay', () => {
  const file = path.join(folder, 'edit.yaml')
  writeFileSync(
    file,
    '# mine\nmesh: demo # the mesh\nsite: a\nservices:\n  # first\n  - name: x\n    endpoint: http://x:1\n',
    { mode: 0o640 },
  )
  saveService(file, { name: 'y', endpoint: 'http://y:1', expose: { sites: ['*'] } })
  saveService(file, { name: 'x', endpoint: 'http://x:2' })
  const text = readFileSync(file, 'utf8')
  expect(text).toContain('# mine\nmesh: demo # the mesh')
  expect(text).toContain('# first')
  expect(statSync(file).mode & 0o777).toBe(0o640)
  const services = () => loadConfig({ file, env: {} }).services.map(({ name, endpoint }) => `${name} ${endpoint}`)
  expect(services()).toEqual(['x http://x:2', 'y http://y:1'])
  removeSavedService(file, 'x')
  expect(services()).toEqual(['y http://y:1'])
})

test('a file without services gets them; one that cannot be changed says so', () => {
  const file = path.join(folder, 'bare.yaml')
  writeFileSync(file, 'mesh: demo\nsite: a\n')
  saveService(file, { name: 'y', endpoint: 'http://y:1' })
  expect(loadConfig({ file, env: {} }).services).toHaveLength(1)
  expect(() => {
    saveService(path.join(folder, 'nowhere.yaml'), { name: 'y' })
  }).toThrow(/could not be changed/)
})

/** What `cheops check` says of the files of a credential, each kind whole and spoilt, from real files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../../src/config/load.ts'
import { probeCertificates, probeFiles } from '../../../../src/config/probe/files.ts'
import { testAuthorities } from '../../../support/certificates.ts'

let folder: string
const { authorities, remove } = await testAuthorities('one')

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-test-'))
})
afterAll(async () => {
  await Promise.all([remove(), rm(folder, { recursive: true })])
})

const configOf = (credential: string) =>
  loadConfig({
    env: {
      CHEOPS_MESH: 'demo',
      CHEOPS_SITE: 'site1',
      CHEOPS_SERVICES: `[{name: inventory, endpoint: "https://x", credential: ${credential}}]`,
    },
    cwd: folder,
  })

test.each([
  ['bearerFile', 'abc', undefined],
  ['bearerFile', 'Bearer abc', /visible characters/],
  ['basicFile', 'agent:two words', undefined],
  ['basicFile', 'agent', /user:password/],
  ['headersFile', 'X-Api-Key: abc', undefined],
  ['headersFile', 'abc', /line 1 must be "Name: value"/],
])('%s with %j', async (key, content, problem) => {
  await writeFile(path.join(folder, 'file'), content, { mode: 0o600 })
  const found = (await probeFiles(configOf(`{${key}: file}`))).find(({ what }) => what === 'credential of inventory')
  expect(found).toMatchObject({ secret: true, openToOthers: false, state: problem === undefined ? 'ok' : 'invalid' })
  if (problem !== undefined) expect(found?.detail).toMatch(problem)
})

test('one that is missing', async () => {
  expect(await probeFiles(configOf('{headersFile: nowhere}'))).toContainEqual(
    expect.objectContaining({ path: path.join(folder, 'nowhere'), what: 'credential of inventory', state: 'missing' }),
  )
})

test('a client certificate: whether it fits its key, and how long it is valid', async () => {
  const [mine, other] = [await authorities.one.issue('mine'), await authorities.one.issue('other')]
  expect(await probeCertificates(configOf(`{cert: ${mine.cert}, key: ${mine.key}}`))).toMatchObject([
    { path: mine.cert, matchesKey: true },
  ])
  expect(await probeCertificates(configOf(`{cert: ${mine.cert}, key: ${other.key}}`))).toMatchObject([
    { path: mine.cert, matchesKey: false },
  ])
})

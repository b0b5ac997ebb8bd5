/**
 * Applications whose paths end in a slash, and which send whoever asks without one there (307): replicated without a definition, by what they
 * answer, and with one that says so. How: two agents with real stores and streams; what is expected is read from the applications, past that.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const SITES = ['site1', 'site2']
const GLUE = `
glue: 1
application: inventory
kinds:
  items:
    collection: /items/
    resource: /items/{id}/
    id: { at: /id, from: client }
    list: { items: '' }
    server-set: [/warehouse]
`
let folder: string
let mesh: Mesh
afterEach(async () => {
  await mesh[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const both = (item: Record<string, unknown> | undefined) => [item, item]

test.each(['rest', 'a definition'])('created, changed and deleted at either: %s', async by => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-slashes-'))
  const file = path.join(folder, 'slashes.glue.yaml')
  await writeFile(file, GLUE)
  const glue = by === 'rest' ? 'rest' : JSON.stringify(file)
  mesh = await Mesh.start(SITES, { site1: { glue }, site2: { glue } })
  for (const site of SITES) mesh.application(site).endsInSlash = true
  const done = /site1;s=applied.*site2;s=applied/
  const asked = { scope: SCOPE, body: { id: 'x', n: 0 }, headers: WAIT }
  const made = await mesh.must('site1', 'POST', '/items/', asked)
  expect(made.headers.get('Cheops-Sites')).toMatch(done)
  const put = await mesh.must('site2', 'PUT', '/items/x/', { body: { n: 1 }, headers: WAIT })
  expect(put.headers.get('Cheops-Sites')).toMatch(done)
  const patch = await mesh.must('site1', 'PATCH', '/items/x/', { body: { m: 2 }, headers: WAIT })
  expect(patch.headers.get('Cheops-Sites')).toMatch(done)
  await mesh.settles('x', both({ id: 'x', n: 1, m: 2 }))
  // A client that asks without the slash is sent to the right path, and nothing is done.
  const redirected = await mesh.ask('site1', 'PUT', '/items/x', { body: { n: 3 }, redirect: 'manual' })
  expect([redirected.status, redirected.headers.get('Cheops-Outcome')]).toEqual([307, 'void'])
  const gone = await mesh.must('site2', 'DELETE', '/items/x/', { headers: WAIT })
  expect(gone.headers.get('Cheops-Sites')).toMatch(done)
  await mesh.settles('x', both(undefined))
})

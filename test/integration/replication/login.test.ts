/**
 * Applications behind a login: whoever does not show the token is sent to a login page (302), whatever is asked. The agents have it, as
 * `services[].credential`. Only 2xx says that something was done: what a client without the token asks is done nowhere, and what a member
 * is not let do is not said to be done there. How: two agents with real stores and streams; what is expected is read from the
 * applications, past the login.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const SITES = ['site1', 'site2']
const TOKEN = { 'X-Token': 'good' }
let folder: string
let mesh: Mesh

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-login-'))
  const file = path.join(folder, 'headers')
  await writeFile(file, 'X-Token: good\n', { mode: 0o600 })
  const credential = `{headersFile: ${JSON.stringify(file)}}`
  mesh = await Mesh.start(SITES, { site1: { credential }, site2: { credential } })
})
beforeEach(() => {
  for (const site of SITES) mesh.application(site).token = 'good'
})
afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const both = (item: Record<string, unknown> | undefined) => [item, item]
const create = (id: string) =>
  mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, n: 0 }, headers: { ...TOKEN, ...WAIT } })
const said = ({ status, headers }: { status: number; headers: Headers }, ...names: string[]) => [
  status,
  ...names.map(name => headers.get(`Cheops-${name}`)),
]

test('a client that the application sends to its login changes nothing, anywhere', async () => {
  await create('safe')
  const asked = [
    ['PUT', '/items/safe', { n: 666 }],
    ['PATCH', '/items/safe', { n: 666 }],
    ['DELETE', '/items/safe', undefined],
  ] as const
  for (const site of SITES)
    for (const [method, resource, body] of asked) {
      const given = { headers: WAIT, redirect: 'manual', ...(body !== undefined && { body }) } as const
      const answer = await mesh.ask(site, method, resource, given)
      expect(said(answer, 'Outcome', 'Operation', 'Sites'), `${method} at ${site}`).toEqual([302, 'void', null, null])
      expect(answer.headers.get('Location'), 'the way to the login').toMatch(/login$/)
    }
  const body = { id: 'never', n: 0 }
  const answer = await mesh.ask('site1', 'POST', '/items', { scope: SCOPE, body, headers: WAIT, redirect: 'manual' })
  expect(said(answer, 'Outcome', 'Sites')).toEqual([302, 'void', null])
  // What comes after shows that nothing of it waits either.
  await mesh.must('site1', 'PATCH', '/items/safe', { body: { m: 1 }, headers: { ...TOKEN, ...WAIT } })
  await mesh.settles('safe', both({ id: 'safe', n: 0, m: 1 }))
  await mesh.settles('never', both(undefined))
})

test('what a member whose account has expired is not let do is pending there, and done once it is let', async () => {
  await create('waits')
  mesh.application('site2').token = 'another'
  const headers = { ...TOKEN, Prefer: 'wait=1' }
  const put = await mesh.must('site1', 'PUT', '/items/waits', { body: { n: 1 }, headers })
  expect(put.headers.get('Cheops-Sites')).toMatch(/site1;s=applied;c=200.*site2;s=(pending|received)/)
  expect(await mesh.everywhere('waits')).toEqual([
    { id: 'waits', n: 1 },
    { id: 'waits', n: 0 },
  ])
  mesh.application('site2').token = 'good'
  await mesh.settles('waits', both({ id: 'waits', n: 1 }))
})

test('at level none a redirection makes no record, and takes no site out of the members', async () => {
  const headers = { 'Cheops-Level': 'none' }
  const asked = { scope: SCOPE, body: { id: 'unlogged', n: 0 }, redirect: 'manual' } as const
  const refused = await mesh.ask('site1', 'POST', '/items', { ...asked, headers })
  expect(said(refused, 'Outcome', 'Sites')).toEqual([302, 'void', 'site1;s=failed;c=302, site2;s=failed;c=302'])
  // With a record a change without a scope would be one for both.
  await mesh.must('site2', 'POST', '/items', { body: { id: 'unlogged', n: 1 }, headers: TOKEN })
  const own = await mesh.must('site2', 'PUT', '/items/unlogged', { body: { n: 2 }, headers: TOKEN })
  expect(said(own, 'Level')).toEqual([200, null])
  expect(await mesh.everywhere('unlogged')).toEqual([undefined, { id: 'unlogged', n: 2 }])

  await create('stays')
  const leave = { scope: 'site2', body: { n: 3 }, headers: { 'Cheops-Detach': 'true' }, redirect: 'manual' } as const
  expect(said(await mesh.ask('site2', 'PUT', '/items/stays', leave))).toEqual([302])
  await vi.waitFor(async () => {
    const again = await mesh.must('site2', 'PUT', '/items/stays', { body: { n: 4 }, headers: { ...TOKEN, ...WAIT } })
    expect(again.headers.get('Cheops-Sites')).toMatch(/site1;s=applied.*site2;s=applied/)
  })
  await mesh.settles('stays', both({ id: 'stays', n: 4 }))
})

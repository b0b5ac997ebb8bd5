/**
 * What a member lets others do (`expose`), as the client of another one sees it: what it does not is `failed` there with a reason, at once and for
 * every write, and is carried out when it is let. How: three agents, one that lets nobody write, one that lets nobody delete.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const CODE = 'ERR_FORWARD_NOT_EXPOSED'
/** It is tried again within a minute. */
const LET = { timeout: 70_000, interval: 500 }
let mesh: Mesh

beforeAll(async () => {
  const expose = (methods: string) => ({ expose: `{sites: ["*"], methods: [${methods}], paths: ["/**"]}` })
  mesh = await Mesh.start(['open', 'shut', 'half'], { shut: expose('GET'), half: expose('GET, POST, PUT') })
}, 60_000)
afterAll(async () => mesh[Symbol.asyncDispose]())

const sitesOf = ({ headers }: { readonly headers: Headers }) => headers.get('Cheops-Sites')

test('a member that lets nobody write is failed, with the reason, for each write', async () => {
  const began = performance.now()
  const made = await mesh.must('open', 'POST', '/items', {
    scope: 'open & shut',
    body: { id: 'x', n: 1 },
    headers: WAIT,
  })
  expect(sitesOf(made)).toBe(`open;s=applied;c=201, shut;s=failed;e=${CODE}`)
  const changed = await mesh.must('open', 'PUT', '/items/x', { body: { n: 2 }, headers: WAIT })
  expect(sitesOf(changed)).toBe(`open;s=applied;c=200, shut;s=failed;e=${CODE}`)
  // Nobody waits for what does not come.
  expect(performance.now() - began).toBeLessThan(20_000)
  const { operations } = await mesh.agent('open').control.replicant({ service: 'inventory', kind: 'items', name: 'x' })
  expect(operations.at(-1)?.sites).toMatchObject([
    { site: 'open', outcome: 'applied' },
    { site: 'shut', outcome: 'failed', error: CODE },
  ])
})

test('both say so to who looks: what is held up where, and why, and what would have to be let', async () => {
  const check = async (site: string) => {
    const findings = await mesh.agent(site).control.check({ signal: AbortSignal.timeout(10_000) })
    return findings.filter(({ id }) => /^replication-(failing|withheld)$/.test(id)).map(({ message }) => message)
  }
  expect(await check('open')).toEqual([`shut does not carry out what was written here to 1 resource: ${CODE}`])
  expect(await check('shut')).toEqual([
    '1 resource of open is not replicated here: this site does not let that site (expose)',
  ])
  const page = { limit: 10, signal: AbortSignal.timeout(10_000) }
  const { items } = await mesh.agent('open').control.replicants(page)
  expect(items).toMatchObject([{ name: 'x', state: 'agrees', failing: [{ site: 'shut', error: CODE }] }])
  expect(await mesh.agent('shut').control.replicants(page)).toEqual({ items: [], next: undefined })
})

test('what is not let is held, said, and carried out when it is let', async () => {
  const scope = 'open & half'
  const made = await mesh.must('open', 'POST', '/items', { scope, body: { id: 'y', n: 1 }, headers: WAIT })
  expect(sitesOf(made)).toBe('half;s=applied;c=201, open;s=applied;c=201')
  const gone = await mesh.must('open', 'DELETE', '/items/y', { headers: WAIT })
  expect(sitesOf(gone)).toBe(`half;s=failed;e=${CODE}, open;s=applied;c=204`)
  expect(await mesh.everywhere('y')).toEqual([undefined, undefined, { id: 'y', n: 1 }])
  const { control } = mesh.agent('open')
  const last = async () => {
    const { operations } = await control.replicant({ service: 'inventory', kind: 'items', name: 'y' })
    return operations.at(-1)?.sites
  }
  expect(await last()).toMatchObject([
    { site: 'half', outcome: 'failed', error: CODE },
    { site: 'open', outcome: 'applied' },
  ])
  const service = { name: 'inventory', endpoint: mesh.application('half').url, glue: 'rest' }
  const expose = { sites: ['*'], methods: ['*'], paths: ['/**'] }
  await mesh
    .agent('half')
    .control.addService({ ...service, expose }, { save: false, signal: AbortSignal.timeout(10_000) })
  await vi.waitFor(async () => expect(await last()).toMatchObject([{ site: 'half', outcome: 'applied' }, {}]), LET)
  expect((await last())?.[0]).not.toHaveProperty('error')
  expect(await mesh.everywhere('y')).toEqual([undefined, undefined, undefined])
})

test('one that has something else by the name says so, for each write', async () => {
  await mesh.must('half', 'POST', '/items', { body: { id: 'z', by: 'half' } })
  const made = await mesh.must('open', 'POST', '/items', { scope: 'open & half', body: { id: 'z' }, headers: WAIT })
  expect(sitesOf(made)).toBe('half;s=failed;e=ERR_REPLICANT_UNBOUND, open;s=applied;c=201')
  const changed = await mesh.must('open', 'PUT', '/items/z', { body: { n: 2 }, headers: WAIT })
  expect(sitesOf(changed)).toBe('half;s=failed;e=ERR_REPLICANT_UNBOUND, open;s=applied;c=200')
  await vi.waitFor(async () => {
    const { state } = await mesh.agent('half').control.replicant({ service: 'inventory', kind: 'items', name: 'z' })
    expect(state).toBe('unbound')
  })
  expect(await mesh.everywhere('z')).toEqual([{ id: 'z', n: 2 }, undefined, { id: 'z', by: 'half' }])
})

/**
 * `Cheops-Context`: what a client has written or read at one site it sees at every other, or is told that it cannot. Three agents with
 * real streams through proxies that can be cut; answers are compared with what was written.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2', 'site3'])
})
afterAll(() => mesh[Symbol.asyncDispose]())

const contextOf = (answer: { headers: Headers }): string => answer.headers.get('Cheops-Context') ?? ''
const created = (id: string) =>
  mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, n: 0 }, headers: WAIT })

test('what was written at one site is read at the other, without waiting when it is written', async () => {
  let context = contextOf(await created('counter'))
  for (let n = 1; n <= 20; n++) {
    const [here, there] = n % 2 === 0 ? ['site1', 'site2'] : ['site2', 'site1']
    const headers = { 'Cheops-Context': context }
    const written = await mesh.must(here, 'PUT', '/items/counter', { body: { n }, headers })
    expect(contextOf(written)).toMatch(/^"site[12]\/\d+-[0-9a-f]{16}\/\d+";r="inventory\/items\/counter"/)
    const read = await mesh.must(there, 'GET', '/items/counter', { headers: { 'Cheops-Context': contextOf(written) } })
    expect(JSON.parse(read.text), `read ${n} at ${there}`).toMatchObject({ n })
    context = contextOf(read)
  }
})

test('with a scope at a site that is no member, and in a list', async () => {
  await created('listed')
  const context = contextOf(await mesh.must('site1', 'PATCH', '/items/listed', { body: { colour: 'red' } }))
  const headers = { 'Cheops-Context': context }
  const one = await mesh.must('site3', 'GET', '/items/listed', { scope: 'site2', headers })
  expect(JSON.parse(one.text)).toMatchObject({ id: 'listed', colour: 'red' })
  expect(contextOf(one)).toContain('inventory/items/listed')
  const list = await mesh.must('site2', 'GET', '/items', { headers })
  expect(list.text).toContain('red')
  expect(contextOf(list)).toBe(context)
})

test('what cannot be in effect in time is 503 with Retry-After, until it is; other resources are read', async () => {
  await created('cut')
  await created('other')
  mesh.cut()
  let context: string
  try {
    context = contextOf(await mesh.must('site1', 'PUT', '/items/cut', { body: { n: 1 } }))
    const headers = { 'Cheops-Context': context, Prefer: 'wait=1' }
    const early = await mesh.ask('site2', 'GET', '/items/cut', { headers })
    expect([early.status, early.headers.get('Cheops-Error')], early.text).toEqual([503, 'ERR_CONTEXT_UNSETTLED'])
    expect(early.headers.get('Retry-After')).not.toBeNull()
    const write = await mesh.ask('site2', 'PUT', '/items/cut', { body: { n: 9 }, headers })
    expect([write.status, write.headers.get('Cheops-Error')]).toEqual([503, 'ERR_CONTEXT_UNSETTLED'])
    expect((await mesh.must('site2', 'GET', '/items/other', { headers })).headers.get('Cheops-Context')).not.toBe('')
  } finally {
    mesh.heal()
  }
  await mesh.together()
  const headers = { 'Cheops-Context': context, Prefer: 'wait=30' }
  expect(JSON.parse((await mesh.must('site2', 'GET', '/items/cut', { headers })).text)).toMatchObject({ n: 1 })
})

test('what this site itself never wrote is lost: 412; what is no context: 400', async () => {
  const context = contextOf(await created('lost'))
  const beyond = context.replace(/\/\d+";/, '/9999999";')
  const asked = { headers: { 'Cheops-Context': beyond, Prefer: 'wait=0' } }
  const lost = await mesh.ask('site1', 'GET', '/items/lost', asked)
  expect([lost.status, lost.headers.get('Cheops-Error')], lost.text).toEqual([412, 'ERR_CONTEXT_LOST'])
  const bad = await mesh.ask('site1', 'GET', '/items/lost', { headers: { 'Cheops-Context': 'yesterday' } })
  expect([bad.status, bad.headers.get('Cheops-Error')], bad.text).toEqual([400, 'ERR_CONTEXT_INVALID'])
})

test('who does not ask is answered as ever', async () => {
  await created('plain')
  const answer = await mesh.must('site1', 'GET', '/items/plain')
  expect(answer.headers.get('Cheops-Context')).toBeNull()
})

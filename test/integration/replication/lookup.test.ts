/**
 * A read without a scope of what is not here: who has told that it may have it is asked, and nothing else leaves the site. Three agents with real streams
 * and a real DHT; what reached each application is read past Cheops. For agents of an earlier version stand peers that have a DHT and nothing else.
 */
import path from 'node:path'
import { LevelDatastore } from 'datastore-level'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bucketOf } from '../../../src/core/oplog/index.ts'
import { TestPeers, until } from '../../support/peers.ts'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2', 'site3'])
})
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string) =>
  mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id, n: 1 }, headers: WAIT })

/** Waits until a site that is no member finds it: it is told right after the answer to who has created it. */
const found = (id: string) =>
  vi.waitFor(
    async () => {
      const answer = await mesh.ask('site3', 'GET', `/items/${id}`)
      expect(answer.status, answer.text).toBe(200)
      return answer
    },
    { timeout: 20_000, interval: 100 },
  )

test('it is read at a member, which is named; a change without a scope stays here', async () => {
  await created('shared')
  const answer = await found('shared')
  expect(JSON.parse(answer.text)).toMatchObject({ id: 'shared', n: 1 })
  expect(['site1', 'site2']).toContain(answer.headers.get('Cheops-Site'))
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const change = await mesh.ask('site3', method, '/items/shared', method === 'DELETE' ? {} : { body: { n: 2 } })
    expect([change.status, change.headers.get('Cheops-Site')], method).toEqual([404, null])
  }
  expect(await mesh.everywhere('shared')).toEqual([{ id: 'shared', n: 1 }, { id: 'shared', n: 1 }, undefined])
})

test("what the local application has is never looked up, and what is a site's own is never shown", async () => {
  await created('both')
  await found('both')
  await mesh.must('site3', 'POST', '/items', { body: { id: 'both', own: true } })
  const own = await mesh.must('site3', 'GET', '/items/both')
  expect([JSON.parse(own.text), own.headers.get('Cheops-Site')]).toEqual([
    { id: 'both', own: true, warehouse: 'site3' },
    null,
  ])
  // site1 has it for itself.
  await mesh.must('site1', 'POST', '/items', { body: { id: 'private' } })
  const missing = await mesh.ask('site3', 'GET', '/items/private')
  expect([missing.status, missing.headers.get('Cheops-Error')]).toEqual([404, null])
  // With a scope that names this site, only this site counts.
  await created('scoped')
  await found('scoped')
  expect((await mesh.ask('site3', 'GET', '/items/scoped', { scope: 'site3' })).status).toBe(404)
})

test('nothing that says who reads reaches another site, unless this one names it', async () => {
  await created('secret')
  await found('secret')
  const before = mesh.application('site1').asked.length + mesh.application('site2').asked.length
  const headers = { Authorization: 'Bearer of-site3', Cookie: 'session=of-site3', Accept: 'application/json' }
  await mesh.must('site3', 'GET', '/items/secret', { headers })
  const asked = [...mesh.application('site1').asked, ...mesh.application('site2').asked]
  expect(asked.length).toBeGreaterThan(before)
  expect(asked.filter(each => JSON.stringify(each).includes('of-site3'))).toEqual([])
  await mesh.must('site3', 'GET', '/items/secret', { headers, scope: 'site1' })
  expect(mesh.application('site1').asked.some(each => each.authorization === 'Bearer of-site3')).toBe(true)
})

test('who has it leads the client nowhere', async () => {
  await created('moved')
  await found('moved')
  const holders = [mesh.application('site1'), mesh.application('site2')]
  for (const holder of holders) holder.token = 'of-the-holder'
  try {
    const answer = await mesh.ask('site3', 'GET', '/items/moved')
    expect([answer.headers.get('Cheops-Error'), answer.headers.get('Location')]).toEqual([
      'ERR_LOOKUP_CREDENTIALS',
      null,
    ])
  } finally {
    for (const holder of holders) holder.token = undefined
  }
  await found('moved')
})

test('what the application of a member has lost is read at another member until it is back, and hidden from nobody', async () => {
  await created('lost')
  await fetch(`${mesh.application('site1').url}/items/lost`, { method: 'DELETE' })
  const answer = await mesh.must('site1', 'GET', '/items/lost')
  expect([JSON.parse(answer.text), answer.headers.get('Cheops-Site')]).toMatchObject([{ id: 'lost', n: 1 }, 'site2'])
  // With a scope that names this site, only this site counts.
  expect((await mesh.ask('site1', 'GET', '/items/lost', { scope: 'site1' })).status).toBe(404)
  await vi.waitFor(async () => expect((await mesh.everywhere('lost'))[0]).toEqual({ id: 'lost', n: 1 }), {
    timeout: 40_000,
    interval: 500,
  })
  expect((await mesh.must('site1', 'GET', '/items/lost')).headers.get('Cheops-Site')).toBeNull()
})

test('what is deleted is not found any more', async () => {
  await created('gone')
  await found('gone')
  await mesh.must('site2', 'DELETE', '/items/gone', { headers: WAIT })
  expect((await mesh.ask('site3', 'GET', '/items/gone')).status).toBe(404)
})

test('where those that may have it cannot be asked it is 503, never 404; what nobody has is 404 all the same', async () => {
  await created('cut-off')
  await found('cut-off')
  mesh.cut()
  try {
    const answer = await mesh.ask('site3', 'GET', '/items/cut-off')
    expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([503, 'ERR_LOOKUP_INCOMPLETE'])
    expect(answer.headers.get('Retry-After')).not.toBeNull()
    expect((await mesh.ask('site3', 'GET', '/items/nobody-has-it')).status).toBe(404)
  } finally {
    mesh.heal()
  }
  await mesh.together()
  expect((await found('cut-off')).status).toBe(200)
})

test('also what was created while it was away, and after all sites have been started anew; nothing was announced in the DHT for it', async () => {
  await mesh.down('site3')
  await created('kept')
  await mesh.up('site3')
  await mesh.together()
  await found('kept')
  for (const site of ['site1', 'site2', 'site3']) {
    await mesh.down(site)
    expect(await providersKept(site)).toEqual([])
    await mesh.up(site)
  }
  await mesh.together()
  expect(JSON.parse((await found('kept')).text)).toMatchObject({ id: 'kept', n: 1 })
})

test('a site that starts while the others are away knows what they may have', async () => {
  await created('remembered')
  await found('remembered')
  for (const site of ['site1', 'site2', 'site3']) await mesh.down(site)
  await mesh.up('site3')
  const answer = await mesh.ask('site3', 'GET', '/items/remembered')
  expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([503, 'ERR_LOOKUP_INCOMPLETE'])
  expect((await mesh.ask('site3', 'GET', '/items/nobody-has-this')).status).toBe(404)
  for (const site of ['site1', 'site2']) await mesh.up(site)
  await mesh.together()
  expect((await found('remembered')).status).toBe(200)
})

test('agents that tell nothing in conversations find the others by the DHT, and are found by it', async () => {
  await created('for-all')
  await using peers = new TestPeers()
  const names = ['old1', 'old2']
  const old = await Promise.all(
    names.map(name =>
      peers.start(
        name,
        { mesh: 'replication', bootstrap: ['site1', 'site2', 'site3'].map(site => mesh.address(site)) },
        { services: [{ name: 'inventory', application: 'inventory' }] },
      ),
    ),
  )
  const isMet = (): boolean =>
    old.every(peer => [1, 2, 3].every(site => peer.membership.site(`site${site}`)?.liveness === 'alive'))
  await until(old, isMet, 20_000, 'they know all')
  const bucket = (name: string) => bucketOf({ service: 'inventory', kind: 'items', name })
  const members = ['site1', 'site2'].map(site => mesh.agent(site).ready.peerId)
  await vi.waitFor(
    async () =>
      expect((await old[0]?.nameBuckets.find(bucket('for-all'), 3_000))?.toSorted()).toEqual(members.toSorted()),
    { timeout: 20_000, interval: 100 },
  )
  // They have it, and cannot be asked: they speak nothing that requests are forwarded by.
  for (const peer of old) await peer.nameBuckets.announce(bucket('theirs'), 20_000)
  await vi.waitFor(
    async () => {
      const answer = await mesh.ask('site3', 'GET', '/items/theirs')
      expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([503, 'ERR_LOOKUP_INCOMPLETE'])
    },
    { timeout: 20_000, interval: 100 },
  )
  expect((await mesh.ask('site3', 'GET', '/items/not-even-theirs')).status).toBe(404)
})

/** Keys of what a site that does not run keeps for the DHT of who provides what. */
async function providersKept(site: string): Promise<string[]> {
  const datastore = new LevelDatastore(path.join(mesh.data(site), 'libp2p'))
  await datastore.open()
  try {
    const keys: string[] = []
    for await (const key of datastore.queryKeys({ prefix: '/dht/provider' })) keys.push(key.toString())
    return keys
  } finally {
    await datastore.close()
  }
}

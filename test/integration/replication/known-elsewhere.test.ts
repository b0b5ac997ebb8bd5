/**
 * A scope with "&" names members of what is replicated already, at a site that does not know it: as long as the others can be reached, no second life
 * begins. Four agents with real streams, and links that can be cut; what the applications have, and were sent, is read past Cheops.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { AgentEvent } from '../../../src/ports/control.ts'
import { Mesh, WAIT } from './mesh.ts'

let mesh: Mesh

beforeAll(async () => {
  // site4 lets site1 and site3 create nothing.
  mesh = await Mesh.start(['site1', 'site2', 'site3', 'site4'], {
    site4: { expose: '{sites: [site2], methods: ["*"], paths: ["/**"]}' },
  })
}, 120_000)
afterAll(() => mesh[Symbol.asyncDispose]())

const created = (id: string, scope = 'site1 & site2') =>
  mesh.must('site1', 'POST', '/items', { scope, body: { id, n: 1 }, headers: WAIT })

/** Waits until a site finds it by its name's announcement, which is made in the background. */
const found = (at: string, id: string) =>
  vi.waitFor(async () => expect((await mesh.ask(at, 'GET', `/items/${id}`)).status).toBe(200), {
    timeout: 30_000,
    interval: 100,
  })

test.each([
  ['POST', 'site2 & site3'],
  ['PUT', 'site2 & site3'],
  ['DELETE', 'site2 & site3'],
  ['PUT', 'site3 & site4'],
])('%s with %s at a site that is no member is refused, with the members', async (method, scope) => {
  const id = `overlap-${method}-${scope.replaceAll(/[ &]+/g, '-')}`
  await created(id)
  const at = 'site3'
  await found(at, id)
  const answer = await mesh.ask(at, method, method === 'POST' ? '/items' : `/items/${id}`, {
    scope,
    ...(method !== 'DELETE' && { body: { id, n: 2 } }),
  })
  expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([422, 'ERR_REPLICANT_MEMBERS'])
  expect(answer.text).toContain(`${id} has the members site1, site2; the scope names ${scope.replace(' & ', ', ')}`)
  expect(await mesh.everywhere(id)).toEqual([{ id, n: 1 }, { id, n: 1 }, undefined, undefined])
})

test('what was created a moment ago is changed at the other member, and not created again', async () => {
  for (let round = 0; round < 5; round++) {
    const id = `fresh-${round}`
    // Nobody waits until the other member has it.
    await mesh.must('site1', 'POST', '/items', { scope: 'site1 & site2', body: { id, n: 1 } })
    const put = await mesh.must('site2', 'PUT', `/items/${id}`, {
      scope: 'site1 & site2',
      body: { id, n: 2 },
      headers: WAIT,
    })
    expect(put.headers.get('Cheops-Outcome')).toBe('applied')
    const item = { id, n: 2 }
    await mesh.settles(id, [item, item, undefined, undefined])
    const { items } = await mesh.agent('site2').control.conflicts({ limit: 100, signal: AbortSignal.timeout(10_000) })
    const conflicts = items.filter(({ replicant }) => replicant.name === id)
    expect(conflicts).toEqual([])
  }
})

test('what others may not create here takes no name away, and they are not asked', async () => {
  await created('apart')
  await found('site4', 'apart')
  // site2 has it as well, which may create here.
  const answer = await mesh.ask('site4', 'PUT', '/items/apart', { scope: 'site2 & site4', body: { id: 'apart', n: 4 } })
  expect([answer.status, answer.headers.get('Cheops-Error')], answer.text).toEqual([422, 'ERR_REPLICANT_MEMBERS'])
  await created('own', 'site1 & site3')
  await found('site4', 'own')
  await mesh.must('site4', 'POST', '/items', { scope: 'site2 & site4', body: { id: 'own', n: 4 }, headers: WAIT })
})

test('what a site that no scope names says alone takes no name away: operators hear of it', async () => {
  const events: AgentEvent[] = []
  const unsubscribe = mesh.agent('site4').control.onEvent(event => events.push(event))
  // Each member tells in the background that it has the name: site4 finds it by the first, and may not have heard of site2 yet.
  let tried = 0
  await vi.waitFor(
    async () => {
      const id = `said-${++tried}`
      await created(id)
      await found('site4', id)
      // Of its members only site2 may create there, and the scope does not name it.
      await mesh.must('site4', 'POST', '/items', { scope: 'site3 & site4', body: { id, n: 4 } })
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'replication.unbelieved',
          subject: `inventory/items/${id}`,
          detail: expect.stringContaining('site2 says that it is replicated at site1, site2'),
        }),
      )
    },
    { timeout: 20_000 },
  )
  unsubscribe()
})

test('what was deleted is free', async () => {
  await created('reborn')
  await mesh.must('site2', 'DELETE', '/items/reborn', { headers: WAIT })
  await mesh.must('site3', 'POST', '/items', { scope: 'site2 & site3', body: { id: 'reborn', n: 2 }, headers: WAIT })
  expect((await mesh.everywhere('reborn')).slice(1, 3)).toEqual([
    { id: 'reborn', n: 2 },
    { id: 'reborn', n: 2 },
  ])
})

test('across a cut everybody goes on, and two lives become one afterwards', async () => {
  await created('torn', 'site1 & site2')
  mesh.cut()
  try {
    await mesh.must('site3', 'POST', '/items', { scope: 'site2 & site3', body: { id: 'torn', n: 3 } })
  } finally {
    mesh.heal()
  }
  await mesh.together()
  const item = { id: 'torn', n: 3 }
  await mesh.settles('torn', [item, item, item, undefined], 60_000)
}, 120_000)

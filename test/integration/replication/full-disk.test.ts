/**
 * A site whose disk is nearly full takes nothing new of what is replicated, of clients as of others, and does everything else. How: one of two agents
 * keeps more free than any disk has.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mesh } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2'], { site2: { flags: { 'limits.freeBytes': '1000000 GiB' } } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

test('a client is told what to do, and nothing is made anywhere', async () => {
  for (const headers of [{}, { 'Cheops-Level': 'none' }]) {
    const answer = await mesh.ask('site2', 'POST', '/items', { scope: SCOPE, body: { id: 'cup' }, headers })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      507,
      expect.objectContaining({
        code: 'ERR_STORE_SPACE',
        detail: 'The disk of site2 is nearly full: it takes nothing new.',
        hint: expect.stringContaining('limits.freeBytes') as string,
      }),
    ])
  }
  expect(await mesh.everywhere('cup')).toEqual([undefined, undefined])
})

test('what is not replicated goes on, here and at other sites', async () => {
  for (const [id, scope] of [
    ['own', undefined],
    ['there', 'site1'],
  ] as const)
    await mesh.must('site2', 'POST', '/items', { ...(scope && { scope }), body: { id } })
  expect(await mesh.everywhere('own')).toEqual([undefined, { id: 'own' }])
  expect(await mesh.everywhere('there')).toEqual([{ id: 'there' }, undefined])
})

test('what the others write is pending there, and its agent says why', async () => {
  const headers = { Prefer: 'wait=2' }
  const answer = await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'pot' }, headers })
  expect(answer.headers.get('Cheops-Sites')).toBe('site1;s=applied;c=201, site2;s=pending')
  expect(await mesh.everywhere('pot')).toEqual([{ id: 'pot' }, undefined])
  const { control } = mesh.agent('site2')
  expect(control.status().diskShort?.freeBytes).toBeGreaterThan(0)
  expect(mesh.agent('site1').control.status().diskShort).toBeUndefined()
  const findings = await control.check({ signal: AbortSignal.timeout(10_000) })
  expect(findings.find(({ id }) => id === 'disk-space')).toMatchObject({ level: 'error' })
})

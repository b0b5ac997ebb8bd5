/**
 * An application that hangs on many resources while others are fine. How: two agents with real stores and streams; what is expected is
 * read from the applications.
 */
import { afterEach, expect, test } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh
afterEach(() => mesh[Symbol.asyncDispose]())

const both = (item: Record<string, unknown>) => [item, item]

test('forty resources whose requests hang at a member hold up none of the others for long', async () => {
  const flags = { 'timeouts.answerMs': '2000' }
  mesh = await Mesh.start(['site1', 'site2'], { site1: { flags }, site2: { flags } })
  const hung = Array.from({ length: 40 }, (_, place) => `hung-${place}`)
  mesh.application('site2').faults.push(...hung.map(() => 'hang' as const))
  await Promise.all(hung.map(id => mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id } })))
  const began = performance.now()
  const asked = { scope: SCOPE, body: { id: 'quick' }, headers: WAIT }
  const answer = await mesh.must('site1', 'POST', '/items', asked)
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  // The hanging ones are given up after two seconds, all together.
  expect(performance.now() - began).toBeLessThan(8_000)
  for (const id of hung) await mesh.settles(id, both({ id }))
})

/**
 * Links with delay and losses: CHEOPS_LINK_DELAY_MS each way, and of what passes 10 % is lost and sent again, as TCP does. By default a long way on
 * land; with 500 to 1000 a satellite, for minutes. What was accepted anywhere comes to all, once, also where connections were lost meanwhile and have to
 * be made anew over such links. How: three agents as processes with gates between them, one with an application that may take a second only; what
 * is expected is read from the applications, past Cheops. CHEOPS_LINK_SEED draws the losses. Needs `npm run build`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['a', 'b', 'c']
const SEED = Number(process.env['CHEOPS_LINK_SEED'] ?? Date.now() % 1_000_000)
const DELAY_MS = Number(process.env['CHEOPS_LINK_DELAY_MS'] ?? 100)
/** A connection needs ten round trips, which are lost now and then, and some of it twice. */
const SETTLED_WITHIN_MS = 20_000 + 100 * DELAY_MS

let mesh: ProcessMesh

beforeAll(async () => {
  mesh = await ProcessMesh.start(SITES, { b: { timeouts: { answerMs: 1_000 } } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

test('what is counted at all ends is counted once at each', { timeout: 2 * SETTLED_WITHIN_MS + 60_000 }, async () => {
  await mesh.must('a', 'POST', '/things', { scope: SITES.join(' & '), body: { id: 'sum', n: 0 }, headers: WAIT })
  mesh.slow({ delayMs: DELAY_MS, loss: 0.1, seed: SEED })
  for (let turn = 0; turn < 6; turn++)
    for (const site of SITES) await mesh.must(site, 'POST', '/things/sum/increments', { body: { by: 1 } })
  const sum = { id: 'sum', n: 18 }
  await mesh.settles('sum', { a: sum, b: sum, c: sum }, SETTLED_WITHIN_MS)
  // One that died is made anew over the same links.
  await mesh.down('b', 'SIGKILL')
  await mesh.must('a', 'POST', '/things/sum/increments', { body: { by: 1 } })
  await mesh.up('b')
  const more = { id: 'sum', n: 19 }
  await mesh.settles('sum', { a: more, b: more, c: more }, SETTLED_WITHIN_MS)
  for (const site of SITES) {
    const counted = mesh.application(site).carriedOut.filter(each => each.endsWith('/increments'))
    expect(counted.length, `${site}, with the losses of seed ${SEED}`).toBeGreaterThanOrEqual(19)
  }
})

/**
 * Links as of a satellite: CHEOPS_LINK_DELAY_MS each way (500, say; without it the test is left out), and of what passes 7 % is lost and sent again. What was accepted at either end comes to the
 * other, once, also where the connection was lost meanwhile and has to be made anew over such a link. How: two agents as processes with gates
 * between them; what is expected is read from the applications, past Cheops. Needs `npm run build`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProcessMesh, WAIT } from './process-mesh.ts'

const SITES = ['a', 'b']
const DELAY_MS = Number(process.env['CHEOPS_LINK_DELAY_MS'] ?? 0)
/** A connection that was lost takes some attempts, each longer than the one before. */
const SETTLED_WITHIN_MS = 120_000

let mesh: ProcessMesh | undefined

beforeAll(async () => {
  if (DELAY_MS > 0) mesh = await ProcessMesh.start(SITES)
})
afterAll(() => mesh?.[Symbol.asyncDispose]())

// It takes a minute and more, most of it waiting.
test.skipIf(DELAY_MS === 0)(
  'what is counted at both ends is counted once at each',
  { timeout: SETTLED_WITHIN_MS + 60_000 },
  async () => {
    if (mesh === undefined) return
    await mesh.must('a', 'POST', '/things', { scope: 'a & b', body: { id: 'sum', n: 0 }, headers: WAIT })
    mesh.slow({ delayMs: DELAY_MS, loss: 0.07 })
    for (let turn = 0; turn < 6; turn++)
      for (const site of SITES) await mesh.must(site, 'POST', '/things/sum/increments', { body: { by: 1 } })
    const sum = { id: 'sum', n: 12 }
    await mesh.settles('sum', { a: sum, b: sum }, SETTLED_WITHIN_MS)
    // One that died is made anew over the same link.
    await mesh.down('b', 'SIGKILL')
    await mesh.must('a', 'POST', '/things/sum/increments', { body: { by: 1 } })
    await mesh.up('b')
    const more = { id: 'sum', n: 13 }
    await mesh.settles('sum', { a: more, b: more }, SETTLED_WITHIN_MS)
    expect(mesh.application('b').carriedOut.filter(each => each.endsWith('/increments')).length).toBeGreaterThanOrEqual(
      13,
    )
  },
)

/** Applications that show a moment or a counter of their own, which moves without anybody's doing: there is no end to what could be said of that, so it is said ever more seldom. */
import { expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import type { Application } from '../../../../../src/ports/application.ts'
import { MAX_SAID_IN_VAIN } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const HOUR_MS = 3_600_000
const BEAT_MS = 600_000
const glue = simGlue(`${DEFINITION}    compare: all\n`)

test('what there is is said ever more seldom, and what somebody changes beside it is still mended', async () => {
  let now = (): number => 0
  const plant = {
    glue: () => glue,
    application: (real: Application, site: string): Application => ({
      request: async request => {
        const answer = await real.request(request)
        if (answer.status >= 300 || answer.body.length === 0) return answer
        const shown = JSON.parse(new TextDecoder().decode(answer.body)) as Record<string, unknown>
        const seen = `${site} ${String(Math.floor(now() / BEAT_MS))}`
        return { ...answer, body: new TextEncoder().encode(JSON.stringify({ ...shown, seen })) }
      },
    }),
  }
  const lab = await Lab.of(MEMBERS, plant)
  now = () => lab.world.time.now
  const states = (): number =>
    lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state').length
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: MEMBERS })
  await lab.pass(4 * HOUR_MS)
  expect(states()).toBeGreaterThan(1)
  // After 10, 10, 20, 40, 80 and 160 minutes.
  expect(states()).toBeLessThanOrEqual(MAX_SAID_IN_VAIN + 4)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  // What somebody changes past Cheops beside it is still mended.
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', n: 5 })
  await lab.pass(6 * HOUR_MS)
  expect(lab.read('b', 'x')?.['n']).toEqual(lab.read('a', 'x')?.['n'])
  lab.assertSound()
})

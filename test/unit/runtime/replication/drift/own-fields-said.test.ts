/** What operators are told of members that differ, where only what was written is compared. */
import { expect, test } from 'vitest'
import type { Application } from '../../../../../src/ports/application.ts'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const OWN = ['uid', 'created', 'phase', 'host', 'kind', 'size', 'owner', 'links']

/** Shows what it sets by itself, as most do, and the price in its own words. */
const plant = {
  glue: () => simGlue(`${DEFINITION}    compare: written\n`),
  application: (real: Application, site: string): Application => ({
    request: async request => {
      const answer = await real.request(request)
      if (answer.status >= 300 || answer.body.length === 0) return answer
      const { id, ...shown } = JSON.parse(new TextDecoder().decode(answer.body)) as Record<string, unknown>
      const own = Object.fromEntries(OWN.map(name => [name, `${name} at ${site}`]))
      const body = JSON.stringify({ id, ...own, ...shown, price: `1.50 ${site}` })
      return { ...answer, body: new TextEncoder().encode(body) }
    },
  }),
}

test('nothing else is named, and nobody is told to write what is written', async () => {
  const lab = await Lab.of(['a', 'b'], plant)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0, price: '1.5' }, { members: ['a', 'b'] })
  for (const ms of [20_000, 300_000]) {
    await lab.pass(ms)
    for (const site of ['a', 'b']) {
      const status = await lab.status(site, 'x')
      expect(status, site).toMatchObject({ state: 'diverged' })
      expect.soft(status?.reason).toContain('at /price: fields')
      expect.soft(status?.reason).not.toContain('compare: written')
    }
  }
  lab.assertSound()
})

/** What is kept on disk of requests that were given up. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

test('what was given up stands on disk as long as it may land, and not in each record from then on', async () => {
  const lab = await Lab.of(['a'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a'] })
  const kept = (): boolean =>
    [...lab.world.site('a').machine.disk.values].some(
      ([key, value]) => key.endsWith('/local') && Buffer.from(value).includes('"givenUp"'),
    )
  lab.world.site('a').application.failNext({ kind: 'crash-before' }, ({ method }) => method === 'POST')
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })).toMatchObject({
    accepted: { outcome: 'void' },
  })
  await lab.ask('a', 'PATCH /items/x', { t: 1 })
  await lab.pass(60_000)
  expect(kept()).toBe(true)
  await lab.pass(600_000)
  await lab.ask('a', 'PATCH /items/x', { t: 2 })
  await lab.pass(60_000)
  expect(kept()).toBe(false)
  lab.assertSound()
})

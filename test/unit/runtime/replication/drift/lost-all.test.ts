/** An application that has lost all that it had, as one that keeps nothing and was started anew: it has it back soon. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const MANY = 400

test('a site whose application has lost hundreds of resources has them back within half a minute', async () => {
  const lab = await Lab.of(MEMBERS)
  const names = Array.from({ length: MANY }, (_, n) => `n${n}`)
  for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, { members: MEMBERS })
  await lab.pass(60_000)
  const { application } = lab.world.site('b')
  for (const name of names) application.write('warehouse', `/items/${name}`, undefined)
  const gone = (): readonly string[] => names.filter(name => lab.read('b', name) === undefined)
  expect(gone()).toHaveLength(MANY)
  // The first is found by the round, at the latest, or by whoever reads or writes it.
  for (let seconds = 0; gone().length === MANY; seconds++) {
    expect(seconds, 'seconds until the first is back').toBeLessThan(90)
    await lab.pass(1_000)
  }
  await lab.pass(30_000)
  expect(gone()).toEqual([])
  lab.assertSound()
})

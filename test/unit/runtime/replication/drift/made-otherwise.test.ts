/**
 * A resource was adopted whose name the application has chosen, the same at each site (copies of one database, say), and one site loses it: made anew there, it has another name. It is
 * made once, and what is said names it. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

const DEFINITION = `
glue: 1
application: flows
kinds:
  item: {collection: /items, resource: "/items/{id}", id: {at: /id, from: either}}
`

test('what is lost where the application names what it makes is made once, and it is said as what', async () => {
  lab = await Lab.of(['a', 'b'], { glue: () => simGlue(DEFINITION) })
  for (const { application } of lab.world.sites) {
    application.putCreates = false
    application.write(SERVICE, '/items/x', { id: 'x', n: 1 })
    let made = 0
    application.names = () => `661e54fb03b84fd${String(made++)}`
  }
  await lab.adopt('a', 'x', ['a', 'b'], 'same')
  await lab.pass(5_000)
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })
  await lab.pass(5_000)
  lab.world.site('b').application.write(SERVICE, '/items/x', undefined)
  const made = (): readonly string[] =>
    lab.world
      .site('b')
      .application.contents()
      .map(({ path }) => path)
  for (let start = 0; start < 3; start++) {
    await lab.pass(20 * 60_000)
    expect(made(), `after ${String(start)} further starts`).toEqual(['/items/661e54fb03b84fd0'])
    const status = await lab.status('b', 'x')
    expect(status?.state).toBe('diverged')
    expect(status?.reason).toContain(
      'the application here gives item names of its own: what was to be x is 661e54fb03b84fd0',
    )
    await lab.restart('b')
  }
})

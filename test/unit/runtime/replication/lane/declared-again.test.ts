/**
 * A kind that is declared by PUT (the queues of RabbitMQ): the same again is 204 and changes nothing, anything else is refused. What is declared
 * again as it is must not be taken away and made anew at the other members, since all that stands below it (messages) would be lost. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

const GLUE = simGlue(`
glue: 1
application: warehouse
kinds:
  item:
    collection: /items
    resource: /items/{id}
    create: {method: PUT}
    immutable: true
    compare: written
`)

let lab: Lab
afterEach(() => lab.assertSound())

async function started(isDeclared: boolean): Promise<void> {
  lab = await Lab.of(['a', 'b', 'c'], { glue: () => GLUE })
  for (const { application } of lab.world.sites) {
    // The state of a queue is the application's own.
    application.putMerges = true
    application.putCreates = true
    application.rule = ({ method }, { n }, shown) => {
      if (method !== 'PUT' || shown === undefined) return undefined
      return isDeclared && shown['n'] === n ? undefined : 400
    }
  }
  await lab.ask('a', 'PUT /items/q', { n: 1 }, ABC)
  await lab.pass(5_000)
  for (const { application } of lab.world.sites)
    application.write('warehouse', '/items/q', { id: 'q', n: 1, messages: 3 })
}

test('what is declared again as it is stays where it is', async () => {
  await started(true)
  expect((await lab.ask('b', 'PUT /items/q', { n: 1 })).code).toBe(undefined)
  await lab.pass(20_000)
  const q = { id: 'q', n: 1, messages: 3 }
  expect(lab.all('q')).toEqual({ a: q, b: q, c: q })
  for (const site of ['a', 'b', 'c']) expect(lab.effects(site, 'q'), site).not.toContain('DELETE')
})

test('what is to be something else is made anew', async () => {
  await started(true)
  lab.cut('c')
  await lab.ask('c', 'DELETE /items/q')
  await lab.ask('c', 'PUT /items/q', { n: 2 }, ABC)
  await lab.heal()
  expect(Object.values(lab.all('q')).map(shown => shown?.['n'])).toEqual([2, 2, 2])
  expect(lab.effects('a', 'q')).toContain('DELETE')
})

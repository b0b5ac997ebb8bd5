/**
 * A create whose body is too large to be looked into: it may have what no application shows, so other members send it as its client has, and not as an application shows it.
 * Real replicators, simulated world.
 */
import { expect, test } from 'vitest'
import { DEFINITION, SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { MAX_HELD_BODY_BYTES } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

async function hiding(): Promise<Lab> {
  const glue = simGlue(DEFINITION)
  const lab = await Lab.of(MEMBERS, { glue: () => glue })
  for (const member of MEMBERS) lab.world.site(member).application.hides.set('secret', true)
  return lab
}

const bodyOf = (length: number) => ({ id: 'x', n: 1, secret: 's', big: 'y'.repeat(length) })

test.each([
  ['that is inline', 10],
  ['that is a file', 100_000],
  ['that nobody can look into', MAX_HELD_BODY_BYTES],
])('a field that is never shown arrives with a create %s', async (_, length) => {
  const lab = await hiding()
  expect((await lab.ask('a', 'POST /items', bodyOf(length), { members: MEMBERS })).status).toBe(201)
  await lab.pass(20_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('b', 'x')?.['secret']).toBe('s')
})

type Change = (lab: Lab) => void
const GONE: Change = lab => lab.world.site('b').application.write(SERVICE, '/items/x', undefined)
const CHANGED: Change = lab => lab.world.site('b').application.write(SERVICE, '/items/x', { id: 'x', n: 7 })

test.each([
  ['gone', 'POST', GONE],
  ['changed', 'POST', CHANGED],
  ['changed', 'PUT', CHANGED],
] as const)('what is %s past Cheops is put back as %s has written it', async (_, method, change) => {
  const lab = await hiding()
  const large = bodyOf(MAX_HELD_BODY_BYTES)
  await lab.ask('a', 'POST /items', method === 'POST' ? large : { id: 'x', n: 0 }, { members: MEMBERS })
  await lab.pass(5_000)
  if (method === 'PUT') await lab.ask('a', 'PUT /items/x', large)
  await lab.pass(20_000)
  change(lab)
  await lab.pass(120_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('b', 'x')).toMatchObject({ n: 1, secret: 's' })
})

test('where something was patched since, nobody can say what is never shown, and that is said', async () => {
  const lab = await hiding()
  await lab.ask('a', 'POST /items', bodyOf(MAX_HELD_BODY_BYTES), { members: MEMBERS })
  await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(20_000)
  expect(lab.read('b', 'x')).toMatchObject({ n: 2, secret: 's' })
  CHANGED(lab)
  await lab.pass(120_000)
  expect(await lab.status('b', 'x')).toMatchObject({
    state: 'diverged',
    reason: expect.stringContaining('with PUT') as unknown,
  })
})

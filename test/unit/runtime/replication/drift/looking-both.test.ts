/** All members look for a state, and one of them goes on while it looks. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE, VARIANTS, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

const statesBy = (lab: Lab): readonly string[] =>
  lab.told.flatMap(({ site, event }) => (event.kind === 'released' && event.type === 'state' ? [site] : []))

/** Changed past Cheops, one at which nothing of what was written stands any more, and one at which something was added. */
const CHANGED = { replaced: { id: 'x', m: 4 }, addedTo: { id: 'x', n: 1, more: 2 } }

test.each([
  ['a', 'b'],
  ['b', 'a'],
])(
  'where %s has more than was written, and %s something else, one says what there is, whoever looks first',
  async (more, other) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    lab.world.site(more).application.write(SERVICE, '/items/x', CHANGED.addedTo)
    lab.world.site(other).application.write(SERVICE, '/items/x', CHANGED.replaced)
    await lab.pass(180_000)
    for (const site of MEMBERS) {
      expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
      expect(lab.read(site, 'x')).toEqual(CHANGED.addedTo)
    }
    expect(statesBy(lab)).toEqual([more])
    lab.assertSound()
  },
)

test('what is dropped, was in doubt at one member and cannot be undone at the other is no more in effect than is said', async () => {
  const glue = simGlue(VARIANTS.ordered)
  const lab = await Lab.of(MEMBERS, { glue: () => glue })
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.world.site('a').application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'POST')
  await lab.ask('b', 'POST /items/x/count', { by: 1 })
  await lab.pass(1_500)
  // It drops what it has seen.
  await lab.ask('b', 'POST /items/x/lines', { line: 2 })
  await lab.pass(180_000)
  const all = lab.all('x')
  expect(all['a']).toMatchObject({ n: 1, lines: [{ line: 2 }] })
  expect(all['b']).toEqual(all['a'])
  expect(Object.hasOwn(all['a'] ?? {}, 'count')).toBe(statesBy(lab).length > 0)
  for (const site of MEMBERS) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

test('who goes on while it looks, and is asked what it shows, says that it looks still', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', { line: 1 })
  await lab.pass(30_000)
  lab.cut('a')
  await lab.pass(5_000)
  // Given up, and there all the same when b looks: it goes on with that, and has nobody to ask.
  lab.world.site('b').application.failNext({ kind: 'late-effect', delayMs: 4_000 }, ({ method }) => method === 'POST')
  const add = () => lab.ask('b', 'POST /items/x/lines', { line: 2 }, { key: 'k' })
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(5_000)
  expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  await lab.pass(2_000)
  await lab.heal(60_000)
  expect(statesBy(lab)).toHaveLength(1)
  const all = lab.all('x')
  expect(all['a']).toEqual(all['b'])
  for (const site of MEMBERS) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

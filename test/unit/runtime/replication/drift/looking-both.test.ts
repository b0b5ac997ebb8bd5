/** All members look for a state, and one of them goes on while it looks. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

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
    const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
    expect(states.map(({ site }) => site)).toEqual([more])
    lab.assertSound()
  },
)

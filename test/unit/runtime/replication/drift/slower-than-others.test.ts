/** An operation of the application's own changes what was written a while after it has answered, one member is slower than the others. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b', 'c']

test.each([3_000, 20_000])(
  'what it has done at the others is not taken back for one that does it %i ms later',
  async later => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('b', 'POST /items', { id: 'x', base: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    await lab.ask('a', 'PATCH /items/x', { status: 'draft' })
    await lab.pass(5_000)
    // As "publish": it answers at once, with what there is, and does it.
    const publish = (site: string): void => {
      const shown = lab.read(site, 'x')
      lab.world.site(site).application.write(SERVICE, '/items/x', { ...shown, status: 'published' })
    }
    await lab.ask('a', 'POST /items/x/lines', { line: 3 })
    await lab.pass(300)
    publish('b')
    publish('c')
    await lab.pass(later - 300)
    publish('a')
    await lab.pass(1_800_000)
    const x = { id: 'x', base: 1, status: 'published', lines: [{ line: 3 }] }
    expect(lab.all('x')).toEqual({ a: x, b: x, c: x })
  },
)

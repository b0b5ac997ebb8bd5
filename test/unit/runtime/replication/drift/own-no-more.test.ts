/** A member that is changed past Cheops right after a write, where answers do not tell what is shown. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test.each([
  ['was never changed past Cheops before', false],
  ['was changed at all members before, and is well again since', true],
])(
  'a field that somebody changes at one member past Cheops is put right there, where it %s',
  async (_what, isChangedBefore) => {
    const lab = await Lab.of(MEMBERS)
    // Its answers show a field that its readings do not: they do not tell what it shows. An application that answers 204 is as that.
    for (const site of MEMBERS) lab.world.site(site).application.hides.set('secret', false)
    await lab.ask('a', 'POST /items', { id: 'x', n: 0, secret: 's' }, { members: MEMBERS })
    await lab.pass(60_000)
    const change = (site: string, n: number) =>
      lab.world.site(site).application.write('warehouse', '/items/x', { ...lab.read(site, 'x'), n })
    if (isChangedBefore) {
      change('a', 1)
      change('b', 2)
      await lab.pass(3_600_000)
      for (const site of MEMBERS) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    }
    expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
    await lab.pass(100)
    // Before that was read there.
    change('a', 77)
    await lab.pass(2 * 3_600_000)
    expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
    for (const site of MEMBERS) expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    lab.assertSound()
  },
)

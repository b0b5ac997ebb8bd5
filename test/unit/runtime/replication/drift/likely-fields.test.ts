/**
 * What a PATCH of plain JSON has set is what was written as far as anybody can tell: a member that shows it is right before those that show something else
 * past Cheops. Real replicators, simulated world.
 */
import { expect, test } from 'vitest'
import { ABC, Lab } from '../lab.ts'

const { members: MEMBERS } = ABC
const PLAIN = { type: 'application/json' }

/** All members have `{ id: 'x', n: 1 }`, and what a PATCH of plain JSON has set besides. */
async function patched(fields: object, members: readonly string[] = MEMBERS): Promise<Lab> {
  const lab = await Lab.of(members)
  for (const site of members) lab.world.site(site).application.hides.set('secret', true)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/x', fields, PLAIN)).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  return lab
}

/** Somebody changes it past Cheops, or deletes it. */
function change(lab: Lab, site: string, fields: object | undefined): void {
  const before = lab.read(site, 'x')
  lab.world.site(site).application.write('warehouse', '/items/x', fields && { ...before, ...fields })
}

async function expectAll(lab: Lab, fields: object): Promise<void> {
  await lab.pass(600_000)
  for (const { name: site } of lab.world.sites) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', ...fields })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
}

test.each([
  ['at one member', { a: { m: 77 } }],
  ['at one member, while another has lost it,', { a: { m: 77 }, b: undefined }],
  ['at two members in the same way', { a: { m: 77 }, b: { m: 77 } }],
  ['at two members, each in another way,', { a: { m: 77 }, b: { m: 78 } }],
  ['at two members, in what a PATCH of plain JSON has not set,', { a: { n: 77 }, b: { n: 77 } }],
])('what was changed past Cheops %s is put right by who shows what was written', async (_where, changes) => {
  const lab = await patched({ m: 1 })
  for (const [site, fields] of Object.entries(changes)) change(lab, site, fields)
  // Before anybody has read it there.
  expect(await lab.ask('a', 'PATCH /items/x', { k: 2 })).toMatchObject({ status: 200 })
  await expectAll(lab, { n: 1, m: 1, k: 2 })
})

test('so it is with two members', async () => {
  const lab = await patched({ m: 1 }, ['a', 'b'])
  change(lab, 'a', { m: 77 })
  expect(await lab.ask('a', 'PATCH /items/x', { n: 2 })).toMatchObject({ status: 200 })
  await expectAll(lab, { n: 2, m: 1 })
})

test.each([{ members: MEMBERS }, { members: ['a', 'b'] }])(
  'where no member ever shows all that was written what somebody changes past Cheops is put right too ($members)',
  async ({ members }) => {
    const lab = await patched({ m: 1, secret: 's' }, members)
    change(lab, 'a', { m: 77 })
    await expectAll(lab, { n: 1, m: 1, secret: 's' })
  },
)

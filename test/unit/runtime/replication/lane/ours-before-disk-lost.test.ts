/** A site has lost its disk, and what its application shows may not be sent once more. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test.each([
  ['the resource and a line', 'a'],
  ['a line', 'b'],
])('who has written %s copies what was written since its disk was lost', async (_what, creator) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask(creator, 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 2 })).toMatchObject({ status: 201 })
  await lab.until(back)
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, lines: [{ line: 1 }, { line: 2 }] })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  lab.assertSound()
})

test.each([
  ['other values', { n: 1 }, { line: 1 }, { n: 77, lines: [{ line: 5 }] }],
  ['the same flag', { enabled: true, n: 1 }, { line: 1 }, { enabled: true }],
  ['a list, where an empty object was added', { n: 1 }, {}, { lines: [{ theirs: 1 }] }],
  ['something where an empty list was written', { tags: [], n: 1 }, { line: 1 }, { tags: ['theirs'] }],
  ['something where an empty object was written', { spec: {}, n: 1 }, { line: 1 }, { spec: { theirs: 1 } }],
])('what another application has by the name is of somebody else: %s', async (_what, written, line, theirs) => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('b', 'POST /items', { id: 'x', ...written }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'POST /items/x/lines', line)
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  const others = { id: 'x', owner: 'somebody else', ...theirs }
  site.application.write('warehouse', '/items/x', others)
  await lab.until(back)
  await lab.pass(60_000)
  expect(lab.read('a', 'x'), 'an operator decides').toEqual(others)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'unbound' })
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  lab.assertSound()
})

/** What a has made; then its machine is lost. @param meanwhile what the others write while it is away */
async function madeAndLost(
  written: object,
  meanwhile: (lab: Lab) => Promise<unknown> = () => Promise.resolve(),
  shown?: Readonly<Record<string, unknown>>,
): Promise<Lab> {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', ...written }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { name: 'newer' })
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  if (shown !== undefined) site.application.write('warehouse', '/items/x', shown)
  await meanwhile(lab)
  await lab.until(back)
  await lab.pass(60_000)
  return lab
}

const SOMEBODYS = { id: 'x', owner: 'somebody else' }

test.each([
  ['nothing of what was written', { n: 1, name: 'mine' }, SOMEBODYS],
  ['other values', { n: 1, name: 'mine' }, { ...SOMEBODYS, n: 77, name: 'theirs' }],
  ['another value, where it was made with its name only', {}, { ...SOMEBODYS, name: 'theirs' }],
  ['nothing but the name, where it was made with that only', {}, SOMEBODYS],
  [
    'the flag that it was made with, and another value',
    { enabled: true },
    { ...SOMEBODYS, enabled: true, name: 'theirs' },
  ],
])(
  'what a new application has by the name of what its site has made is of somebody else: %s',
  async (_what, written, theirs) => {
    const lab = await madeAndLost(written, undefined, theirs)
    expect(lab.read('a', 'x'), 'an operator decides').toEqual(theirs)
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'unbound' })
    expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
    lab.assertSound()
  },
)

test('what a new application has is of somebody else where another site has made it with its name only', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('b', 'POST /items', { id: 'x' }, { members: MEMBERS })
  await lab.pass(5_000)
  await lab.ask('b', 'PATCH /items/x', { name: 'newer' })
  await lab.pass(5_000)
  const site = lab.world.site('a')
  const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
  const theirs = { ...SOMEBODYS, name: 'theirs' }
  site.application.write('warehouse', '/items/x', theirs)
  await lab.until(back)
  await lab.pass(60_000)
  expect(lab.read('a', 'x'), 'an operator decides').toEqual(theirs)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'unbound' })
  lab.assertSound()
})

test.each([
  ['was not written since', () => Promise.resolve(), { name: 'newer' }],
  ['was changed since', (lab: Lab) => lab.ask('b', 'PATCH /items/x', { name: 'newest' }), { name: 'newest' }],
] as const)(
  'who has made it has it again, where its application was not lost, and it %s',
  async (_what, meanwhile, more) => {
    const lab = await madeAndLost({ n: 1, name: 'mine' }, meanwhile)
    for (const site of MEMBERS) {
      expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, ...more })
      expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
    }
    lab.assertSound()
  },
)

test.each([
  ['last', 'a'],
  ['before another site did', 'b'],
])(
  'who has made it has it again where all that tells was never written: flags, which it has set %s',
  async (_w, last) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', enabled: true, state: 'on' }, { members: MEMBERS })
    await lab.pass(5_000)
    await lab.ask(last, 'PATCH /items/x', { enabled: false, state: 'of' })
    await lab.pass(5_000)
    const site = lab.world.site('a')
    const back = site.restart(10_000, () => site.machine.disk.restore(new Map()))
    await lab.ask('b', 'PATCH /items/x', { n: 1 })
    await lab.until(back)
    await lab.pass(60_000)
    for (const member of MEMBERS) {
      expect(lab.read(member, 'x'), member).toEqual({ id: 'x', enabled: false, state: 'of', n: 1 })
      expect(await lab.status(member, 'x')).toMatchObject({ state: 'agrees' })
    }
    lab.assertSound()
  },
)

/** What was given up lands later, on top of what has come since, or where nobody can be asked what the resource is. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const KEY = { key: 'k' }

test('it is not sent again on top of what has landed, also where its site goes on while it looks', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.cut('a')
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-effect', delayMs: 4_000 }, ({ method }) => method === 'POST')
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, KEY)
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(5_000)
  for (let times = 0; times < 3; times++) {
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(2_000)
  }
  // What has no key is taken as before.
  expect(await lab.ask('a', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  expect(application.effects.filter(({ added }) => added !== undefined)).toHaveLength(1)
  await lab.heal(120_000)
  for (const site of MEMBERS) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
  lab.assertSound()
})

test('who asks for a state while the other one reads its own, and gets none, asks again', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.cut('a')
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-effect', delayMs: 4_000 }, ({ method }) => method === 'POST')
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, KEY)
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(5_000)
  for (let times = 0; times < 3; times++) {
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(2_000)
  }
  await lab.heal(60_000)
  for (const site of MEMBERS) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1 })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})

test('where who has carried it out cannot be reached any more, a whole body ends the wait', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-effect', delayMs: 2_500 }, ({ method }) => method === 'POST')
  const began = lab.world.time.now
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 }, KEY)).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(began + 3_000 - lab.world.time.now)
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 }, KEY)).toMatchObject({ status: 201 })
  lab.cut('b')
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'diverged' })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  // What may have landed is gone with it, and what the other member has carried out comes on top.
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2, lines: [{ line: 1 }] })
  await lab.heal(60_000)
  for (const site of MEMBERS) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('b', 'x')).toEqual(lab.read('a', 'x'))
  lab.assertSound()
})

test('what was changed past Cheops while its site was cut off, and changed back, takes it again', async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(60_000)
  lab.cut('a')
  const { application } = lab.world.site('a')
  application.write(SERVICE, '/items/x', { id: 'x', n: 1, more: 2 })
  await lab.pass(1_200_000)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 }, KEY)).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  application.write(SERVICE, '/items/x', { id: 'x', n: 1 })
  await lab.pass(1_200_000)
  expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 }, KEY)).toMatchObject({ status: 201 })
  await lab.heal(120_000)
  for (const site of MEMBERS) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
  lab.assertSound()
})

test.each([
  ['before that', 2_500, 1],
  // Nothing shows it before it is carried out: no request can exclude that.
  ['after that', 6_000, 2],
])(
  'sent to another member, it is carried out here by what that shows, where it lands %s',
  async (_when, delayMs, times) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'late-effect', delayMs }, ({ method }) => method === 'POST')
    const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, KEY)
    const began = lab.world.time.now
    expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
    await lab.pass(began + 3_000 - lab.world.time.now)
    expect(await add('b')).toMatchObject({ status: 201 })
    await lab.pass(60_000)
    expect(application.effects.filter(({ added }) => added !== undefined)).toHaveLength(times)
    for (const site of MEMBERS) {
      expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
      expect(lab.read(site, 'x')).toMatchObject({ lines: [{ line: 1 }] })
    }
    lab.assertSound()
  },
)

const LATE = { kind: 'late-effect', delayMs: 2_500 } as const

/** An addition with a key is given up at a, and lands half a second after that. */
async function givenUp(delayMs: number = LATE.delayMs) {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  const { application } = lab.world.site('a')
  application.failNext({ ...LATE, delayMs }, ({ method }) => method === 'POST')
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, KEY)
  const began = lab.world.time.now
  expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
  return { lab, add, until: (ms: number) => lab.pass(began + ms - lab.world.time.now) }
}

async function showOnce(lab: Lab, more: object): Promise<void> {
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
    expect(lab.read(site, 'x')).toEqual({ id: 'x', ...more })
  }
  lab.assertSound()
}

test.each([
  ['another site adds to', 'b', 'POST /items/x/lines', { line: 2 }, 201, { n: 1, lines: [{ line: 2 }, { line: 1 }] }],
  ['another site changes', 'b', 'PATCH /items/x', { m: 2 }, 200, { n: 1, m: 2, lines: [{ line: 1 }] }],
  ['another client adds to', 'a', 'POST /items/x/lines', { line: 2 }, 201, { n: 1, lines: [{ line: 2 }, { line: 1 }] }],
  ['another client changes', 'a', 'PATCH /items/x', { m: 2 }, 200, { n: 1, m: 2, lines: [{ line: 1 }] }],
])('it is there once, also where %s it after it has landed', async (_who, site, asked, body, status, shown) => {
  const { lab, add, until } = await givenUp()
  await until(3_000)
  expect(await lab.ask(site, asked, body)).toMatchObject({ status })
  await lab.pass(100)
  // Its site may look for what the resource is first.
  for (let times = 0; times < 5 && (await add('a')).status !== 201; times++) await lab.pass(2_000)
  await lab.pass(60_000)
  await showOnce(lab, shown)
})

test('it is not sent again where it has landed on top of a replace, before anybody has read what came of that', async () => {
  const { lab, add, until } = await givenUp()
  await until(2_400)
  expect(await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })).toMatchObject({ status: 200 })
  lab.cut('a')
  await lab.pass(5_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2, lines: [{ line: 1 }] })
  for (let times = 0; times < 3; times++) {
    expect(await add('a')).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(2_000)
  }
  // What has no key is taken, and what has landed is no less there for that.
  expect(await lab.ask('a', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await lab.pass(5_000)
  expect(await add('a')).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  await lab.heal(120_000)
  expect(await add('a')).toMatchObject({ status: 201 })
  await lab.pass(20_000)
  await showOnce(lab, { n: 2, m: 2, lines: [{ line: 1 }] })
})

test.each([
  ['also where that is away for a while', true],
  ['as soon as it can', false],
])(
  'sent again at its own site, it lands behind that: what the other member shows is believed, %s',
  async (_how, isCut) => {
    const { lab, add, until } = await givenUp(4_000)
    if (isCut) lab.cut('b')
    await until(3_000)
    expect(await add('a')).toMatchObject({ status: 201 })
    await lab.pass(20_000)
    expect(lab.read('a', 'x')?.['lines']).toHaveLength(isCut ? 2 : 1)
    if (isCut) await lab.heal(120_000)
    await lab.pass(60_000)
    await showOnce(lab, { n: 1, lines: [{ line: 1 }] })
  },
)

test.each([
  ['replace', 'PUT', 'PUT /items/x', { id: 'x', n: 2 }],
  ['change', 'PATCH', 'PATCH /items/x', { n: 2 }],
])(
  'a %s without a key that was given up, and has landed, is found before an addition comes on top of it from another site that has sent that again',
  async (_what, asked, request, body) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    const add = () => lab.ask('b', 'POST /items/x/lines', { line: 1 }, KEY)
    lab.world.site('b').application.failNext({ kind: 'crash-before' }, ({ method }) => method === 'POST')
    expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
    lab.world.site('a').application.failNext(LATE, ({ method }) => method === asked)
    const began = lab.world.time.now
    expect(await lab.ask('a', request, body)).toMatchObject({ accepted: { outcome: 'void' } })
    await lab.pass(began + 3_000 - lab.world.time.now)
    expect(await add()).toMatchObject({ status: 201 })
    await lab.pass(60_000)
    await showOnce(lab, { n: 1, lines: [{ line: 1 }] })
  },
)

test("what a member's lane has sent again, and lands as well, takes nothing with it that came on top", async () => {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.world.site('b').application.failNext({ kind: 'late-effect', delayMs: 3_500 }, ({ method }) => method === 'PUT')
  const began = lab.world.time.now
  expect(await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })).toMatchObject({ status: 200 })
  await lab.pass(began + 3_000 - lab.world.time.now)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2 })
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
  await lab.pass(60_000)
  await showOnce(lab, { n: 2, lines: [{ line: 1 }] })
})

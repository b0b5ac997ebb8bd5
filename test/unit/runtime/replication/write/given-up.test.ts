/**
 * What was given up is looked for as long as it may land, whatever else is found; the look ends with what shows that it has not landed. Real replicators in the
 * simulated world.
 */
import { expect, test, vi } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { Repairs } from '../../../../../src/runtime/replication/drift/repair.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

const isPost = ({ method }: { readonly method: string }): boolean => method === 'POST'

interface Item {
  readonly lines?: readonly { readonly line: number }[]
}

/** A resource with a line 0, where additions with the keys k1, k2, … were given up at a, one after the other. @param delays when each lands, milliseconds after it was sent */
async function givenUp(delays: readonly number[]) {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  expect(await lab.ask('b', 'POST /items/x/lines', { line: 0 })).toMatchObject({ status: 201 })
  await lab.pass(5_000)
  const { application } = lab.world.site('a')
  const began = lab.world.time.now
  const add = (line: number) => lab.ask('a', 'POST /items/x/lines', { line }, { key: `k${line}` })
  for (const [place, delayMs] of delays.entries()) {
    application.failNext({ kind: 'late-effect', delayMs }, isPost)
    expect(await add(place + 1)).toMatchObject({ accepted: { outcome: 'void' } })
  }
  const until = (ms: number) => lab.pass(began + ms - lab.world.time.now)
  const again = async (line: number) => {
    for (let times = 0; times < 60 && (await add(line)).status !== 201; times++) await lab.pass(2_000)
  }
  return { lab, application, until, again }
}

async function expectLines(lab: Lab, lines: readonly number[]): Promise<void> {
  await lab.pass(60_000)
  for (const site of MEMBERS) {
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    const shown = lab.read(site, 'x') as Item | undefined
    expect(shown?.lines?.map(({ line }) => line).toSorted(), site).toEqual(lines)
  }
  lab.assertSound()
}

test('that the first of two was found does not end the look for the second', async () => {
  const { lab, until, again } = await givenUp([5_000, 4_500])
  await until(5_200)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  await until(6_700)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  await again(1)
  await again(2)
  await expectLines(lab, [0, 1, 2])
})

test('that somebody changes the resource past Cheops before it lands does not end the look for it', async () => {
  const { lab, application, until, again } = await givenUp([6_000])
  await until(3_000)
  application.write(SERVICE, '/items/x', { id: 'x', n: 1, lines: [{ line: 0 }], more: 2 })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  await until(6_200)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  await again(1)
  await expectLines(lab, [0, 1])
})

test('what is carried out here for another member, after it was given up here, is there once, also where answers do not tell what is shown', async () => {
  const lab = await Lab.of(MEMBERS)
  // Its answers show a field that its readings do not: they do not tell what it shows. An application that answers 204 is as that.
  for (const site of MEMBERS) lab.world.site(site).application.hides.set('secret', false)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1, secret: 's' }, { members: MEMBERS })
  await lab.pass(10_000)
  lab.world.site('a').application.failNext({ kind: 'late-effect', delayMs: 3_300 }, isPost)
  const began = lab.world.time.now
  const until = (ms: number) => lab.pass(began + ms - lab.world.time.now)
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
  await until(2_900)
  expect(await add('b')).toMatchObject({ status: 201 })
  // It is carried out at a; then what was given up lands, before anybody has read; another client changes something at a.
  await until(3_400)
  expect(lab.read('a', 'x')?.['lines']).toHaveLength(2)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 2 })).toMatchObject({ status: 200 })
  await expectLines(lab, [1])
})

test.each([
  ['is answered', undefined],
  ['is not answered, and in effect', { kind: 'crash-after' } as const],
])(
  'a whole body that %s ends the wait for a member that has carried out what was given up here',
  async (_how, fault) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    const { application } = lab.world.site('a')
    application.failNext({ kind: 'late-effect', delayMs: 2_500 }, isPost)
    const began = lab.world.time.now
    const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
    expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
    await lab.pass(began + 3_000 - lab.world.time.now)
    expect(await add('b')).toMatchObject({ status: 201 })
    lab.cut('b')
    await lab.pass(60_000)
    if (fault !== undefined) application.failNext(fault, ({ method }) => method === 'PUT')
    // The client is told that it is in effect, in either case.
    expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ accepted: { outcome: 'applied' } })
    await lab.pass(60_000)
    await lab.heal(3_600_000)
    await expectLines(lab, [1])
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2, lines: [{ line: 1 }] })
  },
)

test.each([
  ['was never asked before', undefined],
  ['was given up before, and never lands', { kind: 'crash-before' } as const],
])(
  'changed past Cheops while its site is cut off, and changed back, it takes a request that %s',
  async (_what, fault) => {
    const lab = await Lab.of(MEMBERS)
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(60_000)
    const { application } = lab.world.site('a')
    const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
    if (fault !== undefined) {
      application.failNext(fault, isPost)
      expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
    }
    lab.cut('a')
    application.write(SERVICE, '/items/x', { id: 'x', n: 1, status: 'busy' })
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(1_200_000)
    application.write(SERVICE, '/items/x', { id: 'x', n: 1 })
    await lab.pass(1_200_000)
    // It shows what it did all the time.
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
    expect(await add()).toMatchObject({ status: 201 })
    await lab.heal(60_000)
    await expectLines(lab, [1])
  },
)

test('whoever is the only member takes it again behind a whole body', async () => {
  const lab = await Lab.of(['a'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a'] })
  await lab.pass(5_000)
  lab.world.site('a').application.failNext({ kind: 'late-effect', delayMs: 4_000 }, isPost)
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(600_000)
  expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ accepted: { outcome: 'applied' } })
  expect(await add()).toMatchObject({ status: 201 })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 2, lines: [{ line: 1 }] })
  lab.assertSound()
})

/** An addition with a key was given up at a and lands, the link to b is cut, and its client has sent it to b. */
async function sentToTheOther(delayMs: number) {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  lab.world.site('a').application.failNext({ kind: 'late-effect', delayMs }, isPost)
  const began = lab.world.time.now
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
  lab.cut('b')
  await lab.pass(began + 3_000 - lab.world.time.now)
  expect(await add('b')).toMatchObject({ status: 201 })
  return lab
}

test.each([
  ['a write here', true],
  ['the first reading', false],
])(
  'what has landed while its site was cut off, and is found by %s, is there once as soon as the other member is heard',
  async (_what, writes) => {
    const lab = await sentToTheOther(2_500)
    if (writes) expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
    await lab.pass(120_000)
    await lab.heal(120_000)
    await expectLines(lab, [1])
    expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 1, ...(writes && { m: 1 }), lines: [{ line: 1 }] })
  },
)

test.each([
  ['is there', 2_500, true],
  ['is not there', 3_600_000, false],
])('where its site has said a state since, an operator decides that it %s', async (_what, delayMs, isThere) => {
  const lab = await sentToTheOther(delayMs)
  if (!isThere) lab.world.site('a').application.write(SERVICE, '/items/x', { id: 'x', n: 1, other: 1 })
  const { length } = lab.told
  const hasSaid = (): boolean =>
    lab.told.slice(length).some(({ event }) => event.kind === 'released' && event.type === 'state')
  for (let n = 0; !hasSaid(); n++) {
    expect(n, 'changes until a says a state').toBeLessThan(200)
    expect(await lab.ask('a', 'PATCH /items/x', { m: n })).toMatchObject({ status: 200 })
    await lab.pass(100)
  }
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1_000 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  await lab.heal(120_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
  await lab.decide('a', 'x', isThere)
  await expectLines(lab, [1])
  expect(lab.read('b', 'x')).toMatchObject({ m: 1_000 })
})

test('whoever is the only member by now is asked as well, and takes writes again', async () => {
  const lab = await sentToTheOther(2_500)
  await lab.pass(120_000)
  {
    // It is not a's turn to copy anything before b is taken out.
    using _busy = vi.spyOn(Repairs.prototype, 'begin').mockReturnValue(false)
    await lab.heal(10_000)
    await lab.changeMembers('a', 'x', [], ['b'])
  }
  await lab.pass(120_000)
  expect(await lab.status('a', 'x')).toMatchObject({ members: ['a'], state: 'uncertain' })
  await lab.decide('a', 'x', true)
  await lab.pass(10_000)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1, m: 1, lines: [{ line: 1 }] })
  lab.assertSound()
})

test.each([
  ['was taken at once', false],
  ['was given up, and sent again', true],
])(
  'what somebody changes at one of three members past Cheops is not taken for right, where the create %s',
  async (_what, isGivenUp) => {
    const members = [...MEMBERS, 'c']
    const lab = await Lab.of(members)
    const create = () => lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members, key: 'k' })
    if (isGivenUp) {
      lab.world.site('a').application.failNext({ kind: 'crash-before' }, isPost)
      expect(await create()).toMatchObject({ accepted: { outcome: 'void' } })
    }
    expect(await create()).toMatchObject({ status: 201 })
    await lab.pass(10_000)
    // Only the applications can say what comes of it.
    expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
    await lab.pass(200)
    // Before that was read there.
    lab.world.site('b').application.write(SERVICE, '/items/x', { ...lab.read('b', 'x'), more: 2 })
    await lab.pass(1)
    await lab.heal(120_000)
    await expectLines(lab, [1])
    for (const site of members) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, lines: [{ line: 1 }] })
  },
)

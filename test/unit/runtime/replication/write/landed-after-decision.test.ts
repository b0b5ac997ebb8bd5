/**
 * What nobody could tell of was decided about, by an operator or the service's policy, and lands after that; or it has landed, and something was written on top of it before
 * a state was said. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import type { DoubtPolicy } from '../../../../../src/config.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']
const LINE = [{ line: 1 }]

let lab: Lab

afterEach(() => lab.assertSound())

const isPost = ({ method }: { readonly method: string }): boolean => method === 'POST'

async function linesAt(site: string): Promise<unknown> {
  expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  return lab.read(site, 'x')?.['lines']
}

/** A client's request at a that lands six seconds after it was sent, where somebody has changed the resource past Cheops meanwhile: nobody can tell. */
async function inDoubt(members: readonly string[], policy: DoubtPolicy) {
  lab = await Lab.of(members)
  lab.doubt = policy
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
  await lab.pass(5_000)
  lab.cut('a')
  const { application } = lab.world.site('a')
  application.failNext({ kind: 'late-effect', delayMs: 6_000 }, isPost)
  const began = lab.world.time.now
  const add = () => lab.begin('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  const given = add()
  await lab.pass(300)
  application.write(SERVICE, '/items/x', { id: 'x', n: 1, more: 2 })
  expect(await lab.until(given)).toMatchObject({ accepted: { outcome: 'uncertain' } })
  await lab.pass(1_000)
  return { add: () => lab.until(add()), until: (ms: number) => lab.pass(began + ms - lab.world.time.now) }
}

/** Sends it again until it is taken, or for so long. */
async function again(add: () => ReturnType<Lab['ask']>): Promise<void> {
  for (let times = 0; times < 20 && (await add()).status !== 201; times++) await lab.pass(2_000)
}

for (const isPatched of [false, true]) {
  const patch = async (): Promise<void> => {
    if (isPatched) expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  }
  const what = isPatched ? ', and something is written on top of it' : ''

  test.each(['skip', 'hold'] as const)(
    `with "%s" it lands after it was decided that it is nobody's${what}: it is there once`,
    async policy => {
      const { add, until } = await inDoubt(MEMBERS, policy)
      if (policy === 'hold') await lab.decide('a', 'x', false)
      await until(7_000)
      await patch()
      await again(add)
      await lab.heal(120_000)
      await again(add)
      await lab.pass(60_000)
      for (const site of MEMBERS) expect(await linesAt(site)).toEqual(LINE)
    },
  )

  test.each(['skip', 'hold'] as const)(
    `with "%s" whoever is the only member does not send it on top of what has landed${what}`,
    async policy => {
      const { add, until } = await inDoubt(['a'], policy)
      if (policy === 'hold') await lab.decide('a', 'x', false)
      await until(7_000)
      await patch()
      await again(add)
      expect(lab.read('a', 'x')?.['lines']).toEqual(LINE)
      expect(await lab.ask('a', 'PUT /items/x', { n: 3 })).toMatchObject({ status: 200 })
      expect(await add()).toMatchObject({ status: 201 })
      expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 3, lines: LINE })
    },
  )
}

test('what an operator has seen as it was decided is none of it: it is taken again, and is there once', async () => {
  const { add, until } = await inDoubt(['a'], 'hold')
  await lab.decide('a', 'x', false)
  await lab.pass(1_000)
  // Its lane goes on with what somebody has changed past Cheops.
  for (let times = 0; times < 2 && (await add()).status !== 201; times++) await lab.pass(200)
  await until(5_500)
  expect(lab.read('a', 'x')?.['lines']).toEqual(LINE)
})

test.each([
  ['the policy "retry" sends it again', 'retry'],
  ['an operator says that it has not', 'hold'],
] as const)(
  'at the member that has made the resource nobody can tell whether it took effect, and %s: what is there twice is not said of it',
  async (_how, policy) => {
    lab = await Lab.of(MEMBERS)
    lab.doubt = policy
    await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
    await lab.pass(5_000)
    const { application } = lab.world.site('b')
    application.failNext({ kind: 'late-effect', delayMs: 2_500 }, isPost)
    expect(await lab.ask('a', 'POST /items/x/lines', { line: 1 })).toMatchObject({ status: 201 })
    await lab.pass(1_000)
    application.write(SERVICE, '/items/x', { id: 'x', n: 1, more: 1 })
    await lab.pass(60_000)
    if (policy === 'hold') {
      expect(await lab.status('b', 'x')).toMatchObject({ state: 'uncertain' })
      await lab.decide('b', 'x', false)
    }
    await lab.pass(120_000)
    for (const site of MEMBERS) expect(await linesAt(site)).toEqual(LINE)
  },
)

test('what was written on top of what has landed is no sign that it has not', async () => {
  lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  // Only the applications can say what comes of it.
  await lab.ask('a', 'POST /items/x/lines', { line: 0 })
  await lab.pass(5_000)
  lab.cut('a')
  lab.world.site('a').application.failNext({ kind: 'late-effect', delayMs: 6_000 }, isPost)
  const began = lab.world.time.now
  const add = () => lab.ask('a', 'POST /items/x/lines', { line: 1 }, { key: 'k' })
  expect(await add()).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(began + 7_000 - lab.world.time.now)
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  for (let times = 0; times < 3; times++) {
    expect(await add()).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(2_000)
  }
  await lab.heal(100_000)
  await again(add)
  await lab.pass(60_000)
  // One of the two has said what the resource is, by what it shows.
  for (const site of MEMBERS) expect(await linesAt(site)).toEqual([{ line: 0 }, ...LINE])
})

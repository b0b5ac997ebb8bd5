/** What a repair has sent is given up as well, and lands on top of what has come since. Real replicators in the simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

/**
 * An addition with a key was given up at a, and has landed there. Its client has sent it again: to a, which found it by that and repairs, with a PUT that is given up too and lands after 2.5 s;
 * and to b, which has carried it out. So what a is to be put into is by now what it shows already.
 */
async function repairGivenUp() {
  const lab = await Lab.of(MEMBERS)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: MEMBERS })
  await lab.pass(5_000)
  const { application } = lab.world.site('a')
  const add = (site: string) => lab.ask(site, 'POST /items/x/lines', { line: 0 }, { key: 'k' })
  application.failNext({ kind: 'late-effect', delayMs: 3_000 }, ({ method }) => method === 'POST')
  expect(await add('a')).toMatchObject({ accepted: { outcome: 'void' } })
  await lab.pass(5_000)
  application.failNext({ kind: 'late-effect', delayMs: 2_500 }, ({ method }) => method === 'PUT')
  expect(await add('a')).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  const began = lab.world.time.now
  const hasSent = () => application.requests.some(({ method }) => method === 'PUT')
  while (!hasSent() && lab.world.time.now < began + 200) await lab.pass(5)
  expect(hasSent()).toBe(true)
  expect(await add('b')).toMatchObject({ status: 201 })
  return { lab, until: (ms: number) => lab.pass(began + ms - lab.world.time.now) }
}

test.each([
  ['an addition', 'POST /items/x/lines', { line: 1 }, { n: 1, lines: [{ line: 0 }, { line: 1 }] }],
  ['a change', 'PATCH /items/x', { m: 1 }, { n: 1, m: 1, lines: [{ line: 0 }] }],
])(
  'what a repair has sent takes nothing away where it lands behind the next one, and %s comes on top',
  async (...on) => {
    const [, request, body, shown] = on
    const { lab, until } = await repairGivenUp()
    await until(2_700)
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
    const key = request.startsWith('POST') ? { key: 'k1' } : {}
    for (let times = 0; (await lab.ask('a', request, body, key)).status === undefined; times++) {
      expect(times).toBeLessThan(10)
      await lab.pass(1_000)
    }
    await lab.pass(60_000)
    for (const site of MEMBERS) {
      expect(lab.read(site, 'x'), site).toEqual({ id: 'x', ...shown })
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    }
    lab.assertSound()
  },
)

test('likewise where the agent is started anew before it lands', async () => {
  const { lab, until } = await repairGivenUp()
  await lab.restart('a')
  await until(2_700)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 1 })).toMatchObject({ status: 200 })
  await lab.pass(60_000)
  for (const site of MEMBERS) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1, m: 1, lines: [{ line: 0 }] })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})

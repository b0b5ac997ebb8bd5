/** An application that answers 202 and loses all that it had before it has done it. Real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

/** Ten resources, and x: its last change was accepted at b, whose application was killed then and has lost all. */
async function lostAfter(at: string, request: string, body: object): Promise<Lab> {
  const lab = await Lab.of(MEMBERS)
  const names = ['x', ...Array.from({ length: 10 }, (_, n) => `n${n}`)]
  for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, { members: MEMBERS })
  await lab.pass(60_000)
  const { application } = lab.world.site('b')
  const [method] = request.split(' ')
  application.failNext({ kind: 'accepted', delayMs: 1_500 }, each => each.method === method)
  expect((await lab.ask(at, request, body)).accepted?.outcome).toBe('applied')
  await lab.pass(200)
  application.stop()
  for (const name of names) application.write('warehouse', `/items/${name}`, undefined)
  await lab.pass(4_000)
  application.start()
  return lab
}

test.each([
  ['a', 'PATCH /items/x', { n: 2 }, { id: 'x', n: 2 }],
  ['b', 'PATCH /items/x', { n: 2 }, { id: 'x', n: 2 }],
])(
  'what was there before a change was accepted at %s is back as soon as all else is (%s)',
  async (at, request, body, expected) => {
    const lab = await lostAfter(at, request, body)
    await lab.pass(15_000)
    for (const site of MEMBERS) {
      expect(lab.read(site, 'n3'), site).toEqual({ id: 'n3', n: 1 })
      expect(lab.read(site, 'x'), site).toEqual(expected)
      expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
    }
    lab.assertSound()
  },
)

test('what comes next for it is carried out behind that', async () => {
  const lab = await lostAfter('a', 'PATCH /items/x', { n: 2 })
  expect(await lab.ask('a', 'PATCH /items/x', { m: 3 })).toMatchObject({ status: 200 })
  await lab.pass(25_000)
  for (const site of MEMBERS) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 2, m: 3 })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
  lab.assertSound()
})

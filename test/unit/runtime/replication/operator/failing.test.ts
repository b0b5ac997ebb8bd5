/**
 * What an application refuses at a member is seen at the site where it was written, in what is shown and in what is counted, with the answer; and is
 * gone there when it was mended, whichever way. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import type { Application } from '../../../../../src/ports/application.ts'
import { Lab } from '../lab.ts'

const MEMBERS = { members: ['a', 'b', 'c'] }

let lab: Lab
afterEach(() => lab.assertSound())

/** The application of b refuses a method until it is let. */
async function start(method: string, status: number): Promise<{ let: () => void }> {
  lab = await Lab.of(['a', 'b', 'c'])
  let isLet = false
  lab.world.site('b').application.rule = request => (request.method === method && !isLet ? status : undefined)
  return { let: () => (isLet = true) }
}

async function standsAtA(): Promise<{ shown: readonly object[] | undefined; counted: readonly object[] | undefined }> {
  return { shown: (await lab.status('a', 'x'))?.failing, counted: lab.counts('a')?.failing }
}

const WELL = { shown: [], counted: [] }

test.each([
  ['by itself, in its next round', () => lab.pass(20 * 60_000)],
  ['when an operator says so', () => lab.repair('b', 'x')],
])('what a member refuses is shown and counted where it was written until it is mended %s', async (_, mend) => {
  const application = await start('PATCH', 422)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  const { accepted } = await lab.ask('a', 'PATCH /items/x', { n: 2 })
  const operation = accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  await lab.pass(5_000)
  expect(await standsAtA()).toEqual({
    shown: [{ site: 'b', operation, outcome: 'failed', status: 422 }],
    counted: [{ site: 'b', replicants: 1, errors: [], statuses: [422] }],
  })
  expect((await lab.status('b', 'x'))?.reason).toMatch(/answers 422 to the merge$/)
  await expect(lab.repair('b', 'x', 'd')).rejects.toMatchObject({ code: 'ERR_REPLICANT_NO_MEMBER' })
  application.let()
  await mend()
  await lab.pass(5_000)
  expect(lab.all('x')).toMatchObject({ a: { n: 2 }, b: { n: 2 }, c: { n: 2 } })
  expect(await standsAtA(), 'it was mended').toEqual(WELL)
  const sites = await lab.wait('a', 'x', operation, 0, 'all')
  expect(sites.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied'])
})

test('what is mended by the next write is gone too', async () => {
  await start('PATCH', 422)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(5_000)
  expect((await standsAtA()).shown).toHaveLength(1)
  await lab.ask('a', 'PUT /items/x', { n: 3 })
  await lab.pass(5_000)
  expect(await standsAtA()).toEqual(WELL)
})

test('what was refused first is the reason, not what could not be done after it', async () => {
  await start('', 0)
  for (let time = 0; time < 8; time++)
    lab.world.site('b').application.failNext({ kind: 'refuse', status: 415 }, ({ method }) => method === 'POST')
  const { accepted } = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(5_000)
  expect((await standsAtA()).shown).toEqual([
    { site: 'b', operation: accepted?.operation, outcome: 'failed', status: 415 },
  ])
  expect((await lab.status('b', 'x'))?.reason).toMatch(/answers 415 to the create$/)
})

test('a member that says for a minute that it cannot, or says nothing, has it pending', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
  lab.world.site('b').application.rule = ({ method }) => (method === 'PATCH' ? 503 : undefined)
  lab.cut('c')
  const { accepted } = await lab.ask('a', 'PATCH /items/x', { n: 2 })
  const operation = accepted?.operation
  await lab.pass(5_000)
  expect((await standsAtA()).shown, 'it may come').toEqual([])
  await lab.pass(120_000)
  expect((await standsAtA()).shown).toEqual([
    { site: 'b', operation, outcome: 'pending', status: 503 },
    { site: 'c', operation, outcome: 'pending' },
  ])
  lab.world.site('b').application.rule = () => undefined
  await lab.heal(120_000)
  expect(await standsAtA()).toEqual(WELL)
})

test.each([
  ['a body', 'PUT', { n: 2 }],
  ['a deletion', 'DELETE', undefined],
])(
  'what another member has done before the site where %s was settled has done it itself is heard',
  async (_what, method, body) => {
    let isSlow = false
    const slow = (application: Application, site: string): Application => ({
      request: async request => {
        if (isSlow && site === 'a') await new Promise<void>(resolve => void lab.world.time.after(2_000, resolve))
        return application.request(request)
      },
    })
    lab = await Lab.of(['a', 'b', 'c'], { application: slow })
    await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
    await lab.pass(5_000)
    lab.cut('a')
    await lab.ask('b', 'PUT /items/x', { n: 3 })
    await lab.pass(1_000)
    await lab.ask('a', `${method} /items/x`, body)
    await lab.heal()
    expect((await lab.status('a', 'x'))?.conflicts).toHaveLength(1)
    isSlow = true
    const { length } = lab.told
    await lab.settleConflicts('a', 'x', { how: 'keep' })
    await lab.pass(300_000)
    const dots = lab.told
      .slice(length)
      .flatMap(({ site, event }) => (site === 'a' && event.kind === 'released' ? [event.dot] : []))
    expect(dots).toHaveLength(1)
    for (const dot of dots)
      expect((await lab.wait('a', 'x', dot, 0, 'all')).map(({ outcome }) => outcome)).toEqual([
        'applied',
        'applied',
        'applied',
      ])
    expect(await standsAtA()).toEqual(WELL)
  },
)

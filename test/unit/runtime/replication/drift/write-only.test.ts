/**
 * Applications that take what they never show (a password) keep it at all members, whatever Cheops has to put there: a state that is said anew, a
 * repair, a resource that is made again. Real replicators in the simulated world; what the applications have is looked at past what they show.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { DEFINITION, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']
const FIRST = { id: 'x', password: 'p1', role: 'r' }
let lab: Lab

afterEach(() => lab.assertSound())

/** Three sites whose applications hide the password. */
async function hiding(text = DEFINITION, isAlways = true): Promise<void> {
  lab = await Lab.of(SITES, { glue: () => simGlue(text) })
  for (const { application } of lab.world.sites) application.hides.set('password', isAlways)
  await lab.ask('a', 'POST /items', FIRST, { members: SITES })
  await lab.pass(5_000)
}

const everywhere = (value: object) => ({ a: value, b: value, c: value })

async function allAgree(): Promise<void> {
  for (const site of SITES) expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees' })
}

describe.each([
  ['all fields are compared', DEFINITION],
  ['what was written is compared', `${DEFINITION}    compare: written\n`],
  ['the definition names it', `${DEFINITION}    write-only: [/password]\n`],
])('where %s', (_, text) => {
  test('a hundred patches are forgotten, nothing is sent for that, and the password stays', async () => {
    await hiding(text)
    for (let n = 0; n <= 104; n++) expect((await lab.ask('a', 'PATCH /items/x', { role: `r${n}` })).status).toBe(200)
    await lab.pass(20_000)
    const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
    expect(states).toHaveLength(1)
    expect(lab.all('x')).toEqual(everywhere({ ...FIRST, role: 'r104' }))
    await allAgree()
    // Who lost everything has it from what was said anew.
    lab.world.site('b').application.write('warehouse', '/items/x', undefined)
    await lab.pass(10 * 60_000)
    expect(lab.all('x')).toEqual(everywhere({ ...FIRST, role: 'r104' }))
    await allAgree()
  })

  test('what was changed past Cheops is repaired, and the password stays', async () => {
    await hiding(text)
    await lab.ask('a', 'PATCH /items/x', { password: 'p2' })
    await lab.pass(5_000)
    lab.world.site('b').application.write('warehouse', '/items/x', { ...FIRST, password: 'p2', role: 'other' })
    await lab.pass(10 * 60_000)
    expect(lab.all('x')).toEqual(everywhere({ ...FIRST, password: 'p2' }))
    await allAgree()
  })

  test('what is gone is made again with the password', async () => {
    await hiding(text)
    lab.world.site('b').application.write('warehouse', '/items/x', undefined)
    await lab.pass(10 * 60_000)
    expect(lab.all('x')).toEqual(everywhere(FIRST))
    await allAgree()
  })

  test('what a PATCH answers and a read does not show is no drift', async () => {
    lab = await Lab.of(SITES, { glue: () => simGlue(text) })
    for (const { application } of lab.world.sites) application.hides.set('password', false)
    await lab.ask('a', 'POST /items', { id: 'x', role: 'r' }, { members: SITES })
    await lab.pass(5_000)
    await lab.ask('a', 'PATCH /items/x', { role: 's' })
    await lab.pass(5_000)
    await lab.ask('a', 'PATCH /items/x', { password: 'p2' })
    await lab.pass(60_000)
    expect(lab.all('x')).toEqual(everywhere({ id: 'x', role: 's', password: 'p2' }))
    expect(lab.told.filter(({ event }) => event.kind === 'drift' || event.kind === 'diverged')).toEqual([])
    expect(lab.effects('a', 'x')).toEqual(['POST', 'PATCH', 'PATCH'])
  })

  test('where all were changed, and one says what it is, the password is what was written', async () => {
    await hiding(text)
    for (const site of SITES)
      lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', password: `of ${site}`, role: site })
    await lab.pass(60 * 60_000)
    const { role } = lab.read('a', 'x') ?? {}
    expect(SITES).toContain(role)
    expect(lab.all('x')).toEqual(everywhere({ ...FIRST, role }))
    await allAgree()
  })
})

test('a PUT that changes only what is never shown is carried out at all members', async () => {
  await hiding(`${DEFINITION}    write-only: [/password]\n`)
  await lab.ask('a', 'PUT /items/x', { ...FIRST, password: 'p2' })
  await lab.pass(10_000)
  expect(lab.all('x')).toEqual(everywhere({ ...FIRST, password: 'p2' }))
})

test('of a write in doubt that changes only what is never shown nobody says that it was not done', async () => {
  await hiding()
  lab.world.site('a').application.failNext({ kind: 'crash-after' }, ({ method }) => method === 'PUT')
  expect((await lab.ask('a', 'PUT /items/x', { ...FIRST, password: 'p2' })).status).not.toBe(200)
  await lab.pass(5_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'uncertain' })
})

test('where only the application knows what was done since, what was never shown is taken from the log', async () => {
  await hiding()
  await lab.ask('a', 'POST /items/x/lines', { line: 1 })
  await lab.pass(5_000)
  lab.world.site('b').application.write('warehouse', '/items/x', undefined)
  await lab.pass(10 * 60_000)
  expect(lab.all('x')).toEqual(everywhere({ ...FIRST, lines: [{ line: 1 }] }))
  await allAgree()
})

test('what was never looked at before only the application knows is not taken away: it is said which field that is', async () => {
  lab = await Lab.of(SITES, { glue: () => simGlue(DEFINITION) })
  for (const { application } of lab.world.sites) application.hides.set('password', true)
  await lab.ask('a', 'POST /items', FIRST, { members: SITES })
  await lab.ask('a', 'POST /items/x/lines', { line: 1 })
  await lab.pass(10_000)
  lab.world.site('b').application.write('warehouse', '/items/x', { id: 'x', password: 'p1', role: 'other' })
  await lab.pass(10 * 60_000)
  expect(lab.read('a', 'x')).toEqual({ ...FIRST, lines: [{ line: 1 }] })
  expect(lab.read('b', 'x')).toEqual({ ...FIRST, role: 'other' })
  const reason = expect.stringMatching(/\/password.*write-only/) as string
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'diverged', reason })
  await lab.ask('c', 'PUT /items/x', FIRST)
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual(everywhere(FIRST))
  await allAgree()
})

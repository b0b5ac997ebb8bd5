/**
 * A resource was adopted whose name the application has chosen, the same at each site (copies of one database, say), and one site loses it: made anew there, it has another name. It is
 * made once, and what is said names it. Real replicators in the simulated world.
 */
import { afterEach, expect, test } from 'vitest'
import { SERVICE, simGlue } from '../../../../../sims/world/replication/sim-glue.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

let lab: Lab
afterEach(() => lab.assertSound())

const DEFINITION = `
glue: 1
application: flows
kinds:
  item: {collection: /items, resource: "/items/{id}", id: {at: /id, from: either}}
`

function pathsAtB(): readonly string[] {
  return lab.world
    .site('b')
    .application.contents()
    .map(({ path }) => path)
}

/** What is named is adopted, and b loses it: its application calls what it makes otherwise. */
async function lost(order: readonly string[]): Promise<void> {
  lab = await Lab.of(MEMBERS, { glue: () => simGlue(DEFINITION) })
  for (const { application } of lab.world.sites) {
    application.putCreates = false
    for (const id of order) application.write(SERVICE, `/items/${id}`, { id, n: 1 })
    let made = 0
    application.names = () => `661e54fb03b84fd${String(made++)}`
  }
  for (const id of order) {
    await lab.adopt('a', id, MEMBERS, 'same')
    await lab.pass(5_000)
    await lab.ask('a', `PUT /items/${id}`, { id, n: 2 })
    await lab.pass(5_000)
  }
  for (const id of order) {
    lab.world.site('b').application.write(SERVICE, `/items/${id}`, undefined)
    await lab.pass(20 * 60_000)
  }
}

/** It was upgraded since, or its settings changed. */
async function namesTaken(): Promise<void> {
  await lost(['x', 'y'])
  for (const { application } of lab.world.sites) application.names = undefined
  await lab.restart('b')
  await lab.pass(20 * 60_000)
}

test('what is lost where the application names what it makes is made once, and it is said as what', async () => {
  await lost(['x'])
  for (let start = 0; start < 3; start++) {
    await lab.pass(20 * 60_000)
    expect(pathsAtB(), `after ${String(start)} further starts`).toEqual(['/items/661e54fb03b84fd0'])
    const status = await lab.status('b', 'x')
    expect(status?.state).toBe('diverged')
    expect(status?.reason).toContain(
      'the application here gives item names of its own: what was to be x is 661e54fb03b84fd0',
    )
    await lab.restart('b')
  }
})

test('where the application takes names by now, what was lost is made after the next start', async () => {
  await namesTaken()
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2 })
})

test('where the application takes names by now, what was lost is made after a PUT of it and a further start', async () => {
  await namesTaken()
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 3 })
  await lab.restart('b')
  await lab.pass(20 * 60_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 3 })
})

test('where the application takes names by now, what is new is made', async () => {
  await namesTaken()
  expect(await lab.ask('a', 'POST /items', { id: 'z', n: 1 }, { members: MEMBERS })).toMatchObject({ status: 201 })
  await lab.pass(20 * 60_000)
  expect(lab.read('b', 'z')).toEqual({ id: 'z', n: 1 })
})

test('what was never made is not said to be what another one was made as', async () => {
  await lost(['y', 'x'])
  const said = async (): Promise<string | undefined> => (await lab.status('b', 'x'))?.reason
  expect(await said()).toContain('so x is not made')
  await lab.restart('b')
  await lab.pass(20 * 60_000)
  // It is y: whoever believes it deletes, or renames, the wrong one.
  expect(await said()).not.toContain('what was to be x is 661e54fb03b84fd0')
})

test('what was made under another name is made once more by a repair that an operator asks for', async () => {
  await lost(['x'])
  const drawn = lab.world.site('b').application.names
  expect(await lab.repair('b', 'x')).toBe('not-taken')
  await lab.pass(20 * 60_000)
  expect(pathsAtB()).toEqual(['/items/661e54fb03b84fd0', '/items/661e54fb03b84fd1'])
  expect((await lab.status('b', 'x'))?.reason).toContain('what was to be x is 661e54fb03b84fd1')
  // Nothing else of the kind was taken as it was asked for: nobody but an operator knows that it would be by now.
  lab.world.site('b').application.names = undefined
  await lab.restart('b')
  await lab.pass(20 * 60_000)
  expect(lab.read('b', 'x')).toBeUndefined()
  expect(await lab.repair('b', 'x')).toBe('copied')
  await lab.pass(20 * 60_000)
  expect(await lab.status('b', 'x')).toMatchObject({ state: 'agrees' })
  // What was said before is over: it is made again, once.
  lab.world.site('b').application.write(SERVICE, '/items/x', undefined)
  await lab.pass(20 * 60_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 2 })
  lab.world.site('b').application.names = drawn
})

test('where some names are taken and others are not, what is made otherwise is made once more at most', async () => {
  await lost(['x'])
  for (const { application } of lab.world.sites) {
    const drawn = application.names
    application.names = said => (said === 'x' ? drawn?.(said) : undefined)
  }
  for (const name of ['u', 'v', 'w']) {
    await lab.restart('b')
    await lab.ask('a', 'POST /items', { id: name, n: 1 }, { members: MEMBERS })
    await lab.pass(60 * 60_000)
    expect(lab.read('b', name)).toEqual({ id: name, n: 1 })
  }
  const made = ['/items/661e54fb03b84fd0', '/items/661e54fb03b84fd1']
  expect(pathsAtB()).toEqual(expect.arrayContaining(made))
  expect(pathsAtB()).toHaveLength(made.length + 3)
})

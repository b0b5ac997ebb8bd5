/** An application has lost what a client changes: the client is not told that it does not exist, and it is put back. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { SERVICE } from '../../../../../sims/world/replication/sim-glue.ts'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

async function start(members = ABC.members): Promise<void> {
  lab = await Lab.of(members)
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members })
  await lab.pass(5_000)
}

const lose = (site: string): void => lab.world.site(site).application.write(SERVICE, '/items/x', undefined)

test.each([
  ['PATCH', { n: 2 }, 'with others', ['a', 'b', 'c']],
  ['DELETE', undefined, 'with others', ['a', 'b', 'c']],
  ['PATCH', { n: 2 }, 'at the only member', ['a']],
])('a %s of what is lost here is locked until it is back: %s %s', async (method, body, _how, members) => {
  await start(members)
  lose('a')
  expect(await lab.ask('a', `${method} /items/x`, body)).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  await lab.pass(15_000)
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  const again = await lab.ask('a', `${method} /items/x`, body)
  expect(again.status).toBeLessThan(300)
  await lab.pass(5_000)
  for (const site of members)
    expect(lab.read(site, 'x'), site).toEqual(method === 'DELETE' ? undefined : { id: 'x', n: 2 })
})

test('a client that tries again and again does not keep it from being put back', async () => {
  await start()
  lose('a')
  let tries = 0
  while ((await lab.ask('a', 'PATCH /items/x', { n: 2 })).status !== 200) {
    expect(tries++, 'half a second later each').toBeLessThan(40)
    await lab.pass(500)
  }
  await lab.pass(5_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 2 }, b: { id: 'x', n: 2 }, c: { id: 'x', n: 2 } })
})

test('a client that reads it and is answered 404 has it looked for', async () => {
  await start()
  lose('a')
  for (let second = 0; second < 20; second++) {
    await lab.until(lostAt('a'))
    await lab.pass(1_000)
  }
  expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
})

const lostAt = async (site: string): Promise<readonly string[] | undefined> =>
  lab.replicators.get(site)?.lostAt(lab.name('x'))

test('a client that reads what is lost here is told by those that have it; what is there, was deleted, or only hidden, nobody else is asked for', async () => {
  await start()
  expect(await lab.until(lostAt('a')), 'it is there').toEqual([])
  lose('a')
  expect(await lab.until(lostAt('a')), 'it is lost').toEqual(['b', 'c'])
  await lab.pass(20_000)
  expect(await lab.until(lostAt('a')), 'it was put back').toEqual([])
  await lab.ask('b', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(await lab.until(lostAt('a')), 'it was deleted').toEqual([])
})

test('the application answers 404 to this client alone, or of what is below: that is its answer', async () => {
  await start()
  lab.world.site('a').application.rule = ({ method }) => (method === 'PATCH' ? 404 : undefined)
  expect(await lab.ask('a', 'PATCH /items/x', { n: 2 })).toMatchObject({ status: 404, accepted: { outcome: 'void' } })
  await lab.pass(60_000)
  expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 }, c: { id: 'x', n: 1 } })
  expect(lab.events('a')).not.toContain('drift')
})

test('what is deleted is not there', async () => {
  await start()
  await lab.ask('b', 'DELETE /items/x')
  await lab.pass(5_000)
  expect(await lab.ask('a', 'PATCH /items/x', { n: 2 })).not.toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
})

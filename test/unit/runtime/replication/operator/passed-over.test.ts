/** What became of writes that others never saw, since a later write of their site had put them away before anybody received them, where that has lost. Real replicators in the simulated world. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { historyOf } from '../../../../../src/runtime/replication/operator/history.ts'
import { ABC, Lab, type Answer } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())
beforeEach(async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(6_000)
  lab.cut('b')
})

function operationOf({ accepted }: Answer) {
  if (accepted?.operation === undefined) throw new Error('it was not released')
  return accepted.operation
}

/** What a client that waits is told, which operators must be told as well; and how often it was said to be done. */
async function outcomes(site: string, answer: Answer): Promise<string> {
  const { number } = operationOf(answer)
  const sites = await lab.wait(site, 'x', operationOf(answer), 0, 'all')
  const known = await lab.until(lab.replicators.get(site)?.inspect(lab.name('x'), historyOf) ?? Promise.resolve([]))
  const shown = known.find(({ id: { dot } }) => dot.site === site && dot.number === number)
  const text = sites.map(told => `${told.site}=${told.outcome}`).join(' ')
  expect(shown?.sites.map(told => `${told.site}=${told.outcome}`).join(' ')).toBe(text)
  const done = lab.told.filter(
    ({ site: at, event }) =>
      at === site && event.kind === 'done' && event.dot.site === site && event.dot.number === number,
  )
  return `${text} done=${done.length}`
}

test('both sides have put away what the other never saw', async () => {
  const merge = await lab.ask('b', 'PATCH /items/x', { n: 2 })
  await lab.pass(1_000)
  const put = await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.pass(1_000)
  const other = await lab.ask('a', 'PUT /items/x', { n: 3 })
  await lab.pass(1_000)
  const deleted = await lab.ask('a', 'DELETE /items/x')
  await lab.pass(1_000)
  expect(await outcomes('a', other), 'b is cut off').toBe('a=applied b=pending c=applied done=0')
  const waiting = lab.wait('b', 'x', operationOf(merge), 300, 'all')
  await lab.heal()
  const from = lab.world.time.now
  await waiting
  expect(lab.world.time.now - from, 'who waits is woken').toBeLessThan(60_000)
  await lab.pass(120_000)
  expect(await outcomes('b', merge)).toBe('a=superseded b=applied c=superseded done=1')
  expect(await outcomes('b', put)).toBe('a=superseded b=applied c=superseded done=1')
  expect(await outcomes('a', other)).toBe('a=applied b=superseded c=applied done=1')
  expect(await outcomes('a', deleted)).toBe('a=applied b=applied c=applied done=1')
})

test('what a PUT of the same site has put away, which a DELETE has won against', async () => {
  const line = await lab.ask('b', 'POST /items/x/lines', { line: 2 })
  await lab.pass(1_000)
  const put = await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.pass(1_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(1_000)
  await lab.heal()
  await lab.pass(120_000)
  expect(await outcomes('b', line)).toBe('a=superseded b=applied c=superseded done=1')
  expect(await outcomes('b', put)).toBe('a=superseded b=applied c=superseded done=1')
})

test('a member that cannot carry anything out says itself what became of what it holds', async () => {
  lab.world.wire.healAll()
  await lab.pass(5_000)
  lab.world.site('c').application.stop()
  const merge = await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(30_000)
  lab.cut('c')
  await lab.ask('a', 'PUT /items/x', { n: 3 })
  await lab.pass(5_000)
  await lab.ask('b', 'PATCH /items/x', { m: 1 })
  await lab.pass(5_000)
  // It has acknowledged the first, and does not know yet that the second has put that away.
  expect((await lab.wait('a', 'x', operationOf(merge), 0, 'all')).find(({ site }) => site === 'c')?.outcome).toBe(
    'pending',
  )
  await lab.heal()
  await lab.pass(60_000)
  expect((await lab.wait('a', 'x', operationOf(merge), 0, 'all')).find(({ site }) => site === 'c')?.outcome).toBe(
    'superseded',
  )
  lab.world.site('c').application.start()
  await lab.pass(120_000)
})

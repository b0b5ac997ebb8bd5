/** A site gets its own writes back after its disk was lost: of what the others have told of them before nothing is known, and nobody is said to hold them up. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { historyOf } from '../../../../../src/runtime/replication/operator/history.ts'
import { ABC, Lab } from '../lab.ts'

let lab: Lab
afterEach(() => lab.assertSound())

async function loseDisk(site: string): Promise<void> {
  await lab.until(lab.world.site(site).restart(10, () => lab.world.site(site).machine.disk.restore(new Map())))
}

async function historyAt(site: string): Promise<readonly string[]> {
  const replicator = lab.replicators.get(site)
  if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
  const known = await lab.until(replicator.inspect(lab.name('x'), historyOf))
  return known.map(({ type, sites }) => `${type ?? ''} ${sites.map(told => `${told.site}=${told.outcome}`).join(' ')}`)
}

test('nobody is said to hold up what all have carried out before', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  const made = await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  const operation = made.accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  for (let n = 0; n < 3; n++) {
    await lab.ask('a', 'PATCH /items/x', { [`f${n}`]: n })
    await lab.pass(300)
  }
  await lab.pass(300_000)
  await loseDisk('a')
  const { length } = lab.told
  await lab.pass(300_000)
  expect((await lab.status('a', 'x'))?.failing).toEqual([])
  expect(lab.counts('a')).toMatchObject({ failing: [] })
  const sites = await lab.wait('a', 'x', operation, 0, 'all')
  expect(sites.filter(({ outcome }) => outcome === 'pending')).toEqual([])
  expect(await historyAt('a')).toEqual([
    'create a=applied b=unknown c=unknown',
    'merge a=applied b=unknown c=unknown',
    'merge a=applied b=unknown c=unknown',
    'merge a=applied b=unknown c=unknown',
  ])
  await lab.ask('b', 'PATCH /items/x', { m: 1 })
  await lab.pass(10_000)
  expect(await historyAt('a'), 'what they hold is told with the next write').toEqual([
    'create a=applied b=received c=received',
    'merge a=applied b=received c=received',
    'merge a=applied b=received c=received',
    'merge a=applied b=received c=received',
    'merge a=applied b=applied c=received',
  ])
  const events = lab.told.slice(length).flatMap(({ site, event }) => (site === 'a' ? [event.kind] : []))
  expect(events, 'nobody can say that they are done everywhere').not.toContain('done')

  await lab.restart('a')
  await lab.pass(5_000)
  expect((await lab.status('a', 'x'))?.failing, 'that is written down').toEqual([])
})

test('who has not got it yet, or has refused it, is said to hold it up still', async () => {
  lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, ABC)
  await lab.pass(5_000)
  lab.world.site('b').application.rule = ({ method }) => (method === 'PATCH' ? 503 : undefined)
  lab.cut('c')
  const patched = await lab.ask('a', 'PATCH /items/x', { n: 2 })
  const operation = patched.accepted?.operation
  if (operation === undefined) throw new Error('it was not released')
  await lab.pass(5_000)
  lab.world.wire.healAll()
  await loseDisk('a')
  await lab.pass(120_000)
  expect((await lab.wait('a', 'x', operation, 0, 'all')).map(({ site, outcome }) => `${site} ${outcome}`)).toContain(
    'b pending',
  )
  expect((await lab.status('a', 'x'))?.failing).toMatchObject([{ site: 'b', outcome: 'pending', status: 503 }])
  lab.world.site('b').application.rule = () => undefined
  await lab.pass(120_000)
  expect((await lab.status('a', 'x'))?.failing).toEqual([])
  expect(lab.all('x')).toMatchObject({ a: { n: 2 }, b: { n: 2 }, c: { n: 2 } })
})

test.each([20, 300, 3_000])(
  'what the other member has written itself says nothing of what else it holds: lost after %d ms',
  async ms => {
    lab = await Lab.of(['a', 'b'])
    await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
    await lab.pass(10_000)
    await lab.ask('a', 'PATCH /items/x', { m: 1 })
    await lab.pass(3_000)
    const patched = await lab.ask('a', 'PATCH /items/x', { n: 2 })
    const operation = patched.accepted?.operation
    if (operation === undefined) throw new Error('it was not released')
    await lab.pass(ms)
    await loseDisk('a')
    await lab.pass(1_800_000)
    const sites = await lab.wait('a', 'x', operation, 0, 'all')
    expect(sites.filter(({ outcome }) => outcome === 'pending')).toEqual([])
    expect((await historyAt('a')).filter(text => text.includes('pending'))).toEqual([])
    expect((await lab.status('a', 'x'))?.failing).toEqual([])
  },
)

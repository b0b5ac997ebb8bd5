/**
 * Replicas that were changed past Cheops, and how they come to agree again: what is expected of whom, in the simulated world with real
 * replicators. Applications and links are changed under the agents' hands; what the applications have in the end is looked at.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { Lab } from './lab.ts'
import { MAX_REPAIRS_TOGETHER } from '../../../../src/runtime/replication/limits.ts'

const MEMBERS = { members: ['a', 'b'] }
let lab: Lab

afterEach(() => lab.assertSound())

/** An item at a and b, read back at both. */
async function withX(): Promise<void> {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
  await lab.pass(5_000)
}

/** Somebody writes at a while its agent is down, and nobody can be reached when it is back. */
async function changedAlone(): Promise<void> {
  lab.cut('a')
  const site = lab.world.site('a')
  await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })))
  await lab.pass(1_000)
  expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'Diverged' })
}

describe('what was changed while the agent was down', () => {
  test('agrees again when it is put back by hand, without any other member', async () => {
    await withX()
    await changedAlone()
    lab.world.site('a').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
    await lab.pass(35_000)
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
    expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  })

  test('agrees again by the next write where it was put back: nobody waits for the next try', async () => {
    await withX()
    await changedAlone()
    await lab.pass(60_000)
    lab.world.site('a').application.write('warehouse', '/items/x', { id: 'x', n: 1 })
    expect(await lab.ask('a', 'PUT /items/x', { n: 2 })).toMatchObject({ status: 200 })
  })

  test('is repaired as soon as a member is reached, however long it was alone', async () => {
    await withX()
    await changedAlone()
    // By now it looks every half minute only.
    await lab.pass(10 * 60_000)
    lab.world.wire.healAll()
    await lab.pass(3_000)
    expect(lab.all('x')).toEqual({ a: { id: 'x', n: 1 }, b: { id: 'x', n: 1 } })
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  })

  test('is not overwritten with what this site does not let the others write', async () => {
    lab = await Lab.of(['a', 'b'])
    await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, MEMBERS)
    await lab.pass(5_000)
    lab.mayRun = site => site !== 'a'
    const site = lab.world.site('a')
    await lab.until(site.restart(10, () => site.application.write('warehouse', '/items/x', { id: 'x', n: 'outsider' })))
    expect(await lab.ask('a', 'PATCH /items/x', { n: 2 })).toMatchObject({ code: 'ERR_REPLICANT_LOCKED' })
    await lab.pass(60_000)
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 'outsider' })
    expect(lab.told.findLast(({ event }) => event.kind === 'diverged')).toMatchObject({
      site: 'a',
      event: { why: expect.stringContaining('(expose)') },
    })
    lab.mayRun = () => true
    await lab.pass(35_000)
    expect(lab.read('a', 'x')).toEqual({ id: 'x', n: 1 })
  })

  test('many at once: all are repaired, and none is reported for want of a turn', async () => {
    lab = await Lab.of(['a', 'b'])
    const names = Array.from({ length: 3 * MAX_REPAIRS_TOGETHER }, (_, i) => `x${i}`)
    for (const id of names) await lab.ask('a', 'POST /items', { id, n: 1 }, MEMBERS)
    await lab.pass(5_000)
    const site = lab.world.site('a')
    const outsider = (): void => {
      for (const id of names) site.application.write('warehouse', `/items/${id}`, { id, n: 'outsider' })
    }
    await lab.until(site.restart(10, outsider))
    for (const id of names) void lab.begin('a', `PATCH /items/${id}`, { m: 1 })
    await lab.pass(60_000)
    for (const id of names) expect(lab.read('a', id), id).toMatchObject({ id, n: 1 })
    expect(lab.events('a').filter(kind => kind === 'diverged')).toEqual([])
  })
})

test('a stamp that is far ahead is reported with who wrote it', async () => {
  await withX()
  lab.world.site('a').machine.clockOffsetMs = 3_600_000
  await lab.ask('a', 'PATCH /items/x', { n: 2 })
  await lab.pass(5_000)
  const ahead = lab.told.filter(({ event }) => event.kind === 'ahead')
  expect(ahead).toMatchObject([{ site: 'b', event: { dot: { site: 'a' }, replicant: { name: 'x' } } }])
  const [first] = ahead
  expect(first?.event.kind === 'ahead' && first.event.byMs / 60_000).toBeCloseTo(60, 0)
})

/**
 * What agents of an earlier version have taken, which this one would not write: it holds up nothing of what honest members write behind it. Real replicators, simulated world, of
 * which some leave out a check for a while.
 */
import { afterAll, expect, test, vi } from 'vitest'
import type * as Kept from '../../../../../src/runtime/replication/write/kept-requests.ts'

const now = vi.hoisted(() => ({ forges: false, checks: true }))
vi.mock('../../../../../src/runtime/replication/write/kept-requests.ts', async original => {
  const real = await original<typeof Kept>()
  return {
    ...real,
    requestOf: (...args: Parameters<typeof real.requestOf>) => (now.forges ? 'f'.repeat(64) : real.requestOf(...args)),
    withOwnKey: (...args: Parameters<typeof real.withOwnKey>) => (now.checks ? real.withOwnKey(...args) : args[0]),
  }
})
// Test files share a process, and its modules: what another one has loaded knows nothing of these.
vi.resetModules()
const { Lab } = await import('../lab.ts')
afterAll(() => void vi.resetModules())

test('a key that names another request, which agents of the version before have taken as any other', async () => {
  const lab = await Lab.of(['a', 'c', 'm', 'd'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'c', 'm'] })
  await lab.pass(20_000)
  // It has the new version, and is away; the others have the one before.
  lab.cut('c')
  now.checks = false
  now.forges = true
  await lab.ask('m', 'PATCH /items/x', { m: 666 }, { key: 'k' })
  now.forges = false
  await lab.pass(20_000)
  expect((await lab.ask('a', 'PATCH /items/x', { honest: 1 })).status).toBe(200)
  await lab.pass(5_000)
  // All have the new version now.
  now.checks = true
  for (const site of ['a', 'm']) await lab.restart(site)
  lab.cut('d')
  await lab.heal(60_000)
  expect((await lab.ask('a', 'PATCH /items/x', { n: 5 })).status).toBe(200)
  await lab.pass(60_000)
  await lab.changeMembers('a', 'x', ['d'], [])
  await lab.pass(60_000)
  for (const site of ['a', 'c', 'm', 'd']) {
    expect(lab.read(site, 'x'), site).toEqual({ id: 'x', m: 666, honest: 1, n: 5 })
    expect(await lab.status(site, 'x'), site).toMatchObject({ state: 'agrees' })
  }
})

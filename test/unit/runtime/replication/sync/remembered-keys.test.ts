/**
 * What agents of an earlier version have remembered of a key that named another request than it was sent with. Real replicators, simulated world, of which some leave out
 * a check for a while.
 */
import { afterAll, expect, test, vi } from 'vitest'
import type * as Kept from '../../../../../src/runtime/replication/write/kept-requests.ts'

const HONEST = { n: 7 }
const now = vi.hoisted(() => ({ forges: false, checks: true }))
vi.mock('../../../../../src/runtime/replication/write/kept-requests.ts', async original => {
  const real = await original<typeof Kept>()
  const honest = {
    method: 'PATCH',
    path: '/items/x',
    headers: [],
    body: { bytes: new TextEncoder().encode('{"n":7}') },
  } as const
  return {
    ...real,
    // What m says is asked is what an honest client will ask.
    requestOf: ((payload, hash) => real.requestOf(now.forges ? honest : payload, hash)) satisfies typeof real.requestOf,
    withOwnKey: (...args: Parameters<typeof real.withOwnKey>) => (now.checks ? real.withOwnKey(...args) : args[0]),
  }
})
// Test files share a process, and its modules: what another one has loaded knows nothing of these.
vi.resetModules()
const { Lab } = await import('../lab.ts')
afterAll(() => void vi.resetModules())

test('a key that agents of the version before have remembered of another request takes no honest write away', async () => {
  const lab = await Lab.of(['a', 'c', 'm'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'c', 'm'] })
  await lab.pass(20_000)
  lab.cut('c')
  now.checks = false
  now.forges = true
  expect((await lab.ask('m', 'PATCH /items/x', { m: 666 }, { key: 'k' })).status).toBe(200)
  now.forges = false
  await lab.pass(20_000)
  // All have the new version now.
  now.checks = true
  for (const site of ['a', 'm']) await lab.restart(site)
  // An honest client, at a member that has always had the new version.
  const asked = await lab.ask('c', 'PATCH /items/x', HONEST, { key: 'k' })
  expect(asked).toMatchObject({ status: 200, accepted: { outcome: 'applied' } })
  await lab.heal(5 * 60_000)
  for (const site of ['a', 'c', 'm']) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 7, m: 666 })
})

test('nor at a member that remembers it', async () => {
  const lab = await Lab.of(['a', 'c', 'm'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'c', 'm'] })
  await lab.pass(20_000)
  now.checks = false
  now.forges = true
  expect((await lab.ask('m', 'PATCH /items/x', { m: 666 }, { key: 'k' })).status).toBe(200)
  now.forges = false
  await lab.pass(20_000)
  now.checks = true
  for (const site of ['a', 'c', 'm']) await lab.restart(site)
  await lab.pass(20_000)
  const asked = await lab.ask('a', 'PATCH /items/x', HONEST, { key: 'k' })
  expect(asked).toMatchObject({ status: 200, accepted: { outcome: 'applied' } })
  await lab.pass(60_000)
  for (const site of ['a', 'c', 'm']) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 7, m: 666 })
})

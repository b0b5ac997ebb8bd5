/**
 * A PUT, a create or a DELETE with an idempotency key that is sent again, at the member that took it or at another, long after it was replaced or
 * deleted: it is known, and nothing is sent. How: sites in the simulated world; what is expected is read
 * from the applications.
 */
import { expect, test } from 'vitest'
import { MAX_RESET_KEYS } from '../../../../../src/core/oplog/index.ts'
import { MAX_KEPT_REQUESTS } from '../../../../../src/runtime/replication/limits.ts'
import { ABC, Lab } from '../lab.ts'

const SITES = ['a', 'b', 'c']

async function started(): Promise<Lab> {
  const lab = await Lab.of(SITES)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { ...ABC, key: 'create' })
  await lab.pass(3_000)
  return lab
}

/** What the applications have by the name, and that they have the same. */
function shown(lab: Lab): unknown {
  const [first, ...others] = Object.values(lab.all('x'))
  for (const other of others) expect(other).toEqual(first)
  return first?.['n']
}

test('a PUT that was replaced meanwhile is known at each member, also to one that got only what came after', async () => {
  const lab = await started()
  lab.cut('c')
  const first = await lab.ask('a', 'PUT /items/x', { n: 1 }, { key: 'put' })
  await lab.pass(3_000)
  await lab.ask('b', 'PUT /items/x', { n: 2 })
  await lab.heal(20_000)
  for (const site of SITES) {
    const again = await lab.ask(site, 'PUT /items/x', { n: 1 }, { key: 'put' })
    expect(again.accepted, site).toMatchObject({ isRepeated: true, operation: first.accepted?.operation })
    const other = await lab.ask(site, 'PUT /items/x', { n: 3 }, { key: 'put' })
    expect(other.code, site).toBe('ERR_IDEMPOTENCY_KEY')
  }
  await lab.pass(5_000)
  expect(shown(lab)).toBe(2)
})

test('a create that was deleted meanwhile does not come back, and a DELETE does not delete what was made anew', async () => {
  const lab = await started()
  await lab.ask('b', 'DELETE /items/x', undefined, { key: 'delete' })
  await lab.pass(3_000)
  for (const site of SITES) {
    const again = await lab.ask(site, 'POST /items', { id: 'x', n: 0 }, { ...ABC, key: 'create' })
    expect(again.accepted?.isRepeated, site).toBe(true)
  }
  await lab.pass(3_000)
  expect(shown(lab)).toBe(undefined)
  await lab.ask('c', 'POST /items', { id: 'x', n: 9 }, { ...ABC, key: 'anew' })
  await lab.pass(3_000)
  for (const site of SITES) {
    const again = await lab.ask(site, 'DELETE /items/x', undefined, { key: 'delete' })
    expect(again.accepted?.isRepeated, site).toBe(true)
  }
  await lab.pass(3_000)
  expect(shown(lab)).toBe(9)
})

test('a PUT is known after many others with keys, also after a start', async () => {
  const lab = await started()
  await lab.ask('a', 'PUT /items/x', { n: 'first' }, { key: 'first' })
  for (let n = 0; n < MAX_KEPT_REQUESTS + 4; n++) await lab.ask('a', 'PUT /items/x', { n }, { key: `other-${n}` })
  await lab.pass(3_000)
  await lab.restart('b')
  for (const site of ['a', 'b']) {
    const again = await lab.ask(site, 'PUT /items/x', { n: 'first' }, { key: 'first' })
    expect(again.accepted?.isRepeated, site).toBe(true)
  }
  expect(MAX_RESET_KEYS).toBeGreaterThan(MAX_KEPT_REQUESTS + 4)
})

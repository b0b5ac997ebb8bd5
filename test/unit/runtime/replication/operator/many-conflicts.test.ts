/** More writes have lost than are kept as conflicts: how many were given up is said. Real replicators in the simulated world. */
import { afterEach, expect, test } from 'vitest'
import { MAX_CONFLICTS } from '../../../../../src/core/oplog/limits.ts'
import { Lab } from '../lab.ts'

const FORGOTTEN = 5
let lab: Lab
afterEach(() => lab.assertSound())

test('what was deleted on one side of a cut and changed often on the other', async () => {
  lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  expect(await lab.status('a', 'x')).toMatchObject({ conflicts: [], conflictsForgotten: 0 })
  lab.cut('b')
  for (let n = 0; n < MAX_CONFLICTS + FORGOTTEN; n++)
    expect(await lab.ask('b', 'PATCH /items/x', { [`f${n}`]: n })).toMatchObject({ status: 200 })
  await lab.pass(1_000)
  expect(await lab.ask('a', 'DELETE /items/x')).toMatchObject({ code: undefined })
  await lab.heal()
  expect(lab.all('x')).toEqual({ a: undefined, b: undefined })
  for (const site of ['a', 'b']) {
    const status = await lab.status(site, 'x')
    expect(status?.conflicts, site).toHaveLength(MAX_CONFLICTS)
    expect(status?.conflictsForgotten, site).toBe(FORGOTTEN)
  }
})

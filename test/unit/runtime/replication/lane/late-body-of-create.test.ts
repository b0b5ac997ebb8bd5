/** The body of a create comes after the only member has given it up, with more behind it than is remembered to have failed. Real replicators in the simulated world. */
import { expect, test } from 'vitest'

import { MAX_INLINE_BODY_BYTES, MAX_KNOWN_FAILED } from '../../../../../src/runtime/replication/limits.ts'
import { Lab } from '../lab.ts'

const MEMBERS = ['a', 'b']

test('all of it is carried out then', async () => {
  const lab = await Lab.of(MEMBERS)
  const text = 'x'.repeat(MAX_INLINE_BODY_BYTES * 8)
  await lab.ask('a', 'POST /items', { id: 'x', text }, { members: MEMBERS })
  await lab.pass(5_000)
  const fields: Record<string, number> = {}
  for (let n = 0; n <= MAX_KNOWN_FAILED; n++) {
    fields[`f${n}`] = n
    await lab.ask('a', 'PATCH /items/x', { [`f${n}`]: n })
  }
  await lab.pass(10_000)
  const a = lab.world.site('a')
  lab.cut('a')
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.until(a.restart(10, () => a.machine.disk.restore(new Map())))
  await lab.heal(120_000)
  expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  expect(lab.read('a', 'x')).toEqual({ id: 'x', text, ...fields })
  lab.assertSound()
})

/** A state whose stamp lies far ahead, of a clock that was wrong once, keeps no later one from being said: real replicators, simulated world. */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const YEAR = 365 * 24 * 3600_000

test('after a write of a clock that was a year ahead members that were all changed still come together', async () => {
  const lab = await Lab.of(['a', 'b'])
  const change = (site: string, n: string): void =>
    lab.world.site(site).application.write('warehouse', '/items/x', { id: 'x', n })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  const { machine } = lab.world.site('a')
  machine.clockOffsetMs += YEAR
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(5_000)
  machine.clockOffsetMs -= YEAR
  for (const round of [1, 2]) {
    change('a', `a${round}`)
    change('b', `b${round}`)
    await lab.pass(30 * 60_000)
    expect(lab.read('a', 'x')).toEqual(lab.read('b', 'x'))
    expect(await lab.status('a', 'x')).toMatchObject({ state: 'agrees' })
  }
  const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
  expect(states).toHaveLength(2)
})

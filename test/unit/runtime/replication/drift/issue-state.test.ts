/**
 * When a state is said: nothing that was accepted is lost by it, on slow links and across a cut; one whose stamp lies far ahead, of a clock that was wrong once,
 * keeps no later one from being said. Real replicators, simulated world.
 */
import { expect, test } from 'vitest'
import { MAX_OPERATIONS_PAST_RESET } from '../../../../../src/core/oplog/index.ts'
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

/** Each site patches a field of its own, again and again, all at once. @returns the fields that were accepted */
async function patchAll(
  lab: Lab,
  sites: readonly string[],
  rounds: number,
  everyMs: number,
  first = 0,
): Promise<readonly string[]> {
  const accepted: string[] = []
  for (let n = first; n < first + rounds; n++) {
    for (const site of sites)
      void lab.begin(site, 'PATCH /items/x', { [`${site}${n}`]: n }).then(answer => {
        if (answer.accepted?.outcome === 'applied') accepted.push(`${site}${n}`)
      })
    await lab.pass(everyMs)
  }
  return accepted
}

const statesBy = (lab: Lab): readonly string[] =>
  lab.told.flatMap(({ site, event }) => (event.kind === 'released' && event.type === 'state' ? [site] : []))

test('over links with seconds of delay, while all write, nothing is lost by states', async () => {
  const sites = ['a', 'b', 'c']
  const lab = await Lab.of(sites)
  await lab.ask('a', 'POST /items', { id: 'x' }, { members: sites })
  await lab.pass(5_000)
  lab.world.wire.faults.delayMs = [300, 600]
  const accepted = await patchAll(lab, sites, 45, 150)
  await lab.pass(60_000)
  expect(accepted).toHaveLength(135)
  expect(new Set(statesBy(lab))).toEqual(new Set(['a']))
  for (const site of sites) {
    const shown = lab.read(site, 'x') ?? {}
    expect(accepted.filter(field => !Object.hasOwn(shown, field))).toEqual([])
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees', conflicts: [] })
  }
})

test('who has created it says no state while it is cut off from the others, and nothing is lost when it is back', async () => {
  const sites = ['a', 'b', 'c']
  const lab = await Lab.of(sites)
  await lab.ask('c', 'POST /items', { id: 'x' }, { members: sites })
  await lab.pass(5_000)
  lab.cut('c')
  const both = await patchAll(lab, ['a', 'c'], 10, 300)
  const alone = await patchAll(lab, ['c'], MAX_OPERATIONS_PAST_RESET, 300, 1_000)
  await lab.pass(20_000)
  expect(statesBy(lab)).toEqual([])
  await lab.heal(20_000)
  const last = await patchAll(lab, ['b'], 3, 5_000, 2_000)
  await lab.pass(20_000)
  expect(statesBy(lab)).toEqual(['c'])
  const accepted = [...both, ...alone, ...last]
  expect(accepted).toHaveLength(20 + MAX_OPERATIONS_PAST_RESET + 3)
  for (const site of sites) {
    const shown = lab.read(site, 'x') ?? {}
    expect(accepted.filter(field => !Object.hasOwn(shown, field))).toEqual([])
    expect(await lab.status(site, 'x')).toMatchObject({ state: 'agrees', conflicts: [] })
  }
})

test('what a removed member has written stays a conflict behind a state that nobody has asked for', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: ['a', 'b', 'c'] })
  await lab.pass(5_000)
  lab.cut('c')
  await lab.ask('c', 'PATCH /items/x', { lost: 1 })
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(5_000)
  await lab.heal()
  await lab.changeMembers('a', 'x', ['c'], [])
  await lab.pass(60_000)
  // Its vector covers what it wrote before from then on.
  expect(await lab.ask('c', 'PATCH /items/x', { c: 2 })).toMatchObject({ status: 200 })
  for (let n = 1; n <= MAX_OPERATIONS_PAST_RESET + 10; n++) {
    await lab.ask('a', 'PATCH /items/x', { n })
    await lab.pass(200)
  }
  await lab.pass(120_000)
  const states = lab.told.filter(({ event }) => event.kind === 'released' && event.type === 'state')
  expect(states.length, 'states that were said').toBeGreaterThan(0)
  for (const site of ['a', 'b', 'c'])
    expect(
      (await lab.status(site, 'x'))?.conflicts.map(({ why }) => why),
      site,
    ).toEqual(['removed-member'])
  lab.assertSound()
})

/**
 * What a site is told that was removed from a replicant, and has not heard of it: that it is no member any more, and nothing of what was written since. Real
 * replicators in the simulated world; each operation whose signature a site looks at is noted, so that what it was told is seen, whatever it makes of it.
 */
import { expect, test } from 'vitest'
import { hasParted, type Operation } from '../../../../../src/core/oplog/index.ts'
import { CheopsError } from '../../../../../src/errors.ts'
import { Lab } from '../lab.ts'

const ALL = ['a', 'b', 'c']

/** All of these that a site has seen, by their bodies. */
async function watched(site: string): Promise<{ lab: Lab; seen: () => string }> {
  const opened: Operation[] = []
  const lab = await Lab.of(ALL, {
    seal: (seal, at) => ({
      ...seal,
      open: sealed => {
        const operation = seal.open(sealed)
        if (at === site) opened.push(operation)
        return operation
      },
    }),
  })
  const bodyOf = ({ payload }: Operation): string =>
    payload?.body !== undefined && 'bytes' in payload.body ? new TextDecoder().decode(payload.body.bytes) : ''
  return { lab, seen: () => opened.map(bodyOf).join() }
}

function cut(lab: Lab, one: string, other: string): void {
  lab.world.wire.cut(one, other)
  lab.world.wire.cut(other, one)
}

/** What a site holds of x that others have written, but who is a member. */
function holds(lab: Lab, site: string): Promise<readonly string[]> {
  const replicator = lab.replicators.get(site)
  if (replicator === undefined) throw new Error(`no agent runs at ${site}`)
  return lab.until(
    replicator.inspect(lab.name('x'), ({ core: { replicant } }) =>
      [...replicant.lives.flatMap(({ live, conflicts, outside }) => [live, conflicts, outside]), replicant.waiting]
        .flat()
        .filter(({ dot }) => dot.site !== site)
        .map(({ type }) => type),
    ),
  )
}

const parted = (lab: Lab, site: string): Promise<boolean> =>
  lab.until(
    lab.replicators.get(site)?.inspect(lab.name('x'), ({ core }) => hasParted(core.replicant)) ??
      Promise.reject(new Error('no agent')),
  )

test('a removal that comes before what it was written behind is asked about, and what was written since is not told', async () => {
  const { lab, seen } = await watched('c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ALL })
  await lab.pass(5_000)
  cut(lab, 'a', 'c')
  await lab.ask('a', 'PUT /items/x', { id: 'x', n: 2 })
  await lab.pass(2_000)
  // What a has written stands before it, and comes to c from nobody.
  await lab.changeMembers('b', 'x', [], ['c'])
  await lab.ask('b', 'PUT /items/x', { id: 'x', n: 'after' })
  await lab.pass(30_000)
  expect(await lab.status('c', 'x')).toBeUndefined()
  expect(await parted(lab, 'c')).toBe(true)
  expect(await holds(lab, 'c')).toEqual([])
  await lab.heal()
  expect(seen()).not.toContain('after')
  expect(await holds(lab, 'c')).toEqual([])
  expect(lab.read('c', 'x')).not.toEqual({ id: 'x', n: 'after' })

  // As a member it is told all.
  await lab.changeMembers('a', 'x', ['c'], [])
  await lab.pass(30_000)
  expect(lab.all('x')).toEqual(Object.fromEntries(ALL.map(site => [site, { id: 'x', n: 'after' }])))
  expect(await lab.status('c', 'x')).toMatchObject({ state: 'agrees', members: ALL })
  lab.assertSound()
})

test('a site whose store was set back to before its removal learns of that again, and of nothing else', async () => {
  const { lab, seen } = await watched('c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ALL })
  await lab.pass(5_000)
  const site = lab.world.site('c')
  const backup = site.machine.disk.copy()
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/x', { id: 'x', n: 'after' })
  await lab.pass(5_000)
  await lab.until(site.restart(1_000, () => site.machine.disk.restore(backup)))
  await lab.pass(60_000)
  expect(await lab.status('c', 'x')).toBeUndefined()
  expect(seen()).not.toContain('after')
  expect(await holds(lab, 'c')).toEqual([])
  lab.assertSound()
})

test('who lost its disk is told of no more than that it was removed', async () => {
  const { lab, seen } = await watched('c')
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ALL })
  await lab.pass(5_000)
  const site = lab.world.site('c')
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(5_000)
  await lab.ask('b', 'PUT /items/x', { id: 'x', n: 'after' })
  await lab.until(site.restart(1_000, () => site.machine.disk.restore(new Map())))
  await lab.pass(60_000)
  expect(await lab.status('c', 'x')).toBeUndefined()
  expect(seen()).not.toContain('after')
  expect(await holds(lab, 'c')).toEqual([])
  lab.assertSound()
})

test.each([
  ['was removed', 'a'],
  ['has left', 'b'],
])('who %s, and has lost its disk, shows that to a member whose store is set back to before it', async (_how, by) => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  const [a, b] = [lab.world.site('a'), lab.world.site('b')]
  const backup = a.machine.disk.copy()
  await lab.changeMembers(by, 'x', [], ['b'])
  await lab.pass(5_000)
  await lab.until(b.restart(1_000, () => b.machine.disk.restore(new Map())))
  await lab.pass(20_000)
  await lab.until(a.restart(1_000, () => a.machine.disk.restore(backup)))
  await lab.pass(150_000)
  expect((await lab.status('a', 'x'))?.members).toEqual(['a'])
  expect(await lab.status('b', 'x')).toBeUndefined()
  lab.assertSound()
})

test('who was removed by a site that it has never met hears so from another one', async () => {
  const lab = await Lab.of([...ALL, 'r'], {
    seal: (seal, site) => ({
      ...seal,
      open: sealed => {
        const operation = seal.open(sealed)
        if (site === 'r' && operation.dot.site === 'c')
          throw new CheopsError('ERR_SYNC_ORIGIN', 'The key of c is not known.')
        return operation
      },
    }),
  })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'r'] })
  await lab.pass(5_000)
  lab.cut('r')
  await lab.changeMembers('a', 'x', ['b', 'c'], [])
  await lab.pass(5_000)
  await lab.changeMembers('c', 'x', [], ['r'])
  await lab.pass(5_000)
  lab.world.wire.healAll()
  for (const site of ['a', 'c']) cut(lab, site, 'r')
  await lab.pass(10 * 60_000)
  expect(await lab.status('r', 'x')).toBeUndefined()
  lab.assertSound()
})

test('who has left, and has lost its disk before it let go, keeps nothing waiting, and shows that it left to a member that has lost it', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  await lab.ask('b', 'PATCH /items/x', { of: 'b' })
  await lab.pass(5_000)
  const [a, b] = [lab.world.site('a'), lab.world.site('b')]
  const backup = a.machine.disk.copy()
  // That a has heard of it does not come back.
  lab.world.wire.cut('a', 'b')
  await lab.changeMembers('b', 'x', [], ['b'])
  await lab.pass(1_000)
  expect((await lab.status('a', 'x'))?.members).toEqual(['a'])
  await lab.until(b.restart(1_000, () => b.machine.disk.restore(new Map())))
  await lab.heal(20_000)
  expect(await parted(lab, 'b')).toBe(true)
  const kept = await lab.replicators
    .get('b')
    ?.inspect(lab.name('x'), ({ core: { replicant } }) => [
      replicant.waiting.length,
      replicant.lives.flatMap(({ membership }) => membership.map(({ type, dot }) => `${type} of ${dot.site}`)),
    ])
  expect(kept).toEqual([0, ['create of a', 'members of b']])
  await lab.until(a.restart(1_000, () => a.machine.disk.restore(backup)))
  await lab.pass(150_000)
  expect((await lab.status('a', 'x'))?.members).toEqual(['a'])
  expect(await lab.status('b', 'x')).toBeUndefined()
  lab.assertSound()
})

test.each([
  ['b', 'c'],
  ['a', 'a'],
])('two that are members no more, removed by %s and by %s, do not tell each other so without end', async (ofB, ofC) => {
  let opened = 0
  const lab = await Lab.of(ALL, {
    seal: seal => ({
      ...seal,
      open: sealed => {
        opened++
        return seal.open(sealed)
      },
    }),
  })
  await lab.ask('a', 'POST /items', { id: 'x', n: 1 }, { members: ALL })
  await lab.pass(5_000)
  await lab.changeMembers(ofB, 'x', [], ['b'])
  await lab.pass(5_000)
  await lab.changeMembers(ofC, 'x', [], ['c'])
  await lab.pass(5_000)
  const site = lab.world.site('b')
  await lab.until(site.restart(1_000, () => site.machine.disk.restore(new Map())))
  opened = 0
  for (let ms = 0; ms < 60_000 && opened < 1_000; ms += 50) await lab.pass(50)
  expect(opened).toBeLessThan(20)
  expect(await parted(lab, 'b')).toBe(true)
  lab.assertSound()
})

test('who was removed by a site whose disk is lost before it could say so hears it from the others, though nothing is believed of what it sums up', async () => {
  const lab = await Lab.of(ALL)
  await lab.ask('b', 'POST /items', { id: 'x', n: 1 }, { members: ALL })
  await lab.pass(5_000)
  // What is forgotten is told in a summary.
  for (const n of [2, 3]) await lab.ask('b', 'PUT /items/x', { id: 'x', n })
  await lab.pass(5_000)
  lab.cut('c')
  await lab.changeMembers('a', 'x', [], ['c'])
  await lab.pass(1_000)
  expect((await lab.status('b', 'x'))?.members).toEqual(['a', 'b'])
  const a = lab.world.site('a')
  await lab.until(a.restart(10, () => a.machine.disk.restore(new Map())))
  // The first that a hears of it is what c knows.
  cut(lab, 'a', 'b')
  for (const site of ['a', 'b']) lab.world.wire.heal(site, 'c')
  for (const site of ['a', 'b']) lab.world.wire.heal('c', site)
  await lab.pass(10_000)
  await lab.heal(150_000)
  expect((await lab.status('a', 'x'))?.members).toEqual(['a', 'b'])
  expect(await lab.status('c', 'x')).toBeUndefined()
  lab.assertSound()
})

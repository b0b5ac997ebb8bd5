/**
 * Sites know whether they hold the same: digests agree after writes, cuts and starts; what one of them has lost without knowing is noticed,
 * found by an audit, and told again. Real replicators in the simulated world; entries are swallowed on their way.
 */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'
import type { OutboxEntry } from '../../../../../src/ports/sync.ts'

const peersOf = (lab: Lab, site: string) => Object.fromEntries(lab.peers(site).map(peer => [peer.site, peer]))
const members = ['a', 'b']

/** Entries that `swallows` says are lost at a receiver, which takes them for what a later version says. */
function swallowing(swallows: (entry: OutboxEntry) => boolean): Promise<Lab> {
  return Lab.of(['a', 'b', 'c'], {
    codec: codec => ({
      ...codec,
      decodeEntry: bytes => {
        const entry = codec.decodeEntry(bytes)
        return swallows(entry) ? { kind: 'unknown' } : entry
      },
    }),
  })
}

test('sites that have told each other everything agree, also after a start, and while they are cut off it is known since when', async () => {
  const lab = await Lab.of(['a', 'b', 'c'])
  await lab.ask('a', 'POST /items', { id: 'x' }, { members })
  await lab.ask('b', 'POST /items', { id: 'y' }, { members })
  await lab.ask('b', 'PUT /items/x', { n: 1 })
  await lab.pass(20_000)
  for (const [site, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    expect(peersOf(lab, site)[other]).toMatchObject({ connected: true, outbox: 0, lagMs: 0, digest: 'agrees' })
  const { agreedAt } = peersOf(lab, 'a')['b'] ?? {}
  expect(agreedAt).toBeGreaterThan(0)

  lab.cut('b')
  await lab.ask('a', 'PUT /items/x', { n: 2 })
  await lab.pass(30_000)
  const cut = peersOf(lab, 'a')['b']
  expect([cut?.connected, (cut?.outbox ?? 0) > 0, (cut?.lagMs ?? 0) >= 20_000]).toEqual([false, true, true])
  expect(cut?.agreedAt).toBeLessThan((agreedAt ?? 0) + 30_000)
  await lab.heal()
  await lab.restart('b')
  await lab.pass(30_000)
  expect(peersOf(lab, 'b')['a']).toMatchObject({ digest: 'agrees' })
  expect(peersOf(lab, 'a')['b']).toMatchObject({ digest: 'agrees', outbox: 0 })
  expect(lab.told.filter(({ event }) => event.kind === 'compared')).toEqual([])
  lab.assertSound()
})

test('what was lost on its way, and is missed by nobody, is noticed, found and told again', async () => {
  let loses = true
  const lab = await swallowing(() => loses)
  for (let n = 0; n < 20; n++) await lab.ask('a', 'POST /items', { id: `all-${n}` }, { members })
  for (let s = 0; s < 60 && peersOf(lab, 'a')['b']?.digest !== 'differs'; s++) await lab.pass(1_000)
  expect(lab.told.map(({ event }) => event)).toContainEqual({ kind: 'compared', site: 'b', agrees: false })
  expect(peersOf(lab, 'a')['b']).toMatchObject({ digest: 'differs', outbox: 0 })
  // From here on everything arrives; but nobody has anything new to say.
  loses = false
  await lab.pass(60_000)
  for (let n = 0; n < 20; n++) expect(lab.read('b', `all-${n}`), String(n)).toEqual({ id: `all-${n}` })
  expect(peersOf(lab, 'a')['b']).toMatchObject({ digest: 'agrees', outbox: 0 })
  expect(peersOf(lab, 'b')['a']).toMatchObject({ digest: 'agrees', outbox: 0 })
  expect(lab.told.map(({ event }) => event)).toContainEqual({ kind: 'compared', site: 'b', agrees: true })
  lab.assertSound()
})

test('what cannot be told at all stays shown, and is asked for ever more seldom', async () => {
  let asked = 0
  const lab = await swallowing(entry => {
    if (entry.kind === 'transfer') asked++
    return entry.kind === 'operation' || entry.kind === 'transfer'
  })
  await lab.pass(10_000)
  await lab.ask('a', 'POST /items', { id: 'x' }, { members })
  await lab.pass(600_000)
  expect(peersOf(lab, 'a')['b']).toMatchObject({ digest: 'differs', agreedAt: expect.any(Number) as number })
  expect(asked).toBeGreaterThan(1)
  expect(asked).toBeLessThan(12)
  lab.assertSound()
})

test('while writes come without a pause equal digests are seen between them, and nobody says that the two differ', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
  await lab.pass(20_000)
  for (let n = 0; n < 90; n++) {
    await lab.ask('a', 'PUT /items/x', { n })
    await lab.pass(1_000)
  }
  const since = lab.world.time.now - (peersOf(lab, 'a')['b']?.agreedAt ?? 0)
  expect(since).toBeLessThan(30_000)
  expect(lab.events('a').filter(kind => kind === 'compared')).toEqual([])
})

test('what was lost is found while writes come without a pause', async () => {
  let loses = false
  const lab = await swallowing(() => loses)
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
  await lab.ask('a', 'POST /items', { id: 'y', n: 0 }, { members })
  await lab.pass(20_000)
  loses = true
  await lab.ask('a', 'PUT /items/y', { n: 1 })
  await lab.pass(3_000)
  loses = false
  const write = async (times: number): Promise<void> => {
    for (let n = 1; n <= times && lab.read('b', 'y')?.['n'] !== 1; n++) {
      await lab.ask('a', 'PUT /items/x', { n })
      await lab.pass(1_900)
    }
  }
  await write(120)
  expect(lab.read('b', 'y')).toEqual({ id: 'y', n: 0 })
  await write(120)
  expect(lab.all('y')).toEqual({ a: { id: 'y', n: 1 }, b: { id: 'y', n: 1 }, c: undefined })
})

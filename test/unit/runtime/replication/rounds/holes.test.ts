/**
 * An operation that was lost with its origin holds up nothing for ever: once the origin has begun anew and every member has told what it
 * holds, what waited for it is let in, and the hole is reported. Real replicators in the simulated world; the operation never arrives.
 */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

const members = ['a', 'b', 'c']
const LOST = '"lost":true'

/** Of all entries that hold the operation nothing arrives. */
function losing(): Promise<Lab> {
  const isLost = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes(LOST)
  return Lab.of(members, {
    codec: codec => ({
      ...codec,
      decodeEntry: bytes => (isLost(bytes) ? { kind: 'unknown' } : codec.decodeEntry(bytes)),
    }),
  })
}

test('what waits for an operation that nobody else has is let in after its origin has begun anew, and not before', async () => {
  const lab = await losing()
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members })
  await lab.pass(5_000)
  await lab.ask('a', 'PATCH /items/x', { lost: true })
  await lab.ask('a', 'PATCH /items/x', { n: 1 })
  await lab.pass(150_000)
  // The origin may still have it.
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 0 })
  expect(lab.told.filter(({ event }) => event.kind === 'hole')).toEqual([])

  // Not while a member that may have it is away.
  lab.cut('c')
  await lab.restart('a')
  await lab.restart('b')
  await lab.pass(150_000)
  expect(lab.read('b', 'x')).toEqual({ id: 'x', n: 0 })

  await lab.heal(150_000)
  for (const site of ['b', 'c']) expect(lab.read(site, 'x'), site).toEqual({ id: 'x', n: 1 })
  const holes = lab.told.filter(({ event }) => event.kind === 'hole').map(({ site }) => site)
  // One may learn of it from the other.
  expect(holes.length).toBeGreaterThan(0)
  for (const site of holes) expect(['b', 'c']).toContain(site)
  lab.assertSound()
})

test('a removal that has seen what the removed site has forgotten since does not wait for that, where the remover has lost its disk', async () => {
  const lab = await Lab.of(['a', 'b'])
  await lab.ask('a', 'POST /items', { id: 'x', n: 0 }, { members: ['a', 'b'] })
  await lab.pass(5_000)
  await lab.ask('b', 'PATCH /items/x', { n: 1 })
  await lab.pass(5_000)
  await lab.ask('a', 'DELETE /items/x')
  await lab.pass(5_000)
  await lab.changeMembers('a', 'x', [], ['b'])
  await lab.pass(5_000)
  const site = lab.world.site('a')
  await lab.until(site.restart(1_000, () => site.machine.disk.restore(new Map())))
  await lab.heal(150_000)
  const waiting = await lab.until(
    lab.replicators.get('a')!.inspect(lab.name('x'), ({ core }) => core.replicant.waiting.length),
  )
  expect(waiting).toBe(0)
  for (const name of ['a', 'b']) expect((await lab.status(name, 'x'))?.members ?? ['a'], name).toEqual(['a'])
  lab.assertSound()
})

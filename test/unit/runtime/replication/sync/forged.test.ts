/**
 * What a faulty or forged peer sends: operations that nobody has signed are reported and not taken, and what comes with them is. Real
 * replicators in the simulated world; the signatures of one site are broken.
 */
import { expect, test } from 'vitest'
import { Lab } from '../lab.ts'

test('an operation with a bad signature is refused and reported, and blocks nothing', async () => {
  let breaks = false
  const lab = await Lab.of(['a', 'b'], {
    seal: (seal, site) => ({
      ...seal,
      encode: operation => {
        const sealed = seal.encode(operation)
        return site === 'a' && breaks ? { ...sealed, signature: new Uint8Array(64).fill(7) } : sealed
      },
    }),
  })
  const members = ['a', 'b']
  breaks = true
  await lab.ask('a', 'POST /items', { id: 'forged' }, { members })
  breaks = false
  await lab.ask('a', 'POST /items', { id: 'sound' }, { members })
  await lab.pass(10_000)
  expect(lab.read('b', 'forged')).toBeUndefined()
  expect(lab.read('b', 'sound')).toEqual({ id: 'sound' })
  const refused = lab.told.filter(({ site, event }) => site === 'b' && event.kind === 'refused')
  expect(refused[0]?.event).toMatchObject({ from: 'a', why: 'ERR_SYNC_SIGNATURE' })
  lab.assertSound()
})

test('a message that breaks the protocol ends its conversation, and the next one goes on', async () => {
  let damaged = 0
  const lab = await Lab.of(['a', 'b'], {
    codec: codec => ({
      ...codec,
      decodeEntry: bytes => {
        if (damaged++ === 0) return codec.decodeEntry(bytes.slice(0, 3))
        return codec.decodeEntry(bytes)
      },
    }),
  })
  await lab.ask('a', 'POST /items', { id: 'x' }, { members: ['a', 'b'] })
  await lab.pass(20_000)
  expect(damaged).toBeGreaterThan(1)
  expect(lab.all('x')).toEqual({ a: { id: 'x' }, b: { id: 'x' } })
  lab.assertSound()
})

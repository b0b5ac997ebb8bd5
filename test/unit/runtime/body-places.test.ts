/** One client cannot take all the places for large bodies, nor can a few: whatever they do, the next one finds a place. */
import { expect, test } from 'vitest'
import { BodyPlaces } from '../../../src/runtime/held-bodies.ts'

test('who holds as many places as are free gets no more; places come back', async () => {
  const places = new BodyPlaces(32)
  const end = Promise.withResolvers<void>()
  const held: Promise<void>[] = []
  const counts: Record<string, number> = {}
  /** Whether a client gets a place. */
  const takes = async (client: string): Promise<boolean> => {
    let isHeld = false
    const taken = places.with(client, async () => {
      isHeld = true
      await end.promise
    })
    taken.catch(() => undefined)
    if (isHeld) held.push(taken)
    else await expect(taken).rejects.toMatchObject({ code: 'ERR_REPLICANT_BUSY' })
    return isHeld
  }
  for (const client of ['a', 'b', 'c', 'd']) while (await takes(client)) counts[client] = (counts[client] ?? 0) + 1
  expect(counts).toEqual({ a: 16, b: 8, c: 4, d: 2 })
  expect(await takes('e')).toBe(true)
  end.resolve()
  await Promise.all(held)
  expect(await places.with('a', async () => 'again')).toBe('again')
})

/** What may be on the way over a connection: what the way carries in a round trip and a fifth of a second, on slow ways and on fast ones. */
import { expect, test, vi } from 'vitest'
import { InFlight } from '../../../../src/adapters/libp2p/in-flight.ts'
import { Turns } from '../../../../src/adapters/libp2p/turns.ts'

const FRAME = 32 * 1024

/** A sender that sends whatever it may over a simulated way. */
async function send(rttMs: number, bytesPerMs: number, forMs: number, laterRttMs = rttMs) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  try {
    let [sent, freeAt, most] = [0, 0, 0]
    const begin = performance.now()
    const arrives = (bytes: number): number => {
      const now = performance.now()
      freeAt = Math.max(freeAt, now) + bytes / bytesPerMs
      return freeAt - now + (now - begin < forMs / 4 ? rttMs : laterRttMs)
    }
    const inFlight = new InFlight(
      () => new Promise(resolve => setTimeout(resolve, arrives(12))),
      () => fill(),
    )
    let isFilling = false
    const fill = (): void => {
      if (!isFilling) return
      do {
        sent += FRAME
        arrives(FRAME)
        most = Math.max(most, freeAt - performance.now())
      } while (inFlight.send(FRAME))
    }
    inFlight.send(12)
    await vi.advanceTimersByTimeAsync(10 * rttMs + 100)
    isFilling = true
    fill()
    await vi.advanceTimersByTimeAsync(forMs / 2)
    ;[sent, most] = [0, 0]
    await vi.advanceTimersByTimeAsync(forMs / 2)
    return { queuedMs: most, share: sent / (bytesPerMs * (forMs / 2)) }
  } finally {
    vi.useRealTimers()
  }
}

test.each([
  { way: 'a megabit', rttMs: 100, bytesPerMs: 125, queuedMs: 1_100 },
  { way: 'ten megabits', rttMs: 100, bytesPerMs: 1_250, queuedMs: 350 },
  { way: 'a satellite', rttMs: 600, bytesPerMs: 1_250, queuedMs: 1_000 },
  { way: 'a gigabit', rttMs: 20, bytesPerMs: 125_000, queuedMs: 250 },
])('$way is used up, and its queue is short', async ({ rttMs, bytesPerMs, queuedMs }) => {
  const used = await send(rttMs, bytesPerMs, 20_000)
  expect(used.share).toBeGreaterThan(0.9)
  expect(used.queuedMs).toBeLessThan(queuedMs)
})

test.each([
  { way: 'a longer cable', rttMs: 20, laterRttMs: 300, bytesPerMs: 12_500 },
  { way: "others' queue of half a second", rttMs: 50, laterRttMs: 550, bytesPerMs: 1_250 },
])('$way is not taken for a slower one', async ({ rttMs, laterRttMs, bytesPerMs }) => {
  expect((await send(rttMs, bytesPerMs, 80_000, laterRttMs)).share).toBeGreaterThan(0.9)
})

test('small messages go at once, whatever is on the way', () => {
  const inFlight = new InFlight(
    () => new Promise(() => {}),
    () => {},
  )
  while (inFlight.send(FRAME));
  expect(inFlight.hasRoom()).toBe(false)
  expect(inFlight.send(100)).toBe(true)
})

test('a connection that is being closed holds nothing back', async () => {
  const inFlight = new InFlight(
    () => Promise.reject(new Error('closed')),
    () => {},
  )
  while (inFlight.send(FRAME));
  await vi.waitFor(() => expect(inFlight.hasRoom()).toBe(true))
})

test('who waits for room has its turn, one after the other, as long as there is room', async () => {
  let room = 0
  const turns = new Turns(() => room > 0)
  const had: string[] = []
  const waits = (name: string) => (): void => {
    queueMicrotask(() => {
      room--
      had.push(name)
    })
  }
  const [a, b, c] = [waits('a'), waits('b'), waits('c')]
  for (const each of [a, b, c]) turns.take(each)
  await Promise.resolve()
  expect(had).toEqual([])
  room = 2
  for (const each of [a, b, c]) turns.take(each)
  await new Promise(resolve => setImmediate(resolve))
  expect(had).toEqual(['a', 'b'])
  room = 1
  for (const each of [a, b, c]) turns.take(each)
  await new Promise(resolve => setImmediate(resolve))
  expect(had).toEqual(['a', 'b', 'c'])
})

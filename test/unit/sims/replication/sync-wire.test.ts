/**
 * What carries conversations in the simulation: order within one direction, cuts that hold messages back and then lose the
 * conversation, crashes at either end, and back-pressure.
 */
import { expect, test } from 'vitest'
import { Process } from '../../../../sims/world/replication/process.ts'
import { SyncWire } from '../../../../sims/world/replication/sync-wire.ts'
import { SeededRandom } from '../../../../sims/world/seeded-random.ts'
import { VirtualTime } from '../../../../sims/world/virtual-time.ts'
import type { SyncChannel, SyncMessage } from '../../../../src/ports/sync.ts'

const LONG_MS = 30_000
const said = (name: string): SyncMessage => ({
  kind: 'want',
  replicant: { service: 's', kind: 'k', name },
  lives: [],
})

/** Two sites, a conversation that `a` has opened to `b`, and what each end has read. */
async function talk(seed = 1) {
  const time = new VirtualTime()
  const wire = new SyncWire(time, new SeededRandom(seed))
  const [a, b] = [new Process(), new Process()]
  const channels: SyncChannel[] = []
  await wire.attach('b', b).serve(channel => void channels.push(channel))
  const opening = wire.attach('a', a).open('b', new AbortController().signal)
  await time.run(1_000)
  const near = await opening
  const [far] = channels
  if (far === undefined) throw new Error('b was not handed the conversation')
  return { time, wire, near, far, processes: { a, b }, run: (ms: number) => time.run(time.now + ms) }
}

/** Reads all of a channel's messages as they come, and says at last how it ended. */
function reading(channel: SyncChannel): string[] {
  const read: string[] = []
  void (async () => {
    try {
      for await (const message of channel.messages)
        read.push(message.kind === 'want' ? message.replicant.name : message.kind)
      read.push('end')
    } catch (error) {
      read.push((error as { code: string }).code)
    }
  })()
  return read
}

test('messages of one direction stay in order, both directions are one conversation', async () => {
  const { near, far, run } = await talk()
  expect([near.site, near.role, far.site, far.role]).toEqual(['b', 'sender', 'a', 'receiver'])
  const [atA, atB] = [reading(near), reading(far)]
  const words = Array.from({ length: 50 }, (_, i) => String(i))
  void (async () => {
    for (const word of words) await near.send(said(word))
    await far.send(said('back'))
    await near.close('done')
  })()
  await run(LONG_MS)
  expect(atB).toEqual([...words, 'end'])
  expect(atA).toEqual(['end'])
})

test('conversations overtake each other', async () => {
  const orders = new Set<string>()
  for (let seed = 1; seed <= 20; seed++) {
    const { wire, near, far, run, processes } = await talk(seed)
    const seen: string[] = []
    const second = wire.attach('c', processes.b)
    await second.serve(channel => {
      void (async () => {
        for await (const message of channel.messages) seen.push(`second ${message.kind}`)
      })()
    })
    const opening = wire.attach('a', processes.a).open('c', new AbortController().signal)
    void (async () => {
      for await (const message of far.messages) seen.push(`first ${message.kind}`)
    })()
    await run(1_000)
    const other = await opening
    await near.send(said('1'))
    await other.send(said('2'))
    await run(1_000)
    orders.add(seen.join())
  }
  expect([...orders].toSorted()).toEqual(['first want,second want', 'second want,first want'])
})

test('a short cut holds messages back, one way or both; a long one loses the conversation with them', async () => {
  const { wire, near, far, run } = await talk()
  const [atA, atB] = [reading(near), reading(far)]
  wire.cut('a', 'b')
  void near.send(said('held'))
  void far.send(said('passes'))
  await run(1_000)
  expect([atA, atB]).toEqual([['passes'], []])
  wire.heal('a', 'b')
  await run(1_000)
  expect(atB).toEqual(['held'])
  wire.cut('a', 'b')
  void near.send(said('lost'))
  await run(LONG_MS)
  wire.healAll()
  await run(LONG_MS)
  expect([atA, atB]).toEqual([
    ['passes', 'ERR_SYNC_CLOSED'],
    ['held', 'ERR_SYNC_CLOSED'],
  ])
  await expect(near.closed).resolves.toBe('lost')
})

test('who is cut off, or does not run, cannot be reached, and a wait for it can be given up', async () => {
  const { wire, run, processes } = await talk()
  const { signal } = new AbortController()
  wire.cut('b', 'a')
  const network = wire.attach('a', processes.a)
  const cut = network.open('b', signal).catch((error: unknown) => error)
  await run(LONG_MS)
  expect(await cut).toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  const nobody = network.open('nobody', signal).catch((error: unknown) => error)
  await run(LONG_MS)
  expect(await nobody).toMatchObject({ code: 'ERR_SITE_UNREACHABLE' })
  const waiting = new AbortController()
  const given = network.open('b', waiting.signal).catch((error: unknown) => error)
  await run(10)
  waiting.abort(new Error('given up'))
  await run(1)
  expect(await given).toMatchObject({ message: 'given up' })
})

test('when an agent is killed the other end loses the conversation, and it hears nothing itself', async () => {
  const { wire, near, far, processes, run } = await talk()
  const [atA, atB] = [reading(near), reading(far)]
  processes.b.kill()
  wire.detach('b')
  await run(LONG_MS)
  expect([atA, atB]).toEqual([['ERR_SYNC_CLOSED'], []])
})

test('who does not read holds the other end back', async () => {
  const { near, far, run } = await talk()
  let sent = 0
  const ended = (async () => {
    for (;;) {
      await near.send(said(String(sent)))
      sent++
    }
  })().catch((error: unknown) => error)
  await run(LONG_MS)
  const before = sent
  expect(before).toBeLessThan(20)
  const read = reading(far)
  await run(1_000)
  expect(read.length).toBeGreaterThan(before)
  await far.close('stopping')
  await run(1_000)
  expect(await ended).toMatchObject({ code: 'ERR_SYNC_CLOSED', meta: { reason: 'stopping' } })
})

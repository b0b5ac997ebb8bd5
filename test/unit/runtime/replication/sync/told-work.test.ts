/**
 * Work that one site makes by what it tells: a real replicator with real signatures, and a site that tells the same many times over, or what nobody has
 * signed. What it costs is told by how often the replicator checks a signature, how long nobody else has a turn, and when it goes on reading; the clock is
 * the test's where waits are seen.
 */
import { expect, test, vi } from 'vitest'
import { syncCodec } from '../../../../../protocols/sync/codec.ts'
import {
  FORGED_COSTS_MS,
  MAX_TRANSFER_OPERATIONS,
  MESSAGE_COSTS_MS,
  TAKEN_TOGETHER,
  TELLER_BURST_MS,
  TELLER_SHARE,
  TELLERS_BURST_MS,
  TELLERS_SHARE,
} from '../../../../../src/runtime/replication/limits.ts'
import { Tellers } from '../../../../../src/runtime/replication/sync/told-work.ts'
import { sealedBy } from '../../../../support/sealed-by.ts'
import { HERE, INCARNATION, Scripted, entries, hello } from '../scripted.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { OutboxEntry, SealedOperation, SyncMessage } from '../../../../../src/ports/sync.ts'

/** Time that passes only by what is waited for, and by what work is said to take. */
function scriptedClock() {
  const waits: number[] = []
  const clock = {
    at: 0,
    waits,
    monotonic: () => clock.at,
    after: (ms: number, fn: () => void) => {
      waits.push(ms)
      clock.at += ms
      queueMicrotask(fn)
      return { cancel: () => undefined }
    },
  }
  return clock
}

test('a site that makes work gets its share of a core, in slices, whichever conversation it tells in', async () => {
  const clock = scriptedClock()
  const tellers = new Tellers(clock)
  const work = async (site: string, ms: number): Promise<void> => {
    await tellers.of(site).turn()
    tellers.of(site).do(() => (clock.at += ms))
  }
  // What may be done at once is; others have their turn between slices.
  for (let done = 0; done < TELLER_BURST_MS; done += 10) await work('paris', 10)
  expect(Math.max(...clock.waits)).toBe(0)
  expect(clock.waits.length).toBeGreaterThan(100)
  // After that, and for long, its share.
  for (let n = 0; n < 1_000; n++) await work('paris', 10)
  const began = clock.at
  for (let n = 0; n < 1_000; n++) await work('paris', 10)
  expect(clock.at - began).toBeCloseTo(10_000 / TELLER_SHARE, -3)
  // Which is its own: another site goes on at once.
  const before = clock.at
  for (let n = 0; n < 10; n++) await work('rome', 10)
  expect(clock.at - before).toBe(100)
})

test('all sites together get their share of a core, each the same of it', async () => {
  const clock = scriptedClock()
  const tellers = new Tellers(clock)
  const done = new Map<string, number>()
  const tell = async (site: string, until: number): Promise<void> => {
    while (clock.at < until) {
      await tellers.of(site).turn()
      if (clock.at >= until) return
      tellers.of(site).do(() => (clock.at += 10))
      done.set(site, (done.get(site) ?? 0) + 10)
    }
  }
  const sites = ['paris', 'rome', 'oslo', 'bern']
  await Promise.all(sites.map(site => tell(site, 4 * TELLERS_BURST_MS)))
  done.clear()
  const began = clock.at
  await Promise.all(sites.map(site => tell(site, began + 20_000)))
  const all = [...done.values()].reduce((sum, ms) => sum + ms, 0)
  expect(all / (clock.at - began)).toBeCloseTo(TELLERS_SHARE, 1)
  expect(Math.min(...done.values())).toBeGreaterThan((all / sites.length) * 0.8)
})

test('a message costs its site something though nothing stands in it, and what it takes to be read', async () => {
  const clock = scriptedClock()
  const paris = new Tellers(clock).of('paris')
  const read = (ms: number): Promise<void> => paris.read(() => void (clock.at += ms))
  // Others have their turn all the while.
  for (let n = 0; n < TAKEN_TOGETHER * 10; n++) await read(0)
  expect(clock.waits.length).toBeGreaterThanOrEqual(9)
  for (let n = 0; n < (2 * TELLER_BURST_MS) / MESSAGE_COSTS_MS; n++) await read(0)
  let began = clock.at
  for (let n = 0; n < 10_000; n++) await read(0)
  expect(clock.at - began).toBeCloseTo((10_000 * MESSAGE_COSTS_MS) / TELLER_SHARE, -3)
  began = clock.at
  for (let n = 0; n < 1_000; n++) await read(1)
  expect(clock.at - began).toBeCloseTo((1_000 * (1 + MESSAGE_COSTS_MS)) / TELLER_SHARE, -3)
})

test('a thousand small pieces of work are no slice, whatever the clock says', async () => {
  const clock = scriptedClock()
  const paris = new Tellers(clock).of('paris')
  for (let n = 0; n < TAKEN_TOGETHER * 4; n++) {
    await paris.turn()
    paris.do(() => undefined)
  }
  expect(clock.waits.length).toBe(3)
})

test('what nobody has signed costs its teller so much that a few are looked at in a second', async () => {
  const clock = scriptedClock()
  const paris = new Tellers(clock).of('paris')
  const forge = async (): Promise<void> => {
    await paris.turn()
    paris.wasForged()
  }
  for (let n = 0; n < 200; n++) await forge()
  const began = clock.at
  for (let n = 0; n < 100; n++) await forge()
  expect(clock.at - began).toBeCloseTo((100 * FORGED_COSTS_MS) / TELLER_SHARE, -3)
})

test('what is here already is written nowhere when it comes again, and is answered once', async () => {
  await using here = await Scripted.start()
  const create = here.create('paris', 'mug', ['paris', HERE])
  const paris = here.from('paris')
  paris.says(hello('paris', 10_000))
  const all = entries(1, ...Array.from({ length: 1_000 }, () => here.signed(create)))
  paris.says(all)
  while (true) {
    const received = await paris.next('received')
    if (typeof received === 'string') throw new Error(`it ended: ${received}`)
    if (received.upTo === 1_000) break
  }
  const commit = vi.spyOn(here.store, 'commit')
  for (let n = 0; n < 20; n++) paris.says(all)
  paris.says(entries(1_001, here.signed(create)))
  const upTo: number[] = []
  while (upTo.at(-1) !== 1_001) {
    const received = await paris.next('received')
    if (typeof received === 'string') throw new Error(`it ended: ${received}`)
    upTo.push(received.upTo)
  }
  expect(upTo).toEqual([...Array.from({ length: 20 }, () => 1_000), 1_001])
  expect(commit.mock.calls.length).toBeLessThan(3)
})

const transferOf = (operation: Operation, operations: readonly SealedOperation[], more: boolean): OutboxEntry => ({
  kind: 'transfer',
  replicant: operation.replicant,
  more,
  transfer: { life: operation.life, operations },
})

test('what is told many times over in one message, or in one transfer, is looked at once', async () => {
  await using here = await Scripted.start()
  const create = here.create('paris', 'mug', ['paris', HERE])
  const paris = here.from('paris')
  paris.says(hello('paris', 10_000))
  paris.says(entries(1, ...Array.from({ length: 1_000 }, () => here.signed(create))))
  while (true) {
    const received = await paris.next('received')
    if (typeof received === 'string') throw new Error(`it ended: ${received}`)
    if (received.upTo === 1_000) break
  }
  expect(here.looked).toBe(1)

  const other = here.create('paris', 'jug', ['paris', HERE])
  const sealed = sealedBy(here.sealOf('paris'), other)
  const same = Array.from({ length: 1_000 }, () => sealed)
  paris.says(entries(1_001, transferOf(other, same, true)))
  paris.says(entries(1_002, transferOf(other, same, false)))
  expect(await paris.next('received')).toMatchObject({ upTo: 1_002 })
  expect(here.looked).toBe(2)
  const held = await here.replicator.inspect(other.replicant, ({ core }) => core.replicant.lives.length)
  expect(held).toBe(1)
})

test('a transfer has so many operations at most, all its parts together, however often each stands in it', async () => {
  await using here = await Scripted.start()
  const create = here.create('paris', 'mug', ['paris', HERE])
  const sealed = sealedBy(here.sealOf('paris'), create)
  const part = transferOf(
    create,
    Array.from({ length: 4_000 }, () => sealed),
    true,
  )
  const paris = here.from('paris')
  paris.says(hello('paris', 10_000))
  for (let first = 1; first <= Math.ceil((MAX_TRANSFER_OPERATIONS + 1) / 4_000); first++)
    paris.says(entries(first, part))
  expect(await paris.next('received')).toBe('too-large')
})

test('of a transfer in which something is not signed nothing more is looked at', async () => {
  await using here = await Scripted.start()
  const create = here.create('paris', 'mug', ['paris', HERE])
  const sealed = sealedBy(here.sealOf('paris'), create)
  const forged = (n: number): SealedOperation => ({
    bytes: sealed.bytes,
    signature: sealed.signature.map((byte, place) => (place === n % 64 ? byte ^ (1 + (n >> 6)) : byte)),
  })
  const paris = here.from('paris')
  paris.says(hello('paris', 10))
  const many = Array.from({ length: 1_000 }, (_, n) => forged(n))
  paris.says(entries(1, transferOf(create, many, true)))
  paris.says(entries(2, transferOf(create, many, false)))
  expect(await paris.next('received')).toMatchObject({ upTo: 2 })
  expect(here.looked).toBe(1)
  expect(here.refusals()).toEqual(['paris: ERR_SYNC_SIGNATURE'])
})

test('forged operations hold up who tells them, and nobody else', async () => {
  await using here = await Scripted.start()
  const create = here.create('rome', 'mug', ['rome', HERE])
  const { bytes, signature } = sealedBy(here.sealOf('rome'), create)
  const all = Array.from({ length: 4_096 }, (_, n): OutboxEntry => {
    const wrong = signature.map((byte, place) => (place === n % 64 ? byte ^ (1 + (n >> 6)) : byte))
    return { kind: 'operation', operation: { bytes, signature: wrong } }
  })
  const message: SyncMessage = {
    kind: 'entries',
    incarnation: INCARNATION,
    first: 1,
    entries: all.map(entry => syncCodec.encodeEntry(entry)),
  }
  const paris = here.from('paris')
  paris.says(hello('paris', 10_000))
  paris.says(message)
  await paris.next('welcome')
  const rome = here.from('rome')
  rome.says(hello('rome', 10))
  rome.says(entries(1, here.signed(create)))
  expect(await rome.next('received')).toMatchObject({ upTo: 1 })
  // All would be 4,096; the burst is some dozens.
  expect(here.looked).toBeLessThan(1_000)
  await paris.close('done')
})

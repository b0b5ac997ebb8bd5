/**
 * Conversations over real libp2p streams on loopback: everything arrives in order and once, a cut is never an end, a receiver that
 * does not read holds the sender back in bounded memory, and an end that says rubbish, too much, the wrong thing or nothing is left.
 * The clock is the test's.
 */
import * as lp from 'it-length-prefixed'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamChannel } from '../../../protocols/sync/channel.ts'
import { syncCodec as codec } from '../../../protocols/sync/codec.ts'
import {
  CLOSE_TIMEOUT_MS,
  FIRST_MESSAGE_LIMIT_MS,
  FIRST_MESSAGE_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  MAX_WAITING_SENDS,
  READ_AHEAD_BYTES,
  SILENCE_MS,
  SYNC_LIMITS,
} from '../../../protocols/sync/limits.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import { ManualClock, againstBytes, channel, conversation, entries, greeted, hello } from './conversation.ts'
import { PARIS, read, reasonOf, turns, welcome } from './conversation.ts'
import type { SyncMessage } from '../../../src/ports/sync.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

const frame = (message: SyncMessage): Uint8Array => lp.encode.single(codec.encodeMessage(message)).subarray()
const received: SyncMessage = { kind: 'received', incarnation: PARIS, upTo: 1 }
const numbered = (number: number): Uint8Array => codec.encodeEntry(outcome(number))
const outcome = (number: number) => ({
  kind: 'outcome' as const,
  replicant: { service: 's', kind: 'k', name: `n${number}` },
  life: { stamp: { ms: 1, counter: 0 }, dot: { site: 'paris', incarnation: PARIS, number: 1 } },
  dot: { site: 'paris', incarnation: PARIS, number },
  site: 'lyon',
  outcome: 'applied' as const,
  at: number,
})
/** Bytes that do not become fewer by compression. */
const noise = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) bytes[i] = (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16
  return bytes
}

test('what comes is read when its site has its turn, empty messages too, and until then it is held back and not silent', async () => {
  const clock = new ManualClock()
  const { near, far } = await pair.open()
  const turnsOf: (() => void)[] = []
  const work = {
    read: async <T>(decode: () => T): Promise<T> => {
      await new Promise<void>(resolve => turnsOf.push(resolve))
      return decode()
    },
  }
  let decoded = 0
  const counting = { ...codec, decodeMessage: (bytes: Uint8Array) => (decoded++, codec.decodeMessage(bytes)) }
  const receiver = new StreamChannel({ stream: far, role: 'receiver', clock, site: 'paris', codec: counting, work })
  const messages = read(receiver)
  near.send(frame(hello))
  for (let n = 0; n < 100; n++) near.send(lp.encode.single(new Uint8Array(0)).subarray())
  const first = messages.next()
  await clock.pass(3 * SILENCE_MS)
  expect([decoded, turnsOf.length]).toEqual([0, 1])
  turnsOf.shift()?.()
  expect((await first).value).toMatchObject({ kind: 'hello' })
  const waits = async (): Promise<void> => {
    while (turnsOf.length === 0) await turns(1)
  }
  for (let n = 0; n < 5; n++) {
    await waits()
    turnsOf.shift()?.()
  }
  await waits()
  expect([decoded, turnsOf.length]).toEqual([6, 1])
  const closed = receiver.close('done')
  await clock.pass(CLOSE_TIMEOUT_MS)
  await closed
})

describe('what is sent', () => {
  test('arrives in order: 10,000 operations, and what is received of them', async () => {
    const { sender, receiver, toReceiver, toSender } = await greeted(pair)
    const acknowledged: number[] = []
    const sending = (async () => {
      for (let first = 1; first <= 10_000;) {
        const batch = Array.from({ length: (first % 37) + 1 }, (_, i) => numbered(first + i)).slice(0, 10_001 - first)
        await sender.send(entries(first, ...batch))
        first += batch.length
      }
    })()
    const listening = (async () => {
      while (acknowledged.at(-1) !== 10_000) {
        const { value } = (await toSender.next()) as { value: SyncMessage }
        if (value.kind === 'received') acknowledged.push(value.upTo)
      }
    })()
    const numbers: number[] = []
    while (numbers.length < 10_000) {
      const { value } = (await toReceiver.next()) as { value: SyncMessage }
      if (value.kind !== 'entries') continue
      expect(value.first).toBe(numbers.length + 1)
      for (const bytes of value.entries) {
        const entry = codec.decodeEntry(bytes)
        if (entry.kind === 'outcome') numbers.push(entry.dot.number)
      }
      await receiver.send({ kind: 'received', incarnation: PARIS, upTo: numbers.length })
    }
    await Promise.all([sending, listening])
    expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1))
    expect(acknowledged.toSorted((a, b) => a - b)).toEqual(acknowledged)
    await sender.close('done')
    expect((await toReceiver.next()).done).toBe(true)
  })

  test('goes on at the cursor after a cut in the middle of a frame', async () => {
    const held: Uint8Array[] = []
    const total = 40
    const body = Array.from({ length: total }, (_, i) => noise(200_000 + i))
    // The first time half a frame arrives; the others are cut wherever they are.
    for (let attempt = 0; held.length < total; attempt++) {
      if (attempt > 0) await pair.restore()
      const { near, far } = await pair.open()
      const receiver = channel(far, 'receiver', new ManualClock())
      const toReceiver = read(receiver)
      near.send(frame(hello))
      expect((await toReceiver.next()).value).toMatchObject({ kind: 'hello' })
      await receiver.send({ ...welcome, cursors: [{ incarnation: PARIS, upTo: held.length }] } as SyncMessage)
      const goes = held.length + 7
      for (let number = held.length; number < Math.min(total, goes); number++) {
        near.send(frame(entries(number + 1, body[number] ?? noise(1))))
        const { value } = (await toReceiver.next()) as { value: SyncMessage }
        if (value.kind === 'entries') held.push(...value.entries)
      }
      if (held.length === total) break
      const cut = frame(entries(held.length + 1, body[held.length] ?? noise(1)))
      near.send(cut.subarray(0, cut.length >> 1))
      await turns(20)
      pair.cut()
      expect(await reasonOf(toReceiver.next())).toBe('lost')
      expect(await receiver.closed).toBe('lost')
    }
    expect(held.length).toBe(total)
    for (const [i, bytes] of held.entries()) expect(Buffer.compare(bytes, body[i] ?? noise(1))).toBe(0)
  })
})

test('frames are read however the bytes of them were cut', async () => {
  const sent = [hello, ...[1, 2, 3].map(n => entries(n, numbered(n), noise(300)))]
  const bytes = Buffer.concat(sent.map(frame))
  for (const size of [1, 2, 3, 7, 127, 128, 129, 1000, bytes.length]) {
    const { stream, receiver } = await againstBytes(pair)
    for (let at = 0; at < bytes.length; at += size) stream.send(Uint8Array.from(bytes.subarray(at, at + size)))
    const messages = read(receiver)
    for (const message of sent) expect((await messages.next()).value, `in pieces of ${size}`).toEqual(message)
    await receiver.close('lost')
  }
})

describe('an end that does not read', () => {
  test.each(['sender', 'receiver'] as const)('holds the other back in bounded memory: what the %s says', async from => {
    const { sender, receiver, toReceiver, toSender, clock } = await greeted(pair)
    const name = { service: 's', kind: 'k', name: '' }
    const [end, reader] = from === 'sender' ? [sender, toReceiver] : [receiver, toSender]
    const large = noise(SYNC_LIMITS.entryBytes)
    const make = (i: number): SyncMessage =>
      from === 'sender'
        ? entries(i + 1, large)
        : { kind: 'want', replicant: { ...name, name: `${'n'.repeat(2000)}${i}` }, lives: [] }
    const size = codec.encodeMessage(make(0)).length
    // 64 MiB one way, 16 MiB the other.
    const total = Math.ceil((from === 'sender' ? 64 << 20 : 16 << 20) / size)
    let sent = 0
    const sending = (async () => {
      for (; sent < total; sent++) await end.send(make(sent))
    })()
    let before = -1
    while (before !== sent) {
      before = sent
      await turns(200)
    }
    // One window of the muxer, what was read ahead, two messages that wait and one that is being read.
    const bound = (4 << 20) + READ_AHEAD_BYTES + 4 * SYNC_LIMITS.frameBytes
    expect(sent * size).toBeLessThan(bound)
    // It is held back, not silent.
    await clock.pass(3 * SILENCE_MS, KEEP_ALIVE_MS)
    for (let i = 0; i < total; i++) {
      const { value } = (await reader.next()) as { value: SyncMessage }
      if (value.kind === 'entries') expect(value.first).toBe(i + 1)
      else expect(value).toEqual(make(i))
    }
    await sending
    expect(sent).toBe(total)
    await sender.close('done')
  })

  test('lets so many calls wait, and no more', async () => {
    const { sender } = await greeted(pair)
    const large = noise(SYNC_LIMITS.entryBytes)
    const waiting = Array.from({ length: MAX_WAITING_SENDS }, (_, i) => sender.send(entries(i + 1, large)))
    for (const each of waiting) each.catch(() => {})
    // Who reads nothing of so much is given up.
    expect(await reasonOf(sender.send(entries(1, large)))).toBe('time-out')
    expect(await sender.closed).toBe('time-out')
  })

  test('does not keep the other from ending the conversation', async () => {
    const { sender, clock } = await greeted(pair)
    const large = noise(SYNC_LIMITS.entryBytes)
    const waiting = Array.from({ length: 20 }, (_, i) => sender.send(entries(i + 1, large)))
    for (const each of waiting) each.catch(() => {})
    const closed = sender.close('stopping')
    await turns(50)
    await clock.pass(CLOSE_TIMEOUT_MS)
    await closed
    expect(await reasonOf(waiting.at(-1) ?? Promise.resolve())).toBe('stopping')
  })
})

describe('the end of a conversation', () => {
  test.each(['done', 'stopping'] as const)('in order: %s, behind all that was said', async reason => {
    const { sender, receiver, toReceiver, toSender } = await greeted(pair)
    await sender.send(entries(1, numbered(1)))
    await sender.send(entries(2, numbered(2)))
    const end = sender.close(reason)
    expect((await toReceiver.next()).value).toMatchObject({ first: 1 })
    expect((await toReceiver.next()).value).toMatchObject({ first: 2 })
    expect((await toReceiver.next()).done).toBe(true)
    await end
    expect([await receiver.closed, await sender.closed]).toEqual([reason, reason])
    expect((await toSender.next()).done).toBe(true)
    expect(await reasonOf(receiver.send({ kind: 'received', incarnation: PARIS, upTo: 1 }))).toBe(reason)
  })

  test.each(['gap', 'beyond', 'replaced', 'failed'] as const)('out of order: %s, at both ends', async reason => {
    const { receiver, toReceiver, toSender } = await greeted(pair)
    await receiver.close(reason)
    expect(await reasonOf(toSender.next())).toBe(reason)
    expect(await reasonOf(toReceiver.next())).toBe(reason)
  })

  test('without a goodbye is a loss, also where it looks like an end', async () => {
    const { stream, receiver } = await againstBytes(pair)
    const messages = read(receiver)
    stream.send(frame(hello))
    await messages.next()
    await stream.close()
    expect(await reasonOf(messages.next())).toBe('lost')
  })

  test('leaves nothing open when the other end says goodbye and stays', async () => {
    const { stream, receiver, clock } = await againstBytes(pair)
    const messages = read(receiver)
    stream.send(frame(hello))
    await messages.next()
    stream.send(frame({ kind: 'goodbye', reason: 'done' }))
    expect((await messages.next()).done).toBe(true)
    const gone = Promise.withResolvers<void>()
    stream.addEventListener('close', () => gone.resolve())
    await clock.pass(CLOSE_TIMEOUT_MS)
    await gone.promise
  })
})

describe('an end that breaks the rules is left with the reason', () => {
  const afterHello = async (...bytes: Uint8Array[]) => {
    const peer = await againstBytes(pair)
    const messages = read(peer.receiver)
    peer.stream.send(frame(hello))
    await messages.next()
    for (const part of bytes) peer.stream.send(part)
    return { ...peer, messages }
  }

  test('rubbish', async () => {
    const { messages, heard } = await afterHello(lp.encode.single(Uint8Array.from([0xff, 0xff, 0xff])).subarray())
    expect(await reasonOf(messages.next())).toBe('invalid')
    await turns(20)
    expect(heard.slice(-frame({ kind: 'goodbye', reason: 'invalid' }).length)).toEqual([
      ...frame({ kind: 'goodbye', reason: 'invalid' }),
    ])
  })

  test('no length at all', async () => {
    const { messages } = await afterHello(new Uint8Array(20).fill(0xff))
    expect(await reasonOf(messages.next())).toBe('invalid')
  })

  test('a frame of one byte more than the limit, by its length alone', async () => {
    const head = lp.encode.single(new Uint8Array(SYNC_LIMITS.frameBytes + 1)).subarray(0, 3)
    const { messages } = await afterHello(head)
    expect(await reasonOf(messages.next())).toBe('too-large')
  })

  test.each([
    ['a second hello', hello],
    ['what only a receiver says', received],
  ])('%s', async (_, message) => {
    const { messages } = await afterHello(frame(message))
    expect(await reasonOf(messages.next())).toBe('wrong-order')
  })

  test('entries before a hello', async () => {
    const { stream, receiver } = await againstBytes(pair)
    stream.send(frame(entries(1, numbered(1))))
    expect(await reasonOf(read(receiver).next())).toBe('wrong-order')
  })

  test('a hello in the name of another site', async () => {
    const { stream, receiver } = await againstBytes(pair)
    stream.send(frame({ ...hello, site: 'rome' } as SyncMessage))
    expect(await reasonOf(read(receiver).next())).toBe('invalid')
  })

  test('no hello in time', async () => {
    const { receiver, clock } = await againstBytes(pair)
    const next = reasonOf(read(receiver).next())
    await clock.pass(FIRST_MESSAGE_TIMEOUT_MS - 1)
    expect(await Promise.race([receiver.closed, turns(5)])).toBeUndefined()
    await clock.pass(1)
    expect(await next).toBe('time-out')
  })

  test('no welcome in time from one that shows that it is there, and has much to do before', async () => {
    const { sender, clock } = await conversation(pair)
    const next = reasonOf(read(sender).next())
    await sender.send(hello)
    await clock.pass(FIRST_MESSAGE_TIMEOUT_MS + KEEP_ALIVE_MS, KEEP_ALIVE_MS)
    expect(await Promise.race([sender.closed, turns(5)])).toBeUndefined()
    await clock.pass(FIRST_MESSAGE_LIMIT_MS, KEEP_ALIVE_MS)
    expect(await next).toBe('time-out')
  })

  test('silence', async () => {
    const { messages, heard, clock } = await afterHello()
    const next = reasonOf(messages.next())
    await clock.pass(SILENCE_MS + KEEP_ALIVE_MS)
    expect(await next).toBe('time-out')
    // It was told before that this end is there: empty messages, and the goodbye.
    expect(heard.slice(0, 2)).toEqual([0, 0])
  })

  test('what a later version may say is ignored', async () => {
    const later = lp.encode.single(Uint8Array.from([0xa2, 0x06, 0])).subarray()
    const { messages } = await afterHello(later, Uint8Array.from([0]), frame(entries(1, numbered(1))))
    expect((await messages.next()).value).toMatchObject({ kind: 'entries', first: 1 })
  })
})

test('a conversation with nothing to say stays, by an empty message now and then', async () => {
  const { sender, receiver, toReceiver, clock } = await greeted(pair)
  await clock.pass(20 * SILENCE_MS, KEEP_ALIVE_MS)
  await sender.send(entries(1, numbered(1)))
  expect((await toReceiver.next()).value).toMatchObject({ kind: 'entries' })
  await receiver.close('done')
})

test('what cannot be sent is the error of the call, and the conversation goes on', async () => {
  const { sender, toReceiver } = await greeted(pair)
  await expect(sender.send(entries(1, new Uint8Array(SYNC_LIMITS.entryBytes + 1)))).rejects.toMatchObject({
    code: 'ERR_SYNC_TOO_LARGE',
  })
  await sender.send(entries(1, numbered(1)))
  expect((await toReceiver.next()).value).toMatchObject({ kind: 'entries' })
  await sender.close('done')
})

/**
 * Pieces of large bodies over real libp2p streams on loopback: what is asked for comes, no faster than it is taken; strangers get nothing;
 * an end that says rubbish, too much, too little or nothing is left in time. The clock is the test's where time matters.
 */
import * as lp from 'it-length-prefixed'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BodyExchange } from '../../../protocols/body/body-exchange.ts'
import { encodeAnswer, encodeRequest } from '../../../protocols/body/codec.ts'
import {
  BODY_LIMITS,
  BODY_PROTOCOL,
  MAX_BODY_STREAMS,
  MAX_PIECES_TO_A_SITE,
  PIECE_ANSWER_MS,
  PIECE_IDLE_MS,
} from '../../../protocols/body/limits.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import { silentLogger } from '../../support/real-time.ts'
import { ManualClock } from '../sync/conversation.ts'
import type { Stream } from '@libp2p/interface'
import type { BodyExchangeParts } from '../../../protocols/body/body-exchange.ts'
import type { BodyPiece } from '../../../src/ports/bodies.ts'
import type { PeerTransport } from '../../../src/ports/transport.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

const exchanges: BodyExchange[] = []
afterEach(async () => {
  for (const exchange of exchanges.splice(0)) await exchange.stop()
})

const piece = (from: number, to: number): BodyPiece => ({
  replicant: { service: 'files', kind: 'file', name: 'disk' },
  hash: 'ab'.repeat(32),
  from,
  to,
})
const NEVER = new AbortController().signal

/** Each byte tells its place. */
const bytesOf = ({ from, to }: BodyPiece): Uint8Array =>
  Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251)

async function* inChunks(bytes: Uint8Array, size = 60_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

const codeOf = (what: Promise<unknown>): Promise<unknown> =>
  what.then(
    () => 'nothing was thrown',
    (error: unknown) => (error as { code?: string }).code,
  )

/** `paris` fetches, `lyon` gives as `parts` say. */
async function world(parts: Partial<BodyExchangeParts> = {}) {
  const clock = new ManualClock()
  let serve: (stream: Stream, peerId: string) => void = () => undefined
  let served = { protocol: '', maxInboundStreams: 0 }
  const lyon: PeerTransport = {
    openStream: () => Promise.reject(new Error('lyon fetches nothing')),
    isConnected: () => true,
    serve: async (protocol, { maxInboundStreams }, handler) => {
      served = { protocol, maxInboundStreams }
      serve = handler
    },
    unserve: () => Promise.resolve(),
  }
  const stream = async (): Promise<Stream> => {
    const { near, far } = await pair.open()
    serve(far, 'key of paris')
    return near
  }
  const common = { clock, logger: silentLogger, siteOfPeer: () => 'paris' }
  const gives = new BodyExchange({
    ...common,
    transport: lyon,
    pieceFor: (_site, asked) => Promise.resolve(inChunks(bytesOf(asked))),
    ...parts,
  })
  const fetches = new BodyExchange({
    ...common,
    transport: { ...lyon, openStream: stream },
    pieceFor: () => Promise.resolve(undefined),
  })
  await gives.start()
  exchanges.push(gives, fetches)
  return { fetches, gives, clock, served, stream }
}

const endOf = (stream: Stream): Promise<'error' | 'order'> =>
  new Promise(resolve => {
    stream.addEventListener('close', ({ error }) => resolve(error === undefined ? 'order' : 'error'), { once: true })
  })

test('it is served under its name, for as many streams at a time as is said', async () => {
  const { served } = await world()
  expect(served).toEqual({ protocol: BODY_PROTOCOL, maxInboundStreams: MAX_BODY_STREAMS })
})

test.each([
  [0, 1],
  [5, 200_000],
  [2 ** 40, 2 ** 40 + 65_536],
])('the bytes from %d to %d come as they are', async (from, to) => {
  const { fetches } = await world()
  const got = await collected(fetches.fetch('lyon', piece(from, to), NEVER))
  expect(got.equals(bytesOf(piece(from, to)))).toBe(true)
})

test('a piece of the largest size comes', async () => {
  const { fetches } = await world()
  expect((await collected(fetches.fetch('lyon', piece(0, BODY_LIMITS.pieceBytes), NEVER))).length).toBe(
    BODY_LIMITS.pieceBytes,
  )
})

test('what is not taken is not read: the giving side waits', async () => {
  let given = 0
  const chunk = new Uint8Array(65_536)
  async function* endless(bytes: number): AsyncGenerator<Uint8Array> {
    for (; given < bytes; given += chunk.length) yield chunk
  }
  const { fetches } = await world({ pieceFor: (_, { from, to }) => Promise.resolve(endless(to - from)) })
  const chunks = fetches.fetch('lyon', piece(0, BODY_LIMITS.pieceBytes), NEVER)[Symbol.asyncIterator]()
  await chunks.next()
  // Windows fill; then nothing moves, however long one looks.
  let before = -1
  while (before !== given) {
    before = given
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  expect(given).toBeLessThan(BODY_LIMITS.pieceBytes / 2)
  let bytes = chunk.length
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) bytes += next.value.length
  expect(bytes).toBe(BODY_LIMITS.pieceBytes)
})

test('what is not given is said so', async () => {
  const { fetches } = await world({ pieceFor: () => Promise.resolve(undefined) })
  expect(await codeOf(collected(fetches.fetch('lyon', piece(0, 1), NEVER)))).toBe('ERR_BODY_NOT_TOLD')
})

test('a stranger is sent away before it has said anything', async () => {
  let asked = 0
  const { stream } = await world({
    siteOfPeer: () => undefined,
    pieceFor: async () => {
      asked++
      return undefined
    },
  })
  expect(await endOf(await stream())).toBe('error')
  expect(asked).toBe(0)
})

test('one site is given only so many pieces at a time; afterwards it is given more', async () => {
  const open = Promise.withResolvers<void>()
  const { fetches } = await world({
    pieceFor: async (_, asked) => {
      await open.promise
      return inChunks(bytesOf(asked))
    },
  })
  const fetch = (): Promise<Buffer> => collected(fetches.fetch('lyon', piece(0, 10), NEVER))
  const all = Array.from({ length: MAX_PIECES_TO_A_SITE }, fetch)
  expect(await codeOf(fetch())).toBe('ERR_SITE_UNREACHABLE')
  open.resolve()
  expect((await Promise.all(all)).map(({ length }) => length)).toEqual(all.map(() => 10))
  await expect.poll(() => codeOf(fetch())).toBe('nothing was thrown')
})

test.each([
  ['rubbish', lp.encode.single(Uint8Array.from([0xff, 0xff])).subarray()],
  ['a length beyond the limit', Uint8Array.from([0x81, 0x80, 0x40])],
  ['no length at all', new Uint8Array(20).fill(0xff)],
])('who asks with %s is left', async (_, bytes) => {
  const { stream } = await world()
  const near = await stream()
  const end = endOf(near)
  near.send(bytes)
  expect(await end).toBe('error')
})

test('who asks nothing is left in time', async () => {
  const { stream, clock } = await world()
  const end = endOf(await stream())
  await clock.pass(PIECE_IDLE_MS)
  expect(await end).toBe('error')
})

test('who stops reading is left in time', async () => {
  let isGiving = false
  async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
    isGiving = true
    try {
      for (let given = 0; given < bytes; given += 65_536) yield new Uint8Array(65_536)
    } finally {
      isGiving = false
    }
  }
  const { stream, clock } = await world({ pieceFor: (_, { from, to }) => Promise.resolve(chunks(to - from)) })
  const near = await stream()
  near.pause()
  near.send(lp.encode.single(encodeRequest(piece(0, BODY_LIMITS.pieceBytes))))
  await expect.poll(() => isGiving).toBe(true)
  await expect
    .poll(
      async () => {
        await clock.pass(PIECE_IDLE_MS)
        return isGiving
      },
      { timeout: 5_000 },
    )
    .toBe(false)
})

/** `paris` fetches from somebody who does with the stream as `answer` says. */
function against(answer: (far: Stream) => void) {
  const clock = new ManualClock()
  const exchange = new BodyExchange({
    transport: {
      openStream: async () => {
        const { near, far } = await pair.open()
        answer(far)
        return near
      },
      isConnected: () => true,
      serve: () => Promise.resolve(),
      unserve: () => Promise.resolve(),
    },
    clock,
    logger: silentLogger,
    siteOfPeer: () => 'lyon',
    pieceFor: () => Promise.resolve(undefined),
  })
  exchanges.push(exchange)
  return { exchange, clock }
}

const frames = (far: Stream, ...all: Uint8Array[]): void => {
  for (const frame of all) far.send(lp.encode.single(frame))
}

test.each<[string, string, (far: Stream) => void]>([
  ['rubbish', 'ERR_BODY_MESSAGE', far => frames(far, Uint8Array.from([0xff, 0xff]))],
  ['a length beyond the limit', 'ERR_BODY_MESSAGE', far => void far.send(Uint8Array.from([0x81, 0x80, 0x80, 0x01]))],
  ['an end before an answer', 'ERR_BODY_MESSAGE', far => void far.close()],
  ['more than was asked for', 'ERR_BODY_MESSAGE', far => frames(far, encodeAnswer(true), new Uint8Array(11))],
  [
    'less than was asked for',
    'ERR_BODY_MESSAGE',
    far => {
      frames(far, encodeAnswer(true), new Uint8Array(9))
      void far.close()
    },
  ],
  ['a fault', 'ERR_SITE_UNREACHABLE', far => far.abort(new Error('fault'))],
])('%s in place of a piece is %s', async (_, code, answer) => {
  const { exchange } = against(answer)
  expect(await codeOf(collected(exchange.fetch('lyon', piece(0, 10), NEVER)))).toBe(code)
})

test('what had come before a cut was given out', async () => {
  const { exchange } = against(far => {
    frames(far, encodeAnswer(true), new Uint8Array(9))
    setTimeout(() => far.abort(new Error('cut')), 100)
  })
  let bytes = 0
  const fetching = (async () => {
    for await (const chunk of exchange.fetch('lyon', piece(0, 10), NEVER)) bytes += chunk.length
  })()
  expect(await codeOf(fetching)).toBe('ERR_SITE_UNREACHABLE')
  expect(bytes).toBe(9)
})

test.each([
  ['nothing', PIECE_ANSWER_MS, [] as Uint8Array[]],
  ['half a piece, and then nothing', PIECE_IDLE_MS, [encodeAnswer(true), new Uint8Array(5)]],
])('%s is given up in time', async (_, ms, said) => {
  const opened = Promise.withResolvers<Stream>()
  const { exchange, clock } = against(far => {
    frames(far, ...said)
    opened.resolve(far)
  })
  const fetching = codeOf(collected(exchange.fetch('lyon', piece(0, 10), NEVER)))
  const end = endOf(await opened.promise)
  await expect
    .poll(async () => {
      await clock.pass(ms)
      return Promise.race([end, Promise.resolve('not yet')])
    })
    .toBe('error')
  expect(await fetching).toBe('ERR_SITE_UNREACHABLE')
})

test('who stops, and who is told to, gives up at once', async () => {
  const { exchange } = against(() => undefined)
  const end = new AbortController()
  const fetching = [NEVER, end.signal].map(signal => codeOf(collected(exchange.fetch('lyon', piece(0, 10), signal))))
  end.abort()
  expect(await fetching[1]).toBe('ERR_SITE_UNREACHABLE')
  await exchange.stop()
  expect(await fetching[0]).toBe('ERR_SITE_UNREACHABLE')
  expect(await codeOf(collected(exchange.fetch('lyon', piece(0, 10), NEVER)))).toBe('ERR_SITE_UNREACHABLE')
})

/**
 * Frames of one turn of the event loop leave together, and none is lost by it: a hundred streams at once are one message of
 * noise or two, what is said just before a close arrives, and what is held when the connection breaks harms nobody.
 */
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { MessageStream, StreamMuxer } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { batchedMuxer } from '../../../src/adapters/libp2p/batched-muxer.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

interface Bench {
  readonly muxer: StreamMuxer & { send: (data: Uint8Array | Uint8ArrayList) => boolean }
  readonly connection: MessageStream
  /** What was really sent, and what was done after it. */
  readonly log: string[]
}

/** The wrapper around a muxer that only records. */
function bench(): Bench {
  const log: string[] = []
  const muxer = {
    send(data: Uint8Array | Uint8ArrayList): boolean {
      log.push(Buffer.from(data.subarray()).toString())
      return true
    },
    async close(): Promise<void> {
      muxer.send(Buffer.from('goodbye'))
    },
  }
  const make = batchedMuxer(() => ({ protocol: '/test', createStreamMuxer: () => muxer }) as never)
  const connection = { status: 'open', writableNeedsDrain: false } as unknown as MessageStream
  const wrapped = make(undefined).createStreamMuxer(connection)
  return { muxer: wrapped as Bench['muxer'], connection, log }
}

describe('one muxer', () => {
  test('sends at the end of the turn, all at once', async () => {
    const { muxer, log } = bench()
    muxer.send(Buffer.from('a'))
    await Promise.resolve()
    muxer.send(new Uint8ArrayList(Buffer.from('b'), Buffer.from('c')))
    expect(log).toEqual([])
    await setImmediate()
    expect(log).toEqual(['abc'])
    await setImmediate()
    expect(log).toEqual(['abc'])
  })

  test('sends at once when a message is full', () => {
    const { muxer, log } = bench()
    muxer.send(Buffer.alloc(65_518, 'x'))
    expect(log).toEqual([])
    muxer.send(Buffer.from('y'))
    expect(log.map(each => each.length)).toEqual([65_519])
  })

  test('sends what is held before it is closed, its own last words included', async () => {
    const { muxer, log } = bench()
    muxer.send(Buffer.from('last '))
    await muxer.close()
    expect(log).toEqual(['last goodbye'])
  })

  test.each(['closed', 'closing', 'aborted', 'reset'] as const)(
    'sends nothing when the connection is %s',
    async status => {
      const { muxer, connection, log } = bench()
      muxer.send(Buffer.from('lost'))
      connection.status = status
      await setImmediate()
      expect(log).toEqual([])
    },
  )

  test('tells when the way is full', () => {
    const { muxer, connection } = bench()
    expect(muxer.send(Buffer.from('a'))).toBe(true)
    connection.writableNeedsDrain = true
    expect(muxer.send(Buffer.from('a'))).toBe(false)
  })
})

describe('between two nodes', () => {
  let pair: Libp2pPair
  beforeAll(async () => {
    pair = await libp2pPair()
  })
  afterAll(() => pair.stop())

  test('a hundred streams at once get what is theirs', async () => {
    const ends: { from: StreamDuplex; to: StreamDuplex }[] = []
    for (let i = 0; i < 100; i++) {
      const { near, far } = await pair.open()
      ends.push({ from: new StreamDuplex(near), to: new StreamDuplex(far) })
    }
    const arrivals = ends.map(async ({ to }) => String((await once(to, 'data'))[0]))
    for (const [index, { from }] of ends.entries()) from.on('error', () => {}).write(`message ${index}`)
    expect(await Promise.all(arrivals)).toEqual(ends.map((_, index) => `message ${index}`))
    for (const { from, to } of ends) {
      to.on('error', () => {})
      from.destroy()
    }
  })
})

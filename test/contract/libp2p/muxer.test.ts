/**
 * A connection that ends while its muxer still has something to say must not throw where nobody catches it: the library does
 * so in event listeners and microtasks, and Node ends the process for that. A connection by hand that refuses what is
 * sent, as one does whose lower half has ended first.
 */
import { defaultLogger } from '@libp2p/logger'
import { yamux } from '@libp2p/yamux'
import { expect, test } from 'vitest'
import { quietMuxer } from '../../../src/adapters/libp2p/quiet-muxer.ts'
import type { MultiaddrConnection, StreamMuxer } from '@libp2p/interface'

/** A yamux frame: version 0, type ping, flag SYN, stream 0, opaque value 7. */
const PING = Uint8Array.from([0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7])

class BrokenConnection extends EventTarget {
  readonly log = defaultLogger().forComponent('test')
  readonly direction = 'outbound'
  readonly status = 'open'
  refuses = false

  send(): boolean {
    if (this.refuses) throw new Error('Cannot write to a stream that is closed')
    return true
  }

  abort(): void {
    this.dispatchEvent(new Event('close'))
  }

  receive(data: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }
}

function muxerOn(connection: BrokenConnection): StreamMuxer {
  const factory = quietMuxer(yamux({ enableKeepAlive: false }))({ logger: defaultLogger() })
  return factory.createStreamMuxer(connection as unknown as MultiaddrConnection)
}

/** What is thrown where nobody catches it, while `work` and what it leaves behind run. */
async function uncaughtWhile(work: () => Promise<void> | void): Promise<string[]> {
  const errors: string[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const listener = (error: Error): void => void errors.push(error.message)
  process.on('uncaughtException', listener)
  try {
    await work()
    await new Promise(resolve => setTimeout(resolve, 20))
  } finally {
    process.off('uncaughtException', listener)
    for (const other of others) process.on('uncaughtException', other)
  }
  return errors
}

test('a frame that arrives when nothing can be sent any more ends the muxer, not the process', async () => {
  const connection = new BrokenConnection()
  const muxer = muxerOn(connection)
  connection.refuses = true
  expect(await uncaughtWhile(() => connection.receive(PING))).toEqual([])
  expect(muxer.status).not.toBe('open')
})

test('a stream that is opened when nothing can be sent any more ends, and not the process', async () => {
  const connection = new BrokenConnection()
  const muxer = muxerOn(connection)
  const stream = await muxer.createStream()
  connection.refuses = true
  expect(await uncaughtWhile(async () => void (await muxer.createStream()))).toEqual([])
  expect(muxer.status).not.toBe('open')
  expect(stream.status).not.toBe('open')
})

test('as long as all can be sent nothing is different', async () => {
  const connection = new BrokenConnection()
  const muxer = muxerOn(connection)
  expect(await uncaughtWhile(async () => void (await muxer.createStream()))).toEqual([])
  connection.receive(PING)
  expect(muxer.status).toBe('open')
  expect(muxer.streams).toHaveLength(1)
})

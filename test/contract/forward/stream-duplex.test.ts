/**
 * The wrapper of a libp2p stream as a Node Duplex, over real libp2p nodes on loopback: nothing is lost or reordered, memory
 * stays flat while a slow reader reads, half-close is a half-close, and what breaks off is an error and never an end.
 * Each case here was seen to lose data or to hang when done in the obvious way.
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { text } from 'node:stream/consumers'
import type { Stream } from '@libp2p/interface'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamDuplex } from '../../../protocols/forward/stream-duplex.ts'
import { libp2pPair } from '../../support/libp2p-pair.ts'
import type { Libp2pPair } from '../../support/libp2p-pair.ts'

let pair: Libp2pPair
beforeAll(async () => {
  pair = await libp2pPair()
})
afterAll(() => pair.stop())

async function duplexes(): Promise<{ near: StreamDuplex; far: StreamDuplex }> {
  const { near, far } = await pair.open()
  return { near: wrap(near), far: wrap(far) }
}

/** What a test leaves broken behind must not end the run; errors that matter are awaited with `once`. */
function wrap(stream: Stream): StreamDuplex {
  return new StreamDuplex(stream).on('error', () => {})
}

describe('bytes', () => {
  test('arrive whole and in order, whatever the sizes of the writes', async () => {
    const { near, far } = await duplexes()
    const sent = createHash('sha256')
    const received = createHash('sha256')
    far.on('data', chunk => received.update(chunk))
    for (const size of [1, 2, 1_000, 65_535, 65_536, 65_537, 262_144, 5_000_000, 3, 1]) {
      const chunk = randomBytes(size)
      sent.update(chunk)
      if (!near.write(chunk)) await once(near, 'drain')
    }
    near.end()
    await once(far, 'end')
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    far.end()
  })

  test('written before the other side listens are not lost', async () => {
    const { near, far } = await pair.open()
    const first = wrap(near)
    first.end('early')
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    expect(await text(wrap(far))).toBe('early')
  })

  test('corked together arrive together', async () => {
    const { near, far } = await duplexes()
    near.cork()
    near.write('a')
    near.write('b')
    near.write('c')
    near.uncork()
    const [chunk] = await once(far, 'data')
    expect(String(chunk)).toBe('abc')
    near.destroy()
  })
})

describe('back-pressure', () => {
  test('a reader that does not read stops the writer, and gets everything once it reads', async () => {
    const { near, far } = await duplexes()
    const total = 48 << 20
    const block = Buffer.alloc(1 << 20, 7)
    let written = 0
    let held = 0
    const writing = (async () => {
      while (written < total) {
        written += block.length
        if (!near.write(block)) {
          held++
          await once(near, 'drain')
        }
      }
      near.end()
    })()
    // The window (4 MiB) and the buffers of both wrappers are all that may be under way.
    for (let before = -1; before !== written;) {
      before = written
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(written, 'the writer ran ahead of a reader that reads nothing').toBeLessThan(8 << 20)
    expect(held).toBeGreaterThan(0)
    let read = 0
    far.on('data', chunk => (read += chunk.length))
    await once(far, 'end')
    await writing
    expect(read).toBe(total)
    far.end()
  })

  test('memory stays flat while 1 GB passes to a slow reader', { timeout: 120_000 }, async () => {
    const { near, far } = await duplexes()
    const total = 1_000_000_000
    const block = Buffer.alloc(1 << 20, 1)
    let read = 0
    let chunks = 0
    let peak = 0
    const start = process.memoryUsage().rss
    far.on('data', chunk => {
      read += chunk.length
      // Pausing now and then, and resuming on another turn of the loop, is what a slow socket behind `pipe` does.
      if (++chunks % 16 === 0) {
        far.pause()
        setImmediate().then(
          () => far.resume(),
          () => {},
        )
      }
      if (chunks % 256 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    })
    const ended = once(far, 'end')
    for (let sent = 0; sent < total; sent += block.length) {
      const chunk = total - sent < block.length ? block.subarray(0, total - sent) : block
      if (!near.write(chunk)) await once(near, 'drain')
    }
    near.end()
    await ended
    expect(read).toBe(total)
    expect((peak - start) / 2 ** 20, 'MiB more than at the start').toBeLessThan(150)
    far.end()
  })

  test('both ways at once do not deadlock', async () => {
    const { near, far } = await duplexes()
    const total = 24 << 20
    const flow = async (from: StreamDuplex, to: StreamDuplex): Promise<number> => {
      let read = 0
      to.on('data', chunk => (read += chunk.length))
      const ended = once(to, 'end')
      const block = Buffer.alloc(1 << 20)
      for (let sent = 0; sent < total; sent += block.length) if (!from.write(block)) await once(from, 'drain')
      from.end()
      await ended
      return read
    }
    expect(await Promise.all([flow(near, far), flow(far, near)])).toEqual([total, total])
  })
})

describe('the end', () => {
  test('end() is an end there, and the other direction goes on', async () => {
    const { near, far } = await duplexes()
    const closed = Promise.all([once(near, 'close'), once(far, 'close')])
    near.end('question')
    expect(await text(far)).toBe('question')
    far.end('answer')
    expect(await text(near)).toBe('answer')
    await closed
  })

  test('an end that came before the wrapper is still an end', async () => {
    const { near, far } = await pair.open()
    await near.close()
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    expect(await text(wrap(far))).toBe('')
    far.abort(new Error('done'))
  })

  test.each(['destroy with an error', 'destroy without one'])('%s is an error there, never an end', async how => {
    const { near, far } = await duplexes()
    let ended = false
    far.on('end', () => (ended = true))
    far.resume()
    near.write('half of it')
    await once(far, 'data')
    near.destroy(how === 'destroy with an error' ? new Error('broken') : undefined)
    const [error] = await once(far, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(ended).toBe(false)
  })

  test('a reset that came before the wrapper is an error', async () => {
    const { near, far } = await pair.open()
    near.abort(new Error('gone'))
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    const late = wrap(far)
    late.resume()
    const [error] = await once(late, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('a reset while the reader is paused is an error, also with data unread', async () => {
    const { near, far } = await duplexes()
    far.pause()
    near.write(Buffer.alloc(1 << 20))
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    near.destroy()
    const [error] = await once(far, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('writing after the other side broke off is an error, and no exception', async () => {
    const { near, far } = await duplexes()
    far.destroy()
    const [error] = await once(near, 'error')
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    near.write('too late')
  })

  test('a lost connection is an error at both ends', async () => {
    const own = await libp2pPair()
    try {
      const { near, far } = await own.open()
      const ends = [wrap(near), wrap(far)]
      const errors = Promise.all(ends.map(end => once(end.resume(), 'error')))
      own.cut()
      for (const [error] of await errors) expect(error).toMatchObject({ code: 'ECONNRESET' })
    } finally {
      await own.stop()
    }
  })
})

describe('as a socket of node:http', () => {
  test('a thousand requests one after the other on one stream', async () => {
    const { near, far } = await duplexes()
    const server = http.createServer({ keepAliveTimeout: 0 }, (request, answer) =>
      answer.end(`you asked ${request.url}`),
    )
    server.emit('connection', far)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    agent.createConnection = () => near
    for (let i = 0; i < 1_000; i++) {
      const [answer] = await once(http.get({ agent, path: `/${i}` }), 'response')
      expect(await text(answer)).toBe(`you asked /${i}`)
    }
    agent.destroy()
  })

  test('setTimeout fires in silence and not in traffic', async () => {
    const { near, far } = await duplexes()
    near.setTimeout(50)
    far.write('x')
    near.resume()
    await once(near, 'timeout')
    near.destroy()
  })
})

/**
 * The pool of connections, with real requests of node:http over pairs of streams in memory: its bounds, its queue and the
 * time in it, what is opened ahead and closed again, and that no request is lost or meets bytes that were not meant for it.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { ConnectionPool } from '../../../../src/adapters/http/connection-pool.ts'
import type { PoolOptions } from '../../../../src/adapters/http/connection-pool.ts'

interface Bench {
  readonly pool: ConnectionPool
  /** The servers' ends of the connections, in the order in which they were opened. */
  readonly ends: Duplex[]
  /** Answers that the server has begun and not ended: `release()` ends the oldest. */
  release(): void
  /** How often a connection was asked for. */
  attempts(): number
}

const pools: ConnectionPool[] = []
afterEach(() => {
  for (const pool of pools.splice(0)) pool.destroy()
})

function bench(given: Partial<PoolOptions> = {}): Bench {
  const ends: Duplex[] = []
  const held: http.ServerResponse[] = []
  let attempts = 0
  const server = http.createServer((request, answer) => {
    if (request.url === '/hold') held.push(answer)
    else answer.end(`${ends.indexOf(request.socket)}${request.url}`)
  })
  const pool = new ConnectionPool({
    async connect() {
      attempts++
      const [near, far] = duplexPair()
      ends.push(far)
      far.on('error', () => {})
      server.emit('connection', asSocket(far))
      await setImmediate()
      return asSocket(near)
    },
    maxConnections: 4,
    maxQueued: 4,
    maxConnecting: 4,
    connectMs: 500,
    queueMs: 500,
    maxIdle: 4,
    idleMs: 10_000,
    spare: 0,
    unreachable: { code: 'ERR_APPLICATION_UNREACHABLE', message: 'no connection in time' },
    busy: { code: 'ERR_APPLICATION_BUSY', message: 'too many wait' },
    overdue: { code: 'ERR_APPLICATION_BUSY', message: 'had no turn' },
    ...given,
  })
  pools.push(pool)
  return { pool, ends, release: () => void held.shift()?.end('held'), attempts: () => attempts }
}

/** What node:http asks of a connection beside being a Duplex. */
function asSocket(duplex: Duplex): Duplex {
  const nothing = (): Duplex => duplex
  return Object.assign(duplex, {
    setTimeout: nothing,
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  })
}

function ask(pool: ConnectionPool, path = '/x'): ClientRequest {
  return http.get({ agent: pool, path, headers: ['Host', 'h'], setHost: false })
}

async function answerTo(request: ClientRequest): Promise<string> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return text(answer)
}

const codeOf = async (request: ClientRequest): Promise<string> => {
  const [error] = (await once(request, 'error')) as [Error & { code: string }]
  return error.code
}

/** Turns of the loop until `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !condition(); turn++) await setImmediate()
  expect(condition()).toBe(true)
}

/**
 * A server that takes so many connections at a time and leaves the others in its backlog, until that is full: as the kernel does it, an attempt
 * then ends by a time-out, or when a place becomes free.
 */
function taking(places: number, connectMs: number) {
  let [taken, most, attempts] = [0, 0, 0]
  let open = places
  const server = http.createServer((request, answer) => {
    globalThis.setTimeout(() => answer.end(request.url), 10)
  })
  const connect: PoolOptions['connect'] = async signal => {
    attempts++
    if (taken >= open) {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      throw Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })
    }
    most = Math.max(most, ++taken)
    const [near, far] = duplexPair()
    far.on('error', () => {}).on('close', () => taken--)
    server.emit('connection', asSocket(far))
    await setImmediate()
    return asSocket(near)
  }
  const { pool } = bench({
    connect,
    connectMs,
    queueMs: 20_000,
    maxConnections: 50,
    maxConnecting: 8,
    maxQueued: 100,
    maxIdle: 50,
  })
  return {
    pool,
    counts: () => ({ most, attempts }),
    takes(more: number) {
      open = more
    },
  }
}

describe('where the other end takes fewer connections than may be opened', () => {
  test('all are served in turn by those that it takes, and attempts do not pile up', async () => {
    const { pool, counts } = taking(3, 500)
    const answers = Array.from({ length: 60 }, () => answerTo(ask(pool)))
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 60 }, () => '/x'))
    expect(counts().most).toBe(3)
    // The first burst, and not one for each that waits.
    expect(counts().attempts).toBeLessThan(20)
  })

  test('when it takes more, so does the pool, one after the other', async () => {
    const { pool, counts, takes } = taking(1, 300)
    let isOver = false
    const load = Array.from({ length: 6 }, async () => {
      while (!isOver) await answerTo(ask(pool))
    })
    await until(() => counts().attempts >= 6)
    expect(counts().most).toBe(1)
    takes(50)
    while (counts().most < 3) await setTimeout(20)
    isOver = true
    await Promise.all(load)
  })

  test('where nothing is answered any more, who waits is told so as if nobody was there', async () => {
    let attempts = 0
    const { pool } = bench({
      connectMs: 60,
      queueMs: 10_000,
      connect: async signal => {
        if (attempts++ === 0) {
          const [near, far] = duplexPair()
          far.resume()
          return asSocket(near)
        }
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
        throw Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })
      },
    })
    ask(pool).on('error', () => {})
    await until(() => pool.counts().open === 1)
    await setTimeout(100)
    expect(await codeOf(ask(pool))).toMatch(/^(ERR_APPLICATION_UNREACHABLE|ETIMEDOUT)$/)
  })

  test('what is refused is told at once', async () => {
    let attempts = 0
    const { pool } = bench({
      queueMs: 10_000,
      connect: async () => {
        if (attempts++ > 0) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        const [near, far] = duplexPair()
        far.resume()
        return asSocket(near)
      },
    })
    ask(pool).on('error', () => {})
    await until(() => pool.counts().open === 1)
    expect(await codeOf(ask(pool))).toBe('ECONNREFUSED')
  })
})

describe('connections', () => {
  test('one after the other on the one that is there', async () => {
    const { pool, attempts } = bench()
    for (let i = 0; i < 5; i++) expect(await answerTo(ask(pool))).toBe('0/x')
    expect(attempts()).toBe(1)
    await until(() => pool.counts().idle === 1)
    expect(pool.counts()).toEqual({ open: 1, idle: 1, upgraded: 0, queued: 0 })
  })

  test('never more than the bound; what waits beyond it is served when one becomes free', async () => {
    const { pool, release, attempts } = bench({ maxConnections: 2, maxQueued: 3 })
    const holding = [ask(pool, '/hold'), ask(pool, '/hold')].map(answerTo)
    await until(() => pool.counts().open === 2)
    const waiting = [ask(pool), ask(pool), ask(pool)].map(answerTo)
    expect(pool.counts()).toMatchObject({ open: 2, queued: 3 })
    release()
    expect(await Promise.all(waiting)).toHaveLength(3)
    release()
    await Promise.all(holding)
    expect(attempts()).toBe(2)
  })

  test('the queue at its bound, and one beyond: refused at once, as busy', async () => {
    const { pool, release } = bench({ maxConnections: 2, maxQueued: 3 })
    // All at once: two get a connection that is still to be opened, three wait, the sixth is one too many.
    const all = Array.from({ length: 6 }, () => ask(pool, '/hold'))
    const served = all.slice(0, 5).map(answerTo)
    expect(await codeOf(all[5] as ClientRequest)).toBe('ERR_APPLICATION_BUSY')
    for (let i = 0; i < 5; i++) {
      await until(() => pool.counts().open - pool.counts().idle > 0)
      await setTimeout(5)
      release()
    }
    expect(await Promise.all(served)).toEqual(Array.from({ length: 5 }, () => 'held'))
  })

  test('a request that goes away makes room in the queue', async () => {
    const { pool, release } = bench({ maxConnections: 1, maxQueued: 1 })
    const first = answerTo(ask(pool, '/hold'))
    await until(() => pool.counts().open === 1)
    const gone = ask(pool).on('error', () => {})
    expect(pool.counts().queued).toBe(1)
    gone.destroy()
    const next = answerTo(ask(pool))
    release()
    expect(await first).toBe('held')
    expect(await next).toBe('0/x')
  })

  test('a wait in the queue ends as busy when all connections are in use', async () => {
    const { pool } = bench({ maxConnections: 1, connectMs: 20, queueMs: 40 })
    ask(pool, '/hold').on('error', () => {})
    await until(() => pool.counts().open === 1)
    expect(await codeOf(ask(pool))).toBe('ERR_APPLICATION_BUSY')
    expect(pool.counts().queued).toBe(0)
  })

  test('a wait for a connection that does not come ends as unreachable, and the attempt is aborted', async () => {
    const signals: AbortSignal[] = []
    const { pool } = bench({
      connectMs: 40,
      connect: signal => {
        signals.push(signal)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      },
    })
    expect(await codeOf(ask(pool))).toBe('ERR_APPLICATION_UNREACHABLE')
    await until(() => signals[0]?.aborted === true)
  })

  test('a wait for a turn has its own time, longer than that for a connection', async () => {
    const { pool, release } = bench({ maxConnections: 1, connectMs: 20, queueMs: 5_000 })
    const first = answerTo(ask(pool, '/hold'))
    await until(() => pool.counts().open === 1)
    const second = answerTo(ask(pool))
    await setTimeout(60)
    expect(pool.counts().queued).toBe(1)
    release()
    expect([await first, await second]).toEqual(['held', '0/x'])
  })

  test('a few are opened ahead while requests wait, not for the first one that finds one free', async () => {
    const { pool, attempts } = bench({ maxConnections: 10, spare: 2 })
    await answerTo(ask(pool))
    expect(attempts()).toBe(3)
    await until(() => pool.counts().idle === 3)
    await answerTo(ask(pool))
    expect(attempts()).toBe(3)
  })

  test('idle ones are closed after their time, and those beyond the number that is kept at once', async () => {
    const { pool, release } = bench({ maxIdle: 1, idleMs: 60 })
    const held = [ask(pool, '/hold'), ask(pool, '/hold')].map(answerTo)
    await until(() => pool.counts().open === 2)
    await setTimeout(5)
    release()
    release()
    await Promise.all(held)
    await until(() => pool.counts().open === 1)
    expect(pool.counts().idle).toBe(1)
    for (let i = 0; i < 50 && pool.counts().open > 0; i++) await setTimeout(20)
    expect(pool.counts()).toMatchObject({ open: 0, idle: 0 })
  })

  test('bytes that nobody asked for end an idle connection: they would be taken for the next answer', async () => {
    const { pool, ends } = bench()
    await answerTo(ask(pool))
    await until(() => pool.counts().idle === 1)
    ends[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray')
    await until(() => pool.counts().open === 0)
    expect(await answerTo(ask(pool))).toBe('1/x')
  })

  test('an idle connection that the other side ends is not used again', async () => {
    const { pool, ends } = bench()
    await answerTo(ask(pool))
    await until(() => pool.counts().idle === 1)
    ends[0]?.end()
    await until(() => pool.counts().open === 0)
    expect(await answerTo(ask(pool))).toBe('1/x')
  })

  test('says of a request whether its connection was used before, also when it had to wait for it', async () => {
    const { pool, release } = bench({ maxConnections: 1 })
    const first = ask(pool, '/hold')
    const held = answerTo(first)
    await until(() => pool.counts().open === 1)
    const second = ask(pool)
    const answered = answerTo(second)
    await setTimeout(5)
    release()
    await Promise.all([held, answered])
    expect([first.reusedSocket, second.reusedSocket]).toEqual([false, true])
  })
})

describe('connections that do not come about', () => {
  test('each request learns the error of an attempt, also those for which there was no room to try', async () => {
    let attempts = 0
    const { pool } = bench({
      maxConnections: 2,
      maxQueued: 10,
      connectMs: 5_000,
      connect: async () => {
        attempts++
        await setImmediate()
        throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
      },
    })
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(ask(pool))))
    expect(codes).toEqual(Array.from({ length: 10 }, () => 'ECONNREFUSED'))
    expect(attempts).toBeLessThanOrEqual(12)
  })

  test('spare attempts that fail do not fail a request, nor go on for ever', async () => {
    let attempts = 0
    const { pool } = bench({
      spare: 3,
      connect: async () => {
        attempts++
        await setImmediate()
        throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
      },
    })
    expect(await codeOf(ask(pool))).toBe('ECONNREFUSED')
    await setTimeout(20)
    expect(attempts).toBeLessThanOrEqual(4)
    expect(pool.counts().queued).toBe(0)
  })

  test('one that fails while another comes about costs nothing', async () => {
    let attempts = 0
    const { pool } = bench({
      spare: 1,
      connect: async () => {
        if (++attempts === 1) throw new Error('refused')
        const [near, far] = duplexPair()
        http.createServer((_request, answer) => answer.end('there')).emit('connection', asSocket(far))
        await setImmediate()
        return asSocket(near)
      },
    })
    expect(await answerTo(ask(pool))).toBe('there')
  })
})

describe('a destination that has gone silent', () => {
  test('its idle connections are given up, the one in use is not', async () => {
    const { pool, release, attempts } = bench()
    const held = answerTo(ask(pool, '/hold'))
    await until(() => pool.counts().open === 1)
    expect(await answerTo(ask(pool))).toBe('1/x')
    await until(() => pool.counts().idle === 1)
    pool.dropIdle()
    expect(pool.counts()).toMatchObject({ idle: 0 })
    await until(() => pool.counts().open === 1)
    release()
    expect(await held).toBe('held')
    expect(await answerTo(ask(pool))).toBe('0/x')
    expect(attempts()).toBe(2)
  })

  test('cut, what is under way breaks off, and the next request opens a new connection', async () => {
    const { pool, attempts } = bench()
    const held = ask(pool, '/hold')
    await until(() => pool.counts().open === 1)
    const code = codeOf(held)
    pool.cut()
    expect(await code).toBe('ECONNRESET')
    expect(await answerTo(ask(pool))).toBe('1/x')
    expect(attempts()).toBe(2)
  })

  test('why a connection was cut is said of that one, also where another one is opened in that moment', async () => {
    const next = Promise.withResolvers<Duplex>()
    const [near, far] = duplexPair()
    far.on('error', () => {})
    // It takes a while until it has ended, as a stream of another site does.
    near._destroy = (error, done) => void next.promise.then(() => globalThis.setImmediate(done, error))
    const opened = [Promise.resolve(asSocket(near)), next.promise]
    const { pool } = bench({ connect: () => opened.shift() ?? Promise.reject(new Error('no more')) })
    const held = ask(pool, '/hold')
    await until(() => pool.counts().open === 1)
    const waiting = ask(pool)
    const ended = once(waiting, 'error')
    const failed = once(held, 'error')
    pool.cut('is down')
    const [late] = duplexPair()
    next.resolve(asSocket(late))
    await failed
    expect(pool.cutReasonOf(held.socket)).toBe('is down')
    expect(pool.cutReasonOf(waiting.socket)).toBeUndefined()
    waiting.destroy()
    await ended
  })
})

describe('the end', () => {
  test('refuses what waits, breaks off what is under way, and takes nothing more', async () => {
    const { pool } = bench({ maxConnections: 1 })
    const held = ask(pool, '/hold')
    await until(() => pool.counts().open === 1)
    const waiting = ask(pool)
    const codes = Promise.all([codeOf(held), codeOf(waiting)])
    pool.destroy()
    expect(await codes).toEqual(['ECONNRESET', 'ERR_APPLICATION_BUSY'])
    expect(await codeOf(ask(pool))).toBe('ERR_APPLICATION_BUSY')
  })

  test('a connection that comes about after it is closed again', async () => {
    const { promise, resolve } = Promise.withResolvers<Duplex>()
    const { pool } = bench({ connect: () => promise })
    ask(pool).on('error', () => {})
    pool.destroy()
    const [late] = duplexPair()
    resolve(asSocket(late))
    await until(() => late.destroyed)
    expect(pool.counts().open).toBe(0)
  })

  test('an upgraded connection counts as one, apart from the others, until it closes', async () => {
    const server = http.createServer()
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    })
    const { pool } = bench({
      maxConnections: 1,
      connectMs: 40,
      connect: async () => {
        const [near, far] = duplexPair()
        server.emit('connection', asSocket(far))
        await setImmediate()
        return asSocket(near)
      },
    })
    const request = http.get({
      agent: pool,
      path: '/',
      headers: ['Host', 'h', 'Connection', 'upgrade', 'Upgrade', 'x'],
      setHost: false,
    })
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Duplex]
    expect(pool.counts()).toMatchObject({ open: 1, upgraded: 1 })
    expect(await codeOf(ask(pool))).toBe('ERR_APPLICATION_BUSY')
    socket.destroy()
    await until(() => pool.counts().open === 0)
    expect(pool.counts().upgraded).toBe(0)
  })
})

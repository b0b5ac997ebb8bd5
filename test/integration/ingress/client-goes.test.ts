/**
 * A client that goes away ends what it asked for, at the application of either site: while it uploads, waits, downloads, or
 * talks another protocol after an upgrade. A body that breaks off is never whole for the application.
 */
import { once } from 'node:events'
import type net from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { setUpChains, WAYS } from '../../support/chain.ts'
import type { Chain } from '../../support/chain.ts'
import { isWhole } from '../../support/raw-http.ts'
import type { RawClient } from '../../support/raw-http.ts'

const { chain } = setUpChains()

/** Turns of the loop until `condition` holds; the test's own time-out says when that does not come about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

/**
 * Resolves when the application's end of its connection has ended, by a reset or not, and gives the requests that are then
 * still under way in any agent.
 */
async function leftAfterLoss({ app, sites }: Chain): Promise<number> {
  const socket = app.sockets[0] as net.Socket
  await until(() => socket.closed)
  const counts = (): number =>
    [sites.traffic.site1, sites.traffic.site2]
      .flatMap(each => Object.values(each.counts()))
      .reduce((sum, each) => sum + each.inFlight, 0)
  for (let turn = 0; turn < 1_000 && counts() > 0; turn++) await setImmediate()
  return counts()
}

const LEAVES: Record<string, (client: RawClient) => void> = {
  'closes its connection': client => void client.socket.end().destroy(),
  'breaks its connection off': client => void client.socket.resetAndDestroy(),
}

describe.each(WAYS.flatMap(each => Object.keys(LEAVES).map(how => ({ ...each, how }))))(
  '$way, a client that $how',
  ({ scope, how }) => {
    const leave = (client: RawClient): void => LEAVES[how]?.(client)

    test.each([
      ['fixed', 'Content-Length: 1000', 'half of it'],
      ['chunked', 'Transfer-Encoding: chunked', '4\r\nhalf\r\n'],
    ])('while it uploads, %s: the application gets no whole body', async (_framing, header, part) => {
      const made = await chain(() => {})
      const one = made.client().send(`POST /app/x HTTP/1.1\r\nHost: h\r\n${header}\r\n${scope}\r\n${part}`)
      await until(() => made.app.received[0]?.includes('half') === true)
      leave(one)
      expect(await leftAfterLoss(made)).toBe(0)
      expect(made.app.received[0]).not.toMatch(/0\r\n\r\n$/)
      expect(made.app.received).toHaveLength(1)
    })

    test('while it waits', async () => {
      const made = await chain(() => {})
      const one = made.client().send(`GET /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      await until(() => isWhole(made.app.received[0] ?? ''))
      leave(one)
      expect(await leftAfterLoss(made)).toBe(0)
    })

    test('while it downloads', async () => {
      const made = await chain((socket, got) => {
        if (!isWhole(got)) return
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        const part = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)
        const more = (): void => {
          while (socket.writable && socket.write(part)) continue
        }
        socket.on('drain', more)
        more()
      })
      const one = made.client().send(`GET /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      await until(() => one.received.length > 1_000_000)
      leave(one)
      expect(await leftAfterLoss(made)).toBe(0)
    })

    test('while a watch is silent', async () => {
      const made = await chain((socket, got) => {
        if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      })
      const one = made.client().send(`GET /app/x HTTP/1.1\r\nHost: h\r\n${scope}\r\n`)
      await one.until(got => got.endsWith('\r\n\r\n'), 'the head')
      leave(one)
      expect(await leftAfterLoss(made)).toBe(0)
    })

    test('after an upgrade', async () => {
      const made = await chain((socket, got) => {
        if (got.endsWith('\r\n\r\n'))
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
      })
      const one = made.client()
      one.send(`GET /app/x HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n${scope}\r\n`)
      await one.until(got => got.endsWith('\r\n\r\n'), 'the upgrade')
      leave(one)
      expect(await leftAfterLoss(made)).toBe(0)
    })
  },
)

describe.each(WAYS)('$way', ({ scope }) => {
  test('a client that goes away before its request is whole costs the application nothing', async () => {
    const made = await chain(() => {})
    const one = made.client().send(`POST /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n${scope}`)
    one.close()
    await once(one.socket, 'close')
    expect(made.app.received).toEqual([])
  })

  test('a chunk that is none breaks the body off, and is one 400', async () => {
    const made = await chain(() => {})
    const one = made.client()
    one.send(`POST /app/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n${scope}\r\n4\r\nhalf\r\n`)
    await until(() => made.app.received[0]?.includes('half') === true)
    const { received } = await one.send('not a size\r\n').toEnd()
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
    one.socket.end()
    expect(await leftAfterLoss(made)).toBe(0)
    expect(made.app.received[0]).not.toMatch(/0\r\n\r\n$/)
  })

  test('the application answers 413 while the client uploads 100 MB: the client sees it, the rest goes nowhere', async () => {
    const made = await chain((socket, got) => {
      if (!got.startsWith('PUT')) return
      socket.removeAllListeners('data').resume()
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno')
    })
    const one = made.client()
    const total = 100_000_000
    one.send(`PUT /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: ${total}\r\n${scope}\r\n`)
    const part = Buffer.alloc(1 << 20)
    let sent = 0
    const upload = async (): Promise<void> => {
      while (sent < total && !one.socket.destroyed) {
        sent += part.length
        if (!one.socket.write(part)) {
          await until(() => !one.socket.writableNeedDrain || one.socket.destroyed)
        }
      }
    }
    const uploading = upload()
    const answer = await one.until(got => got.endsWith('no'), 'the answer')
    expect(answer).toMatch(/^HTTP\/1\.1 413 Content Too Large\r\n/)
    expect(answer).toMatch(/\r\nConnection: close\r\n/)
    expect(await leftAfterLoss(made)).toBe(0)
    one.close()
    await uploading
    expect(sent).toBeLessThan(total)
  })

  test('an answer that is there before a small body is read does not end the connection', async () => {
    const made = await chain((socket, got) => {
      const requests = got.split('POST ').length - 1
      if (got.endsWith('\r\n\r\nhello')) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${requests}`)
    })
    const one = made.client()
    for (const n of ['1', '2', '3']) {
      one.send(`POST /app/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n${scope}\r\nhello`)
      await one.until(got => got.endsWith(n), `answer ${n}`)
    }
    expect(made.app.received).toHaveLength(1)
  })
})

/** A gigabyte each way at once, locally and through another site, in memory that stays flat. */
import { once } from 'node:events'
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { setUpChains } from '../../support/chain.ts'
import type { TwoSites } from '../../support/two-sites.ts'

const { sites: startSites, atEnd } = setUpChains()

const WAYS = [
  { way: 'local', scope: {} },
  { way: 'forwarded', scope: { 'Cheops-Scope': 'site2' } },
] as const

async function serve(listener: http.RequestListener): Promise<TwoSites> {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const service = { name: 'app', endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  return startSites({ site1: [service], site2: [service] })
}

describe.each(WAYS)('$way', ({ scope }) => {
  test('1 GB up and 1 GB down at once, in flat memory', { timeout: 120_000 }, async () => {
    const total = 1_000_000_000
    const part = Buffer.alloc(1 << 20, 7)
    const { port } = await serve((request, answer) => {
      // An echo: what goes up comes down.
      request.on('data', (chunk: Buffer) => {
        if (!answer.write(chunk)) {
          request.pause()
          answer.once('drain', () => request.resume())
        }
      })
      request.on('end', () => answer.end())
    })
    const up = http.request({
      host: '127.0.0.1',
      port,
      path: '/app/echo',
      method: 'POST',
      headers: { ...scope, 'Content-Length': total },
      agent: false,
    })
    let peak = 0
    let read = 0
    const start = process.memoryUsage().rss
    const answered = once(up, 'response') as Promise<[IncomingMessage]>
    const download = (async () => {
      const [down] = await answered
      for await (const chunk of down as AsyncIterable<Buffer>) read += chunk.length
    })()
    for (let sent = 0; sent < total; sent += part.length) {
      const chunk = total - sent < part.length ? part.subarray(0, total - sent) : part
      if (!up.write(chunk)) await once(up, 'drain')
      if (sent % (64 << 20) === 0) peak = Math.max(peak, process.memoryUsage().rss)
    }
    up.end()
    await download
    expect(read).toBe(total)
    // Client, both agents and the application are one process here.
    expect((peak - start) / 2 ** 20, 'MiB more than at the start').toBeLessThan(200)
  })
})

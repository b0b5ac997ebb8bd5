/**
 * Much at once, locally and through another site: watches beside requests, and small requests beside a large body. What is
 * asserted is order and bounds, not wall time.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
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

function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
  agent: http.Agent | false = false,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path, headers, agent }, resolve).on('error', reject)
  })
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return text
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

describe.each(WAYS)('$way', ({ scope }) => {
  test('200 open watches beside 1,000 requests at once: each gets its own answer', async () => {
    const watches: http.ServerResponse[] = []
    const { port } = await serve((request, answer) => {
      if (request.url?.startsWith('/watch') === true) {
        answer.write(`${request.url} begins\n`)
        watches.push(answer)
      } else answer.end(`you asked ${request.url}`)
    })
    const open = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(port, `/app/watch/${i}`, scope)))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1_000 })
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => textOf(await ask(port, `/app/${i}`, scope, agent))),
    )
    agent.destroy()
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, i) => `you asked /${i}`))
    // The watches were open all the time, and go on.
    for (const watch of watches) watch.end('and ends')
    const texts = await Promise.all(open.map(textOf))
    expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => `/watch/${i} begins\nand ends`))
  })

  test('small requests keep moving beside a large body, also when nobody reads that', async () => {
    const part = Buffer.alloc(1 << 20)
    let sent = 0
    const total = 200 << 20
    const { port } = await serve((request, answer) => {
      if (request.url !== '/large') return void answer.end('small')
      const more = (): void => {
        while (sent < total) {
          sent += part.length
          if (!answer.write(part)) return
        }
        answer.end()
      }
      answer.on('drain', more)
      more()
    })
    const large = await ask(port, '/app/large', scope)
    let read = 0
    // Read in steps: a hundred small requests fit between any two of them, whatever the machine's pace.
    const iterator = large[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    for (let step = 0; step < 10; step++) {
      const small = Array.from({ length: 100 }, async () => textOf(await ask(port, '/app/small', scope)))
      const before = read
      expect(new Set(await Promise.all(small))).toEqual(new Set(['small']))
      expect(read).toBe(before)
      while (read < ((step + 1) * total) / 20) read += ((await iterator.next()).value as Buffer).length
    }
    expect(sent, 'the application ran ahead of a client that does not read').toBeLessThan(total)
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) read += next.value.length
    expect(read).toBe(total)
  })

  test('a body on its way back does not wait for one on its way up, nor the other way round', async () => {
    let reading = false
    const { port } = await serve((request, answer) => {
      answer.write(Buffer.alloc(32 << 20, 1))
      until(() => reading).then(
        () => request.resume().on('end', () => answer.end()),
        () => {},
      )
    })
    const up = http.request({
      host: '127.0.0.1',
      port,
      path: '/app/x',
      method: 'POST',
      headers: { ...scope },
      agent: false,
    })
    up.write(Buffer.alloc(32 << 20, 2))
    const [down] = (await once(up, 'response')) as [IncomingMessage]
    let read = 0
    down.on('data', chunk => (read += chunk.length))
    await until(() => read === 32 << 20)
    reading = true
    up.end()
    await once(down, 'end')
    expect(read).toBe(32 << 20)
  })
})

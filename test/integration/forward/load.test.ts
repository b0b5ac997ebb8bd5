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

  test('sixteen that take a large body at 1 KB a second, clients and the application: nobody waits for them, and nobody holds what they leave', async () => {
    const SLOW = 8
    const total = 64 << 20
    const part = Buffer.alloc(1 << 16)
    const dripped: NodeJS.Timeout[] = []
    let [given, sent] = [0, 0]
    const drip = (body: IncomingMessage): void => {
      body.on('error', () => undefined)
      dripped.push(setInterval(() => body.read(1024), 1_000))
    }
    const pour = (sink: NodeJS.WritableStream, told: (bytes: number) => void): void => {
      let left = total
      const more = (): void => {
        while (left > 0) {
          left -= part.length
          told(part.length)
          if (!sink.write(part)) return
        }
        sink.end()
      }
      sink.on('drain', more).on('error', () => undefined)
      more()
    }
    const { port } = await serve((request, answer) => {
      if (request.method === 'POST') drip(request)
      else if (request.url === '/large') pour(answer, bytes => (given += bytes))
      else answer.end('small')
    })
    const small = async (): Promise<void> => {
      const answers = Array.from({ length: 30 }, async () => textOf(await ask(port, '/app/small', scope)))
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['small']))
    }
    await small()
    const before = process.memoryUsage().rss
    const answers = await Promise.all(Array.from({ length: SLOW }, () => ask(port, '/app/large', scope)))
    answers.forEach(drip)
    const requests = answers.map(() => {
      const headers = { ...scope, 'Content-Length': total }
      const request = http.request({
        host: '127.0.0.1',
        port,
        path: '/app/taken',
        method: 'POST',
        headers,
        agent: false,
      })
      pour(request, bytes => (sent += bytes))
      return request
    })
    // Until what is between them is full, and long after.
    for (let round = 0, [were, stood] = [-1, 0]; stood < 3 && round < 100; round++) {
      await small()
      stood = given + sent === were ? stood + 1 : 0
      were = given + sent
    }
    expect(given, 'the application ran ahead of clients that take little').toBeLessThan((SLOW * total) / 2)
    expect(sent, 'clients ran ahead of an application that takes little').toBeLessThan((SLOW * total) / 2)
    expect(process.memoryUsage().rss - before).toBeLessThan(250 << 20)
    dripped.forEach(clearInterval)
    for (const each of [...requests, ...answers]) each.destroy()
    await small()
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

/**
 * Shows that the sample application `orders` asks an inventory before it stores anything, passes on the headers that an
 * instrumented application passes on and no others, and leaves nothing half done whatever the inventory does. How: over
 * real HTTP, with the real inventory for the good case and a scripted one for the bad.
 */
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startInventory } from '../../../../sims/apps/inventory.ts'
import { startOrders, type OrdersOptions } from '../../../../sims/apps/orders.ts'

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

const orders = async (options: Omit<OrdersOptions, 'name'>): Promise<string> => {
  const server = await startOrders({ name: 'shop1', ...options })
  running.push(server.stop)
  return server.url
}

/** An inventory that does what the test says. */
const scripted = async (listener: RequestListener): Promise<string> => {
  const server: Server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  running.push(
    () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(body) })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}
const stored = async (url: string): Promise<unknown> => (await fetch(`${url}/orders`)).json()

describe('with an inventory', () => {
  test('an order holds what the inventory said, and which one it was', async () => {
    const inventory = await startInventory({ name: 'warehouse2' })
    running.push(inventory.stop)
    await fetch(`${inventory.url}/items`, { method: 'POST', body: JSON.stringify({ id: 'bolt', count: 3 }) })
    const url = await orders({ inventoryUrl: inventory.url })

    const taken = await post(url, { item: 'bolt', quantity: 2 })
    expect(taken).toMatchObject({
      status: 201,
      body: { item: 'bolt', quantity: 2, takenBy: 'shop1', stock: { id: 'bolt', count: 3, warehouse: 'warehouse2' } },
    })
    const location = taken.headers.get('location')
    expect(await (await fetch(url + location)).json()).toEqual(taken.body)
    expect(await stored(url)).toEqual([taken.body])
    expect((await fetch(url + location, { method: 'DELETE' })).status).toBe(204)
    expect(await stored(url)).toEqual([])

    expect((await post(url, { item: 'nut' })).status).toBe(422)
    expect(await stored(url)).toEqual([])
  })

  test.each<[Record<string, unknown>, string]>([
    [{ quantity: 1 }, 'no item'],
    [{ item: 'bolt', quantity: 0 }, 'nothing'],
    [{ item: 'bolt', quantity: 1.5 }, 'a part of an item'],
    [{ item: 'bolt', quantity: '1' }, 'a text for a number'],
  ])('%j (%s) is refused before the inventory is asked', async body => {
    let asked = 0
    const url = await orders({ inventoryUrl: await scripted((_, res) => res.end(String(asked++))) })
    expect((await post(url, body)).status).toBe(400)
    expect(asked).toBe(0)
  })
})

describe('headers of the outgoing call', () => {
  const incoming = {
    'x-request-id': 'r1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=1',
    baggage: 'cheops-scope=%7Binventory%3A%20site2%7D,user=ann',
    authorization: 'Bearer secret',
    'cheops-scope': 'site2',
  }
  const watched = ['x-request-id', 'traceparent', 'tracestate', 'baggage', 'authorization', 'cheops-scope'] as const

  test.each([
    ['all', ['x-request-id', 'traceparent', 'tracestate', 'baggage']],
    ['request-id', ['x-request-id']],
    ['none', []],
  ] as const)('propagate %s', async (propagate, names) => {
    let seen: IncomingHttpHeaders = {}
    const inventoryUrl = await scripted((req, res) => {
      seen = req.headers
      res.end(JSON.stringify({ id: 'bolt' }))
    })
    expect((await post(await orders({ inventoryUrl, propagate }), { item: 'bolt' }, incoming)).status).toBe(201)
    expect(watched.filter(name => seen[name] !== undefined)).toEqual(names)
    for (const name of names) expect(seen[name]).toBe(incoming[name])
  })
})

describe('an inventory that fails leaves no order', () => {
  test.each<[string, number, RequestListener]>([
    ['answers 503', 502, (_, res) => res.writeHead(503).end('{"code":"ERR_SITE_UNREACHABLE"}')],
    ['answers something else', 502, (_, res) => res.end('<html>')],
    ['answers another item', 502, (_, res) => res.end('{"id":"nut"}')],
    ['breaks off in the middle', 502, (_, res) => void res.write('{"id":', () => res.destroy())],
    ['answers nothing and closes', 502, (_, res) => void res.destroy()],
    ['hangs', 504, () => {}],
  ])('it %s: %i', async (_, status, listener) => {
    const url = await orders({ inventoryUrl: await scripted(listener), inventoryTimeoutMs: 300 })
    expect((await post(url, { item: 'bolt' })).status).toBe(status)
    expect(await stored(url)).toEqual([])
  })

  test('it is not there: 502; what it said otherwise is passed on', async () => {
    const gone = await startInventory({ name: 'gone' })
    await gone.stop()
    const url = await orders({ inventoryUrl: gone.url })
    expect((await post(url, { item: 'bolt' })).status).toBe(502)
    const refusing = await orders({ inventoryUrl: await scripted((_, res) => res.writeHead(503).end('{"code":"X"}')) })
    expect((await post(refusing, { item: 'bolt' })).body).toMatchObject({
      inventory: { status: 503, body: { code: 'X' } },
    })
  })

  test('the client goes away: the call to the inventory is given up', async () => {
    const asked = Promise.withResolvers<void>()
    const givenUp = Promise.withResolvers<void>()
    const inventoryUrl = await scripted((req, res) => {
      res.once('close', givenUp.resolve)
      asked.resolve()
      req.resume()
    })
    const url = await orders({ inventoryUrl })
    const leave = new AbortController()
    const call = fetch(`${url}/orders`, { method: 'POST', body: '{"item":"bolt"}', signal: leave.signal })
    await asked.promise
    leave.abort()
    await expect(call).rejects.toThrow('aborted')
    await givenUp.promise
    expect(await stored(url)).toEqual([])
  })
})

/**
 * An application that hangs on many resources while others are fine; one that writes what is replicated while it handles a replicated write.
 * How: two agents with real stores and streams; what is expected is read from the applications.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
let mesh: Mesh
afterEach(() => mesh[Symbol.asyncDispose]())

const both = (item: Record<string, unknown>) => [item, item]

test('forty resources whose requests hang at a member hold up none of the others for long', async () => {
  const flags = { 'timeouts.answerMs': '2000' }
  mesh = await Mesh.start(['site1', 'site2'], { site1: { flags }, site2: { flags } })
  const hung = Array.from({ length: 40 }, (_, place) => `hung-${place}`)
  mesh.application('site2').faults.push(...hung.map(() => 'hang' as const))
  await Promise.all(hung.map(id => mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id } })))
  const began = performance.now()
  const asked = { scope: SCOPE, body: { id: 'quick' }, headers: WAIT }
  const answer = await mesh.must('site1', 'POST', '/items', asked)
  expect(answer.headers.get('Cheops-Sites')).toMatch(/site2;s=applied/)
  // The hanging ones are given up after two seconds, all together.
  expect(performance.now() - began).toBeLessThan(8_000)
  for (const id of hung) await mesh.settles(id, both({ id }))
})

/** An application with nothing but POST to a collection, and what was posted. */
async function startBookings(handle: (body: { readonly id: string; readonly n: number }) => Promise<number>) {
  const items = new Map<string, string>()
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = await text(request)
    const known = items.get(request.url?.split('/')[2] ?? '')
    if (request.method === 'GET') return void response.writeHead(known === undefined ? 404 : 200, JSON_TYPE).end(known)
    const booking = JSON.parse(body) as { readonly id: string; readonly n: number }
    const status = await handle(booking)
    if (status < 300) items.set(booking.id, body)
    response.writeHead(status, JSON_TYPE).end(body)
  }
  const server = http.createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    service: `{name: bookings, endpoint: "http://127.0.0.1:${port}", expose: {sites: ["*"], methods: ["*"]}, glue: rest}`,
    has: (id: string) => items.has(id),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const book = (id: string, n: number) =>
  fetch(`${mesh.ingress('site1')}/bookings/bookings`, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'Cheops-Scope': `{bookings: ${SCOPE}}` },
    body: JSON.stringify({ id, n }),
  })

test('a service that hangs at a member on forty resources keeps nobody from writing to another service there', async () => {
  await using fine = await startBookings(async () => 201)
  await using hangs = await startBookings(() => new Promise(() => undefined))
  mesh = await Mesh.start(['site1', 'site2'], {
    site1: { services: [fine.service] },
    site2: { services: [hangs.service] },
  })
  await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: 'fine', n: 0 }, headers: WAIT })
  const booked = await Promise.all(Array.from({ length: 40 }, (_, n) => book(`b${n}`, n)))
  expect(booked.filter(({ status }) => status !== 201).map(({ status }) => status)).toEqual([])
  // Once the lanes there have begun, which nothing tells from outside, each write finds them hanging.
  for (let n = 1; n <= 20; n++) {
    const headers = { Prefer: 'wait=5' }
    const answer = await mesh.must(n % 2 === 0 ? 'site1' : 'site2', 'PUT', '/items/fine', { body: { n }, headers })
    expect(answer.headers.get('Cheops-Sites')).toMatch(/site1;s=applied.*site2;s=applied/)
  }
  await mesh.settles('fine', both({ id: 'fine', n: 20 }))
})

test('forty bookings at once, each of which takes an item through Cheops, do not wait for each other', async () => {
  const count = 40
  const arrived = Promise.withResolvers<void>()
  let waiting = 0
  await using own = await startBookings(async ({ id, n }) => {
    // All are under way before the first one goes on.
    if (++waiting === count) arrived.resolve()
    await arrived.promise
    const url = `${mesh.ingress('site1')}/inventory/items/stock-${n}`
    const taken = await fetch(url, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify({ taken: id }) })
    return taken.ok ? 201 : 502
  })
  await using other = await startBookings(async () => 201)
  mesh = await Mesh.start(['site1', 'site2'], {
    site1: { services: [own.service] },
    site2: { services: [other.service] },
  })
  const all = Array.from({ length: count }, (_, n) => n)
  await Promise.all(
    all.map(n => mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: { id: `stock-${n}` }, headers: WAIT })),
  )
  const booked = await Promise.all(all.map(async n => (await book(`b${n}`, n)).status))
  expect(booked).toEqual(all.map(() => 201))
  for (const n of all) await mesh.settles(`stock-${n}`, both({ id: `stock-${n}`, taken: `b${n}` }))
  await vi.waitFor(() => expect(all.filter(n => !other.has(`b${n}`))).toEqual([]), 10_000)
})

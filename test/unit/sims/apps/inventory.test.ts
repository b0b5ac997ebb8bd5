/**
 * Shows that the sample application `inventory` is an ordinary REST application: what each method does on the collection
 * and on an item, what it refuses and with which status, and that a file keeps its items. How: over real HTTP on loopback.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startInventory } from '../../../../sims/apps/inventory.ts'
import type { RunningServer } from '../../../../sims/apps/json-server.ts'

let inventory: RunningServer

const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(inventory.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

describe('an inventory in memory', () => {
  beforeEach(async () => {
    inventory = await startInventory({ name: 'w1' })
  })
  afterEach(() => inventory.stop())

  test('creates an item with the client’s ID, once', async () => {
    const created = await call('POST', '/items', { id: 'bolt m8', count: 3 })
    expect(created).toMatchObject({ status: 201, body: { id: 'bolt m8', count: 3, warehouse: 'w1' } })
    expect(created.headers.get('location')).toBe('/items/bolt%20m8')
    expect((await call('GET', '/items/bolt%20m8')).body).toEqual({ id: 'bolt m8', count: 3, warehouse: 'w1' })
    expect((await call('POST', '/items', { id: 'bolt m8' })).status).toBe(409)
  })

  test('lists items in the order of their creation', async () => {
    expect((await call('GET', '/items')).body).toEqual([])
    await call('POST', '/items', { id: 'b' })
    await call('POST', '/items', { id: 'a' })
    expect((await call('GET', '/items')).body).toEqual([
      { id: 'b', warehouse: 'w1' },
      { id: 'a', warehouse: 'w1' },
    ])
  })

  test('replaces with PUT, but only what is there', async () => {
    expect((await call('PUT', '/items/a', { count: 1 })).status).toBe(404)
    await call('POST', '/items', { id: 'a', count: 1, colour: 'red' })
    const replaced = await call('PUT', '/items/a', { count: 2, warehouse: 'elsewhere' })
    expect(replaced).toMatchObject({ status: 200, body: { id: 'a', count: 2, warehouse: 'w1' } })
    expect(replaced.body).not.toHaveProperty('colour')
    expect((await call('PUT', '/items/a', { id: 'b' })).status).toBe(400)
  })

  test('merges with PATCH: null removes, objects merge', async () => {
    await call('POST', '/items', { id: 'a', count: 1, colour: 'red', size: { w: 1, h: 2 } })
    const patched = await call('PATCH', '/items/a', { colour: null, size: { h: 3 }, tags: ['x'] })
    expect(patched.body).toEqual({ id: 'a', count: 1, size: { w: 1, h: 3 }, tags: ['x'], warehouse: 'w1' })
    const steps = await call('PATCH', '/items/a', [], { 'content-type': 'application/json-patch+json' })
    expect(steps.status).toBe(415)
  })

  test('deletes once', async () => {
    await call('POST', '/items', { id: 'a' })
    expect((await call('DELETE', '/items/a')).status).toBe(204)
    expect((await call('DELETE', '/items/a')).status).toBe(404)
    expect((await call('GET', '/items/a')).status).toBe(404)
  })

  test.each([
    ['no JSON', '{"id": ', 400],
    ['no object', '["a"]', 400],
    ['no ID', '{}', 400],
    ['an ID that is no text', '{"id": 1}', 400],
    ['an ID with a slash', '{"id": "a/b"}', 400],
    ['an ID beyond the limit', JSON.stringify({ id: 'a'.repeat(129) }), 400],
    ['a body beyond the limit', JSON.stringify({ id: 'a', text: 'x'.repeat(1 << 20) }), 413],
  ])('refuses %s and stores nothing', async (_, body, status) => {
    expect(await call('POST', '/items', body)).toMatchObject({ status, body: { error: expect.any(String) } })
    expect((await call('GET', '/items')).body).toEqual([])
  })

  test('says which methods there are', async () => {
    const refused = await call('DELETE', '/items')
    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe('GET, POST')
    expect((await call('POST', '/items/a', {})).headers.get('allow')).toBe('GET, PUT, PATCH, DELETE')
    expect((await call('GET', '/things')).status).toBe(404)
    expect((await call('GET', '/items/a/b')).status).toBe(404)
    expect((await call('GET', '/items/%E0%A4')).status).toBe(400)
  })

  test('answers HEAD as GET without the body', async () => {
    await call('POST', '/items', { id: 'a' })
    const head = await call('HEAD', '/items/a')
    const get = await call('GET', '/items/a')
    expect(head).toMatchObject({ status: 200, body: undefined })
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
  })

  test('stops at once when clients only keep idle connections', { timeout: 1_500 }, async () => {
    const idle = connect(inventory.port, '127.0.0.1')
    await new Promise(resolve => idle.once('connect', resolve))
    const closed = new Promise(resolve => idle.once('close', resolve))
    idle.resume()
    await Promise.all([inventory.stop(), inventory.stop()])
    await closed
    await expect(fetch(inventory.url)).rejects.toThrow('fetch failed')
  })
})

test('a file keeps the items over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-inventory-'))
  try {
    const file = join(folder, 'items.json')
    inventory = await startInventory({ name: 'w1', file })
    await Promise.all(['a', 'b', 'c', 'd'].map(id => call('POST', '/items', { id })))
    await call('DELETE', '/items/b')
    await inventory.stop()
    inventory = await startInventory({ name: 'w2', file })
    const ids = (await call('GET', '/items')).body as { id: string; warehouse: string }[]
    expect(ids.map(item => item.id).toSorted()).toEqual(['a', 'c', 'd'])
    expect(ids[0]?.warehouse).toBe('w2')
  } finally {
    await inventory.stop()
    await rm(folder, { recursive: true })
  }
})

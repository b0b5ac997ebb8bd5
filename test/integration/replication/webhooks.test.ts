/**
 * A receiver that fails at first is told of what becomes of replication, signed, once it is well, while clients do not wait for it. How: two
 * real agents, links that can be cut, and a server of the test's own as the receiver of site1.
 */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Mesh, WAIT } from './mesh.ts'

interface Told {
  readonly id: string
  readonly at: number
  readonly site: string
  readonly kind: string
  readonly replicant: string
  readonly operation: string
  readonly everywhere?: boolean
}

const SCOPE = 'site1 & site2'
const told: { readonly message: Told; readonly body: string; readonly signature: unknown; readonly status: number }[] =
  []
/** The receiver is not well. */
let isIll = true
const receiver = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts).toString()
    const status = isIll ? 503 : 200
    told.push({ message: JSON.parse(body) as Told, body, signature: request.headers['cheops-signature'], status })
    response.writeHead(status).end()
  })
})
let folder: string
let mesh: Mesh

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-webhooks-'))
  await writeFile(path.join(folder, 'secret'), 'opensesame')
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  const webhooks = `{url: "${url}", secretFile: "${path.join(folder, 'secret')}", events: [done, conflict]}`
  mesh = await Mesh.start(['site1', 'site2'], { site1: { flags: { webhooks } } })
}, 60_000)

afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  receiver.closeAllConnections()
  await new Promise(resolve => receiver.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const taken = (kind: string) => told.filter(({ message, status }) => status === 200 && message.kind === kind)

test('done everywhere is told once, after the receiver has failed, with a signature', async () => {
  const body = { id: 'lamp', n: 1 }
  const { headers } = await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body, headers: WAIT })
  await vi.waitUntil(() => told.length >= 2, 20_000)
  expect(taken('replication.done')).toEqual([])
  isIll = false
  await vi.waitUntil(() => taken('replication.done').length > 0, 20_000)
  const [sent] = taken('replication.done')
  expect(sent?.message).toMatchObject({
    site: 'site1',
    replicant: 'inventory/items/lamp',
    operation: headers.get('cheops-operation'),
    everywhere: true,
    sites: [
      { site: 'site1', outcome: 'applied' },
      { site: 'site2', outcome: 'applied' },
    ],
  })
  expect(told[0]?.message.id, 'each try has the same identity').toBe(sent?.message.id)
  const expected = createHmac('sha256', 'opensesame')
    .update(sent?.body ?? '')
    .digest('hex')
  expect(sent?.signature).toBe(`sha256=${expected}`)
  // The receiver has answered; the agent may not have read that yet.
  await vi.waitFor(async () => {
    const { body: metrics } = await mesh.agent('site1').control.metrics()
    expect(metrics).toMatch(/cheops_webhook_messages_total\{webhook="127\.0\.0\.1:\d+",outcome="delivered"\} 1\n/)
  }, 5_000)
}, 60_000)

test('a conflict is told, and an agent whose receiver is ill ends all the same', async () => {
  mesh.cut()
  await mesh.must('site1', 'PUT', '/items/lamp', { body: { id: 'lamp', n: 2 } })
  await mesh.must('site2', 'PUT', '/items/lamp', { body: { id: 'lamp', n: 3 } })
  mesh.heal()
  await vi.waitUntil(() => taken('replication.conflict').length > 0, 40_000)
  expect(taken('replication.conflict')[0]?.message).toMatchObject({
    replicant: 'inventory/items/lamp',
    why: 'replaced',
  })
  isIll = true
  const before = told.length
  await mesh.must('site1', 'PUT', '/items/lamp', { body: { id: 'lamp', n: 4 }, headers: WAIT })
  await vi.waitUntil(() => told.length > before, 20_000)
  await mesh.down('site1')
  expect(told.slice(before).every(({ status }) => status === 503)).toBe(true)
}, 90_000)

/**
 * A receiver is told of each message until it takes it, signed, and never holds up who tells; what cannot be told is counted. How: a real
 * server on loopback that answers as each test says; backoffs are noted and pass at once.
 */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  ANSWER_TIMEOUT_MS,
  DRAIN_MS,
  FIRST_BACKOFF_MS,
  MAX_AGE_MS,
  MAX_BACKOFF_MS,
  MAX_QUEUED,
  Webhook,
  type WebhookMessage,
} from '../../../../src/adapters/http/webhook.ts'
import type { Clock } from '../../../../src/ports/clock.ts'

const NOW = 1_763_805_600_000
const message = (id: string): WebhookMessage => ({ id, at: NOW, site: 'site1', kind: 'replication.done' })

let folder: string
let server: Server
let url: string
/** What the server answers, in turn; then 204. 0: it closes the connection. `hang`: nothing, ever. */
let answers: (number | 'hang')[]
let got: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly id: string }[]
let backoffs: number[]
let now: number
/** Ends waits for answers and for the end of the agent. */
let timers: { readonly delayMs: number; readonly fn: () => void }[]
let counts: Map<string, number>
let warnings: string[]
let hook: Webhook

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cheops-webhook-'))
  answers = []
  got = []
  backoffs = []
  now = NOW
  timers = []
  counts = new Map()
  warnings = []
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      got.push({ headers: request.headers, body, id: (JSON.parse(body) as WebhookMessage).id })
      const answer = answers.shift() ?? 204
      if (answer === 'hang') return
      if (answer === 0) request.socket.destroy()
      else response.writeHead(answer).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hunter2`
  hook = hookWith(undefined)
})

afterEach(async () => {
  await hook.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

function hookWith(secretFile: string | undefined): Webhook {
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, fn) {
      if (delayMs === ANSWER_TIMEOUT_MS || delayMs === DRAIN_MS) timers.push({ delayMs, fn })
      else {
        backoffs.push(delayMs)
        setImmediate(fn)
      }
      return { cancel: () => {} }
    },
  }
  const note = (fields: object, text: string): void => void warnings.push(`${JSON.stringify(fields)} ${text}`)
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
  const messages = { add: (value: number, _host: string, is: string) => counts.set(is, (counts.get(is) ?? 0) + value) }
  return new Webhook(
    { url, secretFile, events: ['done'] },
    { clock, random: { uniform: () => 0.5, bytes: length => new Uint8Array(length) }, logger, messages },
  )
}

const counted = (is: string, count: number): Promise<void> =>
  vi.waitFor(() => expect(counts.get(is), is).toBe(count), 10_000)

test('what fails is sent again, later each time, with the same identity and body, before what comes after it', async () => {
  answers = [500, 0, 503, 404]
  hook.tell(message('a'))
  hook.tell(message('b'))
  await counted('delivered', 2)
  expect(got.map(({ id }) => id)).toEqual(['a', 'a', 'a', 'a', 'a', 'b'])
  expect(new Set(got.slice(0, 5).map(({ body }) => body)).size).toBe(1)
  expect(got[0]?.headers['cheops-event-id']).toBe('a')
  expect(backoffs).toEqual([1, 2, 4, 8].map(times => times * FIRST_BACKOFF_MS * 0.75))
  expect(warnings.join('\n')).toContain('it is tried again')
  expect(warnings.join('\n'), 'a URL may hold a secret').not.toContain('hunter2')
})

test('a body is signed with the secret of the file, as it is by then', async () => {
  const secretFile = path.join(folder, 'secret')
  hook = hookWith(secretFile)
  hook.tell(message('a'))
  // Not sent without a signature as long as there is no secret.
  await vi.waitUntil(() => backoffs.length > 2)
  expect(got).toEqual([])
  await writeFile(secretFile, 'opensesame\n')
  await counted('delivered', 1)
  const [sent] = got
  const expected = createHmac('sha256', 'opensesame')
    .update(sent?.body ?? '')
    .digest('hex')
  expect(sent?.headers['cheops-signature']).toBe(`sha256=${expected}`)
})

test('without a secret there is no signature', async () => {
  hook.tell(message('a'))
  await counted('delivered', 1)
  expect(got[0]?.headers).not.toHaveProperty('cheops-signature')
})

test('what a receiver refuses for good is not sent again', async () => {
  answers = [422]
  hook.tell(message('a'))
  hook.tell(message('b'))
  await counted('delivered', 1)
  expect(counts.get('refused')).toBe(1)
  expect(got.map(({ id }) => id)).toEqual(['a', 'b'])
})

test('an old message is tried once, and waits are bounded', async () => {
  answers = Array.from({ length: 100_000 }, () => 500)
  hook.tell(message('a'))
  await vi.waitUntil(() => backoffs.length >= 10, 10_000)
  now = NOW + MAX_AGE_MS + 1
  await counted('expired', 1)
  expect(Math.max(...backoffs)).toBe(MAX_BACKOFF_MS * 0.75)
})

test('who does not answer is left after a while, and told again', async () => {
  answers = ['hang']
  hook.tell(message('a'))
  await vi.waitUntil(() => got.length === 1, 10_000)
  timers.find(({ delayMs }) => delayMs === ANSWER_TIMEOUT_MS)?.fn()
  await counted('delivered', 1)
  expect(got.map(({ id }) => id)).toEqual(['a', 'a'])
})

test('more than the queue holds: the oldest go, and are counted', async () => {
  answers = ['hang']
  hook.tell(message('first'))
  await vi.waitUntil(() => got.length === 1, 10_000)
  for (let number = 0; number < MAX_QUEUED + 3; number++) hook.tell(message(String(number)))
  expect(counts.get('dropped')).toBe(3)
  timers.find(({ delayMs }) => delayMs === ANSWER_TIMEOUT_MS)?.fn()
  await vi.waitUntil(() => got.length > 2, 10_000)
  expect(got.slice(0, 3).map(({ id }) => id)).toEqual(['first', 'first', '3'])
  expect(warnings.filter(line => line.includes('does not keep up'))).toHaveLength(1)
})

test('at the end what is taken is sent, and what is not is left', async () => {
  for (const id of ['a', 'b', 'c', 'd']) hook.tell(message(id))
  answers = [204, 204, 500]
  await hook.close()
  expect(got.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  expect(counts).toEqual(
    new Map([
      ['delivered', 2],
      ['unsent', 2],
    ]),
  )
  hook.tell(message('late'))
  expect(counts.get('unsent')).toBe(2)
})

test('a receiver that hangs does not hold up the end for long', async () => {
  answers = ['hang']
  hook.tell(message('a'))
  await vi.waitUntil(() => got.length === 1, 10_000)
  const closed = hook.close()
  timers.find(({ delayMs }) => delayMs === DRAIN_MS)?.fn()
  await closed
  expect(counts.get('unsent')).toBe(1)
})

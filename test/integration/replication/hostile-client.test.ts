/**
 * A client that means harm to what is replicated: paths that could be read in two ways, names and fields that programs stumble over, heads and bodies that claim what
 * is not so, scopes and headers without measure. Real agents; every request is bytes. At the end it is asked of both applications whether
 * they have the same, and of the agents whether they serve.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawClient } from '../../support/raw-http.ts'
import { Mesh, WAIT } from './mesh.ts'

const SCOPE = 'site1 & site2'
const MUG = { id: 'mug', n: 1 }
let mesh: Mesh

beforeAll(async () => {
  mesh = await Mesh.start(['site1', 'site2'])
  for (const site of ['site1', 'site2']) await mesh.must(site, 'POST', '/items', { body: { id: 'secret', of: site } })
})
afterAll(() => mesh[Symbol.asyncDispose]())

/** What comes for these bytes, until it is whole or the connection ends. */
async function raw(bytes: string, site = 'site1'): Promise<string> {
  const client = new RawClient(Number(new URL(mesh.ingress(site)).port))
  try {
    client.send(bytes)
    return await client.until(got => /^HTTP\/1\.1 [2-5]/.test(got) && got.includes('\r\n\r\n'), 'an answer')
  } finally {
    client.close()
  }
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)

function request(method: string, path: string, body = '', head = ''): string {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: ${type}\r\n${length}${head}\r\n${body}`
}

/** JSON in ASCII. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function shown(site: string, encoded: string): Promise<unknown> {
  const answer = await fetch(`${mesh.ingress(site)}/inventory/items/${encoded}`)
  const { warehouse: _, ...item } = (await answer.json()) as Record<string, unknown>
  return item
}

/** Both applications have the same of what is replicated, and their own of what is not. */
async function isUnharmed(): Promise<void> {
  const put = await mesh.must('site2', 'PUT', '/items/mug', { body: { ...MUG, last: true }, headers: WAIT })
  expect(put.headers.get('Cheops-Sites')).toContain('site1;s=applied')
  await mesh.settles('mug', [
    { ...MUG, last: true },
    { ...MUG, last: true },
  ])
  expect(await mesh.everywhere('secret')).toEqual([
    { id: 'secret', of: 'site1' },
    { id: 'secret', of: 'site2' },
  ])
}

const PATHS = [
  '/inventory/items/mug/../secret',
  '/inventory/items/%2e%2e/items/secret',
  '/inventory/items/mug%2f..%2fsecret',
  '/inventory/items/..%2Fitems%2Fsecret',
  '/inventory/items/mug/.%2e/secret',
  '/inventory//items//mug',
  '/inventory/items//mug',
  '/inventory/items/mug/',
  '/inventory/items/mug//',
  '/inventory/items/mug;x=1',
  '/inventory/items/mug%00',
  '/inventory/items/mug%0d%0aX: y',
  '/inventory/items/m%75g',
  '/inventory/items/mug%20',
  '/inventory/items/MUG',
  '/inventory/items/mug?x=/../secret',
  '/inventory/items/mug%3fx=1',
  '/inventory/items\\mug',
  '/inventory/items/mug#x',
  '/inventory/./items/mug',
  '/inventory/items/%252e%252e/secret',
  '/%69nventory/items/mug',
  '/~site1%20%26%20site2/inventory/items/mug/../secret',
  '/~site2/inventory/items/mug',
]

test.each(PATHS)('a path that could be read in two ways: %s', async path => {
  for (const scope of ['', `Cheops-Scope: ${SCOPE}\r\n`, 'Cheops-Scope: site2\r\n'])
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? '' : JSON.stringify({ id: 'mug', hurt: method })
      const answer = await raw(request(method, path, body, scope))
      expect(statusOf(answer), `${method} ${scope}`).toBeGreaterThanOrEqual(200)
      // An application that reads a path otherwise than its definition deletes at one; what is a deletion here is one at both.
      const isDeleted = method === 'DELETE' && /^cheops-outcome: applied/im.test(answer)
      if (isDeleted) await mesh.settles('mug', [undefined, undefined])
      const [first, second] = await mesh.everywhere('mug')
      if (first === undefined && second === undefined)
        await mesh.must('site1', 'POST', '/items', { scope: SCOPE, body: MUG, headers: WAIT })
    }
})

test.each([
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '..',
  '.',
  'a/b',
  '%',
  '%2f',
  ' ',
  'ä',
  '\u{1F4A9}',
  '-',
  'null',
  '0',
])('a resource called %j', async id => {
  const body = ascii({ id, n: 1 })
  const answer = await raw(request('POST', '/inventory/items', body, `Cheops-Scope: ${SCOPE}\r\nPrefer: wait=20\r\n`))
  const encoded = encodeURIComponent(id)
  if (statusOf(answer) < 300) {
    expect(answer).toContain('site2;s=applied')
    const put = await raw(
      request('PUT', `/inventory/items/${encoded}`, ascii({ id, n: 2 }), 'Prefer: wait=20\r\n'),
      'site2',
    )
    expect([statusOf(put), /Cheops-Sites: [^\r]*/.exec(put)?.[0]]).toEqual([
      200,
      expect.stringContaining('site1;s=applied'),
    ])
    for (const site of ['site1', 'site2']) expect(await shown(site, encoded)).toMatchObject({ id, n: 2 })
  } else expect(statusOf(answer), answer).toBeLessThan(500)
})

test('fields that programs stumble over are replicated as they are', async () => {
  const body =
    '{"id":"mug","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":null,"":0,"a\\u0000b":1}'
  const answer = await raw(request('PUT', '/inventory/items/mug', body, 'Prefer: wait=20\r\n'))
  expect([statusOf(answer), ({} as Record<string, unknown>)['polluted']]).toEqual([200, undefined])
  expect(answer).toContain('site2;s=applied')
  expect(await shown('site2', 'mug')).toEqual(await shown('site1', 'mug'))
})

test.each([
  ['an array', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['an object', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
  ['a field', `{"id":"mug","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  [
    'many fields',
    JSON.stringify({ id: 'mug', ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, n])) }),
  ],
  ['broken', '{"id":"mug"'],
  ['a number without end', `{"id":"mug","n":${'9'.repeat(60_000)}}`],
  ['half a character', '{"id":"mug","n":"\\ud800"}'],
])('a body that is %s, nested or strange', async (_, body) => {
  for (const method of ['PUT', 'PATCH', 'POST']) {
    const path = method === 'POST' ? '/inventory/items' : '/inventory/items/mug'
    const scope = method === 'POST' ? `Cheops-Scope: ${SCOPE}\r\n` : ''
    const status = statusOf(await raw(request(method, path, body, scope)))
    expect(status, method).toBeGreaterThanOrEqual(200)
  }
})

test.each([
  ['2^53', '9007199254740992'],
  ['2^64', '18446744073709551616'],
  ['less than nothing', '-1'],
  ['signed', '+5'],
  ['hexadecimal', '0x10'],
  ['two', '5\r\nContent-Length: 6'],
  ['and chunked', '5\r\nTransfer-Encoding: chunked'],
  ['a fraction', '5.0'],
  ['nothing', ''],
])('a length that is %s is refused', async (_, length) => {
  const head = `PUT /inventory/items/mug HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  expect([400, 413]).toContain(statusOf(await raw(`${head}{"n":5}`)))
})

test.each([
  ['a huge scope', `Cheops-Scope: ${Array.from({ length: 3_000 }, (_, n) => `s${n}`).join(' & ')}`],
  ['a deep scope', `Cheops-Scope: ${'('.repeat(4_000)}site1${')'.repeat(4_000)}`],
  ['an endless label', `Cheops-Scope: ${'a'.repeat(60_000)}`],
  ['a context of rubbish', `Cheops-Context: ${'x"'.repeat(5_000)}`],
  [
    'a context that names much',
    `Cheops-Context: ${Array.from({ length: 500 }, (_, n) => `"site1/1-0000000000000001/${n}";r="inventory/items/mug"`).join(', ')}`,
  ],
  ['a key without end', `Idempotency-Key: ${'k'.repeat(50_000)}`],
  ['many keys', Array.from({ length: 100 }, (_, n) => `Idempotency-Key: k${n}`).join('\r\n')],
  ['a wait without end', 'Prefer: wait=1e308'],
  ['a wait below nothing', 'Prefer: wait=-1'],
  ['a requirement that nobody knows', 'Cheops-Require: everything'],
  ['a level that nobody knows', 'Cheops-Level: __proto__'],
  ['a folded header', 'Cheops-Scope: site1\r\n & site2'],
  ['a bare line feed', 'X: y\nCheops-Scope: site2'],
  ['a flood of headers', Array.from({ length: 1_500 }, (_, n) => `X-${n}: ${n}`).join('\r\n')],
  ['what agents say to each other', 'Cheops-Hops: 1\r\nCheops-Service: inventory\r\nCheops-If-Replicated: true'],
  ['baggage without measure', `baggage: ${'cheops.scope=site1,'.repeat(2_000)}`],
])('%s harms nobody', async (_, head) => {
  const status = statusOf(await raw(request('PUT', '/inventory/items/mug', JSON.stringify(MUG), `${head}\r\n`)))
  expect([200, 204, 400, 403, 404, 412, 413, 414, 422, 431, 501], String(status)).toContain(status)
})

test('after all that both applications have the same of what is replicated, and their own of what is not', isUnharmed)

/** The head of a request of the agent: who asks is never mixed up, the framing is made anew, and nothing of the hop passes. */
import { expect, test } from 'vitest'
import { outgoingHeaders } from '../../../../../src/adapters/http/application-client/outgoing-headers.ts'

const agent = { method: 'GET', headers: [], body: undefined, authority: 'agent' } as const

test('the agent: its account, what is asked, Host', () => {
  expect(outgoingHeaders({ ...agent, headers: ['Accept', 'a/b'] }, ['Authorization', 'Bearer x'], 'h:1')).toEqual([
    'Host',
    'h:1',
    'Accept',
    'a/b',
    'Authorization',
    'Bearer x',
  ])
})

test('the agent: what says who asks, or names what the account names, is left out', () => {
  const headers = [
    'authorization',
    'Bearer stolen',
    'COOKIE',
    'a=b',
    'x-api-key',
    'stolen',
    'X-Remote-User',
    'root',
    'Accept',
    'a',
  ]
  expect(outgoingHeaders({ ...agent, headers }, ['X-Api-Key', 'mine'], 'h')).toEqual([
    'Host',
    'h',
    'Accept',
    'a',
    'X-Api-Key',
    'mine',
  ])
})

test.each([
  ['GET', undefined, []],
  ['DELETE', undefined, []],
  ['POST', undefined, ['Content-Length', '0']],
  ['PUT', new Uint8Array(3), ['Content-Length', '3']],
  ['DELETE', new Uint8Array(0), ['Content-Length', '0']],
  ['PUT', { length: 7, chunks: [] }, ['Content-Length', '7']],
] as const)('%s: the framing is that of the body, whatever the headers say', (method, body, length) => {
  const headers = [
    'Content-Length',
    '99',
    'Transfer-Encoding',
    'chunked',
    'Expect',
    '100-continue',
    'Connection',
    'x-hop',
    'X-Hop',
    '1',
  ]
  expect(outgoingHeaders({ ...agent, method, body, headers }, [], 'h')).toEqual(['Host', 'h', ...length])
})

test('a client: all that says who it is, nothing of its request; what is asked takes the place of what it said', () => {
  const client = [
    'Host',
    'app.example',
    'Authorization',
    'Bearer user',
    'Cookie',
    'a=b',
    'X-Auth-Token',
    't',
    'X-Trace',
    'old',
    'Content-Type',
    'a/b',
    'Content-Length',
    '5',
    'If-Match',
    '"1"',
    'Range',
    'bytes=0-',
    'Accept-Encoding',
    'gzip',
    'Cheops-Scope',
    'site1 & site2',
    'Prefer',
    'wait=5',
    'Idempotency-Key',
    'k',
    'X-Remote-User',
    'root',
  ]
  expect(outgoingHeaders({ ...agent, headers: ['x-trace', 'new'], authority: { client } }, [], 'h')).toEqual([
    'Host',
    'app.example',
    'Authorization',
    'Bearer user',
    'Cookie',
    'a=b',
    'X-Auth-Token',
    't',
    'x-trace',
    'new',
  ])
})

test('a client: credentials that the request itself names win', () => {
  const authority = { client: ['Authorization', 'Bearer user'] }
  expect(outgoingHeaders({ ...agent, headers: ['Authorization', 'Bearer new'], authority }, [], 'h')).toEqual([
    'Host',
    'h',
    'Authorization',
    'Bearer new',
  ])
})

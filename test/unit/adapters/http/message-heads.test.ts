/**
 * Copying heads from hop to hop: all that is not the hop's own stays as it stands, and no client can have a header removed
 * that says how the message is read or what agents add.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answerHeaders,
  isOwnHeader,
  replaceHost,
  requestHeaders,
  upgradeAnswerHeaders,
  upgradeHeaders,
  withSaidHost,
} from '../../../../src/adapters/http/message-heads.ts'

const NOTHING_STRIPPED = (): boolean => false
const NONE: ReadonlySet<string> = new Set()
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,15}$/)
const value = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,20}$/)
const HOP = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'upgrade']

test('what is not of the hop stays: names, case, order, duplicates, bytes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          name.filter(each => !HOP.includes(each.toLowerCase())),
          value,
        ),
      ),
      pairs => {
        const raw = pairs.flat()
        expect(requestHeaders(raw, NONE, [])).toEqual(raw)
        expect(upgradeHeaders(raw, NONE, [])).toEqual(raw)
        expect(answerHeaders(raw, NOTHING_STRIPPED, [], false)).toEqual(raw)
      },
    ),
  )
})

test('what is added comes last, what is dropped goes in every spelling', () => {
  const raw = ['Host', 'h', 'Cheops-Scope', 'a', 'CHEOPS-SCOPE', 'b', 'X', '1']
  expect(requestHeaders(raw, new Set(['cheops-scope']), ['X', '2'])).toEqual(['Host', 'h', 'X', '1', 'X', '2'])
})

describe('a request', () => {
  test('leaves the headers of the hop behind', () => {
    const raw = [
      'Connection',
      'close',
      'Keep-Alive',
      '1',
      'Proxy-Connection',
      'x',
      'Proxy-Authorization',
      'Bearer t',
      'Upgrade',
      'x',
      'Via',
      'y',
    ]
    expect(requestHeaders(raw, NONE, [])).toEqual(['Via', 'y'])
  })

  test.each([
    ['one name', ['x-a']],
    ['several, with keep-alive', ['keep-alive, x-a ,X-B']],
    ['in several headers', ['keep-alive', 'x-a', 'x-b']],
    ['a name as long as "keep-alive"', ['x-internal']],
  ])('leaves what Connection names behind: %s', (_what, connections) => {
    const raw = [
      ...connections.flatMap(each => ['Connection', each]),
      'X-A',
      '1',
      'X-B',
      '2',
      'X-Internal',
      '3',
      'X-C',
      '4',
    ]
    const named = connections.join(',').toLowerCase()
    const kept = requestHeaders(raw, NONE, []).filter((_, i) => i % 2 === 0)
    expect(kept).toEqual(['X-A', 'X-B', 'X-Internal', 'X-C'].filter(each => !named.includes(each.toLowerCase())))
  })

  test.each(['host', 'content-length', 'transfer-encoding', 'trailer', 'te', 'cheops-scope', 'Cheops-Hops'])(
    'Connection: %s removes nothing: the message would be read in another way',
    each => {
      const raw = ['Connection', `keep-alive, ${each}`, each, '1']
      expect(requestHeaders(raw, NONE, [])).toEqual([each, '1'])
    },
  )

  test('what agents add cannot be named away', () => {
    expect(requestHeaders(['Connection', 'baggage, traceparent'], NONE, ['baggage', 'x', 'traceparent', 'y'])).toEqual([
      'baggage',
      'x',
      'traceparent',
      'y',
    ])
  })
})

test('an upgrade keeps what asks for it', () => {
  const raw = [
    'Connection',
    'Upgrade, X-A',
    'Upgrade',
    'websocket',
    'X-A',
    '1',
    'Proxy-Authorization',
    't',
    'Keep-Alive',
    '1',
  ]
  expect(upgradeHeaders(raw, NONE, [])).toEqual(['Connection', 'Upgrade, X-A', 'Upgrade', 'websocket', 'X-A', '1'])
})

test('Host is replaced in its place and case, and added nowhere', () => {
  const raw = ['X', '1', 'hOST', 'a', 'Hosts', 'b']
  replaceHost(raw, 'c')
  expect(raw).toEqual(['X', '1', 'hOST', 'c', 'Hosts', 'b'])
  const without = ['X', 'host']
  replaceHost(without, 'c')
  expect(without).toEqual(['X', 'host'])
})

test('an answer to HTTP/1.0 names no encoding that it does not know', () => {
  const raw = ['Transfer-Encoding', 'chunked', 'Connection', 'close', 'X', '1']
  expect(answerHeaders(raw, NOTHING_STRIPPED, [], true)).toEqual(['X', '1'])
  expect(answerHeaders(raw, NOTHING_STRIPPED, [], false)).toEqual(['Transfer-Encoding', 'chunked', 'X', '1'])
})

test('who a client is, as a proxy would tell it, is not passed on from a client', () => {
  const raw = ['X-Remote-User', 'root', 'X_Remote_User', 'root', 'x-remote-extra-scopes', 'all', 'X-Remotely', '1']
  expect(requestHeaders(raw, NONE, [])).toEqual(['X-Remotely', '1'])
  expect(upgradeHeaders(raw, NONE, [])).toEqual(['X-Remotely', '1'])
})

test('an application that speaks as Cheops is not believed', () => {
  const raw = ['CHEOPS-Error', 'ERR_X', 'cheops-outcome', 'done', 'Cheops', '1', 'X-Cheops-Y', '2']
  expect(answerHeaders(raw, isOwnHeader, ['Cheops-Site', 'a'], false)).toEqual([
    'Cheops',
    '1',
    'X-Cheops-Y',
    '2',
    'Cheops-Site',
    'a',
  ])
  expect(upgradeAnswerHeaders(['Upgrade', 'x', 'Connection', 'Upgrade', ...raw], isOwnHeader, [])).toEqual([
    'Upgrade',
    'x',
    'Connection',
    'Upgrade',
    'Cheops',
    '1',
    'X-Cheops-Y',
    '2',
  ])
})

describe('what Host an application is told', () => {
  test.each([
    [
      ['Host', 'a:1', 'X', '1'],
      ['Host', 'b', 'X', '1', 'X-Forwarded-Host', 'a:1'],
    ],
    [
      ['X', '1', 'hOST', 'a'],
      ['X', '1', 'hOST', 'b', 'X-Forwarded-Host', 'a'],
    ],
    [
      ['Host', 'b'],
      ['Host', 'b'],
    ],
    [
      ['X', '1'],
      ['Host', 'b', 'X', '1'],
    ],
    [
      ['Host', 'a', 'x-forwarded-host', 'first'],
      ['Host', 'b', 'x-forwarded-host', 'first'],
    ],
  ])('%j becomes %j', (before, after) => {
    const given = [...before]
    expect(withSaidHost(given, 'b')).toEqual(after)
    expect(given, 'it is made anew for each attempt').toEqual(before)
  })
})

/**
 * Finding the request that a call of an application belongs to: under the headers that glue names and under the trace ID,
 * never by a guess. Requests without a scope count, and nothing is remembered of what has ended.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CorrelationRule } from '../../../src/ports/glue.ts'
import { Correlation } from '../../../src/runtime/correlation.ts'

const REQUEST_ID: CorrelationRule = { in: 'x-request-id', out: 'x-request-id' }
const TOKEN: CorrelationRule = { in: 'x-auth-token', out: 'x-subject-token' }

function correlation(...rules: CorrelationRule[]): Correlation {
  return new Correlation(() => rules)
}

const at = (scope: string, hops = 1) => ({ scope, hops })
const TRACE = ['Traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01']
/** The same trace as the application's own call carries it on: with another parent. */
const CHILD = ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-00']

describe('a call is found', () => {
  test('by the header that the application passes on', () => {
    const known = correlation(REQUEST_ID)
    known.begin([], ['X-Request-ID', 'r1'], at('a'))
    known.begin([], ['X-Request-ID', 'r2'], at('b'))
    expect(known.find(['x-request-id', 'r2'])).toEqual({ kind: 'one', context: at('b') })
    expect(known.find(['x-request-id', 'r3'])).toEqual({ kind: 'none' })
    expect(known.find([])).toEqual({ kind: 'none' })
  })

  test('by the header into which the application puts the value of another one', () => {
    const known = correlation(TOKEN)
    known.begin([], ['X-Auth-Token', 't1'], at('a'))
    expect(known.find(['X-Auth-Token', 'service', 'X-Subject-Token', 't1'])).toEqual({ kind: 'one', context: at('a') })
    // Its own token in the header that came in is not the user's.
    expect(known.find(['X-Auth-Token', 't1'])).toEqual({ kind: 'none' })
  })

  test('by the trace, without any rule', () => {
    const known = correlation()
    known.begin(TRACE, [], at('a'))
    expect(known.find(CHILD)).toEqual({ kind: 'one', context: at('a') })
  })

  test('by no trace of a client: it may send requests with and without scopes within one', () => {
    const known = correlation()
    known.begin([], TRACE, at('a'))
    expect(known.find(CHILD)).toEqual({ kind: 'none' })
  })

  test('by the request ID that the agent adds', () => {
    const known = correlation(REQUEST_ID)
    known.begin(['x-request-id', 'ours'], [], at('a'))
    expect(known.find(['x-request-id', 'ours'])).toEqual({ kind: 'one', context: at('a') })
  })

  test('by the first header that tells: a rule before the trace, the next one where it is ambiguous', () => {
    const known = correlation(REQUEST_ID)
    known.begin(TRACE, ['x-request-id', 'r'], at('a'))
    known.begin([], ['x-request-id', 'r'], at('b'))
    expect(known.find(['x-request-id', 'r', ...CHILD])).toEqual({ kind: 'one', context: at('a') })
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'ambiguous' })
    known.begin([], ['x-request-id', 'q'], at('c'))
    expect(known.find(['x-request-id', 'q', ...CHILD])).toEqual({ kind: 'one', context: at('c') })
  })
})

describe('what cannot be told apart', () => {
  test('two scopes under one value are ambiguous, one scope twice is not, and the deeper one counts', () => {
    const known = correlation(REQUEST_ID)
    known.begin([], ['x-request-id', 'r'], at('a', 2))
    known.begin([], ['x-request-id', 'r'], at('a', 5))
    known.begin([], ['x-request-id', 'r'], at('a', 3))
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'one', context: at('a', 5) })
    known.begin([], ['x-request-id', 'r'], at('b'))
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'ambiguous' })
  })

  test('a request without a scope counts as one of its own', () => {
    const known = correlation(REQUEST_ID)
    const end = known.begin([], ['x-request-id', 'r'], undefined)
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'one', context: undefined })
    known.begin([], ['x-request-id', 'r'], at('a'))
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'ambiguous' })
    end()
    expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'one', context: at('a') })
  })

  test('an empty value says nothing', () => {
    const known = correlation(REQUEST_ID)
    known.begin([], ['x-request-id', ''], at('a'))
    expect(known.find(['x-request-id', ''])).toEqual({ kind: 'none' })
  })
})

test('what has ended is forgotten, also when it ends twice', () => {
  const known = correlation(REQUEST_ID)
  const end = known.begin(TRACE, ['x-request-id', 'r'], at('a'))
  const other = known.begin([], ['x-request-id', 'r'], at('a', 7))
  end()
  end()
  expect(known.find(CHILD)).toEqual({ kind: 'none' })
  expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'one', context: at('a', 7) })
  other()
  expect(known.find(['x-request-id', 'r'])).toEqual({ kind: 'none' })
})

test('agrees with looking at all requests in flight, for any history of begins and ends', () => {
  const id = fc.constantFrom('1', '2', '3')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('begin' as const), id, token: id, scope: fc.constantFrom('a', 'b', undefined) }),
    fc.record({ kind: fc.constant('end' as const), index: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), id, id, (steps, callId, callToken) => {
      const known = correlation(REQUEST_ID, TOKEN)
      const inFlight: { id: string; token: string; scope: string | undefined; end: () => void }[] = []
      for (const each of steps) {
        if (each.kind === 'end') inFlight.splice(each.index % (inFlight.length + 1), 1)[0]?.end()
        else {
          const context = each.scope === undefined ? undefined : at(each.scope)
          const end = known.begin([], ['x-request-id', each.id, 'x-auth-token', each.token], context)
          inFlight.push({ ...each, end })
        }
      }
      const scopesOf = (key: 'id' | 'token', value: string): (string | undefined)[] => [
        ...new Set(inFlight.filter(each => each[key] === value).map(each => each.scope)),
      ]
      const candidates = [scopesOf('id', callId), scopesOf('token', callToken)]
      const decisive = candidates.find(scopes => scopes.length === 1)
      const found = known.find(['x-request-id', callId, 'x-subject-token', callToken])
      if (decisive !== undefined) expect(found).toMatchObject({ kind: 'one' })
      else expect(found.kind).toBe(candidates.some(scopes => scopes.length > 1) ? 'ambiguous' : 'none')
      if (decisive !== undefined && found.kind === 'one') expect(found.context?.scope).toBe(decisive[0])
    }),
  )
})

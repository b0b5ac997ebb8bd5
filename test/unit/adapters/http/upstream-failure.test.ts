/**
 * What a failure on the way means to the client: an unknown outcome wherever a request that changes something may have arrived,
 * and otherwise what has gone wrong, by the code of the side that it went to.
 */
import { describe, expect, test } from 'vitest'
import { failureOf, inDoubt, unreachable } from '../../../../src/adapters/http/upstream-failure.ts'
import { APPLICATION_CODES, SITE_CODES } from '../../../../src/adapters/http/upstream.ts'
import type { Upstream } from '../../../../src/adapters/http/upstream.ts'
import { CheopsError } from '../../../../src/errors.ts'

const upstream = (codes: Upstream['codes'], cutReason?: string): Upstream =>
  ({ name: 'it', codes, maxHeaderBytes: 100, pool: { cutReasonOf: () => cutReason } }) as unknown as Upstream
const REQUEST = { socket: null }
const nodeError = (code: string): Error => Object.assign(new Error('some library text'), { code })

describe.each([
  ['application', APPLICATION_CODES],
  ['site', SITE_CODES],
] as const)('%s', (_what, codes) => {
  test.each([
    ['ECONNRESET', codes.broken],
    ['', codes.broken],
    ['HPE_INVALID_CONSTANT', codes.invalid],
    ['HPE_HEADER_OVERFLOW', 'ERR_APPLICATION_ANSWER_TOO_LARGE'],
  ])('%j', (code, expected) => {
    const failure = failureOf(nodeError(code), upstream(codes), { sent: true, safe: true }, REQUEST)
    expect(failure.code).toBe(expected)
    expect(failure.message).not.toContain('library')
    expect(failureOf(nodeError(code), upstream(codes), { sent: true, safe: false }, REQUEST)).toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      meta: { reason: expected },
    })
  })

  test('no connection is certain to have done nothing', () => {
    expect(unreachable(nodeError('ECONNREFUSED'), upstream(codes))).toMatchObject({ code: codes.unreachable })
    const own = new CheopsError('ERR_SITE_BUSY', 'full')
    expect(unreachable(own, upstream(codes))).toBe(own)
  })
})

test.each([
  [APPLICATION_CODES, undefined, 'it ended the connection before it had answered (ECONNRESET)'],
  [SITE_CODES, undefined, 'the connection to it ended before it had answered (ECONNRESET)'],
  // This agent has ended it.
  [SITE_CODES, 'is down: no beat for 12 s', 'it had not answered yet, and is down: no beat for 12 s'],
])('who has ended the connection is said as far as it is known (%#)', (codes, reason, message) => {
  const failure = failureOf(nodeError('ECONNRESET'), upstream(codes, reason), { sent: true, safe: true }, REQUEST)
  expect(failure.message).toBe(message)
})

test.each([
  [{ sent: false, safe: false }, 'ERR_APPLICATION_TIMEOUT'],
  [{ sent: false, safe: true }, 'ERR_APPLICATION_TIMEOUT'],
  [{ sent: true, safe: true }, 'ERR_APPLICATION_TIMEOUT'],
  [{ sent: true, safe: false }, 'ERR_OUTCOME_UNKNOWN'],
])('%j', (certainty, code) => {
  expect(inDoubt('ERR_APPLICATION_TIMEOUT', 'late', certainty).code).toBe(code)
})

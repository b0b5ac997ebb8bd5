/**
 * The parts of an operation's way that need no agent: who is asked under `&`, how long a client waits, and what it is answered.
 * Absolute examples.
 */
import { describe, expect, test } from 'vitest'
import { headerValue } from '../../../src/core/resource/http-head.ts'
import type { Placement } from '../../../src/core/scope/index.ts'
import type { Membership, SiteView } from '../../../src/ports/membership.ts'
import { membersOf, nearestFirst } from '../../../src/runtime/members.ts'
import { composeAnswer } from '../../../src/runtime/operation-answer.ts'
import { idempotencyOf, preferenceOf } from '../../../src/runtime/operation-preference.ts'
import type { Accepted } from '../../../src/runtime/replication/replicator.ts'

const site = (name: string): Placement => ({ kind: 'site', site: name })

describe('members', () => {
  test.each<[string, Placement, readonly string[] | undefined]>([
    ['& alone, sorted', { kind: 'and', parts: [site('b'), site('a')] }, ['a', 'b']],
    ['one site', site('a'), undefined],
    ['||', { kind: 'either', parts: [site('a'), site('b')] }, undefined],
    ['% within &', { kind: 'and', parts: [site('a'), { kind: 'cross', parts: [site('b'), site('c')] }] }, undefined],
  ])('%s', (_what, placement, members) => expect(membersOf(placement)).toEqual(members))

  test('the nearest that is not down comes first, those that are down last', () => {
    const views: Record<string, Partial<SiteView>> = {
      far: { liveness: 'alive', rttMs: 80 },
      near: { liveness: 'suspect', rttMs: 5 },
      gone: { liveness: 'down', rttMs: 1 },
      unmeasured: { liveness: 'alive', rttMs: undefined },
    }
    const membership = { site: (name: string) => views[name] } as unknown as Membership
    expect(nearestFirst(['stranger', 'gone', 'unmeasured', 'far', 'near'], membership)).toEqual([
      'near',
      'far',
      'unmeasured',
      'gone',
      'stranger',
    ])
  })
})

test.each([
  [[], { waitSeconds: 0, require: 'all' }],
  [['Prefer', 'wait=5'], { waitSeconds: 5, require: 'all' }],
  [['Prefer', 'respond-async, wait = "7"; x=1', 'Cheops-Require', 'one'], { waitSeconds: 7, require: 'one' }],
  [['Prefer', 'wait=100000', 'Cheops-Require', 'quorum'], { waitSeconds: 60, require: 'quorum' }],
  [['Prefer', 'await=5'], { waitSeconds: 0, require: 'all' }],
  [['Prefer', 'wait=soon'], { waitSeconds: 0, require: 'all' }],
])('%j', (headers, preference) => expect(preferenceOf(headers)).toEqual(preference))

test('a requirement that nobody knows is an error, and so are two', () => {
  expect(() => preferenceOf(['Cheops-Require', 'most'])).toThrow(/all, quorum or one, not "most"/)
  expect(() => preferenceOf(['Cheops-Require', 'one', 'Cheops-Require', 'all'])).toThrow(
    /Cheops-Require is there 2 times/,
  )
  expect(preferenceOf(['Cheops-Require', 'one', 'cheops-require', ' one'])).toMatchObject({ require: 'one' })
})

test('an idempotency key has one value of 1 to 255 characters', () => {
  expect(idempotencyOf([])).toBeUndefined()
  expect(idempotencyOf(['Idempotency-Key', 'k'.repeat(255)])?.key).toHaveLength(255)
  for (const value of ['', ' ', 'k'.repeat(256)])
    expect(() => idempotencyOf(['Idempotency-Key', value])).toThrow(/1 to 255 characters/)
  expect(() => idempotencyOf(['Idempotency-Key', 'a', 'Idempotency-Key', 'b'])).toThrow(
    /2 times, with different values/,
  )
})

describe('answers', () => {
  const replicant = { service: 'inventory', kind: 'items', name: 'bolt' }
  const operation = { site: 'site1', incarnation: '1-0000000000000000', number: 7 }
  const answer = {
    status: 201,
    reason: 'Created',
    rawHeaders: ['X-A', 'b'],
    body: new Uint8Array([1]),
    isComplete: true,
  }
  const accepted = (more: Partial<Accepted>): Accepted => ({
    outcome: 'applied',
    answer,
    operation,
    isRepeated: false,
    replicant,
    sites: [],
    ...more,
  })
  const sites = [
    { site: '2nd', outcome: 'pending', at: 0 },
    { site: 'site1', outcome: 'applied', status: 201, at: 1 },
  ] as const

  test("the application's, with what each member has come to", () => {
    const { status, rawHeaders, body } = composeAnswer('site1', accepted({}), sites)
    expect([status, [...body]]).toEqual([201, [1]])
    const own = 'Cheops-Site: site1, Cheops-Outcome: applied, Cheops-Level: eventual'
    const text =
      'Cheops-Operation: site1/1-0000000000000000/7, Cheops-Replicant: items/bolt, Cheops-Sites: "2nd";s=pending, site1;s=applied;c=201'
    const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []))
    expect(pairs.join(', ')).toBe(`X-A: b, ${own}, ${text}`)
  })

  test('a part of an answer is not passed on as if it were all of it', () => {
    const rawHeaders = ['Content-Type', 'text/plain', 'ETag', '"1"', 'X-A', 'b']
    const part = composeAnswer('site1', accepted({ answer: { ...answer, rawHeaders, isComplete: false } }), sites)
    expect([part.status, part.body.length]).toEqual([201, 0])
    expect(part.rawHeaders.slice(0, 2)).toEqual(['X-A', 'b'])
    expect(part.rawHeaders.slice(-2)).toEqual(['Warning', expect.stringContaining('read bolt for it')])
  })

  test('a success warns of the members that have failed, and says why', () => {
    const failed = [
      ...sites,
      { site: 'site3', outcome: 'failed', error: 'ERR_FORWARD_NOT_EXPOSED', at: 2 },
      { site: 'site4', outcome: 'failed', status: 422, at: 2 },
    ] as const
    const { status, rawHeaders } = composeAnswer('site1', accepted({}), failed)
    expect([status, headerValue(rawHeaders, 'warning')]).toEqual([
      201,
      expect.stringContaining('not carried out at site3 (ERR_FORWARD_NOT_EXPOSED), site4 (422)'),
    ])
  })

  test('204 where the application gave none', () => {
    expect(composeAnswer('site1', accepted({ answer: undefined }), sites)).toMatchObject({ status: 204 })
  })

  test('a refusal is no operation', () => {
    const refused = accepted({ outcome: 'void', operation: undefined, answer: { ...answer, status: 400 } })
    const { status, rawHeaders } = composeAnswer('site1', refused, [])
    expect([status, rawHeaders]).toEqual([400, ['X-A', 'b', 'Cheops-Site', 'site1', 'Cheops-Outcome', 'void']])
  })

  test.each([
    ['uncertain', undefined, /once it has done it/],
    ['applied', 'applied', undefined],
    ['void', 'void', /has not done it/],
  ] as const)('a create of what is there, accepted: %s', (outcome, told, said) => {
    const known = told === undefined ? [] : [{ site: 'site1', outcome: told, at: 1 }]
    const asked = accepted({ outcome: 'uncertain', answer: { ...answer, status: 202 } })
    const { status, rawHeaders } = composeAnswer('site1', asked, known)
    expect([status, headerValue(rawHeaders, 'cheops-outcome')]).toEqual([202, outcome])
    const warned = headerValue(rawHeaders, 'warning')
    if (said === undefined) expect(warned).toBeUndefined()
    else expect(warned).toMatch(said)
  })

  test.each([
    ['uncertain', 'ERR_OUTCOME_UNKNOWN'],
    ['void', 'ERR_APPLICATION_BROKEN'],
  ] as const)('%s without an answer: %s', (outcome, code) => {
    expect(() => composeAnswer('site1', accepted({ outcome, answer: undefined }), sites)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

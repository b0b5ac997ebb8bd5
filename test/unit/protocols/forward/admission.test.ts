/**
 * What another agent may send: each code, and the order of the checks, so that a stranger learns nothing of what there is and
 * a request that is refused for one reason is not counted as another.
 */
import { describe, expect, test } from 'vitest'
import { Admission } from '../../../../protocols/forward/admission.ts'
import type { AdmissionParts } from '../../../../protocols/forward/admission.ts'
import { CheopsError } from '../../../../src/errors.ts'

const parts: AdmissionParts = {
  siteOfPeer: peer => (peer === 'peer2' ? 'site2' : peer === 'peer3' ? 'site3' : undefined),
  exposure: service =>
    service === 'app' ? { sites: ['site2', 'site3'], methods: ['GET'], paths: ['/items/**'] } : undefined,
  requestsPerSecondPerPeer: 1_000,
  now: () => 0,
}

const GOOD = { 'Cheops-Service': 'app', 'Cheops-Scope': '{app: site1}', 'Cheops-Hops': '1' }

interface Sent {
  peer?: string
  method?: string
  target?: string
  headers?: Record<string, string>
}

function admit(
  given: Partial<AdmissionParts> = {},
  { peer = 'peer2', method = 'GET', target = '/items/1', headers = GOOD }: Sent = {},
): unknown {
  try {
    const head = { method, target, rawHeaders: Object.entries(headers).flat() }
    return new Admission({ ...parts, ...given }).admit(peer, head)
  } catch (error) {
    if (error instanceof CheopsError) return error.code
    throw error
  }
}

const without = (name: keyof typeof GOOD): Record<string, string> =>
  Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name))

describe('admitted', () => {
  test('with what the application needs to know', () => {
    expect(admit()).toEqual({ from: 'site2', service: 'app', context: { scope: '{app: site1}', hops: 1 } })
  })

  test('without a scope: then nothing travels on to the application', () => {
    expect(admit({}, { headers: without('Cheops-Scope') })).toEqual({
      from: 'site2',
      service: 'app',
      context: undefined,
    })
  })

  test('names of headers in any case', () => {
    const headers = { 'CHEOPS-SERVICE': 'app', 'cheops-scope': 's', 'cheops-HOPS': '16' }
    expect(admit({}, { headers })).toEqual({ from: 'site2', service: 'app', context: { scope: 's', hops: 16 } })
  })
})

test.each([
  ['a peer that has shown no record', 'ERR_FORWARD_NOT_MEMBER', { peer: 'stranger' }],
  ['no service', 'ERR_FORWARD_INVALID', { headers: without('Cheops-Service') }],
  ['no hops', 'ERR_FORWARD_INVALID', { headers: without('Cheops-Hops') }],
  ['hops that are no number', 'ERR_FORWARD_INVALID', { headers: { ...GOOD, 'Cheops-Hops': '-1' } }],
  ['hops beyond all bounds', 'ERR_FORWARD_INVALID', { headers: { ...GOOD, 'Cheops-Hops': '1e9' } }],
  ['one hop too many', 'ERR_FORWARD_LOOP', { headers: { ...GOOD, 'Cheops-Hops': '17' } }],
  ['a scope of 4 KiB and one byte', 'ERR_FORWARD_INVALID', { headers: { ...GOOD, 'Cheops-Scope': 's'.repeat(4_097) } }],
  ['a target that is no path', 'ERR_FORWARD_INVALID', { target: 'http://elsewhere/items/1' }],
  ['a service that is not here', 'ERR_SERVICE_NOT_LOCAL', { headers: { ...GOOD, 'Cheops-Service': 'other' } }],
  ['a method that is not exposed', 'ERR_FORWARD_NOT_EXPOSED', { method: 'DELETE' }],
  ['a path that is not exposed', 'ERR_FORWARD_NOT_EXPOSED', { target: '/secret' }],
])('refused: %s', (_what, code, request) => {
  expect(admit({}, request)).toBe(code)
})

test('a scope of 4 KiB is admitted', () => {
  expect(admit({}, { headers: { ...GOOD, 'Cheops-Scope': 's'.repeat(4_096) } })).toMatchObject({ from: 'site2' })
})

test('the order: membership, rate, framing, hops, service, exposure', () => {
  const wrong = { peer: 'stranger', method: 'DELETE', headers: {} as Record<string, string> }
  const none = { requestsPerSecondPerPeer: 0 }
  expect(admit(none, wrong)).toBe('ERR_FORWARD_NOT_MEMBER')
  expect(admit(none, { ...wrong, peer: 'peer2' })).toBe('ERR_FORWARD_RATE')
  expect(admit({}, { ...wrong, peer: 'peer2' })).toBe('ERR_FORWARD_INVALID')
  const loop = { 'Cheops-Service': 'other', 'Cheops-Scope': 's', 'Cheops-Hops': '99' }
  expect(admit({}, { method: 'DELETE', headers: loop })).toBe('ERR_FORWARD_LOOP')
  expect(admit({}, { method: 'DELETE', headers: { ...loop, 'Cheops-Hops': '1' } })).toBe('ERR_SERVICE_NOT_LOCAL')
  expect(admit({}, { method: 'DELETE' })).toBe('ERR_FORWARD_NOT_EXPOSED')
})

test('the rate is one of each site', () => {
  const admission = new Admission({ ...parts, requestsPerSecondPerPeer: 2 })
  const head = { method: 'GET', target: '/items/1', rawHeaders: Object.entries(GOOD).flat() }
  const codes = ['peer2', 'peer2', 'peer2', 'peer3'].map(peer => {
    try {
      return admission.admit(peer, head).from
    } catch (error) {
      return (error as CheopsError).code
    }
  })
  expect(codes).toEqual(['site2', 'site2', 'ERR_FORWARD_RATE', 'site3'])
})

test.each(['X-HTTP-Method-Override', 'x-method-override', 'X-Original-URL', 'X-Rewrite-URL'])(
  'with %s a request may be another one: not where only some are exposed',
  name => {
    const headers = { ...GOOD, [name]: '/admin' }
    expect(admit({}, { headers })).toBe('ERR_FORWARD_NOT_EXPOSED')
    const all = { sites: ['*'], methods: ['*'], paths: ['/**'] }
    expect(admit({ exposure: () => all }, { headers })).toMatchObject({ service: 'app' })
  },
)

/**
 * What the files of a credential may hold: each kind in the forms that people and tools write, and for everything else a reason that
 * repeats nothing of what stands there.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  MAX_CREDENTIAL_BYTES,
  MAX_CREDENTIAL_HEADERS,
  parseCredential,
} from '../../../../src/core/resource/credential.ts'

test.each([
  ['bearer', 'abc.def\n', { kind: 'bearer', token: 'abc.def' }],
  ['basic', 'agent:a b:c\r\n', { kind: 'basic', userAndPassword: 'agent:a b:c' }],
  ['basic', 'agent:', { kind: 'basic', userAndPassword: 'agent:' }],
  ['basic', 'agent:pässword \n', { kind: 'basic', userAndPassword: 'agent:pässword ' }],
  [
    'headers',
    '# of the agent\r\nX-Auth-Token:  abc \n\nX-Project: a: b',
    { kind: 'headers', rawHeaders: ['X-Auth-Token', 'abc', 'X-Project', 'a: b'] },
  ],
] as const)('%s: %j', (kind, text, expected) => {
  expect(parseCredential(kind, text)).toEqual(expected)
})

const many = Array.from({ length: MAX_CREDENTIAL_HEADERS + 1 }, (_, index) => `X-${index}: secret`).join('\n')

test.each([
  ['bearer', ' \n', /empty/],
  ['bearer', 'Bearer secret', /one line of visible characters/],
  ['bearer', 'secret\nsecret', /one line/],
  ['bearer', 'secret'.repeat(MAX_CREDENTIAL_BYTES), /more than 65536 bytes/],
  ['basic', 'secret', /user:password/],
  ['basic', ':secret', /user:password/],
  ['basic', 'a:secret\nb:secret', /one line/],
  ['headers', 'X-A: b\nsecret', /line 2 must be "Name: value"/],
  ['headers', 'X-A:', /line 1 must be/],
  ['headers', 'X-A: sécret', /line 1 must be/],
  ['headers', 'X-A: secret\nx-a: secret', /line 2 names a header for the second time/],
  ['headers', 'Transfer-Encoding: secret', /line 1 names a header that is no credential/],
  ['headers', 'Cheops-Scope: secret', /line 1 names a header that is no credential/],
  ['headers', '# secret', /names no header/],
  ['headers', many, /more than 32 headers/],
] as const)('refused, %s: %j', (kind, text, problem) => {
  const content = parseCredential(kind, text)
  expect(content).toEqual({ kind: 'invalid', problem: expect.stringMatching(problem) as string })
  expect(JSON.stringify(content)).not.toMatch(/secret|sécret/)
})

test('whatever a file of headers holds, what is taken from it can stand in a head', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom('X-A: b', 'X-B:c\r', '#'), fc.string())), lines => {
      const content = parseCredential('headers', lines.join('\n'))
      if (content.kind !== 'headers') return
      // Throws for what HTTP cannot say.
      new Headers(Object.fromEntries(pairsOf(content.rawHeaders)))
      expect(content.rawHeaders.join('')).toMatch(/^[\t\x20-\x7e]+$/)
    }),
  )
})

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] satisfies [string, string]] : [],
  )
}

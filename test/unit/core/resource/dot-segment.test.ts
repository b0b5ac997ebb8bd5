/** Which paths lead to another place, for one server or another. */
import { expect, test } from 'vitest'
import { hasDotSegment } from '../../../../src/core/resource/dot-segment.ts'

test.each([
  '/a/../b',
  '/a/..',
  '/./a',
  '/a/%2e%2E/b',
  '/a%2f../b',
  '/a/..%2Fb',
  '/a%5C..%5cb',
  '/a/..;x/b',
  '/a/..%3Bx=1/b',
  '/%2E%2e%3b/b',
  '../a',
])('%s does', path => expect(hasDotSegment(path)).toBe(true))

test.each(['/a/b', '/a/...', '/a/..b', '/.well-known/x', '/a;..', '/a/b..', '/a/%252e%252e/b', '/'])(
  '%s does not',
  path => expect(hasDotSegment(path)).toBe(false),
)

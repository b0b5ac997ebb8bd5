/** Where an answer sends to that differs by a slash at the end of the path, and what is learnt of it. Absolute examples. */
import { expect, test } from 'vitest'
import { Slashes, slashedPath } from '../../../../../src/runtime/replication/application/slashes.ts'

const answer = (status: number, location?: string) => ({
  status,
  reason: '',
  rawHeaders: location === undefined ? [] : ['Location', location],
  body: new Uint8Array(),
  isComplete: true,
})

test.each<[string, number, string | undefined, string | undefined]>([
  ['/items/x', 307, '/items/x/', '/items/x/'],
  ['/items/x', 308, 'http://else.where:81/items/x/', '/items/x/'],
  ['/items/x', 301, 'x/', '/items/x/'],
  ['/items/x/', 302, '/items/x', '/items/x'],
  // Percent-encoded as it was asked.
  ['/items/a%20b', 307, '/items/a%20b/', '/items/a%20b/'],
  ['/items/x', 307, '/login', undefined],
  ['/items/x', 307, '/login/?next=/items/x/', undefined],
  ['/items/x', 307, '/items/x/?again', undefined],
  ['/items/x', 307, '/items/y/', undefined],
  ['/items/x', 307, '//[', undefined],
  ['/items/x', 307, undefined, undefined],
  ['/items/x?all', 307, '/items/x/?all', undefined],
  // It says that something was done.
  ['/items/x', 303, '/items/x/', undefined],
  ['/items/x', 200, '/items/x/', undefined],
])('%s, answered with %i and %s', (path, status, location, expected) =>
  expect(slashedPath(path, answer(status, location))).toBe(expected),
)

test('what is learnt holds for the role of the kind, both ways, until something else is learnt', () => {
  const slashes = new Slashes()
  expect(slashes.path('web', 'items', 'resource', '/items/x')).toBe('/items/x')
  slashes.learn('web', 'items', 'resource', '/items/x/')
  expect(slashes.path('web', 'items', 'resource', '/items/y')).toBe('/items/y/')
  expect(slashes.path('web', 'items', 'resource', '/items/y/')).toBe('/items/y/')
  expect(slashes.path('web', 'items', 'collection', '/items')).toBe('/items')
  expect(slashes.path('web', 'boxes', 'resource', '/boxes/y')).toBe('/boxes/y')
  slashes.learn('web', 'items', 'resource', '/items/x')
  expect(slashes.path('web', 'items', 'resource', '/items/y/')).toBe('/items/y')
})

/**
 * Which definitions have one fingerprint: those that replicate alike, however they are written. How: for any definition, one that says the same in
 * another order, or differs in what only one site reads, has the same; and each thing that decides what a resource is called, how it is
 * made or compared makes another.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GlueDefinition, KindDefinition } from '../../../src/glue/definition.ts'
import { fingerprintOf } from '../../../src/glue/fingerprint.ts'

const BOOKS: KindDefinition = {
  collection: '/books',
  resource: '/books/{id}',
  id: { at: '/isbn', from: 'client' },
  'server-set': ['/shelf'],
}
const definition = (kinds: GlueDefinition['kinds'], rest: Partial<GlueDefinition> = {}): GlueDefinition => ({
  glue: 1,
  application: 'library',
  kinds,
  ...rest,
})
const kindOf = (rest: Partial<KindDefinition>): string => fingerprintOf(definition({ Book: { ...BOOKS, ...rest } }))

const reversed = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, held]) => [key, reversed(held)]),
      )
    : value

test('the order of fields does not count, at any depth', () => {
  const anyKind = fc.record({
    collection: fc.webPath(),
    resource: fc.webPath(),
    id: fc.record({ at: fc.string(), from: fc.constantFrom('client' as const, 'server' as const) }),
    list: fc.record({ items: fc.string(), next: fc.string() }),
    operations: fc.dictionary(fc.string(), fc.record({ method: fc.string(), path: fc.string() })),
  })
  fc.assert(
    fc.property(fc.dictionary(fc.string(), anyKind), kinds => {
      const other = reversed(kinds) as GlueDefinition['kinds']
      expect(fingerprintOf(definition(other))).toBe(fingerprintOf(definition(kinds)))
    }),
  )
})

test('neither does what one site says for itself, what only sharing reads, or what is the default', () => {
  const own = kindOf({})
  expect(own).toMatch(/^[0-9a-f]{16}$/)
  expect(kindOf({ example: { isbn: '1' }, links: ['/self'], 'agent-headers': { 'x-by': 'cheops' } })).toBe(own)
  const around = { application: 'bibliothèque', secrets: ['/pin'], replication: true, 'agent-headers': { a: 'b' } }
  expect(fingerprintOf(definition({ Book: BOOKS }, around))).toBe(own)
})

test.each<Partial<KindDefinition>>([
  { collection: '/volumes' },
  { id: { at: '/id', from: 'client' } },
  { create: { method: 'PUT' } },
  { put: 'merges' },
  { compare: 'written' },
  { 'server-set': [] },
  { assigned: ['/room'] },
  { operations: { lend: { method: 'POST', path: '/lend' } } },
])('a kind with %j is another one', rest => {
  expect(kindOf(rest)).not.toBe(kindOf({}))
})

test('so is a kind more, another name, another header that is stored, or nothing replicated', () => {
  const definitions = [
    definition({ Book: BOOKS }),
    definition({ Volume: BOOKS }),
    definition({ Book: BOOKS, Member: { collection: '/members', resource: '/members/{id}' } }),
    definition({ Book: BOOKS }, { headers: ['X-Branch'] }),
    definition({ Book: BOOKS }, { replication: false }),
  ]
  expect(new Set(definitions.map(fingerprintOf)).size).toBe(definitions.length)
})

/** What records leave out of a life is filled in again, whatever it is, and what earlier records say stays as it is. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainFilled, plainLeftOut } from '../../../../../src/runtime/replication/store/plain-life.ts'

const dot = fc.record({ site: fc.constantFrom('paris', 'rennes'), incarnation: fc.constant('1-0'), number: fc.nat(3) })
const id = fc.record({ stamp: fc.record({ ms: fc.nat(2), counter: fc.nat(1) }), dot })
const dots = fc.array(dot, { maxLength: 2 })
const change = fc.record({
  site: fc.constantFrom('paris', 'rennes'),
  by: id,
  member: fc.boolean(),
  held: dots,
  told: fc.array(fc.constant('paris'), { maxLength: 1 }),
})
const life = fc.record({
  life: id,
  knowledge: dots,
  holes: fc.array(fc.record({ after: fc.nat(), last: dot }), { maxLength: 1 }),
  droppers: fc.array(fc.record({ type: fc.constant('replace'), reset: fc.boolean(), greatest: id, context: dots })),
  changes: fc.array(change, { maxLength: 3 }),
  keys: fc.array(fc.tuple(fc.string(), id), { maxLength: 1 }),
  conflictsForgotten: fc.nat(1),
  live: dots,
  conflicts: dots,
  outside: dots,
  membership: dots,
})

const written = (value: object): unknown => JSON.parse(JSON.stringify(value))

test('what is left out is filled in again', () => {
  fc.assert(
    fc.property(life, value => {
      const read = written(plainLeftOut(value)) as typeof value
      expect(plainFilled(read)).toEqual(value)
      // As an earlier version has written it.
      expect(plainFilled(written(value) as typeof value)).toEqual(value)
    }),
  )
})

test('of an ordinary life little is left', () => {
  const born = { stamp: { ms: 1, counter: 0 }, dot: { site: 'paris', incarnation: '1-0', number: 1 } }
  const members = ['paris', 'rennes'].map(site => ({ site, by: born, member: true, held: [], told: [] }))
  const none = { holes: [], droppers: [], keys: [], conflictsForgotten: 0, conflicts: [], outside: [], membership: [] }
  const ordinary = { life: born, knowledge: [born.dot], changes: members, live: [born.dot], ...none }
  expect(plainLeftOut(ordinary)).toEqual({
    life: born,
    knowledge: [born.dot],
    droppers: [],
    changes: [{ site: 'paris' }, { site: 'rennes' }],
    live: [born.dot],
  })
})

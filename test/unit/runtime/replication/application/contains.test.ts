/** Whether one body stands in another, field by field. */
import { expect, test } from 'vitest'
import { contains, contradicts } from '../../../../../src/runtime/replication/application/contains.ts'
import { hiddenIn } from '../../../../../src/runtime/replication/drift/combined.ts'
import type { Whole } from '../../../../../src/runtime/replication/drift/whole.ts'

test.each<[whole: string, part: string, is: boolean]>([
  ['{}', '{"__proto__":{}}', false],
  ['{"a":1}', '{"constructor":null}', true],
  ['{"a":1}', '{"toString":1}', false],
  ['{"n":0}', '{"n":-0}', true],
  ['{"n":[-0]}', '{"n":[0]}', true],
  ['{"n":0}', '{"n":false}', false],
])('of %s: %s %s', (whole, part, is) => {
  expect(contains(JSON.parse(whole), JSON.parse(part))).toBe(is)
})

test.each<[whole: string, part: string, is: boolean]>([
  ['{"n":1}', '{"n":2}', true],
  ['{"n":1}', '{"n":1,"password":"x"}', false],
  ['{"a":{"n":1}}', '{"a":{"n":2,"m":1}}', true],
  ['{"a":[1,2]}', '{"a":[2,1]}', true],
  ['{"n":1}', '{"n":null}', false],
  ['{"a":1}', '{"toString":1}', false],
])('%s is contradicted by %s: %s', (whole, part, is) => {
  expect(contradicts(JSON.parse(whole), JSON.parse(part))).toBe(is)
})

test('a field is looked for under its name alone, whatever every object inherits', () => {
  const dot = { site: 'paris', incarnation: '1763762400000-0000000000000001', number: 1 }
  const clear = ['constructor', 'other'].map(name => {
    const value = { [name]: 'x' }
    const whole: Whole = { value, isKnown: true, surenessOf: () => 'unsure', namedBy: () => dot, changed: new Set() }
    return hiddenIn({}, value, whole, { hidden: [], looked: [] }).isClear
  })
  expect(clear).toEqual([false, false])
})

// Names of fields in JSON Pointers, those with slashes and tildes in them too (RFC 6901).
import { expect, test } from 'vitest'
import { nameOfPart, namesIn, pointerPart } from '../../../../src/core/resource/json-pointer.ts'
import { topsOf } from '../../../../src/runtime/replication/application/framed.ts'

test.each(['a', 'a/b', 'm~n', '~1', '', '__proto__'])('the name %j is the same when it is read again', name => {
  expect(nameOfPart(pointerPart(name))).toBe(name)
  expect(namesIn(`/${pointerPart(name)}/b`)).toEqual([name, 'b'])
})

test('what leads to the whole, or is no pointer, goes through nothing', () => {
  expect([namesIn(''), namesIn('a')]).toEqual([[], []])
})

test('the fields at the top that pointers lead into are called as bodies call them', () => {
  expect(topsOf(['/a~1b/c', '/m~0n', ''])).toEqual(['a/b', 'm~n'])
})

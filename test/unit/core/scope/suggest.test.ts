/** Shows which known name is suggested for a mistaken one, and that far names and absurd ones suggest nothing. */
import { expect, test } from 'vitest'
import { nearestName } from '../../../../src/core/scope/index.ts'

test.each<[mistaken: string, known: string[], expected: string | undefined]>([
  ['Site1', ['site2', 'site1'], 'site1'],
  ['sit1', ['site1', 'site2'], 'site1'],
  ['siet2', ['site1', 'site2'], 'site2'],
  ['inventroy', ['orders', 'inventory'], 'inventory'],
  ['INVENTROY', ['inventory'], 'inventory'],
  ['sitee1', ['site1'], 'site1'],
  ['xite1', ['site1'], 'site1'],
  // As near as site2: the first is taken
  ['site3', ['site1', 'site2'], 'site1'],
  // The same but for case is nearer than anything else, wherever it stands
  ['paris', ['pariz', 'Paris'], 'Paris'],
  // One change for every three letters, or one of two
  ['b', ['a'], undefined],
  ['b', ['B'], 'B'],
  ['es', ['eu', 'us'], 'eu'],
  ['', ['a'], undefined],
  ['ab', ['cd'], undefined],
  ['berlin', ['marlin'], 'marlin'],
  ['berlin', ['madrid'], undefined],
  ['site1', [], undefined],
  // A name is no suggestion for itself
  ['site1', ['site1'], undefined],
  ['x'.repeat(64), [`${'x'.repeat(63)}y`], `${'x'.repeat(63)}y`],
  ['x'.repeat(65), [`${'x'.repeat(64)}y`], undefined],
])('for %s of %j it is %s', (mistaken, known, expected) => {
  expect(nearestName(mistaken, known)).toBe(expected)
})

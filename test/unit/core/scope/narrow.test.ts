/** The scope of one site's part of a request: only its own service is bound to that site. Absolute examples. */
import { expect, test } from 'vitest'
import { bindScope, narrowScope, parseScope, printScope } from '../../../../src/core/scope/index.ts'

test.each([
  ['site1 & site2', 'site2', '{inventory: site2}'],
  ['{orders: site1 & site3, inventory: site1 & site2}', 'site1', '{orders: site1 & site3, inventory: site1}'],
  ['{inventory: *, prime: site1}', 'site1', '{inventory: site1, prime: site1}'],
  ['{inventory: *, prime: site1}', 'site2', '{inventory: site2}'],
])('%s, the part of %s: %s', (text, site, expected) => {
  const scope = bindScope(parseScope(text), 'inventory')
  expect(printScope(narrowScope(scope, 'inventory', site))).toBe(expected)
})

/** What the URL prefix says beside the scope, as headers; absolute examples. */
import { expect, test } from 'vitest'
import { parameterHeaders } from '../../../../src/adapters/http/scope-parameters.ts'

test.each([
  [{}, [], []],
  [
    { level: 'none', wait: '5', require: 'one' },
    [],
    ['Cheops-Level', 'none', 'Prefer', 'wait=5', 'Cheops-Require', 'one'],
  ],
  [{ level: 'none' }, ['cheops-level', 'eventual'], []],
  // Both stand there, and the first one counts.
  [{ wait: '5' }, ['Prefer', 'wait=1'], ['Prefer', 'wait=5']],
])('%j beside %j', (parameters, rawHeaders, expected) => {
  expect(parameterHeaders(new Map(Object.entries(parameters)), rawHeaders)).toEqual(expected)
})

test.each([
  ['wait', '-1'],
  ['wait', ''],
  ['level', 'None'],
  ['require', 'most'],
  ['constructor', 'x'],
])('%s=%s is refused', (name, value) => {
  expect(() => parameterHeaders(new Map([[name, value]]), [])).toThrow(
    expect.objectContaining({ code: 'ERR_SCOPE_PARAMETER' }),
  )
})

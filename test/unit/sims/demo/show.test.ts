/** Shows that lines of status fit into a narrow terminal, with colours and without. How: lines and widths. */
import { expect, test } from 'vitest'
import { fit, widthOf } from '../../../../sims/demo/show.ts'

const GREEN = '\x1b[32mabc\x1b[39m'

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['● ○ ◌ abc', 6, '● ○ ◌…'],
  [`${GREEN}def`, 6, `${GREEN}def`],
  [`${GREEN}def`, 5, `${GREEN}d…\x1b[0m`],
  [`${GREEN}def`, 3, `\x1b[32mab…\x1b[0m`],
])('%j in %d columns', (line, columns, expected) => {
  expect(fit(line, columns)).toBe(expected)
  expect(widthOf(fit(line, columns))).toBeLessThanOrEqual(columns)
})

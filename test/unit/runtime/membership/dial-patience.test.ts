/** How long attempts to connect may take: as configured at first, longer after failures, never without end. Absolute examples. */
import { expect, test } from 'vitest'
import { dialTimeoutAfter } from '../../../../src/runtime/membership/dial-patience.ts'

test.each([
  [0, 5_000, 5_000],
  [2, 5_000, 5_000],
  [3, 5_000, 10_000],
  [4, 5_000, 20_000],
  [5, 5_000, 30_000],
  [1_000, 5_000, 30_000],
  [1_000, 45_000, 45_000],
])('after %i failures, %i ms configured: %i ms', (failures, configured, timeoutMs) => {
  expect(dialTimeoutAfter(failures, configured)).toBe(timeoutMs)
})

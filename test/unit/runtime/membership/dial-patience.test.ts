/** How long attempts to connect may take: as configured at first, longer after failures and over links that are known to be slow, never without end. Absolute examples. */
import { expect, test } from 'vitest'
import { dialTimeoutAfter, type DialsBefore } from '../../../../src/runtime/membership/dial-patience.ts'

const NONE: DialsBefore = { failures: 0, unfinished: 0 }

test.each<[Partial<DialsBefore>, configured: number, timeoutMs: number]>([
  [{}, 5_000, 5_000],
  [{ failures: 2 }, 5_000, 5_000],
  [{ failures: 3 }, 5_000, 10_000],
  [{ failures: 4 }, 5_000, 20_000],
  [{ failures: 5 }, 5_000, 30_000],
  [{ failures: 1_000 }, 5_000, 30_000],
  [{ failures: 1_000 }, 45_000, 45_000],
  [{ failures: 1, unfinished: 1 }, 5_000, 10_000],
  // It was woken meanwhile, which says nothing of the link.
  [{ unfinished: 2 }, 5_000, 20_000],
  [{ unfinished: 1_000 }, 5_000, 30_000],
  [{ roundTripMs: 2_000 }, 5_000, 24_000],
  [{ roundTripMs: 60_000 }, 5_000, 30_000],
  [{ roundTripMs: 10 }, 5_000, 5_000],
  [{ roundTripMs: 1_000.25 }, 5_000, 12_003],
])('after %o, %i ms configured: %i ms', (before, configured, timeoutMs) => {
  expect(dialTimeoutAfter({ ...NONE, ...before }, configured)).toBe(timeoutMs)
})

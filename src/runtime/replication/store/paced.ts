import { SCANNED_TOGETHER, SCAN_REST_TIMES, SCAN_SLICE_MS } from '../limits.ts'
import type { Clock } from '../../../ports/clock.ts'

/**
 * What is read, in slices: after each the event loop is left to others, for several times as long as the slice took. So a look at all
 * records takes a bounded share of a core, however many there are, and holds nobody up.
 */
export async function* paced<T>(
  records: AsyncIterable<T>,
  clock: Pick<Clock, 'after' | 'monotonic'>,
): AsyncGenerator<T, void, undefined> {
  let [began, count] = [clock.monotonic(), 0]
  for await (const record of records) {
    yield record
    const workedMs = clock.monotonic() - began
    if (++count < SCANNED_TOGETHER && workedMs < SCAN_SLICE_MS) continue
    await new Promise<void>(resolve => void clock.after(workedMs * SCAN_REST_TIMES, resolve))
    ;[began, count] = [clock.monotonic(), 0]
  }
}

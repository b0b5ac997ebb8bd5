// What replication has said, as the metrics of an agent tell it.

import { describe, expect, it } from 'vitest'
import { parseSentParts, sentSince } from '../../bench/measure/sent-parts.ts'

const METRICS = [
  '# TYPE cheops_replication_sent_bytes_total counter',
  'cheops_replication_sent_bytes_total{part="operation"} 1024',
  'cheops_replication_sent_bytes_total{part="acknowledgement"} 2048',
  'cheops_replication_drift_total 0',
  '',
].join('\n')

describe('what was said', () => {
  it('is read by what it is', () => {
    expect(parseSentParts(METRICS)).toEqual([
      ['operation', 1_024],
      ['acknowledgement', 2_048],
    ])
  })

  it('is what came since, the most first', () => {
    const since = sentSince({ operation: 1_000, hello: 5 }, { hello: 5, operation: 1_024, digest: 60 })
    expect(Object.entries(since)).toEqual([
      ['digest', 60],
      ['operation', 24],
    ])
  })
})

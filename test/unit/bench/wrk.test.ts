// What wrk says, read back: the report of our Lua script among wrk's own text, and every way in which it can be unusable.

import { describe, expect, it } from 'vitest'
import { errorCount, parseWrk } from '../../bench/measure/wrk.ts'

const REPORT =
  'report {"requests":4300,"durationUs":1000123,"bytes":5242880,"p50Us":230,"p99Us":1801,"maxUs":9000,"errors":{"connect":0,"read":1,"write":2,"status":30,"timeout":4}}'

const SAID = `Running 1s test @ http://127.0.0.1:8080/1k
  1 threads and 1 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   238.11us   31.28us   9.00ms   98.01%
  4300 requests in 1.00s, 5.00MB read
Requests/sec:   4299.47
Transfer/sec:      5.00MB
${REPORT}
`

describe('parseWrk', () => {
  it('reads the report among the text', () => {
    expect(parseWrk(SAID)).toEqual({
      requests: 4_300,
      durationUs: 1_000_123,
      bytes: 5_242_880,
      p50Us: 230,
      p99Us: 1_801,
      maxUs: 9_000,
      errors: { connect: 0, read: 1, write: 2, status: 30, timeout: 4 },
    })
  })

  it('adds up all kinds of errors', () => {
    expect(errorCount(parseWrk(SAID))).toBe(37)
  })

  it('shows what wrk said instead of a report', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused\n')).toThrow('Connection refused')
  })

  it.each([
    ['a figure is missing', REPORT.replace('"bytes":5242880,', '')],
    ['a figure is no number', REPORT.replace('230', '"230"')],
    ['a figure is negative, as one that overflowed', REPORT.replace('230', '-230')],
    ['the errors are missing', REPORT.replace(/"errors":\{.*\}\}/, '"errors":null}')],
  ])('refuses a report of which %s', (_, report) => {
    expect(() => parseWrk(report)).toThrow('wrk reported no')
  })
})

// Which writes are everywhere, and how long after the answer: told by receipts that come in any order.

import { describe, expect, it } from 'vitest'
import { Ledger } from '../../../bench/replication/ledger.ts'

describe('Ledger', () => {
  it('counts from the answer until the last site has it', () => {
    const ledger = new Ledger(3)
    ledger.sent(7, 1)
    ledger.received(0, 7, 1, 10)
    ledger.accepted(7, 1, 12)
    expect(ledger.pending).toBe(1)
    ledger.received(2, 7, 1, 15)
    expect(ledger.take()).toEqual({ lagsMs: [], replaced: 0 })
    ledger.received(1, 7, 1, 20)
    expect(ledger.pending).toBe(0)
    expect(ledger.take()).toEqual({ lagsMs: [8], replaced: 0 })
    expect(ledger.take()).toEqual({ lagsMs: [], replaced: 0 })
  })

  it('takes a later write of the same item for this one, and says so', () => {
    const ledger = new Ledger(2)
    for (const sequence of [1, 2]) {
      ledger.sent(0, sequence)
      ledger.received(0, 0, sequence, sequence)
      ledger.accepted(0, sequence, sequence)
    }
    ledger.received(1, 0, 2, 10)
    expect(ledger.pending).toBe(0)
    expect(ledger.take()).toEqual({ lagsMs: [9, 8], replaced: 1 })
  })

  it('never takes an earlier write for a later one, nor that of another item', () => {
    const ledger = new Ledger(1)
    ledger.sent(0, 5)
    ledger.accepted(0, 5, 1)
    ledger.received(0, 0, 4, 2)
    ledger.received(0, 1, 6, 2)
    expect(ledger.pending).toBe(1)
  })

  it('counts a site once, however often it writes', () => {
    const ledger = new Ledger(2)
    ledger.sent(0, 1)
    ledger.accepted(0, 1, 1)
    ledger.received(0, 0, 1, 2)
    ledger.received(0, 0, 1, 3)
    expect(ledger.pending).toBe(1)
  })

  it('knows a write that is everywhere before the client has its answer', () => {
    const ledger = new Ledger(1)
    ledger.sent(0, 1)
    ledger.received(0, 0, 1, 5)
    ledger.accepted(0, 1, 6)
    expect(ledger.pending).toBe(0)
    expect(ledger.take()).toEqual({ lagsMs: [0], replaced: 0 })
  })

  it('forgets what was refused', () => {
    const ledger = new Ledger(1)
    ledger.sent(0, 1)
    ledger.refused(0, 1)
    ledger.sent(0, 2)
    ledger.accepted(0, 2, 1)
    ledger.received(0, 0, 2, 3)
    expect(ledger.take()).toEqual({ lagsMs: [2], replaced: 0 })
  })
})

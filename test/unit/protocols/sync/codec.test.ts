/**
 * The bytes of the sync protocol: whatever may be told is read back as it was, in any version of the protocol; any bytes at all are
 * either read or refused with a code, in time that grows with their length and no faster.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { syncCodec as codec } from '../../../../protocols/sync/codec.ts'
import { SYNC_LIMITS } from '../../../../protocols/sync/limits.ts'
import * as pb from '../../../../protocols/sync/pb/message.ts'
import { CheopsError } from '../../../../src/errors.ts'
import { entry, lives, message, operation } from './arbitrary.ts'

const refused = expect.objectContaining({ code: 'ERR_SYNC_MESSAGE' })
const INCARNATION = '1763762400000-9f86d081884c7d65'
const READERS = [codec.decodeMessage, codec.decodeEntry, codec.decodeOperation]

const together = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** What reading brings, or `undefined` where it is refused in order. */
function read<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes)
  } catch (error) {
    if (error instanceof CheopsError && error.code === 'ERR_SYNC_MESSAGE') return undefined
    throw error
  }
}

describe('what is written is read back', () => {
  test('operations', () => {
    fc.assert(
      fc.property(operation, value => {
        const bytes = codec.encodeOperation(value)
        expect(codec.decodeOperation(bytes)).toEqual(value)
        expect(codec.decodeOperation(Buffer.from(bytes))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  test('entries', () => {
    fc.assert(
      fc.property(entry, value => {
        expect(codec.decodeEntry(codec.encodeEntry(value))).toEqual(value)
      }),
      { numRuns: 1000 },
    )
  })

  test('messages', () => {
    fc.assert(
      fc.property(message, value => {
        expect(codec.decodeMessage(codec.encodeMessage(value))).toEqual(value)
      }),
      { numRuns: 1000 },
    )
  })

  test('keys of idempotency in their order', () => {
    const dot = { site: 'a', incarnation: INCARNATION, number: 1 }
    const id = { stamp: { ms: 1, counter: 0 }, dot }
    const keys = new Map(['z', 'a', 'm'].map(key => [key, id]))
    const known = { knowledge: [], holes: [] }
    const summary = {
      ...known,
      since: known,
      from: 'a',
      life: id,
      droppers: [],
      changes: [],
      keys,
      conflictsForgotten: 0,
    }
    const transfer = { life: id, operations: [], summary }
    const replicant = { service: 's', kind: 'k', name: 'n' }
    const back = codec.decodeEntry(codec.encodeEntry({ kind: 'transfer', replicant, transfer, more: false }))
    expect(back.kind === 'transfer' && [...(back.transfer.summary?.keys.keys() ?? [])]).toEqual(['z', 'a', 'm'])
  })
})

test.each([
  ['bytes of the network', (bytes: Uint8Array) => bytes],
  ['a Buffer of the store', (bytes: Uint8Array) => Buffer.from(bytes)],
])('an operation that is kept does not keep what it came in: %s', (_, come) => {
  const sealed = { bytes: new Uint8Array(100), signature: new Uint8Array(64) }
  const frame = codec.encodeMessage({
    kind: 'entries',
    incarnation: INCARNATION,
    first: 1,
    entries: [codec.encodeEntry({ kind: 'operation', operation: sealed }), new Uint8Array(500_000)],
  })
  const message = codec.decodeMessage(come(frame))
  const read = codec.decodeEntry(message.kind === 'entries' ? (message.entries[0] ?? frame) : frame)
  expect(read).toEqual({ kind: 'operation', operation: sealed })
  const { bytes, signature } = read.kind === 'operation' ? read.operation : { bytes: frame, signature: frame }
  expect([bytes.buffer.byteLength, signature.buffer.byteLength]).toEqual([100, 64])
})

test('equal operations have equal bytes, however their objects were made', () => {
  fc.assert(
    fc.property(operation, value => {
      const again = codec.decodeOperation(codec.encodeOperation(value))
      expect(codec.encodeOperation(again)).toEqual(codec.encodeOperation(value))
    }),
  )
})

test('equal knowledge has equal bytes, in whatever order its holes came, and other knowledge has others', () => {
  const name = { service: 's', kind: 'k', name: 'n' }
  fc.assert(
    fc.property(lives, lives, (a, b) => {
      const turned = a.map(life => ({ ...life, holes: life.holes.toReversed() }))
      expect(codec.encodeKnowledge(name, turned)).toEqual(codec.encodeKnowledge(name, a))
      const sorted = (each: typeof a): string =>
        JSON.stringify(each.map(({ holes, ...life }) => [life, holes.map(hole => JSON.stringify(hole)).toSorted()]))
      const equal = Buffer.compare(codec.encodeKnowledge(name, a), codec.encodeKnowledge(name, b)) === 0
      expect(equal).toBe(sorted(a) === sorted(b))
    }),
  )
})

describe('a later minor version', () => {
  /** Field 100, length-delimited, three bytes. */
  const more = Uint8Array.from([0xa2, 0x06, 3, 1, 2, 3])

  test('may add fields, which are ignored', () => {
    fc.assert(
      fc.property(message, operation, (value, signed) => {
        const bytes = together(codec.encodeMessage(value), more)
        expect(codec.decodeMessage(bytes)).toEqual(value)
        expect(codec.decodeOperation(together(codec.encodeOperation(signed), more))).toEqual(signed)
      }),
    )
  })

  test('may add messages, entries, outcomes and reasons, which are known as unknown', () => {
    expect(codec.decodeMessage(more)).toEqual({ kind: 'unknown' })
    expect(codec.decodeEntry(more)).toEqual({ kind: 'unknown' })
    expect(codec.decodeEntry(pb.Entry.encode({ outcome: { ...emptyOutcome, outcome: 99 } }))).toEqual({
      kind: 'unknown',
    })
    expect(codec.decodeMessage(pb.Message.encode({ goodbye: { reason: 99 } }))).toEqual({
      kind: 'goodbye',
      reason: 'unknown',
    })
  })

  test('may have codes of errors that nobody here knows, and none that are no codes', () => {
    const word = { replicant: { service: 's', kind: 'k', name: 'n' }, site: 'a', outcome: 4 }
    const dot = { origin: 0, number: 1n }
    const origins = [{ site: 'a', incarnation: new Uint8Array(16).fill(1, 2) }]
    const told = { ...emptyOutcome, ...word, life: { ...dot, ms: 1n, counter: 0 }, dot, origins }
    const read = (error: string) => codec.decodeEntry(pb.Entry.encode({ outcome: { ...told, error } }))
    expect(read('ERR_OF_TOMORROW_2')).toMatchObject({ kind: 'outcome', outcome: 'failed', error: 'ERR_OF_TOMORROW_2' })
    expect(read('')).not.toHaveProperty('error')
    for (const error of ['x', 'ERR;s=applied', 'É', `E${'R'.repeat(64)}`])
      expect(() => read(error), error).toThrow('code of an error')
  })

  const emptyOutcome = { origins: [], site: '', outcome: 0, status: 0, at: 0n, error: '' }
})

describe('any bytes', () => {
  test('are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), bytes => {
        for (const decode of READERS) read<unknown>(decode, bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test('that differ from good ones in one place are read or refused, and never as something that cannot be sent', () => {
    const any = fc.oneof(
      message.map(value => [codec.encodeMessage(value), 0] as const),
      entry.map(value => [codec.encodeEntry(value), 1] as const),
      operation.map(value => [codec.encodeOperation(value), 2] as const),
    )
    fc.assert(
      fc.property(any, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), ([good, which], place, mask, cut) => {
        const at = place % good.length
        const bytes = Uint8Array.from(cut ? good.subarray(0, at) : good)
        if (!cut) bytes[at] = (bytes[at] ?? 0) ^ mask
        if (which === 0) again(codec.decodeMessage, codec.encodeMessage, bytes)
        else if (which === 1) again(codec.decodeEntry, codec.encodeEntry, bytes)
        else again(codec.decodeOperation, codec.encodeOperation, bytes)
      }),
      { numRuns: 3000 },
    )
  })

  function again<T extends object>(
    decode: (bytes: Uint8Array) => T,
    encode: (value: T) => Uint8Array,
    bytes: Uint8Array,
  ): void {
    const value = read(decode, bytes)
    if (value === undefined || isUnsayable(value)) return
    expect(decode(encode(value))).toEqual(value)
  }

  const isUnsayable = (value: object): boolean =>
    'kind' in value && (value.kind === 'unknown' || ('reason' in value && value.reason === 'unknown'))

  test('of the greatest size cost what their length says, whatever they repeat', () => {
    const nested = (prefix: number[], unit: number[]): Uint8Array => {
      const inner = Buffer.alloc(SYNC_LIMITS.entryBytes - 64, Buffer.from(unit))
      return prefix.reduceRight<Uint8Array>(
        (body, field) => Buffer.concat([tag(field), length(body.length), body]),
        inner,
      )
    }
    const tag = (field: number): Uint8Array => Uint8Array.from([(field << 3) | 2])
    const length = (bytes: number): Uint8Array =>
      Uint8Array.from([(bytes & 0x7f) | 0x80, ((bytes >> 7) & 0x7f) | 0x80, (bytes >> 14) & 0x7f])
    // Empty fields of each number; groups within groups; a message in a message in a message.
    const units = [[10, 0], [18, 0], [26, 0], [34, 0], [42, 0], [0x0b], [8, 1], [0xff]]
    const prefixes = [[], [1], [2], [3], [6], [6, 5], [6, 5, 3], [2, 3], [5], [8]]
    for (const unit of units) {
      for (const prefix of prefixes) {
        const bytes = nested(prefix, unit)
        // Work, not time: others may use the machine.
        const start = process.threadCpuUsage()
        for (const decode of READERS) read<unknown>(decode, bytes)
        const { user, system } = process.threadCpuUsage(start)
        const took = (user + system) / 1000
        // Half a million empty messages take a third of it; what grows with the square of that would take an hour.
        expect(took, `ms of CPU for fields ${prefix.join('/')} of ${unit.join()}`).toBeLessThan(5000)
      }
    }
  })
})

describe('compressed entries', () => {
  const many = Array.from({ length: 200 }, (_, i) => Buffer.from(`an entry like all others, number ${i}`))

  test('take less room', () => {
    const bytes = codec.encodeMessage({ kind: 'entries', incarnation: INCARNATION, first: 1, entries: many })
    expect(bytes.length).toBeLessThan(many.reduce((sum, each) => sum + each.length, 0) / 4)
    expect(codec.decodeMessage(bytes)).toMatchObject({ first: 1, entries: many.map(each => new Uint8Array(each)) })
  })

  test('that would be more than a frame are refused, by who writes and by who reads', async () => {
    const { deflateRawSync } = await import('node:zlib')
    const zeros = Array.from({ length: 3 }, () => new Uint8Array(400_000))
    expect(() => codec.encodeMessage({ kind: 'entries', incarnation: INCARNATION, first: 1, entries: zeros })).toThrow(
      expect.objectContaining({ code: 'ERR_SYNC_TOO_LARGE' }),
    )
    const deflated = deflateRawSync(pb.EntryList.encode({ entries: zeros }))
    const entries = { incarnation: INCARNATION, first: 1n, entries: [], deflated }
    expect(() => codec.decodeMessage(pb.Message.encode({ entries }))).toThrow(refused)
  })

  test('that are none, or beside others, are refused', () => {
    const entries = { incarnation: INCARNATION, first: 1n, entries: [], deflated: Uint8Array.from([1, 2, 3]) }
    expect(() => codec.decodeMessage(pb.Message.encode({ entries }))).toThrow(refused)
    const both = { ...entries, entries: [Uint8Array.from([1])] }
    expect(() => codec.decodeMessage(pb.Message.encode({ entries: both }))).toThrow(refused)
  })
})

test('a message, or an entry, that is two things is refused', () => {
  const audit = { seed: 1, from: 0, count: 1 }
  expect(() => codec.decodeMessage(pb.Message.encode({ audit, goodbye: { reason: 1 } }))).toThrow(refused)
  expect(() =>
    codec.decodeEntry(
      pb.Entry.encode({
        matrix: { text: '' },
        operation: { operation: new Uint8Array(), signature: new Uint8Array(64) },
      }),
    ),
  ).toThrow(refused)
})

/**
 * The bytes of the heartbeat protocol: what is written is read back, what is not in order is refused with a code, and every
 * limit holds at its bound and not one beyond. Keys are real ones.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHeartbeatCodec } from '../../../../protocols/heartbeat/codec.ts'
import { ed25519Keys } from '../../../../protocols/heartbeat/keys.ts'
import { HEARTBEAT_LIMITS as LIMITS } from '../../../../protocols/heartbeat/limits.ts'
import * as pb from '../../../../protocols/heartbeat/pb/message.ts'
import type { Beat, SiteRecord } from '../../../../src/core/membership/record.ts'

const privateKey = await generateKeyPair('Ed25519')
const keys = ed25519Keys(privateKey)
const codec = createHeartbeatCodec(keys)
const refused = expect.objectContaining({ code: 'ERR_HEARTBEAT_MESSAGE' })

const record: SiteRecord = {
  mesh: 'demo',
  site: 'paris',
  peerId: keys.peerIdOf(keys.publicKey),
  addresses: ['/ip4/10.0.0.1/tcp/4078', '/dns4/paris.example/tcp/4078'],
  services: [{ name: 'image', application: 'openstack' }],
  labels: { region: 'eu', __proto__x: 'y' },
  version: '1.2.3',
  incarnation: '1763762400000-9f86d081884c7d65',
  number: 2n ** 60n,
}
const beat: Beat = {
  incarnation: record.incarnation,
  number: 5n,
  recordNumber: 7n,
  sentAt: 1_763_762_400_123,
  intervalMs: 1_000,
  rttMs: { lyon: 1.25 },
  cannotDial: ['rome'],
  loadPercent: 12,
  leaves: false,
}
const sign = (fields: Partial<SiteRecord>) => codec.signRecord({ ...record, ...fields })
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

describe('a record', () => {
  test('is read back as it was signed', () => {
    const signed = codec.signRecord(record)
    expect(signed.record).toEqual(record)
    expect(createHeartbeatCodec(keys).readRecord(signed.bytes)).toEqual(signed)
  })

  test('that differs in any byte is refused, or is the same record in another envelope', () => {
    const signed = codec.signRecord(record)
    const { bytes } = signed
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ mask
        try {
          expect(createHeartbeatCodec(keys).readRecord(changed)).toEqual(signed)
        } catch (error) {
          expect(error).toEqual(refused)
        }
      }),
    )
  })

  test('may have any number from 1 to 2^63 - 1, and no other', () => {
    for (const number of [1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n - 1n])
      expect(sign({ number }).record.number).toBe(number)
    for (const number of [0n, 2n ** 63n, 2n ** 64n - 1n]) expect(() => sign({ number })).toThrow(refused)
    fc.assert(
      fc.property(fc.bigInt(2n ** 62n, 2n ** 63n - 1n), fc.nat(62), (number, shift) => {
        expect(sign({ number: number >> BigInt(shift) }).record.number).toBe(number >> BigInt(shift))
      }),
    )
  })

  test('signed by another key than the one in it is refused', async () => {
    const other = ed25519Keys(await generateKeyPair('Ed25519'))
    const { record: inner } = pb.SignedSiteRecord.decode(codec.signRecord(record).bytes)
    const signature = other.sign(Buffer.concat([Buffer.from('cheops-site-record:1:'), inner]))
    const bytes = pb.SignedSiteRecord.encode({ record: inner, signature: Uint8Array.from(signature) })
    expect(() => codec.readRecord(bytes)).toThrow(refused)
  })

  test('by a key that is not Ed25519 is refused', async () => {
    const rsa = await generateKeyPair('secp256k1')
    expect(() => keys.peerIdOf(rsa.publicKey.raw)).toThrow('')
  })

  test('with fields that a later version added is understood', () => {
    const { record: inner } = pb.SignedSiteRecord.decode(codec.signRecord(record).bytes)
    // Field 1000, length-delimited, three bytes.
    const extended = Uint8Array.from([...inner, 0xc2, 0x3e, 3, 1, 2, 3])
    const signature = Uint8Array.from(keys.sign(Buffer.concat([Buffer.from('cheops-site-record:1:'), extended])))
    expect(codec.readRecord(pb.SignedSiteRecord.encode({ record: extended, signature })).record).toEqual(record)
  })

  test('tells what its services are described by, and reads records of agents that do not', () => {
    const services = [{ name: 'image', application: 'openstack', definition: '0123456789abcdef' }]
    expect(sign({ services }).record.services).toEqual(services)
    // As an earlier agent writes and reads it: the field is not there, and is skipped.
    expect(sign({}).record.services).toStrictEqual(record.services)
    const { record: inner } = pb.SignedSiteRecord.decode(sign({ services }).bytes)
    expect(Buffer.from(inner).includes('0123456789abcdef')).toBe(true)
  })

  const service = (i: number) => ({ name: `s${i}`, application: 'a' })
  const bounds: [string, Partial<SiteRecord>, Partial<SiteRecord>][] = [
    ['services', { services: many(LIMITS.services, service) }, { services: many(LIMITS.services + 1, service) }],
    [
      'labels',
      { labels: Object.fromEntries(many(LIMITS.labels, i => [`l${i}`, 'v'])) },
      { labels: Object.fromEntries(many(LIMITS.labels + 1, i => [`l${i}`, 'v'])) },
    ],
    [
      'addresses',
      { addresses: many(LIMITS.addresses, i => `/ip4/10.0.0.${i}/tcp/1`) },
      { addresses: many(LIMITS.addresses + 1, i => `/ip4/10.0.0.${i}/tcp/1`) },
    ],
    ['address', { addresses: [`/dns4/${'a'.repeat(500)}/tcp/1`] }, { addresses: [`/dns4/${'a'.repeat(510)}/tcp/1`] }],
    ['version', { version: 'v'.repeat(LIMITS.versionLength) }, { version: 'v'.repeat(LIMITS.versionLength + 1) }],
    ['label key', { labels: { ['k'.repeat(63)]: '' } }, { labels: { ['k'.repeat(64)]: '' } }],
    ['label value', { labels: { k: 'v'.repeat(256) } }, { labels: { k: 'v'.repeat(257) } }],
    ['name', { site: 's'.repeat(63) }, { site: 's'.repeat(64) }],
    [
      'service name',
      { services: [{ name: 'n'.repeat(63), application: 'a' }] },
      { services: [{ name: '', application: 'a' }] },
    ],
    [
      'definition',
      { services: [{ name: 'a', application: 'a', definition: 'd'.repeat(LIMITS.definitionLength) }] },
      { services: [{ name: 'a', application: 'a', definition: 'd'.repeat(LIMITS.definitionLength + 1) }] },
    ],
  ]
  test.each(bounds)('at the bound of %s is good, beyond it is refused', (_what, good, bad) => {
    expect(sign(good).record).toMatchObject(good)
    expect(() => sign(bad)).toThrow(refused)
  })

  test.each<Partial<SiteRecord>>([
    { site: '../etc' },
    { site: 'a b' },
    { mesh: '' },
    { incarnation: 'yesterday' },
    { version: 'a\nb' },
    { labels: { k: 'a\0b' } },
    { labels: { k: 'a\u202eb' } },
    { labels: { 'k\u200b': 'v' } },
    { version: '1\u2066' },
    { site: '127.0.0.1' },
    { site: 'LocalHost' },
    { services: [{ name: 'localhost', application: 'a' }] },
    { services: [{ name: '10.0.0.1', application: 'a' }] },
    { services: [{ name: 'Image', application: 'a' }] },
    { services: [{ name: '1image', application: 'a' }] },
    { services: [{ name: 'im.age', application: 'a' }] },
    { addresses: ['/dns4/par\u202eis/tcp/1'] },
    { addresses: ['/dns4/a b/tcp/1'] },
  ])('with %j is refused', fields => {
    expect(() => sign(fields)).toThrow(refused)
  })

  test('of too many bytes is refused before it is looked at', () => {
    expect(() => codec.readRecord(new Uint8Array(LIMITS.recordBytes + 1))).toThrow(/more than 65536 bytes/)
  })

  test('never makes an address of bytes that are none', () => {
    const { record: inner } = pb.SignedSiteRecord.decode(sign({ addresses: [] }).bytes)
    const decoded = pb.SiteRecord.decode(inner)
    const withBad = pb.SiteRecord.encode({ ...decoded, addresses: [new Uint8Array([255, 255, 255, 1])] })
    const signature = Uint8Array.from(keys.sign(Buffer.concat([Buffer.from('cheops-site-record:1:'), withBad])))
    expect(() => codec.readRecord(pb.SignedSiteRecord.encode({ record: withBad, signature }))).toThrow(refused)
    expect(multiaddr('/ip4/1.2.3.4/tcp/1').bytes.length).toBeGreaterThan(0)
  })
})

/** With the records that are read one by one. */
const readHello = (bytes: Uint8Array) => {
  const hello = codec.readHello(bytes)
  return { ...hello, others: [...hello.others] }
}

describe('a hello', () => {
  const own = codec.signRecord(record)
  const other = sign({ site: 'lyon' })
  const hello = { mesh: 'demo', refusal: undefined, own, others: [other] }

  test('is read back', () => {
    expect(readHello(codec.writeHello(hello))).toEqual(hello)
  })

  test.each(['wrong-mesh', 'name-taken', 'bad-record', 'table-full'] as const)('carries the refusal %s', refusal => {
    const written = codec.writeHello({ mesh: 'demo', refusal, own: undefined, others: [] })
    expect(readHello(written)).toEqual({ mesh: 'demo', refusal, own: undefined, others: [] })
  })

  test('a refusal of a later version is still a refusal', () => {
    expect(codec.readHello(pb.Hello.encode({ mesh: 'demo', refusal: 77 })).refusal).toBe('bad-record')
  })

  test('a record of another form does not hide the good ones, a wrong signature ends them, a bad one of the speaker ends all', () => {
    const good = pb.SignedSiteRecord.decode(other.bytes)
    const speaker = pb.SignedSiteRecord.decode(own.bytes)
    const unreadable = { record: new Uint8Array([255]), signature: good.signature }
    const forged = { ...good, signature: new Uint8Array(64) }
    const read = (message: Partial<pb.Hello>) => readHello(pb.Hello.encode({ mesh: 'demo', ...message }))
    expect(read({ own: speaker, others: [unreadable, good, good] }).others).toEqual([other, other])
    expect(read({ own: speaker, others: [good, forged, good] }).others).toEqual([other])
    expect(() => read({ own: forged })).toThrow(refused)
  })

  test('costs no more signatures than are asked for', () => {
    let checked = 0
    const counting = createHeartbeatCodec({
      ...keys,
      verify: (...args) => {
        checked += 1
        return keys.verify(...args)
      },
    })
    const others = many(50, i => sign({ site: `other${i}` }))
    const read = counting.readHello(codec.writeHello({ ...hello, others }))
    expect(checked).toBe(1)
    const [first] = read.others
    expect(first?.record.site).toBe('other0')
    expect(checked).toBe(2)
    expect([...read.others]).toHaveLength(50)
    expect(checked).toBe(51)
  })

  test('holds as many records as fit and leaves the rest out', () => {
    const big = sign({
      services: many(200, i => ({ name: `service-${i}-${'x'.repeat(40)}`, application: 'a'.repeat(60) })),
    })
    const written = codec.writeHello({ ...hello, others: many(200, () => big) })
    expect(written.length).toBeLessThanOrEqual(LIMITS.helloBytes)
    const count = readHello(written).others.length
    expect(count).toBe(Math.floor((LIMITS.helloBytes - 256 - own.bytes.length) / (big.bytes.length + 8)))
  })

  test('of too many bytes or records is refused', () => {
    expect(() => codec.readHello(new Uint8Array(LIMITS.helloBytes + 1))).toThrow(refused)
    const others = many(LIMITS.recordsPerHello + 1, () => ({ record: new Uint8Array(), signature: new Uint8Array() }))
    expect(() => codec.readHello(pb.Hello.encode({ mesh: 'demo', others }))).toThrow(refused)
  })
})

describe('gossip', () => {
  test('a beat and a record are read back', () => {
    expect(codec.readGossip(codec.writeGossip({ kind: 'beat', beat }))).toEqual({ kind: 'beat', beat })
    const last = { ...beat, leaves: true }
    expect(codec.readGossip(codec.writeGossip({ kind: 'beat', beat: last }))).toEqual({ kind: 'beat', beat: last })
    const signed = codec.signRecord(record)
    expect(codec.readGossip(codec.writeGossip({ kind: 'record', signed }))).toEqual({ kind: 'record', signed })
  })

  test('RTTs beyond the bound are left out, the nearest stay', () => {
    const rttMs = Object.fromEntries(many(LIMITS.rtts + 10, i => [`s${i}`, i + 1]))
    const read = codec.readGossip(codec.writeGossip({ kind: 'beat', beat: { ...beat, rttMs } }))
    if (read.kind !== 'beat') throw new Error('no beat')
    expect(Object.keys(read.beat.rttMs)).toHaveLength(LIMITS.rtts)
    expect(read.beat.rttMs['s0']).toBe(1)
  })

  const message = (fields: Partial<pb.Beat>): Uint8Array => {
    const good = pb.Gossip.decode(codec.writeGossip({ kind: 'beat', beat })).beat as pb.Beat
    return pb.Gossip.encode({ beat: { ...good, ...fields } })
  }
  test.each<[string, Partial<pb.Beat>]>([
    ['no incarnation', { incarnation: '' }],
    ['no number', { number: 0n }],
    ['no record', { recordNumber: 0n }],
    ['no interval', { intervalMs: 0 }],
    ['an interval of a day', { intervalMs: LIMITS.intervalMs + 1 }],
    ['a bad site', { cannotDial: ['a/b'] }],
    ['a bad site of an RTT', { rtts: [{ site: '', micros: 1 }] }],
    ['too many RTTs', { rtts: many(LIMITS.rtts + 1, i => ({ site: `s${i}`, micros: 1 })) }],
    ['too many sites that cannot be dialled', { cannotDial: many(LIMITS.cannotDial + 1, i => `s${i}`) }],
  ])('a beat with %s is refused', (_what, fields) => {
    expect(() => codec.readGossip(message(fields))).toThrow(refused)
  })

  test('neither or both of the two, and too many bytes, are refused', () => {
    const { beat: one } = pb.Gossip.decode(message({}))
    const both = pb.Gossip.encode({
      ...(one === undefined ? {} : { beat: one }),
      record: pb.SignedSiteRecord.decode(codec.signRecord(record).bytes),
    })
    expect(() => codec.readGossip(new Uint8Array())).toThrow(refused)
    expect(() => codec.readGossip(both)).toThrow(refused)
    expect(() => codec.readGossip(new Uint8Array(LIMITS.gossipBytes + 1))).toThrow(refused)
  })

  test('no bytes make the codec throw anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        for (const read of [codec.readGossip, readHello, codec.readRecord]) {
          try {
            read(bytes)
          } catch (error) {
            expect(error).toEqual(refused)
          }
        }
      }),
    )
  })
})

import { remember } from '../../src/core/resource/remember.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { CheopsError } from '../../src/errors.ts'
import { isIncarnation } from '../../src/core/membership/incarnation.ts'
import { isServiceName, isSiteName, NAME_PATTERN } from '../../src/core/membership/record.ts'
import { HEARTBEAT_LIMITS as LIMITS } from './limits.ts'
import * as pb from './pb/message.ts'
import type { Beat, SignedRecord, SiteRecord } from '../../src/core/membership/record.ts'
import type { Gossip, HeartbeatCodec, Hello, HelloRefusal } from '../../src/ports/heartbeat-codec.ts'
import type { RecordKeys } from './keys.ts'

/** Stands before the bytes that are signed, so that a signature made for another purpose is worth nothing here. */
const SIGNATURE_DOMAIN = new TextEncoder().encode('cheops-site-record:1:')
/** Verified records that are remembered by their signature: the same ones come again with every hello. */
const CACHE_SIZE = 2048
/** Neither control characters nor those that are not seen and change how others are shown: bidirectional, zero-width. */
const VISIBLE = /^[^\p{Cc}\p{Cf}]*$/u
/** What multiaddresses are written with; names in other scripts have an ASCII form. */
const ADDRESS_TEXT = /^[\x21-\x7e]+$/
const REFUSALS: readonly HelloRefusal[] = ['wrong-mesh', 'name-taken', 'bad-record', 'table-full']

/** The codec of protocols/heartbeat. Everything that it returns keeps the limits; everything else throws. */
export function createHeartbeatCodec(keys: RecordKeys): HeartbeatCodec {
  const verified = new Map<string, SignedRecord>()

  const signRecord = (record: SiteRecord): SignedRecord => {
    const inner = pb.SiteRecord.encode({
      ...record,
      publicKey: keys.publicKey as Uint8Array<ArrayBuffer>,
      addresses: record.addresses.map(address => multiaddr(address).bytes),
      services: record.services.map(service => ({ definition: '', ...service })),
      labels: Object.entries(record.labels).map(([key, value]) => ({ key, value })),
    })
    const signature = keys.sign(toSign(inner)) as Uint8Array<ArrayBuffer>
    // Read back: what we sign keeps the limits, and we hold it exactly as others will.
    return readRecord(pb.SignedSiteRecord.encode({ record: inner, signature }))
  }

  const readRecord = (bytes: Uint8Array): SignedRecord => {
    const { signed, isGood } = open(bytes)
    if (!isGood()) throw bad('a signature is wrong')
    return signed
  }

  /** Reads a record and checks its form; the signature, which costs most, is looked at when it is asked for. */
  const open = (bytes: Uint8Array): { signed: SignedRecord; isGood: () => boolean } => {
    if (bytes.length > LIMITS.recordBytes) throw bad(`a record has more than ${LIMITS.recordBytes} bytes`)
    const { record, signature } = decoded(() => pb.SignedSiteRecord.decode(bytes))
    // The envelope is not signed: written anew, one record has one form, whoever relayed it.
    const envelope = pb.SignedSiteRecord.encode({ record, signature })
    const cacheKey = Buffer.from(signature).toString('latin1')
    const cached = verified.get(cacheKey)
    if (cached !== undefined && Buffer.compare(cached.bytes, envelope) === 0) {
      return { signed: cached, isGood: () => true }
    }
    const inner = decoded(() =>
      pb.SiteRecord.decode(record, {
        limits: { addresses: LIMITS.addresses, services: LIMITS.services, labels: LIMITS.labels },
      }),
    )
    const peerId = decoded(() => keys.peerIdOf(inner.publicKey))
    const signed: SignedRecord = { record: checkedRecord(inner, peerId), bytes: envelope }
    const isGood = (): boolean => {
      if (!decoded(() => keys.verify(inner.publicKey, toSign(record), signature))) return false
      remember(verified, cacheKey, signed, CACHE_SIZE)
      return true
    }
    return { signed, isGood }
  }

  /** One after the other as they are asked for: most of a hello that is refused is never looked at. */
  function* readOthers(others: readonly pb.SignedSiteRecord[]): Generator<SignedRecord> {
    for (const other of others) {
      let opened
      try {
        opened = open(pb.SignedSiteRecord.encode(other))
      } catch {
        // Perhaps of a later version; the good ones after it count.
        continue
      }
      // Whoever speaks has checked the signature, or lies: the rest is worth nothing.
      if (!opened.isGood()) return
      yield opened.signed
    }
  }

  return {
    signRecord,
    readRecord,
    writeHello: hello => pb.Hello.encode(helloMessage(hello)),
    readHello(bytes): Hello {
      if (bytes.length > LIMITS.helloBytes) throw bad(`a hello has more than ${LIMITS.helloBytes} bytes`)
      const limits = { others: LIMITS.recordsPerHello, last: { rtts: LIMITS.rtts, cannotDial: LIMITS.cannotDial } }
      const hello = decoded(() => pb.Hello.decode(bytes, { limits }))
      if (!NAME_PATTERN.test(hello.mesh)) throw bad('a hello names no mesh')
      return {
        mesh: hello.mesh,
        // A code of a later version is still a refusal.
        refusal: hello.refusal === 0 ? undefined : (REFUSALS[hello.refusal - 1] ?? 'bad-record'),
        own: hello.own === undefined ? undefined : readRecord(pb.SignedSiteRecord.encode(hello.own)),
        others: { [Symbol.iterator]: () => readOthers(hello.others) },
        ...(hello.last && { last: checkedBeat(hello.last) }),
      }
    },
    writeGossip(gossip): Uint8Array {
      return gossip.kind === 'beat'
        ? pb.Gossip.encode({ beat: beatMessage(gossip.beat) })
        : pb.Gossip.encode({ record: pb.SignedSiteRecord.decode(gossip.signed.bytes) })
    },
    readGossip(bytes): Gossip {
      if (bytes.length > LIMITS.gossipBytes) throw bad(`a message has more than ${LIMITS.gossipBytes} bytes`)
      const { beat, record } = decoded(() =>
        pb.Gossip.decode(bytes, { limits: { beat: { rtts: LIMITS.rtts, cannotDial: LIMITS.cannotDial } } }),
      )
      if (beat !== undefined && record === undefined) return { kind: 'beat', beat: checkedBeat(beat) }
      if (record !== undefined && beat === undefined) {
        return { kind: 'record', signed: readRecord(pb.SignedSiteRecord.encode(record)) }
      }
      throw bad('a message holds neither one beat nor one record')
    },
  }
}

/** Fills a hello up to its limits; records that do not fit are left out. */
function helloMessage(hello: Hello): Partial<pb.Hello> {
  const own = hello.own === undefined ? undefined : pb.SignedSiteRecord.decode(hello.own.bytes)
  const others: pb.SignedSiteRecord[] = []
  // Room for the name of the mesh, the code, and the lengths of the fields.
  let room = LIMITS.helloBytes - 256 - (hello.own?.bytes.length ?? 0)
  for (const { bytes } of hello.others) {
    room -= bytes.length + 8
    if (room < 0 || others.length >= LIMITS.recordsPerHello) break
    others.push(pb.SignedSiteRecord.decode(bytes))
  }
  const refusal = hello.refusal === undefined ? 0 : REFUSALS.indexOf(hello.refusal) + 1
  const last = hello.last && { last: beatMessage(hello.last) }
  return { mesh: hello.mesh, refusal, others, ...(own === undefined ? {} : { own }), ...last }
}

function beatMessage(beat: Beat): pb.Beat {
  const rtts = Object.entries(beat.rttMs).sort(([, a], [, b]) => a - b)
  return {
    ...beat,
    sentAt: BigInt(Math.max(0, Math.floor(beat.sentAt))),
    intervalMs: Math.ceil(beat.intervalMs),
    rtts: rtts.slice(0, LIMITS.rtts).map(([site, ms]) => ({ site, micros: Math.round(ms * 1000) })),
    cannotDial: beat.cannotDial.slice(0, LIMITS.cannotDial),
    loadPercent: Math.max(0, Math.round(beat.loadPercent)),
  }
}

function checkedBeat(beat: pb.Beat): Beat {
  if (!isIncarnation(beat.incarnation)) throw bad('a beat has no valid incarnation')
  // What has the highest of 64 bits is read as negative.
  if (beat.number < 1n || beat.recordNumber < 1n || beat.sentAt < 0n) throw bad('a beat has no valid number')
  if (beat.intervalMs < 1 || beat.intervalMs > LIMITS.intervalMs) throw bad('a beat announces no possible interval')
  if (!beat.cannotDial.every(isSiteName)) throw bad('a beat names no valid site')
  if (!beat.rtts.every(rtt => isSiteName(rtt.site))) throw bad('a beat names no valid site')
  return {
    incarnation: beat.incarnation,
    number: beat.number,
    recordNumber: beat.recordNumber,
    sentAt: Number(beat.sentAt),
    intervalMs: beat.intervalMs,
    rttMs: Object.fromEntries(beat.rtts.map(({ site, micros }) => [site, micros / 1000])),
    cannotDial: beat.cannotDial,
    loadPercent: beat.loadPercent,
    leaves: beat.leaves,
  }
}

function checkedRecord(record: pb.SiteRecord, peerId: string): SiteRecord {
  if (!NAME_PATTERN.test(record.mesh) || !isSiteName(record.site)) throw bad('a record has no valid name')
  if (!isIncarnation(record.incarnation)) throw bad('a record has no valid incarnation')
  if (record.number < 1n) throw bad('a record has no valid number')
  if (!isText(record.version, LIMITS.versionLength)) throw bad('a record has no valid version')
  for (const { name, application, definition } of record.services) {
    const isGood = isServiceName(name) && NAME_PATTERN.test(application) && isText(definition, LIMITS.definitionLength)
    if (!isGood) throw bad('a record names no valid service')
  }
  for (const { key, value } of record.labels) {
    if (key === '' || !isText(key, LIMITS.labelKeyLength) || !isText(value, LIMITS.labelValueLength)) {
      throw bad('a record has no valid label')
    }
  }
  return {
    mesh: record.mesh,
    site: record.site,
    peerId,
    addresses: record.addresses.map(readAddress),
    services: record.services.map(({ name, application, definition }) =>
      definition === '' ? { name, application } : { name, application, definition },
    ),
    labels: Object.fromEntries(record.labels.map(({ key, value }) => [key, value])),
    version: record.version,
    incarnation: record.incarnation,
    number: record.number,
  }
}

function readAddress(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.addressBytes) throw bad(`an address has more than ${LIMITS.addressBytes} bytes`)
  const text = decoded(() => multiaddr(bytes).toString())
  if (!ADDRESS_TEXT.test(text)) throw bad('an address is written with characters that no address has')
  return text
}

function isText(text: string, maxLength: number): boolean {
  return text.length <= maxLength && VISIBLE.test(text)
}

function toSign(record: Uint8Array): Uint8Array {
  return Buffer.concat([SIGNATURE_DOMAIN, record])
}

/** Errors of decoders tell peers and logs more than they need; they become one of ours. */
function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw cause instanceof CheopsError ? cause : bad('a message cannot be decoded', cause)
  }
}

function bad(why: string, cause?: unknown): CheopsError {
  return new CheopsError('ERR_HEARTBEAT_MESSAGE', `A heartbeat message is refused: ${why}.`, {}, { cause })
}

/** What the two ends of a conversation say. README.md, "Messages". */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { compareOrigins, NAME_BUCKETS } from '../../src/core/oplog/index.ts'
import { ELEMENT_WORDS, SYMBOL_WORDS } from '../../src/core/reconcile/coded-symbols.ts'
import { checkedLives, livesMessage } from './entry-codec.ts'
import { bad, count, decoded, encoded, incarnation, plain, replicant, site, small } from './fields.ts'
import { sum, sumBytes, tooLarge, whole } from './fields.ts'
import { SYNC_LIMITS as LIMITS } from './limits.ts'
import { OriginReader, OriginWriter } from './origins.ts'
import * as pb from './pb/message.ts'
import { KNOWN_LIMITS } from './transfer-codec.ts'
import type { Bytes } from './fields.ts'
import type { Hole, LifeKnowledge, ReplicantName } from '../../src/core/oplog/index.ts'
import type { OutboxCursor, OutboxRange, SetDigest, SyncCloseReason, SyncMessage } from '../../src/ports/sync.ts'

type MessageOf<K extends SyncMessage['kind']> = Extract<SyncMessage, { kind: K }>

/** In the order of their numbers on the wire, from 1. `lost` and `unknown` are never said. */
export const REASONS: readonly SyncCloseReason[] = [
  'done',
  'stopping',
  'replaced',
  'not-member',
  'invalid',
  'too-large',
  'wrong-order',
  'gap',
  'beyond',
  'time-out',
  'failed',
]

/** Entries of fewer bytes together than this are not compressed: nothing is gained. */
const DEFLATE_FROM_BYTES = 1024
/** Nor are those with more bytes each than this: they hold bodies, and a megabyte of them costs 30 ms. */
const DEFLATE_TO_MEAN_BYTES = 4096
/** Bytes of a coded symbol, and of a name as it stands in an audit. */
const SYMBOL_BYTES = 4 * SYMBOL_WORDS
const NAME_BYTES = 2 * ELEMENT_WORDS
/** Of a bit for each bucket. */
const BUCKETS_BYTES = NAME_BUCKETS / 8

const DECODE = {
  limits: {
    hello: { outboxes: LIMITS.outboxes },
    welcome: { cursors: LIMITS.outboxes },
    entries: { entries: LIMITS.entriesPerMessage },
    want: { origins: LIMITS.origins, lives: LIMITS.lives, lives$: KNOWN_LIMITS },
    lack: { names: LIMITS.lackedNames },
    names: { added: LIMITS.addedBuckets },
  },
} as const

export function encodeMessage(message: SyncMessage): Bytes {
  if (message.kind === 'entries') return encodeEntries(message)
  const bytes = pb.Message.encode(messageMessage(message))
  // A number and an incarnation, which were checked when they were written: one comes for each message with entries.
  return message.kind === 'received' ? bytes : encoded(bytes, decodeMessage)
}

/** Not read back: they were checked when they were written, and there are many. */
function encodeEntries({ incarnation, first, entries }: MessageOf<'entries'>): Bytes {
  if (entries.length === 0 || entries.length > LIMITS.entriesPerMessage) throw tooLarge('a wrong number of entries.')
  if (entries.some(entry => entry.length > LIMITS.entryBytes)) throw tooLarge('an entry is too large.')
  const list = pb.EntryList.encode({ entries: entries as Bytes[] })
  const deflated = deflatedList(list, entries.length)
  const body = deflated === undefined ? { entries: entries as Bytes[] } : { entries: [], deflated }
  const bytes = pb.Message.encode({ entries: { incarnation, first: whole(first), ...body } })
  // What is compressed is bounded as a whole too, so that it costs a receiver no more than what is not.
  if (bytes.length > LIMITS.frameBytes || list.length > LIMITS.frameBytes) {
    throw tooLarge(`a message has more than ${LIMITS.frameBytes} bytes.`)
  }
  return bytes
}

/** Entries repeat names and incarnations over and over: of many small ones a fifth to a tenth remains. */
function deflatedList(list: Uint8Array, count: number): Bytes | undefined {
  if (list.length < DEFLATE_FROM_BYTES || list.length > count * DEFLATE_TO_MEAN_BYTES) return undefined
  const deflated = deflateRawSync(list, { level: constants.Z_BEST_SPEED, memLevel: 9 })
  return deflated.length < list.length * 0.9 ? deflated : undefined
}

export function decodeMessage(bytes: Uint8Array): SyncMessage {
  if (bytes.length > LIMITS.frameBytes) throw bad(`a message has more than ${LIMITS.frameBytes} bytes`)
  const message = decoded(() => pb.Message.decode(plain(bytes), DECODE))
  const { hello, welcome, entries, received, want, digest, audit, symbols, lack, names, goodbye } = message
  const all = [hello, welcome, entries, received, want, digest, audit, symbols, lack, names, goodbye]
  if (all.filter(each => each !== undefined).length > 1) throw bad('it is more than one thing')
  if (entries !== undefined) return checkedEntries(entries)
  if (received !== undefined) return { kind: 'received', ...checkedCursor(received) }
  if (hello !== undefined) return checkedHello(hello)
  if (welcome !== undefined) return checkedWelcome(welcome)
  if (want !== undefined) return checkedWant(want)
  if (digest !== undefined) return { kind: 'digest', digest: { count: count(digest.count), sum: sum(digest.sum) } }
  if (audit !== undefined) return checkedAudit(audit)
  if (symbols !== undefined) return { kind: 'symbols', from: symbols.from, symbols: readWords(symbols.symbols) }
  if (lack !== undefined) return checkedLack(lack)
  if (names !== undefined) return checkedNames(names)
  // A reason of a later version still ends the conversation.
  if (goodbye !== undefined) return { kind: 'goodbye', reason: REASONS[goodbye.reason - 1] ?? 'unknown' }
  return { kind: 'unknown' }
}

/** Bytes that are equal for equal knowledge: the body of a `want`. */
export function encodeKnowledge(name: ReplicantName, lives: readonly LifeKnowledge[]): Bytes {
  const sorted = lives.map(life => ({ ...life, holes: life.holes.toSorted(compareHoles) }))
  return pb.Want.encode(wantMessage(name, sorted))
}

function compareHoles(a: Hole, b: Hole): number {
  return compareOrigins(a.last, b.last) || a.after - b.after
}

function messageMessage(message: Exclude<SyncMessage, { kind: 'entries' }>): Partial<pb.Message> {
  switch (message.kind) {
    case 'hello': {
      const { version, site, incarnation, outboxes } = message
      return { hello: { version: small(version), site, incarnation, outboxes: outboxes.map(outboxMessage) } }
    }
    case 'welcome': {
      const { version, site, incarnation, cursors } = message
      return { welcome: { version: small(version), site, incarnation, cursors: cursors.map(cursorMessage) } }
    }
    case 'received':
      return { received: cursorMessage(message) }
    case 'want':
      return { want: wantMessage(message.replicant, message.lives) }
    case 'digest':
      return { digest: digestMessage(message.digest) }
    case 'audit':
      return { audit: { seed: small(message.seed), from: small(message.from), count: small(message.count) } }
    case 'symbols':
      return { symbols: { from: small(message.from), symbols: writtenWords(message.symbols) } }
    case 'lack':
      return { lack: { names: message.names.map(writtenWords) } }
    case 'names':
      return {
        names: 'all' in message ? { all: plain(message.all) as Bytes, added: [] } : { added: message.added.map(small) },
      }
    case 'goodbye': {
      const number = REASONS.indexOf(message.reason) + 1
      if (number === 0) throw tooLarge('a reason that is never said.')
      return { goodbye: { reason: number } }
    }
    case 'unknown':
      throw tooLarge('it is of another version.')
  }
}

function outboxMessage({ incarnation, first, next }: OutboxRange): pb.Outbox {
  return { incarnation, first: whole(first), next: whole(next) }
}

function cursorMessage({ incarnation, upTo }: OutboxCursor): pb.Cursor {
  return { incarnation, upTo: whole(upTo) }
}

function digestMessage({ count, sum }: SetDigest): pb.Digest {
  return { count: whole(count), sum: sumBytes(sum) }
}

function wantMessage(replicant: ReplicantName, lives: readonly LifeKnowledge[]): pb.Want {
  const origins = new OriginWriter()
  return { replicant, lives: livesMessage(lives, origins), origins: origins.origins }
}

function checkedHello(message: pb.Hello): SyncMessage {
  const outboxes = message.outboxes.map(({ incarnation, first, next }) => {
    const range = { incarnation, first: count(first, 1), next: count(next, 1) }
    if (range.next < range.first) throw bad('an outbox ends before it begins')
    return range
  })
  return { kind: 'hello', ...checkedSpeaker(message), outboxes: inOrder(outboxes) }
}

function checkedWelcome(message: pb.Welcome): SyncMessage {
  return { kind: 'welcome', ...checkedSpeaker(message), cursors: inOrder(message.cursors.map(checkedCursor)) }
}

function checkedSpeaker({ version, site: name, incarnation: present }: pb.Hello | pb.Welcome) {
  return { version, site: site(name), incarnation: incarnation(present) }
}

function checkedCursor({ incarnation: own, upTo }: pb.Cursor): { incarnation: string; upTo: number } {
  return { incarnation: incarnation(own), upTo: count(upTo) }
}

/** Each incarnation once: two words on one outbox could contradict each other. */
function inOrder<T extends { readonly incarnation: string }>(list: readonly T[]): readonly T[] {
  if (new Set(list.map(each => incarnation(each.incarnation))).size !== list.length) {
    throw bad('an incarnation is there twice')
  }
  return list
}

function checkedEntries(message: pb.Entries): SyncMessage {
  const { deflated } = message
  if (deflated !== undefined && message.entries.length > 0) throw bad('entries are there in two ways')
  const entries = deflated === undefined ? message.entries : inflated(deflated)
  if (entries.length === 0) throw bad('there are no entries')
  if (entries.some(entry => entry.length > LIMITS.entryBytes)) throw bad('an entry is too large')
  const first = count(message.first, 1)
  // The next one has a number too.
  if (first > Number.MAX_SAFE_INTEGER - entries.length) throw bad('a number is out of range')
  return { kind: 'entries', incarnation: incarnation(message.incarnation), first, entries }
}

function inflated(deflated: Uint8Array): readonly Uint8Array[] {
  const list = decoded(() => inflateRawSync(deflated, { maxOutputLength: LIMITS.frameBytes }))
  return decoded(() => pb.EntryList.decode(plain(list), { limits: { entries: LIMITS.entriesPerMessage } }).entries)
}

function checkedWant(message: pb.Want): SyncMessage {
  const lives = checkedLives(message.lives, new OriginReader(message.origins))
  return { kind: 'want', replicant: replicant(message.replicant), lives }
}

function checkedAudit({ seed, from, count: wanted }: pb.Audit): SyncMessage {
  if (wanted === 0 || wanted > LIMITS.symbols) throw bad('an audit asks for a wrong number of symbols')
  return { kind: 'audit', seed, from, count: wanted }
}

function checkedLack({ names }: pb.Lack): SyncMessage {
  if (names.length === 0) throw bad('nothing is lacking')
  if (names.some(name => name.length !== NAME_BYTES)) throw bad('a name has a wrong length')
  return { kind: 'lack', names: names.map(wordsOf) }
}

function checkedNames({ all, added }: pb.Names): SyncMessage {
  if ((all === undefined) === (added.length === 0)) throw bad('buckets are there in two ways, or in none')
  if (added.some(bucket => bucket >= NAME_BUCKETS)) throw bad('there is no such bucket')
  if (all === undefined) return { kind: 'names', added }
  if (all.length !== BUCKETS_BYTES) throw bad('buckets have a wrong length')
  return { kind: 'names', all }
}

function readWords(bytes: Uint8Array): Uint32Array {
  if (bytes.length === 0 || bytes.length % SYMBOL_BYTES !== 0 || bytes.length > LIMITS.symbols * SYMBOL_BYTES)
    throw bad('symbols have a wrong length')
  return wordsOf(bytes)
}

/** Big-endian, whatever this machine is. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, word) => view.getUint32(4 * word))
}

function writtenWords(words: Uint32Array): Bytes {
  const bytes = new Uint8Array(4 * words.length)
  const view = new DataView(bytes.buffer)
  words.forEach((word, place) => view.setUint32(4 * place, word))
  return bytes
}

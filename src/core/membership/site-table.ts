import { bytesEqual, NAME_PATTERN } from './record.ts'
import { compareIncarnations } from './incarnation.ts'
import type { Beat, SignedRecord } from './record.ts'

/**
 * The table of sites: which records and beats are believed. Pure: every function returns the next table and a verdict.
 *
 * A name belongs to the first key that was seen with it, for ever; a key has one name; numbers only grow. So neither a
 * forged, nor an old, nor a stolen record changes anything, whichever way it came (hello, gossip, DHT, disk).
 */
export interface SiteTable {
  readonly mesh: string
  readonly self: { readonly site: string; readonly peerId: string }
  /** Other sites and, once it is made, the own one, by name. */
  readonly sites: ReadonlyMap<string, SiteEntry>
  /** Name of the site of a key. */
  readonly names: ReadonlyMap<string, string>
}

export interface SiteEntry {
  readonly signed: SignedRecord
  /** The newest beat that was believed. */
  readonly beat: Beat | undefined
}

/** More sites than a mesh of full beats is meant for; a peer that mints records stops here. */
export const MAX_SITES = 1024

export type RecordVerdict =
  | { readonly kind: 'new' | 'newer' | 'same' | 'older' }
  | { readonly kind: 'refused'; readonly code: RecordRefusal; readonly detail: string }
  /** A record of this site, by its own key, that this run of the agent did not make: another must be made above it. */
  | { readonly kind: 'own-ahead'; readonly number: bigint; readonly incarnation: string }

export type RecordRefusal =
  'wrong-mesh' | 'bad-name' | 'name-taken' | 'own-name' | 'key-has-name' | 'two-records' | 'table-full'

export function createSiteTable(mesh: string, self: { site: string; peerId: string }): SiteTable {
  return { mesh, self, sites: new Map(), names: new Map([[self.peerId, self.site]]) }
}

/** Says what a record of another agent is worth, without taking it. */
export function judgeRecord(table: SiteTable, signed: SignedRecord): RecordVerdict {
  const { record } = signed
  if (record.mesh !== table.mesh) {
    return refused('wrong-mesh', `it is of mesh "${record.mesh}", this is mesh "${table.mesh}"`)
  }
  if (!NAME_PATTERN.test(record.site)) return refused('bad-name', 'its site has no valid name')
  if (record.site === table.self.site) return judgeOwn(table, signed)
  const nameOfKey = table.names.get(record.peerId)
  if (nameOfKey !== undefined && nameOfKey !== record.site) {
    return refused('key-has-name', `its key belongs to site "${nameOfKey}"`)
  }
  const known = table.sites.get(record.site)
  if (known === undefined) {
    return table.sites.size >= MAX_SITES
      ? refused('table-full', `this agent knows ${MAX_SITES} sites already`)
      : { kind: 'new' }
  }
  if (known.signed.record.peerId !== record.peerId) {
    return refused('name-taken', `site "${record.site}" belongs to the key of ${known.signed.record.peerId}`)
  }
  return compareWith(known.signed, signed)
}

/** Takes a record if it is new or newer. */
export function acceptRecord(
  table: SiteTable,
  signed: SignedRecord,
): { readonly table: SiteTable; readonly verdict: RecordVerdict } {
  const verdict = judgeRecord(table, signed)
  if (verdict.kind !== 'new' && verdict.kind !== 'newer') return { table, verdict }
  return { table: withRecord(table, signed), verdict }
}

/** Puts the own record into the table. The caller has made it. */
export function setOwnRecord(table: SiteTable, signed: SignedRecord): SiteTable {
  return withRecord(table, signed)
}

export type BeatVerdict =
  | {
      readonly kind: 'heard'
      readonly site: string
      /** The sender has a newer record than the one known here. */
      readonly recordMissing: boolean
      /** The first beat of this start of the agent. */
      readonly restarted: boolean
    }
  /** No record of this key is known: ask whoever passed the beat on. */
  | { readonly kind: 'unknown' }
  /** Numbers that were seen, or an earlier start of the agent. */
  | { readonly kind: 'replayed'; readonly site: string }
  /** Beats of this site's key that this agent did not send: a second agent runs with a copy of the data folder. */
  | { readonly kind: 'own'; readonly incarnation: string; readonly recordNumber: bigint }

/** @param peerId who signed the beat */
export function acceptBeat(
  table: SiteTable,
  peerId: string,
  beat: Beat,
): { readonly table: SiteTable; readonly verdict: BeatVerdict } {
  if (peerId === table.self.peerId) {
    return { table, verdict: { kind: 'own', incarnation: beat.incarnation, recordNumber: beat.recordNumber } }
  }
  const site = table.names.get(peerId)
  const entry = site === undefined ? undefined : table.sites.get(site)
  if (site === undefined || entry === undefined) return { table, verdict: { kind: 'unknown' } }
  const newest = newestIncarnation(entry)
  const order = compareIncarnations(beat.incarnation, newest)
  const seen = entry.beat !== undefined && entry.beat.incarnation === beat.incarnation ? entry.beat.number : 0n
  if (order < 0 || beat.number <= seen) return { table, verdict: { kind: 'replayed', site } }
  const sites = new Map(table.sites).set(site, { ...entry, beat })
  const { record } = entry.signed
  return {
    table: { ...table, sites },
    verdict: {
      kind: 'heard',
      site,
      recordMissing: beat.recordNumber > record.number || compareIncarnations(beat.incarnation, record.incarnation) > 0,
      restarted: entry.beat === undefined || entry.beat.incarnation !== beat.incarnation,
    },
  }
}

/** Name of the site that a key has proved to be. */
export function siteOfKey(table: SiteTable, peerId: string): string | undefined {
  const name = table.names.get(peerId)
  return name !== undefined && (name === table.self.site || table.sites.has(name)) ? name : undefined
}

function judgeOwn(table: SiteTable, signed: SignedRecord): RecordVerdict {
  const { record } = signed
  if (record.peerId !== table.self.peerId) {
    return refused('own-name', `it claims this site's own name for the key of ${record.peerId}`)
  }
  const own = table.sites.get(record.site)
  if (own === undefined) return { kind: 'own-ahead', number: record.number, incarnation: record.incarnation }
  const verdict = compareWith(own.signed, signed)
  const isLaterRun = compareIncarnations(record.incarnation, own.signed.record.incarnation) > 0
  return isLaterRun || verdict.kind === 'newer' || verdict.kind === 'refused'
    ? { kind: 'own-ahead', number: record.number, incarnation: record.incarnation }
    : verdict
}

function compareWith(known: SignedRecord, signed: SignedRecord): RecordVerdict {
  const a = known.record.number
  const b = signed.record.number
  // A higher number of an earlier run: the site was set back to a backup, and opens a later run when it learns of that.
  const isEarlierRun = compareIncarnations(signed.record.incarnation, known.record.incarnation) < 0
  if (b > a) return { kind: isEarlierRun ? 'older' : 'newer' }
  if (b < a) return { kind: 'older' }
  return bytesEqual(known.bytes, signed.bytes)
    ? { kind: 'same' }
    : refused('two-records', `there are two different records with number ${b}: two agents run with one key`)
}

function withRecord(table: SiteTable, signed: SignedRecord): SiteTable {
  const { site, peerId, incarnation } = signed.record
  const beat = table.sites.get(site)?.beat
  // Beats of a run that the record does not know of: the record is the later word.
  const isKept = beat !== undefined && compareIncarnations(beat.incarnation, incarnation) <= 0
  const sites = new Map(table.sites).set(site, { signed, beat: isKept ? beat : undefined })
  return { ...table, sites, names: new Map(table.names).set(peerId, site) }
}

function newestIncarnation(entry: SiteEntry): string {
  const ofRecord = entry.signed.record.incarnation
  const ofBeat = entry.beat?.incarnation
  return ofBeat !== undefined && compareIncarnations(ofBeat, ofRecord) > 0 ? ofBeat : ofRecord
}

function refused(code: RecordRefusal, detail: string): RecordVerdict {
  return { kind: 'refused', code, detail }
}

import { bytesEqual, isSiteName } from './record.ts'
import { compareIncarnations } from './incarnation.ts'
import type { Beat, SignedRecord } from './record.ts'

/**
 * The table of sites: which records and beats are believed. Pure: every function returns the next table and a verdict.
 *
 * A name belongs to the first key that was seen with it, for ever; a key has one name; numbers only grow. So neither a
 * forged, nor an old, nor a stolen record changes anything, whichever way it came (hello, gossip, DHT, disk).
 *
 * Keys cost nothing to make, so a record that somebody else showed is a hint until its site was met: it has said hello
 * over a connection of its own, which proves that there is somebody with the key. Hints are bounded, for each who gives
 * them and in all, and make room for sites that are met.
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
  /** Who showed the first record of a site that was not met yet: a peer ID, or another way. undefined: it was met. */
  readonly introducer: string | undefined
}

/** More sites than a mesh of full beats is meant for; a peer that mints records stops here. */
export const MAX_SITES = 1024
/** Sites that were not met, in all: the rest is kept for those that come themselves. */
export const MAX_UNMET_SITES = 768
/** Sites that were not met, for each who introduced them. A newcomer to a larger mesh meets some, and is told of more. */
export const MAX_INTRODUCED_SITES = 256

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

/**
 * Says what a record of another agent is worth, without taking it.
 * @param introducer who showed it; undefined for the site itself, over its own connection, and for the own disk
 */
export function judgeRecord(table: SiteTable, signed: SignedRecord, introducer?: string): RecordVerdict {
  const { record } = signed
  if (record.mesh !== table.mesh) {
    return refused('wrong-mesh', `it is of mesh "${record.mesh}", this is mesh "${table.mesh}"`)
  }
  if (!isSiteName(record.site)) return refused('bad-name', 'its site has no valid name')
  if (record.site === table.self.site) return judgeOwn(table, signed)
  const nameOfKey = table.names.get(record.peerId)
  if (nameOfKey !== undefined && nameOfKey !== record.site) {
    return refused('key-has-name', `its key belongs to site "${nameOfKey}"`)
  }
  const known = table.sites.get(record.site)
  if (known === undefined) return judgeNew(table, introducer)
  if (known.signed.record.peerId !== record.peerId) {
    // Nobody has ever heard of that key but by hearsay, and here is somebody who has a key.
    if (introducer === undefined && !wasHeard(known)) return { kind: 'new' }
    return refused('name-taken', `site "${record.site}" belongs to the key of ${known.signed.record.peerId}`)
  }
  return compareWith(known.signed, signed)
}

/**
 * Takes a record if it is new or newer. A new one of a site that was met may take the place of another one.
 * @param introducer as for `judgeRecord`
 * @returns also the sites that had to make room
 */
export function acceptRecord(
  table: SiteTable,
  signed: SignedRecord,
  introducer?: string,
): { readonly table: SiteTable; readonly verdict: RecordVerdict; readonly displaced: readonly string[] } {
  const verdict = judgeRecord(table, signed, introducer)
  if (verdict.kind === 'newer') return { table: withRecord(table, signed, introducer), verdict, displaced: [] }
  if (verdict.kind !== 'new') return { table, verdict, displaced: [] }
  const place = table.sites.has(signed.record.site) ? signed.record.site : placeToMake(table)
  const room = place === undefined ? table : forgetSite(table, place)
  return { table: withRecord(room, signed, introducer), verdict, displaced: place === undefined ? [] : [place] }
}

/** A site has proved over its own connection that it has its key. */
export function meetSite(table: SiteTable, site: string): SiteTable {
  const entry = table.sites.get(site)
  if (entry?.introducer === undefined) return table
  return { ...table, sites: new Map(table.sites).set(site, { ...entry, introducer: undefined }) }
}

/** Forgets a site and which key its name belongs to. The own one stays. */
export function forgetSite(table: SiteTable, site: string): SiteTable {
  const entry = table.sites.get(site)
  if (entry === undefined || site === table.self.site) return table
  const sites = new Map(table.sites)
  const names = new Map(table.names)
  sites.delete(site)
  names.delete(entry.signed.record.peerId)
  return { ...table, sites, names }
}

/** Whether a site has given any sign of life that only its key can give. */
export function wasHeard(entry: SiteEntry): boolean {
  return entry.introducer === undefined || entry.beat !== undefined
}

/** Whether a site has said that it stops, and nothing of a later run of its agent is known. */
export function hasLeft({ beat, signed }: SiteEntry): boolean {
  return beat?.leaves === true && compareIncarnations(signed.record.incarnation, beat.incarnation) <= 0
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

function judgeNew(table: SiteTable, introducer: string | undefined): RecordVerdict {
  if (introducer === undefined) {
    return table.sites.size < MAX_SITES || placeToMake(table) !== undefined
      ? { kind: 'new' }
      : refused('table-full', `this agent has met ${MAX_SITES} sites already`)
  }
  let unmet = 0
  let introduced = 0
  for (const entry of table.sites.values()) {
    if (entry.introducer === undefined) continue
    unmet += 1
    if (entry.introducer === introducer) introduced += 1
  }
  if (introduced >= MAX_INTRODUCED_SITES) {
    return refused('table-full', `${introduced} sites that ${introducer} introduced were not met yet`)
  }
  return unmet >= MAX_UNMET_SITES || table.sites.size >= MAX_SITES
    ? refused('table-full', `this agent knows ${table.sites.size} sites already, of which it has not met ${unmet}`)
    : { kind: 'new' }
}

/** Of a full table the site that goes first: one that was not met, rather one that was never heard, the oldest of them. */
function placeToMake(table: SiteTable): string | undefined {
  if (table.sites.size < MAX_SITES) return undefined
  const unmet = [...table.sites].filter(([, entry]) => entry.introducer !== undefined)
  return (unmet.find(([, entry]) => !wasHeard(entry)) ?? unmet[0])?.[0]
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

function withRecord(table: SiteTable, signed: SignedRecord, introducer?: string): SiteTable {
  const { site, peerId, incarnation } = signed.record
  const known = table.sites.get(site)
  const beat = known?.beat
  // Beats of a run that the record does not know of: the record is the later word.
  const isKept = beat !== undefined && compareIncarnations(beat.incarnation, incarnation) <= 0
  const entry = {
    signed,
    beat: isKept ? beat : undefined,
    // A known site keeps its first introducer, until it is met.
    introducer: introducer === undefined || known === undefined ? introducer : known.introducer,
  }
  const sites = new Map(table.sites).set(site, entry)
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

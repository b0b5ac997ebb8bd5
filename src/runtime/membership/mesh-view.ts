import { createLiveness, step } from '../../core/liveness/liveness.ts'
import {
  acceptBeat,
  acceptRecord,
  createSiteTable,
  forgetSite,
  hasLeft,
  meetSite,
  setOwnRecord,
  siteOfKey,
} from '../../core/membership/site-table.ts'
import { Links } from './links.ts'
import { Problems } from './problems.ts'
import type { LivenessEvent, LivenessState } from '../../core/liveness/liveness.ts'
import type { Beat, SignedRecord } from '../../core/membership/record.ts'
import type { BeatVerdict, RecordVerdict, SiteEntry, SiteTable } from '../../core/membership/site-table.ts'
import type { Catalog, CatalogSite } from '../../core/resource/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import { addClockOffset, clockOffsetMs } from '../../core/liveness/clock-offset.ts'
import type { ClockOffsets } from '../../core/liveness/clock-offset.ts'
import { addRoundTrip, roundTripMs } from '../../core/liveness/round-trip.ts'
import type { RoundTrips } from '../../core/liveness/round-trip.ts'
import type { MembershipChange, SiteView } from '../../ports/membership.ts'

/**
 * What this agent knows of the mesh, in memory: the site table and the liveness of the core, the connections, what was
 * measured. Everything that changes it passes through here, is told to the listeners, and is answered from here.
 */
export class MeshView {
  readonly links: Links
  readonly problems: Problems
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #roundTrips = new Map<string, RoundTrips>()
  readonly #offsets = new Map<string, ClockOffsets>()
  readonly #listeners = new Set<(change: MembershipChange) => void>()
  #table: SiteTable
  #liveness: LivenessState
  #catalog: Catalog | undefined

  constructor(options: MeshViewOptions, clock: Clock, problems = new Problems()) {
    this.problems = problems
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#table = createSiteTable(options.mesh, { site: options.site, peerId: options.peerId })
    this.#liveness = createLiveness({ tickMs: options.tickMs, intervalMs: options.intervalMs })
    this.links = new Links(options.peerId)
  }

  get table(): SiteTable {
    return this.#table
  }

  get cutOff(): boolean {
    return this.#liveness.cutOff
  }

  onChange(listener: (change: MembershipChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes a record of another site, however it came.
   * @param introducer who showed it; undefined for the site itself, over its own connection, and for the own disk
   */
  takeRecord(signed: SignedRecord, introducer?: string): RecordVerdict {
    const before = this.#table.sites.get(signed.record.site)
    const { table, verdict, displaced } = acceptRecord(this.#table, signed, introducer)
    for (const site of displaced) this.forget(site, 'made room for a site that was met')
    this.#table = table
    if (verdict.kind === 'new' || verdict.kind === 'newer') {
      this.#step({ kind: 'known', site: signed.record.site, ...this.#times() })
      this.#tell(
        verdict.kind === 'new' ? 'joined' : 'record',
        signed.record.site,
        verdict.kind === 'new' ? 'became known' : recordChange(before, signed),
      )
    }
    return verdict
  }

  setOwn(signed: SignedRecord): void {
    this.#table = setOwnRecord(this.#table, signed)
    this.#tell('record', signed.record.site, `has record ${signed.record.number}`)
  }

  takeBeat(peerId: string, beat: Beat): BeatVerdict {
    const { table, verdict } = acceptBeat(this.#table, peerId, beat)
    this.#table = table
    if (verdict.kind === 'heard') {
      const offsetMs = beat.sentAt + (this.roundTripMs(verdict.site) ?? 0) / 2 - this.#clock.now()
      this.#offsets.set(verdict.site, addClockOffset(this.#offsets.get(verdict.site), offsetMs))
      this.#catalog = undefined
      const { site } = verdict
      const isLast = beat.leaves
      this.#step({
        ...(isLast ? { kind: 'left', site } : { kind: 'beat', site, intervalMs: beat.intervalMs }),
        ...this.#times(),
      })
    }
    return verdict
  }

  /** Forgets a site, and which key its name belongs to. */
  forget(site: string, why: string): void {
    this.#table = forgetSite(this.#table, site)
    this.#roundTrips.delete(site)
    this.#offsets.delete(site)
    this.problems.clearSubject(site)
    this.#step({ kind: 'forgotten', site, ...this.#times() })
    this.#tell('forgotten', site, why)
  }

  /** Sites that were not met, and not heard for that long. */
  neverMet(silentMs: number): readonly string[] {
    const now = this.#clock.monotonic()
    return [...this.#table.sites]
      .filter(([site, { introducer }]) => {
        const heardAt = this.#liveness.sites.get(site)?.heardAt ?? now
        return introducer !== undefined && now - heardAt >= silentMs
      })
      .map(([site]) => site)
  }

  /** A site has shown its record over its own connection. */
  meet(site: string): void {
    this.#table = meetSite(this.#table, site)
  }

  /** A site has proved over a connection that it is there. */
  contact(site: string): void {
    this.meet(site)
    // A hello that was on its way when the agent stopped.
    const entry = this.#table.sites.get(site)
    if (entry !== undefined && hasLeft(entry)) return
    this.#step({ kind: 'contact', site, ...this.#times() })
  }

  tick(): void {
    this.#step({ kind: 'tick', ...this.#times() })
  }

  measured(site: string, rttMs: number): void {
    this.#roundTrips.set(site, addRoundTrip(this.#roundTrips.get(site), rttMs))
    this.#catalog = undefined
  }

  /** How many pings have been answered by a site, as far as they are kept. */
  pingsOf(site: string): number {
    return this.#roundTrips.get(site)?.lastMs.length ?? 0
  }

  /** Milliseconds; undefined for a site that was never measured. */
  roundTripMs(site: string): number | undefined {
    const trips = this.#roundTrips.get(site)
    return trips && roundTripMs(trips)
  }

  changed(kind: MembershipChange['kind'], site: string, detail: string): void {
    this.#tell(kind, site, detail)
  }

  entry(site: string): SiteEntry | undefined {
    return this.#table.sites.get(site)
  }

  siteOfPeer(peerId: string): string | undefined {
    return siteOfKey(this.#table, peerId)
  }

  sites(): readonly SiteView[] {
    return this.names().map(name => this.site(name) as SiteView)
  }

  /** Names of all sites, sorted. */
  names(): readonly string[] {
    return [...this.#table.sites.keys()].sort()
  }

  site(name: string): SiteView | undefined {
    const entry = this.#table.sites.get(name)
    if (entry === undefined) return undefined
    const { record } = entry.signed
    return {
      name,
      peerId: record.peerId,
      addresses: record.addresses,
      services: record.services,
      labels: record.labels,
      version: record.version,
      incarnation: record.incarnation,
      recordNumber: record.number,
      announcedRttMs: entry.beat?.rttMs ?? {},
      cannotDial: entry.beat?.cannotDial ?? [],
      ...(name === this.#table.self.site ? this.#ownState() : this.#stateOf(name, record.peerId)),
    }
  }

  rtts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#roundTrips].map(([site, trips]) => [site, roundTripMs(trips)]))
  }

  catalog(): Catalog {
    this.#catalog ??= { self: this.#table.self.site, sites: this.names().map(name => this.#catalogSite(name)) }
    return this.#catalog
  }

  #ownState() {
    return {
      liveness: 'alive',
      since: this.#startedAt,
      reason: 'this site',
      rttMs: 0,
      connection: 'self',
      clockOffsetMs: 0,
    } as const
  }

  #stateOf(name: string, peerId: string) {
    const health = this.#liveness.sites.get(name)
    const link = this.links.best(peerId)
    return {
      liveness: health?.state ?? 'suspect',
      since: health?.since ?? this.#startedAt,
      reason: health?.reason ?? 'known by its record, not heard yet',
      rttMs: this.roundTripMs(name),
      connection: link === undefined ? 'none' : link.connection.relayed ? 'relayed' : 'direct',
      clockOffsetMs: clockOffsetMs(this.#offsets.get(name)),
    } as const
  }

  #catalogSite(name: string): CatalogSite {
    const view = this.site(name) as SiteView
    const services = view.services.map(service => service.name)
    const { labels, liveness, rttMs, announcedRttMs } = view
    return { name, labels, services, liveness, rttMs, announcedRttMs }
  }

  #step(event: LivenessEvent): void {
    const { state, changes } = step(this.#liveness, event)
    this.#liveness = state
    for (const { site, from, to, reason } of changes) this.#tell('liveness', site, `${from} → ${to}: ${reason}`)
  }

  #times(): { at: number; wall: number } {
    return { at: this.#clock.monotonic(), wall: this.#clock.now() }
  }

  #tell(kind: MembershipChange['kind'], site: string, detail: string): void {
    this.#catalog = undefined
    const change: MembershipChange = { kind, site, detail, at: this.#clock.now() }
    for (const listener of this.#listeners) listener(change)
  }
}

export interface MeshViewOptions {
  readonly mesh: string
  readonly site: string
  readonly peerId: string
  readonly tickMs: number
  readonly intervalMs: number
}

function recordChange(before: SiteEntry | undefined, signed: SignedRecord): string {
  const old = before?.signed.record
  const now = signed.record
  const what: string[] = []
  if (old?.incarnation !== now.incarnation) what.push('restarted')
  if (old?.addresses.join() !== now.addresses.join()) what.push(`addresses ${now.addresses.join(' ') || 'none'}`)
  if (JSON.stringify(old?.services) !== JSON.stringify(now.services)) {
    what.push(`services ${now.services.map(service => service.name).join(' ') || 'none'}`)
  }
  return `has record ${now.number}: ${what.length > 0 ? what.join(', ') : 'renewed'}`
}

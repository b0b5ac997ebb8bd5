import { firstArrival, nextArrival, phi } from './arrivals.ts'
import type { Arrivals } from './arrivals.ts'
import type { Liveness } from '../resource/catalog.ts'

/**
 * Which sites are alive, suspect or down, since when and why. Pure: `step(state, event)` gives the next state and the
 * changes. Nothing is ever deleted because a site is down, and one beat makes it alive again. A site that stops in order says so, and is down at once.
 *
 * Two things look like the death of others and are not: this process slept (a late tick: the time is not counted), and
 * this site is cut off (nobody is heard: the reason says so, and the time is not counted once somebody is heard again).
 */
export interface LivenessState {
  readonly options: LivenessOptions
  readonly sites: ReadonlyMap<string, SiteHealth>
  /** Monotonic time of the last tick. */
  readonly tickedAt: number | undefined
  /** Monotonic time at which any site was heard last. */
  readonly heardAt: number | undefined
  /** Nobody is heard, though several sites were: this site may be cut off. */
  readonly cutOff: boolean
}

export interface LivenessOptions {
  /** Time between two ticks, milliseconds. */
  readonly tickMs: number
  /** What is expected of a site that was never heard, milliseconds between two beats. */
  readonly intervalMs: number
}

export interface SiteHealth {
  readonly state: Liveness
  /** Wall clock, milliseconds. */
  readonly since: number
  readonly reason: string
  /** Monotonic time of the last sign of life, or of when the site became known. */
  readonly heardAt: number
  /** Whether there was any sign of life. */
  readonly heard: boolean
  readonly arrivals: Arrivals
  /** Monotonic time of the last beat, for the time between two. */
  readonly beatAt: number | undefined
}

/** `at` is monotonic, `wall` the wall clock; both milliseconds. */
export type LivenessEvent = { readonly at: number; readonly wall: number } & (
  | { readonly kind: 'known'; readonly site: string }
  /** The site is none any more. */
  | { readonly kind: 'forgotten'; readonly site: string }
  /** A beat, with the time until the next that it announced. */
  | { readonly kind: 'beat'; readonly site: string; readonly intervalMs: number }
  /** Any other authenticated sign of life: a handshake on a connection. */
  | { readonly kind: 'contact'; readonly site: string }
  /** Its last beat: the agent stops in order. */
  | { readonly kind: 'left'; readonly site: string }
  | { readonly kind: 'tick' }
)

export interface LivenessChange {
  readonly site: string
  readonly from: Liveness
  readonly to: Liveness
  readonly reason: string
}

/** Suspicion at which a site is suspect: wrong once in 10^8 if arrivals are as they were. */
export const PHI_SUSPECT = 8
/** A site is down after that many times the silence that made it suspect. */
export const DOWN_AFTER_SUSPECT_SILENCES = 2
/** Why a site is down that has said so itself. */
export const LEFT = 'left: stopped in order'
/** A tick this much later than due means that this process did not run in between. */
const LATE_TICKS = 4
/** Nobody heard for that many intervals, while each should have been heard every interval: this site may be cut off. */
const CUT_OFF_INTERVALS = 2.5

export function createLiveness(options: LivenessOptions): LivenessState {
  return { options, sites: new Map(), tickedAt: undefined, heardAt: undefined, cutOff: false }
}

export function step(
  state: LivenessState,
  event: LivenessEvent,
): { readonly state: LivenessState; readonly changes: readonly LivenessChange[] } {
  switch (event.kind) {
    case 'known':
      return { state: known(state, event.site, event.at, event.wall), changes: [] }
    case 'forgotten': {
      const sites = new Map(state.sites)
      sites.delete(event.site)
      return { state: { ...state, sites }, changes: [] }
    }
    case 'beat':
    case 'contact':
    case 'left':
      return heard(state, event)
    case 'tick':
      return tick(state, event.at, event.wall)
  }
}

function known(state: LivenessState, site: string, at: number, wall: number): LivenessState {
  if (state.sites.has(site)) return state
  const health: SiteHealth = {
    state: 'suspect',
    since: wall,
    reason: 'known by its record, not heard yet',
    heardAt: at,
    heard: false,
    arrivals: firstArrival(state.options.intervalMs),
    beatAt: undefined,
  }
  return { ...state, sites: new Map(state.sites).set(site, health) }
}

function heard(
  before: LivenessState,
  event: Extract<LivenessEvent, { kind: 'beat' | 'contact' | 'left' }>,
): { state: LivenessState; changes: LivenessChange[] } {
  const { at, wall, site } = event
  // A beat that waited in a buffer while this process slept must not be judged with the sleep in it.
  const awake = known(forgive(before, at), site, at, wall)
  const state = awake.cutOff ? shifted(awake, at - (awake.heardAt ?? at), at) : awake
  const old = awake.sites.get(site) as SiteHealth
  const alive = old.state === 'alive'
  const to = event.kind === 'left' ? 'down' : 'alive'
  const isSame = old.state === to
  const next: SiteHealth = {
    state: to,
    since: isSame ? old.since : wall,
    reason: event.kind === 'left' ? LEFT : isSame ? old.reason : reasonOfReturn(old, event.kind, at),
    heardAt: at,
    heard: true,
    arrivals: event.kind === 'beat' ? arrivalsAfter(old, alive, at, event.intervalMs) : old.arrivals,
    beatAt: event.kind === 'beat' ? at : old.beatAt,
  }
  return {
    state: { ...state, sites: new Map(state.sites).set(site, next), heardAt: at, cutOff: false },
    changes: isSame ? [] : [{ site, from: old.state, to, reason: next.reason }],
  }
}

/** The time that a site was away says nothing about how regular its beats are. */
function arrivalsAfter(old: SiteHealth, alive: boolean, at: number, intervalMs: number): Arrivals {
  return alive && old.beatAt !== undefined
    ? nextArrival(old.arrivals, at - old.beatAt, intervalMs)
    : firstArrival(intervalMs)
}

function tick(
  before: LivenessState,
  at: number,
  wall: number,
): { state: LivenessState; changes: readonly LivenessChange[] } {
  const forgiven = forgive(before, at)
  const state = { ...forgiven, tickedAt: at, cutOff: isCutOff(forgiven, at) }
  const sites = new Map(state.sites)
  const changes: LivenessChange[] = []
  for (const [site, health] of state.sites) {
    const to = verdict(health, at)
    if (to === health.state || health.state === 'down') continue
    const reason = reasonOfSilence(health, at - health.heardAt, state.cutOff)
    sites.set(site, { ...health, state: to, since: wall, reason })
    changes.push({ site, from: health.state, to, reason })
  }
  return { state: changes.length === 0 ? state : { ...state, sites }, changes }
}

function verdict(health: SiteHealth, at: number): Liveness {
  const silence = at - health.heardAt
  if (phi(health.arrivals, silence / DOWN_AFTER_SUSPECT_SILENCES) >= PHI_SUSPECT) return 'down'
  if (health.state === 'suspect' || phi(health.arrivals, silence) >= PHI_SUSPECT) return 'suspect'
  return 'alive'
}

/** Takes the time out of every silence in which this process did not run. */
function forgive(state: LivenessState, at: number): LivenessState {
  if (state.tickedAt === undefined) return state
  const late = at - state.tickedAt - state.options.tickMs
  if (late < LATE_TICKS * state.options.tickMs) return state
  return { ...shifted(state, late, at), tickedAt: at }
}

function shifted(state: LivenessState, byMs: number, at: number): LivenessState {
  const move = (time: number): number => Math.min(time + byMs, at)
  const sites = new Map<string, SiteHealth>()
  for (const [site, health] of state.sites) {
    // The next gap between beats contains the pause: it is no measurement.
    sites.set(site, { ...health, heardAt: move(health.heardAt), beatAt: undefined })
  }
  return { ...state, sites, heardAt: state.heardAt === undefined ? undefined : move(state.heardAt) }
}

/** With one other site alone its death and our cut look the same; then we say what we see. */
function isCutOff(state: LivenessState, at: number): boolean {
  if (state.heardAt === undefined) return false
  let listened = 0
  let interval = 0
  for (const health of state.sites.values()) {
    if (!health.heard || (health.state === 'down' && !state.cutOff)) continue
    listened += 1
    interval = Math.max(interval, health.arrivals.announcedMs)
  }
  return listened >= 2 && at - state.heardAt > CUT_OFF_INTERVALS * interval
}

function reasonOfSilence(health: SiteHealth, silenceMs: number, cutOff: boolean): string {
  const seconds = formatSeconds(silenceMs)
  if (!health.heard) return `not heard since it became known ${seconds} ago`
  return cutOff
    ? `no beat for ${seconds}, and nobody else is heard either: this site may be cut off itself`
    : `no beat for ${seconds}`
}

function reasonOfReturn(old: SiteHealth, kind: 'beat' | 'contact', at: number): string {
  const how = kind === 'beat' ? 'beat received' : 'connected'
  return old.heard ? `${how} after ${formatSeconds(at - old.heardAt)} of silence` : how
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

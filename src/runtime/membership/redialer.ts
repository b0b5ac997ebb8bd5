import { CheopsError } from '../../errors.ts'
import { nextAttemptInMs } from './backoff.ts'
import { PATIENT_AFTER, dialTimeoutAfter } from './dial-patience.ts'
import { TokenBuckets } from './token-buckets.ts'
import type { DialResult } from '../../ports/peer-network.ts'
import type { TimerHandle } from '../../ports/clock.ts'
import type { Greeter } from './greeter.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'

/**
 * Connections that are kept: to all sites of a mesh up to this size; in a larger one to the sites that follow in the order
 * of names, so that the connections of all form one connected ring, and to others when a request needs them.
 */
export const MAX_KEPT_SITES = 256
/** A request does not dial again within this time after a failure: thousands of requests would be thousands of dials. */
const FAILURE_HOLDS_MS = 250

/** Addresses of a site that are tried; a machine with many networks has some more. */
export const MAX_DIALLED_ADDRESSES = 16
/**
 * Addresses in the records of sites that were not met, which are dialled at once and then each second, of all such sites
 * together: whoever invents records must not make this agent a scanner of other machines. A newcomer meets a mesh of a
 * hundred sites within it at once; the sites that wait dial by themselves.
 */
const HEARSAY_DIALS = { burst: 256, perSecond: 4, maxKeys: 1 }

export type ConnectResult = { readonly ok: true; readonly link: Link } | { readonly ok: false; readonly detail: string }

interface Attempts {
  failures: number
  /** As in `DialsBefore`; what wakes an attempt says nothing of the link. */
  unfinished: number
  timer: TimerHandle | undefined
  dialing: Promise<ConnectResult> | undefined
  /** Monotonic time and sentence of the last failure. */
  failedAt: number
  failure: string
}

/** Keeps a connection to every site, and finds again those that were lost. libp2p has nothing of the kind. */
export class Redialer {
  readonly #mesh: MeshContext
  readonly #greet: (link: Link) => ReturnType<Greeter['greet']>
  readonly #lookUp: (site: string) => void
  readonly #sites = new Map<string, Attempts>()
  readonly #hearsay = new TokenBuckets(HEARSAY_DIALS)

  /** @param lookUp asks the DHT for a newer record of a site that does not answer */
  constructor(mesh: MeshContext, greet: (link: Link) => ReturnType<Greeter['greet']>, lookUp: (site: string) => void) {
    this.#mesh = mesh
    this.#greet = greet
    this.#lookUp = lookUp
  }

  /** A site became known, has a new record, or was lost: dial it, the one with the smaller peer ID first. */
  wake(site: string): void {
    const entry = this.#mesh.view.entry(site)
    if (entry === undefined || site === this.#mesh.options.site || this.#isConnected(site)) return
    const { network, random, times } = this.#mesh
    const first = network.peerId < entry.signed.record.peerId
    this.#attempts(site).failures = 0
    this.#schedule(site, first ? 0 : times.politeMs * (1 + random.uniform()))
  }

  /** A site that was not heard for a while has given a sign of life: dial at once. */
  wakeNow(site: string): void {
    if (this.#isConnected(site)) return
    this.#attempts(site).failures = 0
    this.#schedule(site, 0)
  }

  /** There is a connection again after there was none at all: nobody is to blame for the failures of the time between. */
  wakeAll(): void {
    for (const site of this.#sites.keys()) if (!this.#isConnected(site)) this.wake(site)
  }

  /** A site is none any more. */
  forget(site: string): void {
    this.#sites.get(site)?.timer?.cancel()
    this.#sites.delete(site)
  }

  /** The connection to a site, dialled if there is none. Concurrent calls share one dial. */
  async connect(site: string, signal: AbortSignal): Promise<Link> {
    const { view, options } = this.#mesh
    const peerId = view.entry(site)?.signed.record.peerId
    if (peerId === undefined || site === options.site) {
      throw new CheopsError('ERR_SITE_UNKNOWN', `The mesh does not know site "${site}".`, { site })
    }
    const cut = this.#mesh.cuts.of(site)
    if (cut !== undefined) {
      const leftMs = Math.max(0, cut.until - this.#mesh.clock.now())
      const message = `Site "${site}" cannot be reached: an operator has cut it off from this one, for ${String(Math.ceil(leftMs / 1_000))} s more.`
      throw new CheopsError('ERR_SITE_UNREACHABLE', message, { site, isCut: true })
    }
    const link = view.links.best(peerId)
    if (link !== undefined) return link
    const result = await withSignal(this.#dialOnce(site), signal)
    if (result.ok) return result.link
    throw new CheopsError('ERR_SITE_UNREACHABLE', `Site "${site}" cannot be reached: ${result.detail}.`, { site })
  }

  /** Opens another connection to a site whose connection does not answer any more. */
  replace(site: string): void {
    const attempts = this.#attempts(site)
    if (attempts.timer !== undefined || attempts.dialing !== undefined) return
    this.#schedule(site, nextAttemptInMs(attempts.failures, this.#mesh.random))
  }

  /** Tries for a direct connection to a site that is reached through a relay. */
  upgrade(site: string): void {
    const { life, view, network, options, clock } = this.#mesh
    const record = view.entry(site)?.signed.record
    const direct = record?.addresses.filter(address => !address.includes('/p2p-circuit')) ?? []
    const addresses = direct.slice(0, MAX_DIALLED_ADDRESSES)
    if (record === undefined || addresses.length === 0) return
    life.run(async () => {
      const request = { peerId: record.peerId, addresses, timeoutMs: options.dialTimeoutMs, force: true }
      const result = await network.dial(request)
      if (result.ok) await this.#greet(view.links.open(result.connection, clock.monotonic()))
    })
  }

  #isConnected(site: string): boolean {
    const peerId = this.#mesh.view.entry(site)?.signed.record.peerId
    return peerId !== undefined && this.#mesh.view.links.best(peerId)?.failing === false
  }

  #schedule(site: string, delayMs: number): void {
    const attempts = this.#attempts(site)
    if (attempts.dialing !== undefined) return
    attempts.timer?.cancel()
    attempts.timer = this.#mesh.life.after(delayMs, () => {
      attempts.timer = undefined
      if (!this.#isWanted(site)) return
      if (this.#mayDial(site)) this.#mesh.life.run(() => this.#redial(site))
      else this.#schedule(site, nextAttemptInMs(PATIENT_AFTER, this.#mesh.random))
    })
  }

  /** Addresses that only others vouch for are tried within a budget. */
  #mayDial(site: string): boolean {
    const entry = this.#mesh.view.entry(site)
    if (entry?.introducer === undefined) return true
    const cost = Math.min(entry.signed.record.addresses.length, MAX_DIALLED_ADDRESSES)
    return this.#hearsay.take('', this.#mesh.clock.monotonic(), cost)
  }

  async #redial(site: string): Promise<void> {
    const attempts = this.#attempts(site)
    const result = await this.#dialOnce(site)
    const isForgotten = this.#sites.get(site) !== attempts
    if (result.ok || isForgotten || this.#mesh.life.over) return
    if (attempts.failures % 4 === 0) this.#lookUp(site)
    this.#schedule(site, nextAttemptInMs(attempts.failures, this.#mesh.random))
  }

  #dialOnce(site: string): Promise<ConnectResult> {
    const attempts = this.#attempts(site)
    const { clock } = this.#mesh
    if (attempts.dialing !== undefined) return attempts.dialing
    if (clock.monotonic() - attempts.failedAt < FAILURE_HOLDS_MS) {
      return Promise.resolve({ ok: false, detail: attempts.failure })
    }
    const dialing = this.#dial(site, attempts).then(result => {
      attempts.dialing = undefined
      if (result.ok) {
        attempts.failures = 0
        attempts.unfinished = 0
      } else {
        attempts.failures += 1
        attempts.failedAt = clock.monotonic()
        attempts.failure = result.detail
      }
      return result
    })
    attempts.dialing = dialing
    return dialing
  }

  async #dial(site: string, attempts: Attempts): Promise<ConnectResult> {
    const { network, view, clock, options } = this.#mesh
    const record = view.entry(site)?.signed.record
    if (record === undefined) return { ok: false, detail: 'it is not known' }
    const { peerId } = record
    const addresses = record.addresses.slice(0, MAX_DIALLED_ADDRESSES)
    if (addresses.length === 0) return { ok: false, detail: 'it has no address and has to dial this site' }
    const before = { ...attempts, roundTripMs: view.roundTripMs(site) }
    const timeoutMs = dialTimeoutAfter(before, options.dialTimeoutMs)
    const force = view.links.of(peerId).length > 0
    const result: DialResult = await network.dial({ peerId, addresses, timeoutMs, force })
    if (!result.ok) {
      if (result.failure === 'unfinished') attempts.unfinished += 1
      else if (result.failure !== 'timeout') attempts.unfinished = 0
      return { ok: false, detail: `${result.failure}: ${result.detail}` }
    }
    const link = view.links.open(result.connection, clock.monotonic())
    const greeting = await this.#greet(link)
    return greeting.ok ? { ok: true, link } : { ok: false, detail: greeting.detail }
  }

  /** Whether a connection to the site is to be kept. */
  #isWanted(site: string): boolean {
    const { view, options, cuts } = this.#mesh
    if (this.#isConnected(site) || cuts.of(site) !== undefined) return false
    const names = view.names()
    if (names.length - 1 <= MAX_KEPT_SITES) return true
    const steps = (names.indexOf(site) - names.indexOf(options.site) + names.length) % names.length
    return steps <= MAX_KEPT_SITES
  }

  #attempts(site: string): Attempts {
    let attempts = this.#sites.get(site)
    if (attempts === undefined) {
      attempts = { failures: 0, unfinished: 0, timer: undefined, dialing: undefined, failedAt: -Infinity, failure: '' }
      this.#sites.set(site, attempts)
    }
    return attempts
  }
}

/** What a promise gives, unless the signal aborts first; the work behind it goes on for others. */
async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

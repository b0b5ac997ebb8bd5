import { isLoopback } from '../../core/membership/address.ts'
import { MAX_DIALLED_ADDRESSES } from './redialer.ts'
import { chooseConnection } from './connection-choice.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'
import type { Redialer } from './redialer.ts'

/** Pings of a mesh are spread so that a site sends at most this many a second. */
const MAX_PINGS_PER_SECOND = 10
/** How many times as long the first answer may take: a new link has much to carry, and nobody knows how far the site is. */
const UNMEASURED = 3
/** Of a ping: one for the stream, one for the echo; as many again for each part that is lost once. */
const PING_ROUND_TRIPS = 6
/** Pings to a site soon after each other, before they come at leisure. */
const FIRST_PINGS = 4

/**
 * Looks after connections that stand: measures their round-trip times, notices those that do not answer, closes those that
 * are one too many, and tries the way back to sites that only connect to us.
 */
export class LinkChecker {
  readonly #mesh: MeshContext
  readonly #redialer: Pick<Redialer, 'replace' | 'upgrade'>
  readonly #cannotDial = new Set<string>()
  readonly #watched = new WeakSet<Link>()

  constructor(mesh: MeshContext, redialer: Pick<Redialer, 'replace' | 'upgrade'>) {
    this.#mesh = mesh
    this.#redialer = redialer
  }

  /** Sites that connect to us and whose addresses do not let us in. */
  cannotDial(): readonly string[] {
    return [...this.#cannotDial].sort()
  }

  /** A connection was greeted. */
  watch(link: Link, site: string): void {
    if (this.#watched.has(link)) return
    this.#watched.add(link)
    const { life, times, random } = this.#mesh
    if (link.connection.direction === 'outbound' && !link.connection.relayed) this.#dialled(site)
    this.#ping(link, site)
    life.after(times.probeDelayMs * (1 + random.uniform()), () => this.#probe(link, site))
    life.after(times.duplicateCheckMs, () => this.#closeDuplicates(link))
    if (link.connection.relayed) life.after(times.upgradeIntervalMs, () => this.#upgrade(link, site))
  }

  /** Another connection to the site was greeted: whether this one still leads anywhere is asked now, and not at its turn. */
  check(link: Link, site: string): void {
    const { life, network } = this.#mesh
    life.run(async () => {
      try {
        await network.ping(link.connection.id, this.#pingTimeoutMs(site))
      } catch {
        if (this.#stands(link)) this.#failed(link, site)
      }
    })
  }

  #ping(link: Link, site: string): void {
    const { life, network, times, view, random } = this.#mesh
    if (!this.#stands(link)) return
    life.run(async () => {
      try {
        view.measured(site, await network.ping(link.connection.id, this.#pingTimeoutMs(site)))
        link.failing = false
      } catch {
        if (this.#stands(link)) this.#failed(link, site)
      }
      const spread = (view.links.peers().length * 1000) / MAX_PINGS_PER_SECOND
      // The first ones fall into the start of one of the two and take long: a few soon after make up for them.
      const wanted = view.pingsOf(site) < FIRST_PINGS ? times.firstPingsMs : times.pingIntervalMs
      const interval = Math.max(wanted, spread)
      life.after(interval * (0.75 + random.uniform() / 2), () => this.#ping(link, site))
    })
  }

  /** A slow link must not be taken for a dead one: whoever is connected anew again and again gets nothing through. */
  #pingTimeoutMs(site: string): number {
    const { pingTimeoutMs } = this.#mesh.times
    const roundTripMs = this.#mesh.view.roundTripMs(site)
    if (roundTripMs === undefined) return UNMEASURED * pingTimeoutMs
    return pingTimeoutMs + Math.ceil(PING_ROUND_TRIPS * roundTripMs)
  }

  /** The last connection is never closed for that: a process that was stopped for a while goes on with it. */
  #failed(link: Link, site: string): void {
    const { view, network, logger } = this.#mesh
    logger.debug({ site, connection: link.connection.id }, 'a connection does not answer')
    link.failing = true
    const best = view.links.best(link.connection.peerId)
    if (best === undefined || best.failing) this.#redialer.replace(site)
    else network.close(link.connection.id, { force: true })
  }

  #closeDuplicates(link: Link): void {
    const { life, network, times, view } = this.#mesh
    if (!this.#stands(link)) return
    const links = view.links.of(link.connection.peerId).filter(other => other.greeted && !other.failing)
    // One of the two closes, so that both keep the same one.
    if (links.length > 1 && network.peerId < link.connection.peerId) {
      const keep = chooseConnection(network.peerId, links)
      for (const other of links) if (other !== keep) network.close(other.connection.id, { force: false })
    }
    life.after(times.duplicateCheckMs, () => this.#closeDuplicates(link))
  }

  #probe(link: Link, site: string): void {
    const { life, network, times, view, random } = this.#mesh
    if (!this.#stands(link)) return
    life.after(times.probeIntervalMs * (0.75 + random.uniform() / 2), () => this.#probe(link, site))
    const direct = view.links.of(link.connection.peerId).filter(other => !other.connection.relayed)
    if (direct.length === 0) return
    if (direct.some(other => other.connection.direction === 'outbound')) return this.#dialled(site)
    life.run(async () => {
      const announced = view.entry(site)?.signed.record.addresses ?? []
      const isHere = isLoopback(link.connection.address)
      const addresses = announced.filter(address => isHere || !isLoopback(address)).slice(0, MAX_DIALLED_ADDRESSES)
      const leadsNowhere = addresses.length === 0 && announced.length > 0
      const reached = leadsNowhere ? false : await network.probe(addresses, times.probeTimeoutMs)
      if (reached === false) this.#notDialled(site)
      else this.#dialled(site)
    })
  }

  #upgrade(link: Link, site: string): void {
    const { life, times, view } = this.#mesh
    if (!this.#stands(link)) return
    life.after(times.upgradeIntervalMs, () => this.#upgrade(link, site))
    const hasDirect = view.links.of(link.connection.peerId).some(other => !other.connection.relayed)
    if (!hasDirect) this.#redialer.upgrade(site)
  }

  /** A site is none any more. */
  forget(site: string): void {
    this.#cannotDial.delete(site)
  }

  #dialled(site: string): void {
    if (this.#cannotDial.delete(site)) this.#mesh.view.problems.clear('cannot-dial', site)
  }

  #notDialled(site: string): void {
    const { view, clock } = this.#mesh
    this.#cannotDial.add(site)
    const addresses = view.entry(site)?.signed.record.addresses.join(', ')
    const detail = `site "${site}" connects to this site, but nothing answers at ${addresses}`
    view.problems.report('cannot-dial', site, detail, clock.now())
  }

  #stands(link: Link): boolean {
    return this.#mesh.view.links.get(link.connection.id) === link
  }
}

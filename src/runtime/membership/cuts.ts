import { CheopsError } from '../../errors.ts'
import type { TimerHandle } from '../../ports/clock.ts'
import type { SiteCut } from '../../ports/membership.ts'
import type { MeshContext } from './options.ts'

/** Shorter than this nobody sees anything; what is to last longer than an hour is no trial any more, and belongs into a firewall. */
export const CUT_MS = { least: 1_000, most: 3_600_000 } as const

/**
 * Sites that an operator has cut off here, to see what a cut does: no connection to them stands, none is let in, none is dialled. Each ends by
 * itself. They are kept in memory alone, so that a start ends them all: what was meant for minutes must not outlive a crash.
 *
 * What third sites tell of a site that is cut off is heard as ever, as it is where one link of a mesh is broken.
 */
export class Cuts {
  readonly #mesh: Pick<MeshContext, 'clock' | 'life' | 'logger' | 'network' | 'options' | 'view'>
  readonly #wake: (site: string) => void
  /** By site; under `ALL` all others, and whoever is no site. */
  readonly #cuts = new Map<string, Cut>()

  /** @param wake dials a site again */
  constructor(
    mesh: Pick<MeshContext, 'clock' | 'life' | 'logger' | 'network' | 'options' | 'view'>,
    wake: (site: string) => void,
  ) {
    this.#mesh = mesh
    this.#wake = wake
  }

  /** What holds now, by site; all sites first. */
  list(): readonly SiteCut[] {
    return [...this.#cuts].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, cut]) => this.#told(cut))
  }

  /** Names of the known sites that are cut off. */
  sites(): readonly string[] {
    const { view, options } = this.#mesh
    return view.names().filter(site => site !== options.site && this.of(site) !== undefined)
  }

  /** Why nothing leads to a site: the cut that ends last. @param site undefined for a peer that is no known site */
  of(site: string | undefined): SiteCut | undefined {
    const [all, one] = [this.#cuts.get(ALL), site === undefined ? undefined : this.#cuts.get(site)]
    const last = all !== undefined && one !== undefined ? (all.endsAt > one.endsAt ? all : one) : (all ?? one)
    return last && this.#told(last)
  }

  /** By the wall clock as it is now: that may have been set since. */
  #told({ site, beganAt, endsAt }: Cut): SiteCut {
    const { clock } = this.#mesh
    const ahead = clock.now() - clock.monotonic()
    return { site, since: ahead + beganAt, until: ahead + endsAt }
  }

  /** Whether a peer is to be neither let in nor dialled. */
  hasPeer(peerId: string): boolean {
    return this.#cuts.size > 0 && this.of(this.#mesh.view.siteOfPeer(peerId)) !== undefined
  }

  /**
   * Cuts sites off, or gives those that are another end.
   * @param sites undefined: all others, and whoever dials
   * @param forMs how long from now
   * @throws CheopsError ERR_SITE_UNKNOWN, ERR_ADMIN_INPUT; nothing is cut off then
   */
  cut(sites: readonly string[] | undefined, forMs: number): void {
    const { clock, life, logger, network, view, options } = this.#mesh
    if (!(forMs >= CUT_MS.least && forMs <= CUT_MS.most)) {
      const message = `A cut lasts from ${String(CUT_MS.least)} to ${String(CUT_MS.most)} ms; ${String(forMs)} were asked for.`
      throw new CheopsError('ERR_ADMIN_INPUT', message, { forMs })
    }
    if (sites?.length === 0) throw new CheopsError('ERR_ADMIN_INPUT', 'Name the sites that are to be cut off.')
    for (const site of sites ?? []) this.#requireOther(site)
    for (const key of new Set(sites ?? [ALL])) {
      const before = this.#cuts.get(key)
      before?.timer.cancel()
      const now = clock.monotonic()
      const timer = life.after(forMs, () => this.#end(key, 'by itself'))
      const site = key === ALL ? undefined : key
      this.#cuts.set(key, { site, beganAt: before?.beganAt ?? now, endsAt: now + forMs, timer })
      const seconds = `for ${String(Math.round(forMs / 1_000))} s`
      logger.warn({ site, forMs }, `an operator has cut off ${nameOf(site)} here, ${seconds}`)
      view.changed('cut', site ?? options.site, `an operator has cut off ${nameOf(site)} here, ${seconds}`)
    }
    for (const { id, peerId } of network.connections()) if (this.hasPeer(peerId)) network.close(id, { force: true })
  }

  /**
   * Ends cuts before their time.
   * @param sites undefined: all that hold
   * @throws CheopsError ERR_SITE_UNKNOWN; ERR_ADMIN_INPUT where all are cut off, and some are to be joined; nothing is ended then
   */
  join(sites: readonly string[] | undefined): void {
    for (const site of sites ?? []) if (!this.#cuts.has(site)) this.#requireOther(site)
    if (sites !== undefined && this.#cuts.has(ALL)) {
      throw new CheopsError(
        'ERR_ADMIN_INPUT',
        'All sites are cut off here together: they are joined again together, without names.',
      )
    }
    for (const key of sites ?? [...this.#cuts.keys()]) this.#end(key, 'by an operator')
  }

  #end(key: string, how: string): void {
    const cut = this.#cuts.get(key)
    if (cut === undefined) return
    cut.timer.cancel()
    this.#cuts.delete(key)
    const { logger, options, view } = this.#mesh
    const what = `the cut from ${nameOf(cut.site)} has ended, ${how}`
    logger.warn({ site: cut.site }, what)
    view.changed('rejoined', cut.site ?? options.site, what)
    for (const site of cut.site === undefined ? view.names() : [cut.site])
      // One that an operator has removed meanwhile is not looked for.
      if (site !== options.site && view.entry(site) !== undefined && this.of(site) === undefined) this.#wake(site)
  }

  #requireOther(site: string): void {
    const { view, options } = this.#mesh
    if (site === options.site)
      throw new CheopsError(
        'ERR_SITE_UNKNOWN',
        `"${site}" is this site itself; to cut it off from all others name none of them.`,
        {
          site,
        },
      )
    if (view.entry(site) === undefined)
      throw new CheopsError('ERR_SITE_UNKNOWN', `The mesh does not know site "${site}".`, { site })
  }
}

interface Cut {
  /** undefined: all other sites. */
  readonly site: string | undefined
  /** Both monotonic, milliseconds. */
  readonly beganAt: number
  readonly endsAt: number
  readonly timer: TimerHandle
}

/** No site has this name. */
const ALL = ''

const nameOf = (site: string | undefined): string => (site === undefined ? 'all other sites' : `site "${site}"`)

import { OwnRecord, type OwnDescription } from './own-record.ts'
import type { SignedRecord, SiteRecord } from '../../core/membership/record.ts'
import type { MeshContext } from './options.ts'
import type { SiteBook } from './site-book.ts'

/** A restored backup or a clock that went back needs one new record; more than that is a race. */
const RAISES_WITHOUT_SUSPICION = 2

/** Keeps this site's own record true: makes a new one when something changed, stores it, then tells everybody. */
export class OwnRecordKeeper {
  readonly #mesh: MeshContext
  readonly #book: SiteBook
  readonly #onTold: () => void
  #services: SiteRecord['services']
  #own: OwnRecord | undefined
  #renewing: Promise<void> | undefined
  #raiseWaits = false
  #raises = 0

  /** @param onTold is called when the network was told of a new record */
  constructor(mesh: MeshContext, book: SiteBook, onTold: () => void) {
    this.#mesh = mesh
    this.#book = book
    this.#onTold = onTold
    this.#services = mesh.options.services
  }

  /** @param stored the record of the run before */
  open(stored: SiteRecord | undefined): void {
    const { options, network, codec, clock, random } = this.#mesh
    const { mesh, site, labels, version } = options
    const description: OwnDescription = { mesh, site, labels, version, peerId: network.peerId }
    this.#own = new OwnRecord(description, stored, codec, clock, random)
  }

  /** Undefined before the first one is made. */
  get current(): SignedRecord | undefined {
    return this.#own?.current
  }

  /** Empty before the address book was read. */
  get incarnation(): string {
    return this.#own?.incarnation ?? ''
  }

  /** Changes what this site offers. */
  async offer(services: SiteRecord['services']): Promise<void> {
    this.#services = services
    await this.renew()
  }

  /** Makes a new own record if anything changed, stores it, then tells everybody. */
  async renew(): Promise<void> {
    while (this.#renewing !== undefined) await this.#renewing
    const next = this.#own?.next(this.#mesh.network.addresses(), this.#services)
    if (next === undefined) return
    this.#renewing = this.#book.save(next)
    try {
      await this.#renewing
    } finally {
      this.#renewing = undefined
    }
    const { view, network, codec, life } = this.#mesh
    view.setOwn(next)
    if (life.over) return
    void network.publish(codec.writeGossip({ kind: 'record', signed: next }))
    this.#onTold()
  }

  /** Resolves when a record that is being stored is. */
  async settled(): Promise<void> {
    await this.#renewing
  }

  /** Somebody shows records of this site from beyond ours: we lost our store, or a second agent runs with our key. */
  raiseAbove(number: bigint, incarnation: string): void {
    const { view, clock, life, times, options } = this.#mesh
    this.#own?.raiseAbove(number, incarnation)
    if (this.#raiseWaits) return
    this.#raiseWaits = true
    if (this.#raises >= RAISES_WITHOUT_SUSPICION) {
      const detail = `others keep showing newer records of site "${options.site}" than this agent has made`
      view.problems.report('two-agents-one-key', options.site, detail, clock.now())
    }
    life.after(this.#raises === 0 ? 0 : times.raiseMs, () => {
      this.#raiseWaits = false
      this.#raises += 1
      life.run(() => this.renew())
    })
  }
}

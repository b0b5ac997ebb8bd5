import type { SignedRecord } from '../../core/membership/record.ts'
import type { RecordVerdict } from '../../core/membership/site-table.ts'
import type { MeshContext } from './options.ts'

/**
 * The own record in the DHT, under the site's name, and the records of others that can be found nowhere else: of a site
 * that moved while this one was away and that has not found this one yet.
 */
export class DhtRecords {
  readonly #mesh: MeshContext
  readonly #own: () => SignedRecord | undefined
  readonly #learn: (signed: SignedRecord, introducer: string) => RecordVerdict
  readonly #lookingUp = new Set<string>()
  #putPending = false

  constructor(
    mesh: MeshContext,
    own: () => SignedRecord | undefined,
    learn: (signed: SignedRecord, introducer: string) => RecordVerdict,
  ) {
    this.#mesh = mesh
    this.#own = own
    this.#learn = learn
    mesh.network.onRecord((site, value) => this.#judge(site, value))
  }

  start(): void {
    const { life, times, random } = this.#mesh
    this.putSoon()
    life.after(times.republishMs * (0.75 + random.uniform() / 2), () => this.start())
  }

  /** The record has changed, or there are new peers to hold it. */
  putSoon(): void {
    if (this.#putPending) return
    this.#putPending = true
    const { life, times, random } = this.#mesh
    life.after(times.republishDelayMs * (1 + random.uniform()), () => {
      this.#putPending = false
      life.run(() => this.#put())
    })
  }

  /** Looks for a newer record of a site, in the background. */
  lookUp(site: string): void {
    if (this.#lookingUp.has(site)) return
    this.#lookingUp.add(site)
    this.#mesh.life.run(async () => {
      await this.get(site).finally(() => this.#lookingUp.delete(site))
    })
  }

  /** All records of a site that peers hold and this agent believes, newest first. */
  async get(site: string): Promise<readonly SignedRecord[]> {
    const { network, times, codec, logger } = this.#mesh
    const records: SignedRecord[] = []
    try {
      for (const value of await network.getRecords(site, times.dhtTimeoutMs)) {
        const signed = codec.readRecord(value)
        if (signed.record.site === site && this.#learn(signed, 'dht').kind !== 'refused') records.push(signed)
      }
    } catch (error) {
      logger.debug({ site, error }, 'a record could not be read from the DHT')
    }
    return records.sort((a, b) => (a.record.number > b.record.number ? -1 : 1))
  }

  async #put(): Promise<void> {
    const { network, times, logger, options, view } = this.#mesh
    const own = this.#own()
    if (own === undefined || view.links.peers().length === 0) return
    try {
      const { stored, refused } = await network.putRecord(options.site, own.bytes, times.dhtTimeoutMs)
      logger.debug({ stored, refused, number: own.record.number }, 'own record was put into the DHT')
    } catch (error) {
      // The next reason to put it comes within an hour at the latest, and gossip and hellos carry it meanwhile.
      logger.debug({ error }, 'own record could not be put into the DHT')
    }
  }

  /** A value may be stored here, or believed, if it is the newest that is known under the name. */
  #judge(site: string, value: Uint8Array): boolean {
    try {
      const signed = this.#mesh.codec.readRecord(value)
      if (signed.record.site !== site) return false
      const verdict = this.#learn(signed, 'dht')
      return verdict.kind === 'new' || verdict.kind === 'newer' || verdict.kind === 'same'
    } catch {
      return false
    }
  }
}

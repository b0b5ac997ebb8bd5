import { membersOfReplicant } from '../../../core/oplog/index.ts'
import { BodyChecks } from './body-checks.ts'
import { BodyFetcher, type BodyFetcherParts } from './body-fetcher.ts'
import { BodyRecords, type NamedBody } from './body-records.ts'
import { spool, type SpooledBody } from '../write/payload.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Engine } from '../engine.ts'
import type { BodyPiece } from '../../../ports/bodies.ts'

/** Bodies over 64 KiB at this site: taken from clients, fetched from other members, given to them. */
export class LargeBodies {
  readonly records: BodyRecords
  readonly #options: ReplicationOptions
  readonly #replicas: BodyFetcherParts['replicas']
  readonly #fetcher: BodyFetcher
  readonly #checks: BodyChecks

  constructor(
    parts: Omit<BodyFetcherParts, 'options' | 'records' | 'onWhole'> & { readonly options: ReplicationOptions },
  ) {
    const { options, replicas, onFault } = parts
    this.#options = options
    this.#replicas = replicas
    this.records = new BodyRecords(options.store, options.blobs, options.clock, onFault)
    this.#fetcher = new BodyFetcher({ ...parts, records: this.records, onWhole: hash => this.#checks.wasSound(hash) })
    const onDamaged = (hash: string): void => {
      options.logger.warn({ hash }, 'a large body on the disk is damaged, and is fetched again')
      this.records.lost(hash)
      this.#fetcher.look()
    }
    this.#checks = new BodyChecks(options.blobs, options.clock, onDamaged, onFault)
  }

  /** @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async open(): Promise<void> {
    await this.records.open()
  }

  stop(): void {
    this.#fetcher.stop()
    this.records.stop()
  }

  /** Another site can be reached: it may have what is missing. */
  connected(): void {
    this.#fetcher.connected()
  }

  /** Fetches what is missing. */
  fetch(): void {
    this.#fetcher.look()
  }

  /** Whether nobody has given a large body for so long that it is not waited for any more. */
  isGivenUp(body: NamedBody): boolean {
    return this.#fetcher.isGivenUp(body)
  }

  /**
   * Takes a client's body, ahead of the write that it belongs to.
   * @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED; what the body throws
   */
  async spool(engine: Engine, body: AsyncIterable<Uint8Array>): Promise<SpooledBody> {
    const spooled = await spool(engine, body)
    this.#checks.wasSound(spooled.hash)
    return spooled
  }

  /**
   * A piece of a body for another site: undefined unless it is a member of the replicant, and this site has the body for it.
   * What the piece throws while it is read is an error of the disk.
   */
  async pieceFor(
    site: string,
    { replicant, hash, from, to }: BodyPiece,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { blobs } = this.#options
    const isMember = await this.#replicas.with(replicant, ({ core }) =>
      membersOfReplicant(core.replicant).includes(site),
    )
    if (!isMember || !this.records.has(replicant, hash)) return undefined
    const state = blobs.find(hash)
    if (state.kind !== 'whole' || to > state.bytes || !(await this.#checks.isSound(hash))) return undefined
    return blobs.read(hash, { from, to })
  }
}

import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { TimerHandle } from '../../../ports/clock.ts'
import { checkpointWrite, readCheckpoint } from './digest-checkpoint.ts'
import { CHECKPOINT_QUIET_MS, MAX_CHECKPOINT_NAMES } from '../limits.ts'
import { paced } from './paced.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Holes } from '../rounds/holes.ts'
import type { ReplicasStore, StoredReplicant } from './replicas-store.ts'

/**
 * What is counted of all replicants: digests with each other site, which are not well, which wait. A start takes it from the checkpoint of
 * the run before, or, where that was broken off in the middle of changes, reads the records in the background.
 */
export class StoredCount {
  readonly #options: ReplicationOptions
  readonly #replicas: ReplicasStore
  readonly #holes: Holes
  #timer: TimerHandle | undefined
  #changes = 0
  #isStopped = false

  constructor(options: ReplicationOptions, replicas: ReplicasStore, holes: Holes) {
    this.#options = options
    this.#replicas = replicas
    this.#holes = holes
  }

  /**
   * Before anything is written: resolves when what is stored now will be counted.
   * @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT
   */
  async start(): Promise<void> {
    const { store } = this.#options
    const checkpoint = await readCheckpoint(store).catch(this.#unread)
    if (checkpoint === undefined) await this.#readAll()
    else {
      const { waiting, unwell } = checkpoint
      this.#replicas.digests.restore(checkpoint)
      for (const name of waiting) this.#holes.watch(name)
      // From now on it is that of this run.
      await this.#replicas.keepCheckpoint(checkpointWrite(this.#options.incarnation, checkpoint))
      this.#look(unwell)
    }
    this.#later()
  }

  /** Writes a checkpoint, when nothing is changed any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    if (this.#options.store.isFull || this.#replicas.hasCheckpoint) return
    // The next start reads the records.
    await this.#write().catch(() => undefined)
  }

  async #readAll(): Promise<void> {
    const records = this.#replicas.allStored()
    // The first is asked for before anything is written.
    const first = await records.next()
    const all = async function* (): AsyncGenerator<StoredReplicant> {
      if (first.done === true) return
      yield first.value
      yield* records
    }
    const looked: ReplicantName[] = []
    const read = async (): Promise<void> => {
      for await (const known of paced(all(), this.#options.clock)) {
        if (this.#isStopped) return
        this.#replicas.digests.count(known)
        if (known.waits) this.#holes.watch(known.name)
        if (known.mayBeUnwell) looked.push(known.name)
      }
      this.#replicas.digests.complete()
      this.#look(looked)
    }
    read().catch(this.#unread)
  }

  /** At each of those that may not be well; nothing waits for it. */
  #look(names: readonly ReplicantName[]): void {
    const look = async (): Promise<void> => {
      for (const name of names) {
        if (this.#isStopped) return
        await this.#replicas.with(name, replica => void this.#replicas.lookAt(replica))
      }
      this.#replicas.unwell.complete()
    }
    look().catch(this.#unread)
  }

  readonly #unread = (error: unknown): undefined => {
    this.#options.logger.debug({ error: String(error) }, 'digests could not be read')
  }

  /** Nobody knows when the power goes: what was quiet for a while is noted. */
  #later(): void {
    this.#timer = this.#options.clock.after(CHECKPOINT_QUIET_MS, () => {
      const { changes, hasCheckpoint } = this.#replicas
      const isQuiet = changes === this.#changes
      this.#changes = changes
      // A store that takes no more has told so itself.
      if (isQuiet && !hasCheckpoint) this.#write().catch(() => undefined)
      this.#later()
    })
  }

  async #write(): Promise<void> {
    const { digests, unwell } = this.#replicas
    const counted = digests.counted
    if (counted === undefined || !unwell.isComplete) return
    const checkpoint = { ...counted, waiting: this.#holes.watched, unwell: unwell.names }
    if (checkpoint.waiting.length + checkpoint.unwell.length > MAX_CHECKPOINT_NAMES) return
    await this.#replicas.keepCheckpoint(checkpointWrite(this.#options.incarnation, checkpoint))
  }
}

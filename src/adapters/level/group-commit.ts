import { CheopsError } from '../../errors.ts'
import { storeFailed } from './failure.ts'

/** A write as it goes to the database: a whole record, or none any more. */
export type DatabaseWrite =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

export interface GroupCommitOptions {
  /** Writes all or nothing, and syncs; one call at a time. */
  readonly write: (batch: DatabaseWrite[]) => Promise<void>
  /** Told once, of the first failure. */
  readonly onFailure: (error: CheopsError) => void
}

/**
 * What waits for the disk, keys and records, has at most so many bytes, and one commit more. A disk that is behind by that
 * much takes seconds to catch up: more would only make them longer, and end in no memory.
 */
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024

/** Commits that wait; each costs some 300 bytes besides what it writes. */
export const MAX_QUEUED_COMMITS = 100_000

/**
 * Commits are taken together into one write up to so many bytes: a longer write gains nothing per byte, and whoever waits
 * for its first commit would wait for all of them. It is the size of LevelDB's memory table.
 */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024

/** What a commit without writes still counts, so that a batch has a bound in commits too. */
const COMMIT_BYTES = 32

interface Commit {
  readonly writes: readonly DatabaseWrite[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: CheopsError) => void
}

/**
 * The one writer of a store: gathers the commits of a turn of the event loop, and those that come while a write is under
 * way, into one synced write, in order. After a failure nothing is written any more: what the disk holds is not certain, and a
 * later write must not succeed on top of it.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #queue: Commit[] = []
  #queuedBytes = 0
  #state: 'idle' | 'scheduled' | 'writing' = 'idle'
  #failure: CheopsError | undefined
  #closing: PromiseWithResolvers<void> | undefined

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#queuedBytes >= MAX_QUEUED_BYTES || this.#queue.length >= MAX_QUEUED_COMMITS
  }

  /**
   * Resolves when the writes are on disk.
   * @throws CheopsError ERR_STORE_BUSY, ERR_STORE_FAILED
   */
  commit(writes: readonly DatabaseWrite[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(storeFailed('an earlier write has failed', this.#failure))
    if (this.#closing !== undefined) return Promise.reject(storeFailed('it is closed', undefined))
    if (this.isFull) {
      const meta = { queuedBytes: this.#queuedBytes, queuedCommits: this.#queue.length }
      return Promise.reject(new CheopsError('ERR_STORE_BUSY', 'The disk is behind with what was written before.', meta))
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const bytes = writes.reduce((sum, write) => sum + bytesOf(write), COMMIT_BYTES)
    this.#queue.push({ writes, bytes, resolve, reject })
    this.#queuedBytes += bytes
    this.#schedule()
    return promise
  }

  /** Refuses everything from now on, what waits included, and tells of it, once. */
  fail(error: CheopsError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    const waiting = this.#queue.splice(0)
    this.#queuedBytes -= waiting.reduce((sum, commit) => sum + commit.bytes, 0)
    this.#refuse(waiting, error)
    this.#options.onFailure(error)
    if (this.#state !== 'writing') this.#closing?.resolve()
  }

  /** Takes nothing more; resolves when what was taken is written, or has failed. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise
    this.#closing = Promise.withResolvers()
    if (this.#state === 'idle') this.#closing.resolve()
    return this.#closing.promise
  }

  /** The write begins at the end of the turn, so that whatever runs until then shares it. */
  #schedule(): void {
    if (this.#state !== 'idle') return
    this.#state = 'scheduled'
    setImmediate(() => void this.#write())
  }

  async #write(): Promise<void> {
    const commits = this.#next()
    if (commits.length === 0) return this.#rest()
    this.#state = 'writing'
    try {
      await this.#options.write(commits.flatMap(commit => commit.writes))
    } catch (cause) {
      const error = storeFailed('it cannot be written', cause)
      this.#refuse(commits, error)
      this.fail(error)
    }
    // Also when a read has found damage meanwhile: this write is on disk all the same.
    for (const commit of commits) {
      this.#queuedBytes -= commit.bytes
      commit.resolve()
    }
    this.#rest()
  }

  /** The commits of the next write: as many as a batch takes, and one at least. */
  #next(): Commit[] {
    let bytes = 0
    let count = 0
    for (const commit of this.#queue) {
      if (count > 0 && bytes + commit.bytes > MAX_BATCH_BYTES) break
      bytes += commit.bytes
      count++
    }
    return this.#queue.splice(0, count)
  }

  #rest(): void {
    this.#state = 'idle'
    if (this.#queue.length > 0) this.#schedule()
    else this.#closing?.resolve()
  }

  #refuse(commits: readonly Commit[], error: CheopsError): void {
    for (const commit of commits) commit.reject(error)
  }
}

/** Code units in place of bytes: nearly the same for our keys, and it costs nothing. */
function bytesOf(write: DatabaseWrite): number {
  return write.key.length + (write.type === 'put' ? write.value.length : 0)
}

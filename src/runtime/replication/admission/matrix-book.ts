import {
  compileMatrix,
  matrixProblems,
  type Matrices,
  type Matrix,
  type MatrixDefinition,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { MAX_TOLD_MATRICES } from '../limits.ts'
import { encodeJson } from '../store/encode-json.ts'
import type { Commit } from '../store/commit.ts'
import type { Store } from '../../../ports/store.ts'
import type { OutboxEntry, SyncCodec } from '../../../ports/sync.ts'

const PREFIX = 'replication/matrix/'

/**
 * The resolution matrices that are known at this site, by hash: those by which its own operations were written, and those that other
 * sites have told. None is ever forgotten: an operation that names it may come at any time, and there is one for each time that
 * somebody changes the glue of a kind.
 */
export class MatrixBook {
  readonly #codec: SyncCodec
  readonly #known = new Map<string, Matrix>()
  readonly #definitions = new Map<string, MatrixDefinition>()
  readonly #stored = new Set<string>()
  /** Hashes of definitions that were asked for before: the glue gives the same object each time. */
  readonly #hashes = new WeakMap<MatrixDefinition, string>()
  /** What each site was told, in the outbox of the present incarnation. */
  readonly #told = new Map<string, Set<string>>()

  /** How many each site has told first, since the start. */
  readonly #toldBy = new Map<string, number>()

  constructor(codec: SyncCodec) {
    this.#codec = codec
  }

  /** Always up to date: the same map grows. */
  get known(): Matrices {
    return this.#known
  }

  /**
   * Reads what earlier runs have learnt.
   * @throws CheopsError ERR_STORE_CORRUPT, with which the store has failed; ERR_STORE_FAILED
   */
  async open(store: Store): Promise<void> {
    for await (const [key, value] of store.iterate({ prefix: PREFIX })) {
      const hash = key.slice(PREFIX.length)
      const definition = readDefinition(value)
      if (definition === undefined || this.#codec.matrixHash(definition) !== hash) {
        const error = new CheopsError('ERR_STORE_CORRUPT', 'A resolution matrix cannot be read.', { key })
        store.fail(error)
        throw error
      }
      this.#add(hash, definition)
      this.#stored.add(hash)
    }
  }

  hashOf(definition: MatrixDefinition): string {
    const known = this.#hashes.get(definition)
    if (known !== undefined) return known
    const hash = this.#codec.matrixHash(definition)
    this.#hashes.set(definition, hash)
    return hash
  }

  /** Knows a matrix of this site's own glue, which has checked it; on disk with the commit. */
  learn(commit: Commit, definition: MatrixDefinition): void {
    const hash = this.hashOf(definition)
    // Known and not stored: the commit that is to write it is on its way.
    if (this.#stored.has(hash)) return
    const { resets, cells } = definition
    if (!this.#known.has(hash)) {
      this.#add(hash, { resets, cells })
      commit.onUndo(() => {
        this.#known.delete(hash)
        this.#definitions.delete(hash)
      })
    }
    commit.writes.push({ kind: 'put', key: PREFIX + hash, value: encodeJson({ resets, cells }) })
    commit.afterwards(() => void this.#stored.add(hash))
  }

  /**
   * Knows what another site has told; on disk with the commit.
   * @param from the site that tells it: what one has told takes no room from others
   * @returns what is wrong with it, undefined if it is known now
   */
  learnTold(commit: Commit, definition: MatrixDefinition, from: string): string | undefined {
    const hash = this.hashOf(definition)
    if (this.#stored.has(hash)) return undefined
    const [problem] = matrixProblems(definition)
    if (problem !== undefined) return problem
    // One that is known and not stored is of a commit that is on its way.
    if (!this.#known.has(hash)) {
      const count = this.#toldBy.get(from) ?? 0
      if (count >= MAX_TOLD_MATRICES) return `${MAX_TOLD_MATRICES} resolution matrices are known already from ${from}`
      this.#toldBy.set(from, count + 1)
      commit.onUndo(() => void this.#toldBy.set(from, count))
    }
    this.learn(commit, definition)
    return undefined
  }

  /** What is to be told before an operation that names a matrix, if it is known. */
  entryOf(hash: string): (OutboxEntry & { readonly kind: 'matrix' }) | undefined {
    const definition = this.#definitions.get(hash)
    return definition === undefined ? undefined : { kind: 'matrix', hash, definition }
  }

  /** Whether a site has still to be told of a matrix before an operation; it counts as told with the commit. */
  isNewTo(commit: Commit, site: string, hash: string): boolean {
    const told = this.#told.get(site) ?? new Set()
    this.#told.set(site, told)
    if (told.has(hash)) return false
    commit.afterwards(() => void told.add(hash))
    return true
  }

  #add(hash: string, definition: MatrixDefinition): void {
    this.#known.set(hash, compileMatrix(definition))
    this.#definitions.set(hash, definition)
  }
}

function readDefinition(value: Uint8Array): MatrixDefinition | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(value)) as MatrixDefinition
  } catch {
    return undefined
  }
}

/**
 * Which operations name which large bodies: a record each, written and removed in the commits that keep and forget the operations.
 * So what may be removed is known at a start without reading all operations, and no body is lost or left behind by a crash.
 */
import { replicantKey, type Body, type Dot, type Operation, type ReplicantName } from '../../../core/oplog/index.ts'
import { encodeJson } from '../store/encode-json.ts'
import { pathOf } from '../store/replica-keys.ts'
import type { Commit } from '../store/commit.ts'
import type { Blobs, CollectedBlobs } from '../../../ports/blobs.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Store } from '../../../ports/store.ts'
import { SWEEP_AFTER_MS } from '../limits.ts'

/** A body that is a file. */
export type LargeBody = Extract<Body, { readonly hash: string }>

/** A body that a replicant's operations name. */
export interface NamedBody extends LargeBody {
  readonly replicant: ReplicantName
}

/** What is known of one body of one replicant. */
interface Known extends NamedBody {
  /**
   * The bytes came from a client, or from a member of this replicant, for it. That they are here for another one is not enough: an
   * operation that names them would lend its writer the bodies of others.
   */
  isOurs: boolean
  /** Of the records that name it. */
  readonly keys: Set<string>
}

const VERSION = 1
const PREFIX = 'replication/body/'

/** The body of an operation, if it is a file. */
export function largeBodyOf({ payload }: Operation): LargeBody | undefined {
  const body = payload?.body
  return body !== undefined && 'hash' in body ? body : undefined
}

/** The references to large bodies at one site, and the removal of what nothing refers to. */
export class BodyRecords {
  readonly #store: Store
  readonly #blobs: Blobs
  readonly #clock: Clock
  readonly #onFault: (error: unknown) => void
  /** By hash, then by replicant and length: whoever names a hash with a false length must not spoil it for others. */
  readonly #known = new Map<string, Map<string, Known>>()
  /** What is not here, by replicant, then by hash and length; in the order in which it became known. */
  readonly #missing = new Map<string, Map<string, Known>>()
  /** Keys of references that go when the commit which forgets them is on disk, unless they are named again before. */
  readonly #leaving = new Map<string, Commit>()
  #isSweepDue = false
  #isStopped = false

  /** @param onFault is told when what is not referred to could not be removed */
  constructor(store: Store, blobs: Blobs, clock: Clock, onFault: (error: unknown) => void) {
    this.#store = store
    this.#blobs = blobs
    this.#clock = clock
    this.#onFault = onFault
  }

  /**
   * Reads what is referred to, and removes the rest.
   * @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT
   */
  async open(): Promise<CollectedBlobs> {
    for await (const [key, value] of this.#store.iterate({ prefix: PREFIX })) {
      const { isOurs, ...named } = JSON.parse(new TextDecoder().decode(value)) as NamedBody & {
        readonly isOurs: boolean
      }
      this.#add(named, key, isOurs)
    }
    return this.#collect()
  }

  stop(): void {
    this.#isStopped = true
  }

  /**
   * Within a commit: an operation is kept, or the draft of one.
   * @param isOurs its bytes are here, from a client, or from this site's own application
   */
  refer(commit: Commit, operation: Operation, as: 'draft' | 'operation', isOurs = false): void {
    const body = largeBodyOf(operation)
    if (body === undefined) return
    const { replicant, dot } = operation
    const { hash, length } = body
    const key = keyOf(hash, replicant, as === 'draft' ? as : dot)
    const known = this.#of(replicant, hash, length)
    const [leaves, wasOurs, hadKey] = [this.#leaving.get(key), known?.isOurs === true, known?.keys.has(key) === true]
    commit.onUndo(() => {
      if (leaves !== undefined) this.#leaving.set(key, leaves)
      if (known !== undefined) known.isOurs = wasOurs
      if (!hadKey) this.#remove(replicant, { hash, length }, key)
      if (known !== undefined && known.keys.size > 0) this.#look(known)
    })
    this.#leaving.delete(key)
    this.#put(commit, key, { replicant, hash, length }, isOurs || wasOurs)
    // At once: what is held is acknowledged from now on, if its body is here.
    this.#add({ replicant, hash, length }, key, isOurs)
  }

  /** Within a commit: it is forgotten. */
  forget(commit: Commit, operation: Operation, as: 'draft' | 'operation'): void {
    const body = largeBodyOf(operation)
    if (body === undefined) return
    const { hash, length } = body
    const { replicant, dot } = operation
    const key = keyOf(hash, replicant, as === 'draft' ? as : dot)
    commit.writes.push({ kind: 'delete', key })
    const before = this.#leaving.get(key)
    this.#leaving.set(key, commit)
    commit.onUndo(() => {
      if (before === undefined) this.#leaving.delete(key)
      else this.#leaving.set(key, before)
    })
    commit.afterwards(() => {
      if (this.#leaving.get(key) !== commit) return
      this.#leaving.delete(key)
      this.#remove(replicant, { hash, length }, key)
    })
  }

  /** Within a commit: a member of the replicant has given its bytes, and they are here. */
  received(commit: Commit, { replicant, hash, length }: NamedBody): void {
    const known = this.#of(replicant, hash, length)
    if (known === undefined) return
    // What is on its way out stays so.
    for (const key of known.keys) if (!this.#leaving.has(key)) this.#put(commit, key, known, true)
    const wasOurs = known.isOurs
    known.isOurs = true
    this.#look(known)
    commit.onUndo(() => {
      known.isOurs = wasOurs
      this.#look(known)
    })
  }

  /** Whether it can be used for the replicant: verified, on disk, and its own. One that has got lost is missing from now on. */
  isHere(replicant: ReplicantName, { hash, length }: LargeBody): boolean {
    const known = this.#of(replicant, hash, length)
    if (known !== undefined) this.#look(known)
    return known !== undefined && this.#isUsable(known)
  }

  /** The same of a hash, whatever length it was named with. */
  has(replicant: ReplicantName, hash: string): boolean {
    const named = [...(this.#known.get(hash)?.values() ?? [])]
    return named.some(body => replicantKey(body.replicant) === replicantKey(replicant) && this.isHere(replicant, body))
  }

  /** Whether operations of the replicant name it. */
  isNamed({ replicant, hash, length }: NamedBody): boolean {
    return this.#of(replicant, hash, length) !== undefined
  }

  /** Whether another replicant's operations name it too. */
  isShared({ replicant, hash }: NamedBody): boolean {
    const named = this.#known.get(hash)?.values() ?? []
    return [...named].some(other => replicantKey(other.replicant) !== replicantKey(replicant))
  }

  /** It was found damaged, and is gone: whoever needs it needs it again. */
  lost(hash: string): void {
    for (const known of this.#known.get(hash)?.values() ?? []) this.#look(known)
  }

  /** What is not here, each body of a replicant once. */
  *missing(): Generator<NamedBody> {
    for (const bodies of this.#missing.values()) yield* bodies.values()
  }

  /** What is not here of one replicant. */
  missingOf(replicant: ReplicantName): readonly NamedBody[] {
    return [...(this.#missing.get(replicantKey(replicant))?.values() ?? [])]
  }

  /** Removes what nothing refers to: soon, and once for many. What a crash leaves behind is found at the next start. */
  sweepLater(): void {
    if (this.#isSweepDue || this.#isStopped) return
    this.#isSweepDue = true
    this.#clock.after(SWEEP_AFTER_MS, () => {
      this.#isSweepDue = false
      if (!this.#isStopped) this.#collect().catch(this.#onFault)
    })
  }

  #collect(): Promise<CollectedBlobs> {
    return this.#blobs.collect(hash => this.#known.has(hash))
  }

  #of(replicant: ReplicantName, hash: string, length: number): Known | undefined {
    return this.#known.get(hash)?.get(withLength(replicantKey(replicant), length))
  }

  #isUsable({ isOurs, hash, length }: Known): boolean {
    const found = this.#blobs.find(hash)
    return isOurs && found.kind === 'whole' && found.bytes === length
  }

  #add(named: NamedBody, key: string, isOurs: boolean): void {
    const { replicant, hash, length } = named
    const replicants = this.#known.get(hash) ?? new Map<string, Known>()
    this.#known.set(hash, replicants)
    const { service, kind, name } = replicant
    const known = replicants.get(withLength(replicantKey(replicant), length)) ?? {
      replicant: { service, kind, name },
      hash,
      length,
      isOurs,
      keys: new Set(),
    }
    replicants.set(withLength(replicantKey(replicant), length), known)
    known.keys.add(key)
    known.isOurs ||= isOurs
    this.#look(known)
  }

  #remove(replicant: ReplicantName, { hash, length }: LargeBody, key: string): void {
    const replicants = this.#known.get(hash)
    const known = replicants?.get(withLength(replicantKey(replicant), length))
    known?.keys.delete(key)
    if (replicants === undefined || known === undefined || known.keys.size > 0) return
    replicants.delete(withLength(replicantKey(replicant), length))
    this.#found(known)
    if (replicants.size > 0) return
    this.#known.delete(hash)
    this.sweepLater()
  }

  /** Notes whether it is missing. */
  #look(known: Known): void {
    if (this.#isUsable(known)) return this.#found(known)
    const key = replicantKey(known.replicant)
    const bodies = this.#missing.get(key) ?? new Map<string, Known>()
    this.#missing.set(key, bodies.set(withLength(known.hash, known.length), known))
  }

  #found({ replicant, hash, length }: Known): void {
    const key = replicantKey(replicant)
    const bodies = this.#missing.get(key)
    bodies?.delete(withLength(hash, length))
    if (bodies?.size === 0) this.#missing.delete(key)
  }

  #put(commit: Commit, key: string, { replicant, hash, length }: NamedBody, isOurs: boolean): void {
    const { service, kind, name } = replicant
    const value = encodeJson({ version: VERSION, replicant: { service, kind, name }, hash, length, isOurs })
    commit.writes.push({ kind: 'put', key, value })
  }
}

const withLength = (key: string, length: number): string => `${length} ${key}`

function keyOf(hash: string, replicant: ReplicantName, of: 'draft' | Dot): string {
  const which = of === 'draft' ? of : `${of.site}/${of.incarnation}/${of.number}`
  return `${PREFIX}${hash}/${pathOf(replicant)}/${which}`
}

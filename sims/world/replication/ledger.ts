import { dotKey, replicantKey } from '../../../src/core/oplog/index.ts'
import { Beliefs } from './beliefs.ts'
import type { Dot, Operation, Replicant, ReplicantName } from '../../../src/core/oplog/index.ts'

/** What a client was told of a write. */
export interface AcknowledgedWrite {
  readonly site: string
  /** What was asked, for the story. */
  readonly words: string
  readonly dot: Dot
}

/** A request with an idempotency key. */
export interface KeyedRequest {
  readonly do: 'create' | 'replace' | 'add' | 'delete'
  readonly site: string
  readonly name: ReplicantName
  readonly key: string
  /** Of the body: requests of one key with two of them are different requests. Empty without a body. */
  readonly token: string
}

/** What was definitely answered. */
export interface KeyedAnswer extends KeyedRequest {
  /** Of the operation, where it was accepted or had been before. */
  readonly dot?: Dot
  /** Of the error, if it was one. */
  readonly code?: string
}

/** A request with an idempotency key by which a site released something new. */
export interface ReleasedWithKey extends KeyedRequest {
  readonly dot: Dot
  /** What the site had of the name on its disk when the request came. */
  readonly held: Replicant
  /** All of the name that anybody had released by then. */
  readonly released: readonly Dot[]
}

/** Everything that the simulation knows and no site may forget: the full log, and what clients were told. */
export class Ledger {
  readonly #told = new Map<string, { readonly operation: Operation; readonly bytes: Uint8Array }>()
  readonly #sealed = new Map<string, Operation>()
  readonly #releasedAt = new Map<string, number>()
  readonly #reused: string[] = []
  readonly acknowledged: AcknowledgedWrite[] = []
  /** Requests with an idempotency key, in the order of their answers. */
  readonly keyed: KeyedAnswer[] = []
  /** Those by which something new was released. */
  readonly releasedWithKey: ReleasedWithKey[] = []
  /** Large bodies that any site ever had as a whole, by their hash. */
  readonly bodies = new Map<string, Uint8Array>()
  /** Names of which an operator has said at a site what becomes of what is there. */
  readonly resolved: { readonly site: string; readonly name: ReplicantName }[] = []
  /** Names of which an operator has settled conflicts. */
  readonly settled: ReplicantName[] = []
  /** Names of which an operator has asked at a site that what has lost is written again, whatever came of it. */
  readonly askedToTake: { readonly site: string; readonly name: ReplicantName }[] = []
  /** Who took whom for members. */
  readonly beliefs = new Beliefs()
  /** All of them that an agent was there for. */
  readonly asked: KeyedRequest[] = []

  /**
   * An origin releases it. A crash may come before anybody has seen it, and then it may be released anew, with another stamp.
   * @param at virtual time
   */
  sealed(operation: Operation, at: number): void {
    const key = dotKey(operation.dot)
    this.#sealed.set(key, operation)
    if (!this.#releasedAt.has(key)) this.#releasedAt.set(key, at)
    this.beliefs.released(operation, at)
  }

  /** When it was released first, virtual time; undefined if it never was. */
  releasedAt(dot: Dot): number | undefined {
    return this.#releasedAt.get(dotKey(dot))
  }

  /** An operation has arrived at another site, as its origin has written it. */
  note(operation: Operation, bytes: Uint8Array): void {
    const key = dotKey(operation.dot)
    const known = this.#told.get(key)
    if (known === undefined) this.#told.set(key, { operation, bytes })
    else if (Buffer.compare(known.bytes, bytes) !== 0)
      this.#reused.push(`${key} is ${wordsOf(known.operation)} and ${wordsOf(operation)}`)
  }

  /** All operations of a name that were ever released. */
  operationsOf(name: Operation['replicant']): readonly Operation[] {
    const key = replicantKey(name)
    const keys = new Set([...this.#sealed.keys(), ...this.#told.keys()])
    return [...keys].flatMap(dot => this.#find(dot) ?? []).filter(({ replicant }) => replicantKey(replicant) === key)
  }

  find(dot: Dot): Operation | undefined {
    return this.#find(dotKey(dot))
  }

  /** Dots that two different operations had. */
  get reused(): readonly string[] {
    return this.#reused
  }

  #find(key: string): Operation | undefined {
    return this.#told.get(key)?.operation ?? this.#sealed.get(key)
  }
}

function wordsOf({ type, stamp, replicant }: Operation): string {
  return `${type} of ${replicant.name} at ${String(stamp.ms)}.${String(stamp.counter)}`
}

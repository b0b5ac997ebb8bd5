import { dotKey, replicantKey } from '../../../src/core/oplog/index.ts'
import type { Dot, Operation } from '../../../src/core/oplog/index.ts'

/** What a client was told of a write. */
export interface AcknowledgedWrite {
  readonly site: string
  /** What was asked, for the story. */
  readonly words: string
  readonly dot: Dot
}

/** Everything that the simulation knows and no site may forget: the full log, and what clients were told. */
export class Ledger {
  readonly #told = new Map<string, { readonly operation: Operation; readonly bytes: Uint8Array }>()
  readonly #sealed = new Map<string, Operation>()
  readonly #reused: string[] = []
  readonly acknowledged: AcknowledgedWrite[] = []

  /** An origin has signed it. A crash may come before anybody has seen it, and then it may be released anew, with another stamp. */
  sealed(operation: Operation): void {
    this.#sealed.set(dotKey(operation.dot), operation)
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

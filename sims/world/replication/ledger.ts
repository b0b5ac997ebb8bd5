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
  readonly #operations = new Map<string, { readonly operation: Operation; readonly text: string }>()
  readonly #reused: string[] = []
  readonly acknowledged: AcknowledgedWrite[] = []

  /** An operation has left its origin, or has arrived anywhere. */
  note(operation: Operation): void {
    const key = dotKey(operation.dot)
    const text = JSON.stringify(operation, (_name, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    const known = this.#operations.get(key)
    if (known === undefined) this.#operations.set(key, { operation, text })
    else if (known.text !== text) this.#reused.push(`${key} is ${known.text} and ${text}`)
  }

  /** All operations of a name that were ever released. */
  operationsOf(name: Operation['replicant']): readonly Operation[] {
    const key = replicantKey(name)
    return [...this.#operations.values()]
      .map(({ operation }) => operation)
      .filter(({ replicant }) => replicantKey(replicant) === key)
  }

  find(dot: Dot): Operation | undefined {
    return this.#operations.get(dotKey(dot))?.operation
  }

  /** Dots that two different operations had. */
  get reused(): readonly string[] {
    return this.#reused
  }
}

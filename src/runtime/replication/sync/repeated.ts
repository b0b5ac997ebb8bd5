import type { SealedOperation } from '../../../ports/sync.ts'

/** Finds what is told again, to the letter, within one message or one transfer: compressed, a thousand times the same is as short as once, and each would be looked at. */
export class Repeated {
  /** Bytes by signature. */
  readonly #told = new Map<string, Uint8Array>()

  /** Whether it was told here before; it was from now on. */
  has({ bytes, signature }: SealedOperation): boolean {
    const name = latin1(signature)
    const before = this.#told.get(name)
    if (before === undefined) this.#told.set(name, bytes)
    return before !== undefined && Buffer.compare(before, bytes) === 0
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

import type { RecordKeys } from '../../protocols/heartbeat/keys.ts'

/**
 * Keys that are cheap, since a simulation signs and checks by the thousand. Whoever has no secret cannot sign: in this
 * world nobody looks into the map but `sign` and `verify`.
 */
export class VirtualKeys {
  readonly #secrets = new Map<string, bigint>()

  /** Makes a key pair; its public key is its name. */
  make(name: string, secret: bigint): RecordKeys & { readonly peerId: string } {
    const publicKey = new TextEncoder().encode(name)
    this.#secrets.set(name, secret)
    return {
      peerId: name,
      publicKey,
      sign: bytes => this.#signature(name, bytes),
      verify: (key, bytes, signature) =>
        Buffer.compare(this.#signature(new TextDecoder().decode(key), bytes), signature) === 0,
      peerIdOf: key => new TextDecoder().decode(key),
    }
  }

  #signature(name: string, bytes: Uint8Array): Uint8Array {
    const secret = this.#secrets.get(name)
    if (secret === undefined) throw new Error('nobody has this key')
    // FNV-1a, twice with different beginnings: no cryptography, but no two records of a run collide.
    const result = Buffer.alloc(8)
    for (const [half, start] of [Number(secret & 0xffffffffn), Number(secret >> 32n)].entries()) {
      let hash = (0x811c9dc5 ^ start) >>> 0
      for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
      result.writeUInt32BE(hash, half * 4)
    }
    return result
  }
}

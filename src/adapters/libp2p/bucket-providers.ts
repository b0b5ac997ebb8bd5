import { createHash } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import { toString } from 'uint8arrays'
import type { NameBuckets } from '../../ports/name-buckets.ts'
import type { Host } from './host.ts'

/** Multihash of SHA-256: code and length before the digest. The DHT takes no other key for providers. */
const SHA_256 = [0x12, 0x20]

/** Buckets as provider records of the DHT. */
export class BucketProviders implements NameBuckets {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  async announce(bucket: number, timeoutMs: number): Promise<void> {
    const events = this.#host.services.dht.provide(cidOf(bucket), { signal: AbortSignal.timeout(timeoutMs) })
    for await (const _ of events) continue
  }

  async find(bucket: number, timeoutMs: number): Promise<readonly string[]> {
    const found = new Set<string>()
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      for await (const event of this.#host.services.dht.findProviders(cidOf(bucket), { signal }))
        if (event.name === 'PROVIDER' || event.name === 'PEER_RESPONSE')
          for (const { id } of event.providers) found.add(id.toString())
    } catch {
      // What was found by then is what can be known now.
    }
    found.delete(this.#host.peerId.toString())
    return [...found]
  }
}

/** The key of a bucket in the DHT: the multihash of SHA-256 of `/cheops-bucket/<number>`. */
export function bucketKey(bucket: number): Uint8Array {
  return Uint8Array.from([...SHA_256, ...createHash('sha256').update(`/cheops-bucket/${bucket}`).digest()])
}

/** A peer ID of this form is nothing but a multihash, and can say itself as the CID that the library wants. */
function cidOf(bucket: number): ReturnType<ReturnType<typeof peerIdFromString>['toCID']> {
  return peerIdFromString(toString(bucketKey(bucket), 'base58btc')).toCID()
}

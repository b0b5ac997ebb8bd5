import { createHash } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import { toString } from 'uint8arrays'
import { NAME_BUCKETS } from '../../core/oplog/index.ts'
import type { NameBuckets } from '../../ports/name-buckets.ts'
import type { Host } from './host.ts'

/** Multihash of SHA-256: code and length before the digest. The DHT takes no other key for providers. */
const SHA_256 = [0x12, 0x20]

/** Buckets as provider records of the DHT. */
export class BucketProviders implements NameBuckets {
  readonly #host: Host
  #holders: (bucket: number) => readonly string[] = () => []

  constructor(host: Host) {
    this.#host = host
  }

  async announce(bucket: number, timeoutMs: number): Promise<void> {
    const { dht } = this.#host.services
    const cid = cidOf(bucket)
    for await (const _ of dht.provide(cid, { signal: AbortSignal.timeout(timeoutMs) })) continue
    // The library would announce all of them anew each day, at once. This site answers for itself without a record of its own.
    await dht.cancelReprovide(cid)
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

  answerWith(holders: (bucket: number) => readonly string[]): void {
    this.#holders = holders
  }

  /** Besides those that the DHT keeps: peer IDs of holders of what has this key. */
  providersOf(key: Uint8Array): readonly string[] {
    const bucket = bucketOfKey(key)
    return bucket === undefined ? [] : this.#holders(bucket)
  }
}

/** The key of a bucket in the DHT: the multihash of SHA-256 of `/cheops-bucket/<number>`. */
export function bucketKey(bucket: number): Uint8Array {
  return Uint8Array.from([...SHA_256, ...createHash('sha256').update(`/cheops-bucket/${bucket}`).digest()])
}

/** The bucket that has this key; undefined for any other. */
export function bucketOfKey(key: Uint8Array): number | undefined {
  if (BY_KEY.size === 0)
    for (let bucket = 0; bucket < NAME_BUCKETS; bucket++) BY_KEY.set(textOf(bucketKey(bucket)), bucket)
  return BY_KEY.get(textOf(key))
}

const BY_KEY = new Map<string, number>()

function textOf(key: Uint8Array): string {
  return toString(key, 'base16')
}

/** A peer ID of this form is nothing but a multihash, and can say itself as the CID that the library wants. */
function cidOf(bucket: number): ReturnType<ReturnType<typeof peerIdFromString>['toCID']> {
  return peerIdFromString(toString(bucketKey(bucket), 'base58btc')).toCID()
}

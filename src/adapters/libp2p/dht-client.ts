import { peerIdFromString } from '@libp2p/peer-id'
import { CheopsError } from '../../errors.ts'
import { recordKey } from './host.ts'
import type { PeerId } from '@libp2p/interface'
import type { Host } from './host.ts'

/**
 * The DHT as the membership uses it. The library's `put` resolves although everybody refused and its `get` rejects for one
 * stale holder, so both read the events instead.
 */
export async function putRecord(
  host: Host,
  site: string,
  value: Uint8Array,
  timeoutMs: number,
): Promise<{ stored: number; refused: number }> {
  const signal = AbortSignal.timeout(timeoutMs)
  let stored = 0
  let refused = 0
  for await (const event of host.services.dht.put(recordKey(site), value, { signal })) {
    if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored += 1
    if (event.name === 'QUERY_ERROR') refused += 1
  }
  return { stored, refused }
}

/** All different values that peers gave, the newest answer last. What was gathered before an error is kept. */
export async function getRecords(host: Host, site: string, timeoutMs: number): Promise<readonly Uint8Array[]> {
  const values = new Map<string, Uint8Array>()
  const add = (value: Uint8Array): void => void values.set(Buffer.from(value).toString('base64'), value)
  try {
    for await (const event of host.services.dht.get(recordKey(site), { signal: AbortSignal.timeout(timeoutMs) })) {
      if (event.name === 'VALUE') add(event.value)
      if (event.name === 'PEER_RESPONSE' && event.record !== undefined) add(event.record.value)
    }
  } catch (error) {
    if (values.size === 0 && !isNotFound(error)) throw error
  }
  return [...values.values()]
}

/** Addresses that the DHT knows of a peer. */
export async function findPeerAddresses(host: Host, peerId: string, timeoutMs: number): Promise<readonly string[]> {
  const wanted = parsePeerId(peerId)
  try {
    const found = await host.peerRouting.findPeer(wanted, { signal: AbortSignal.timeout(timeoutMs) })
    return found.multiaddrs.map(address => address.toString())
  } catch (cause) {
    throw new CheopsError(
      'ERR_ADMIN_NOT_FOUND',
      `Nobody in the DHT knows the peer "${peerId}".`,
      { peer: peerId },
      { cause },
    )
  }
}

function parsePeerId(text: string): PeerId {
  try {
    return peerIdFromString(text)
  } catch (cause) {
    const message = `"${text}" is neither a site that is known here nor a peer ID.`
    throw new CheopsError('ERR_ADMIN_INPUT', message, {}, { cause })
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFoundError'
}

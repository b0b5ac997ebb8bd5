/**
 * What sites say of themselves: the record (rarely, signed by the site, kept by everyone) and the beat (all the time,
 * signed by the gossip that carries it). Source: protocols/heartbeat/README.md.
 */

/** What a site tells the mesh about itself. Endpoints of services are never part of it. */
export interface SiteRecord {
  readonly mesh: string
  readonly site: string
  /** libp2p peer ID of the site's agent; the key in it signed the record. */
  readonly peerId: string
  /** Multiaddresses, without `/p2p/…` of the site itself. Empty for a site that can only be reached by its own dials. */
  readonly addresses: readonly string[]
  readonly services: readonly OfferedService[]
  readonly labels: Readonly<Record<string, string>>
  /** Version of the agent. */
  readonly version: string
  /** Start of the agent, see `incarnation.ts`. */
  readonly incarnation: string
  /** Only grows, also after a loss of the store: it is never below the wall clock (Unix milliseconds) of the site's starts. */
  readonly number: bigint
}

/** A service, as its site tells the mesh of it. */
export interface OfferedService {
  readonly name: string
  /** The application, as its glue calls it. */
  readonly application: string
  /** Fingerprint of the glue's definition, which can only be compared with others; undefined from agents that tell none. */
  readonly definition?: string
}

/** A record whose signature was found good, with the bytes that were signed: what is stored, relayed and compared. */
export interface SignedRecord {
  readonly record: SiteRecord
  readonly bytes: Uint8Array
}

/** Sign of life. Who sent it is known from the signature of what carried it. */
export interface Beat {
  readonly incarnation: string
  /** Number of the beat within the incarnation, from 1. */
  readonly number: bigint
  /** Number of the sender's newest record: whoever has an older one asks. */
  readonly recordNumber: bigint
  /** The sender's wall clock, Unix milliseconds. */
  readonly sentAt: number
  /** Time until the next beat, milliseconds: what a listener has to expect. */
  readonly intervalMs: number
  /** Round-trip times that the sender measured, by site, milliseconds. */
  readonly rttMs: Readonly<Record<string, number>>
  /** Sites that the sender cannot dial although they can dial it. */
  readonly cannotDial: readonly string[]
  /** Load of the sender's machine: load average of a minute per core, in per cent. */
  readonly loadPercent: number
  /** The agent stops in order: it is the last beat of this incarnation. */
  readonly leaves: boolean
}

/** Name of a site or a mesh: what stands in scopes, DHT keys and topics. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

const ADDRESS_LIKE = /^(localhost|\d{1,3}(\.\d{1,3}){3})$/i

/** Name of a site as the configuration has it, and nothing that a URL could take for this machine or an address. */
export function isSiteName(text: string): boolean {
  return NAME_PATTERN.test(text) && !ADDRESS_LIKE.test(text)
}

/** Name of a service as the configuration has it. */
export function isServiceName(text: string): boolean {
  return /^[a-z][a-z0-9-]{0,62}$/.test(text) && text !== 'localhost'
}

/** Whether two byte strings are equal. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

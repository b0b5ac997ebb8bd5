import type { OfferedService } from '../core/membership/record.ts'
import type { Catalog, Liveness } from '../core/resource/catalog.ts'

/** What this agent knows of the mesh. Synchronous: it answers from memory. */
export interface Membership {
  /** Name of this agent's own site. */
  readonly self: string
  /** All sites, own one included, sorted by name. */
  sites(): readonly SiteView[]
  site(name: string): SiteView | undefined
  /** Name of the site that a peer has proved to be, undefined for a peer that has shown no valid record of this mesh. */
  siteOfPeer(peerId: string): string | undefined
  /** The same as scopes see it. Computed when something changed, not at every call. */
  catalog(): Catalog
  /** Calls `listener` after a change of any site; returns what ends that. */
  onChange(listener: (change: MembershipChange) => void): () => void
}

export interface MembershipChange {
  readonly kind:
    'joined' | 'record' | 'liveness' | 'connected' | 'disconnected' | 'refused' | 'forgotten' | 'cut' | 'rejoined'
  /** Name of the site, or what a refused record claimed; the own one where all others are cut off, or no more. */
  readonly site: string
  /** A sentence for people. */
  readonly detail: string
  /** Wall clock, milliseconds. */
  readonly at: number
}

/** That an operator has cut off a site from this one for a while. */
export interface SiteCut {
  /** undefined: all other sites, and whoever else dials. */
  readonly site: string | undefined
  /** Wall clock, milliseconds: since when it holds, and when it ends by itself. */
  readonly since: number
  readonly until: number
}

export interface SiteView {
  readonly name: string
  /** libp2p peer ID of its agent. */
  readonly peerId: string
  /** Multiaddresses, without `/p2p/…` of the site itself. */
  readonly addresses: readonly string[]
  readonly services: readonly OfferedService[]
  readonly labels: Readonly<Record<string, string>>
  /** Version of its agent. */
  readonly version: string
  /** Start of its agent (Unix milliseconds) and 64 random bits in hexadecimal: `1763762400000-9f86d081884c7d65`. */
  readonly incarnation: string
  /** Number of its record within the mesh; it only grows. */
  readonly recordNumber: bigint
  readonly liveness: Liveness
  /** Since when it is in that state (wall clock, milliseconds) and why, in a sentence. */
  readonly since: number
  readonly reason: string
  readonly rttMs: number | undefined
  readonly connection: 'self' | 'direct' | 'relayed' | 'none'
  /** RTTs that this site announced, to others by name, milliseconds. */
  readonly announcedRttMs: Readonly<Record<string, number>>
  /** Sites that this site says it cannot dial although they can dial it. */
  readonly cannotDial: readonly string[]
  /** Its clock less ours at its last beat, milliseconds, undefined before the first. */
  readonly clockOffsetMs: number | undefined
}

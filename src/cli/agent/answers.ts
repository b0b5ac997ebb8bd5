import type { AgentEvent, DhtPeer, DhtRecord, EndpointFact, OwnService, PeerInfo } from '../../ports/control.ts'
import type { SiteView } from '../../ports/membership.ts'

/** What the admin API answers where it is not exactly a type of ports/: `undefined` is left out by JSON. */
export type SiteAnswer = Omit<SiteView, 'recordNumber'> & { readonly self: boolean; readonly recordNumber: string }
export type PeerAnswer = PeerInfo
export type DhtRecordAnswer = DhtRecord
export type DhtPeerAnswer = DhtPeer
export type ServiceAnswer = Pick<OwnService, 'name' | 'application'> &
  Partial<OwnService> & {
    readonly site: string
    readonly liveness: SiteView['liveness']
    /** Whether its application answers, where that was asked for. */
    readonly instance?: Pick<EndpointFact, 'state' | 'detail'>
  }
export type EventAnswer = AgentEvent & { readonly id: number }

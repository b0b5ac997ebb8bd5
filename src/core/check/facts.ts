import type { Liveness } from '../resource/catalog.ts'
import type { DescribedService } from './other-glue.ts'

/** One line of `cheops check` and of `/readyz?verbose`. */
export interface Finding {
  /** Stable: `mesh-key`, `app-answers`. README.md lists them all. */
  readonly id: string
  /** Heading under which it is shown. */
  readonly section: string
  readonly level: 'ok' | 'warning' | 'error'
  /** What was found, in a sentence. */
  readonly message: string
  /** What to do about it; undefined when it is ok. */
  readonly hint: string | undefined
}

/** What is known before anything is judged. What stays undefined was not looked at, and is not judged. */
export interface CheckFacts {
  /** Version of Node (`v24.21.0`), and the range that this program runs on. */
  readonly node?: { readonly version: string; readonly range: string }
  /** Problems of the configuration, empty for a good one. */
  readonly configuration?: { readonly file: string | undefined; readonly problems: readonly string[] }
  readonly files?: readonly FileFact[]
  readonly certificates?: readonly CertificateFact[]
  readonly data?: FolderFact
  /** Of large bodies, where it is not within that. */
  readonly bodies?: FolderFact
  /** Whether the running agent takes nothing new, since one of these disks is nearly full. */
  readonly isDiskShort?: boolean
  readonly listeners?: readonly ListenerFact[]
  readonly endpoints?: readonly EndpointFact[]
  /** Whether the mesh has a pre-shared key, and whether machines other than this one can reach the peer port. */
  readonly meshKey?: { readonly configured: boolean; readonly reachable: boolean }
  readonly bootstrap?: readonly BootstrapFact[]
  readonly problems?: readonly ProblemFact[]
  /** What made the store of the running agent fail, undefined while it can be written. */
  readonly store?: { readonly failure: string | undefined }
  /** Files that this process may have open (undefined: no bound), and what the configured limits add up to. */
  readonly openFiles?: { readonly limit: number | undefined; readonly wanted: number }
  /** State of the running agent. */
  readonly agent?: 'starting' | 'serving' | 'stopping'
  readonly mesh?: MeshFact
  /** What an operator has cut off from this site for a while. */
  readonly cuts?: readonly CutFact[]
  /** Sites that this one tells of replicants. */
  readonly replication?: readonly ReplicationFact[]
  /** How the replicants of this site stand, once that is known. */
  readonly replicants?: ReplicantsFact
}

export interface ReplicationFact {
  readonly site: string
  /** Entries that the site has not received. */
  readonly outbox: number
  /** For how long the oldest of them waits, milliseconds; 0: none waits. */
  readonly lagMs: number
  /** Replicants that both are members of; undefined while that is not known. */
  readonly shared: number | undefined
  /** Whether both are known to differ. */
  readonly differs: boolean
  /** Since they were last seen to hold the same, or since the start, milliseconds. */
  readonly unequalMs: number
}

/** How the replicants of a site stand. */
export interface ReplicantsFact {
  /** Of which the site is a member. */
  readonly replicants: number
  /** Writes without effect that nobody has settled, of all replicants. */
  readonly conflicts: number
  /** That differ from their siblings here and could not be repaired yet, what has failed here for good included. */
  readonly diverged: number
  /** That take no writes here until somebody decides. */
  readonly undecided: number
  /** Whose application could not be brought up to date for more than a minute. */
  readonly behind: number
  /** For how long the first of them, milliseconds. */
  readonly behindMs: number
  /** HTTP status that most of their applications answered last; undefined: they did not answer. */
  readonly behindStatus?: number | undefined
  /** Other members that do not carry writes of this site out: how many, codes of errors that say why, and what their applications have answered. */
  readonly failing: readonly {
    readonly site: string
    readonly replicants: number
    readonly errors: readonly string[]
    readonly statuses: readonly number[]
  }[]
  /** What the sites `from` have created here too, and this site does not let them; not among `replicants`. */
  readonly withheld: { readonly replicants: number; readonly from: readonly string[] }
  /**
   * What the sites `from` tell of, and cannot be taken since the key by which `origin` has signed it is not known here: neither is it taken on their
   * word. For more than a minute; not among `replicants`.
   */
  readonly unverified: readonly {
    readonly origin: string
    readonly from: readonly string[]
    readonly replicants: number
  }[]
}

export interface FileFact {
  readonly path: string
  /** For people: `mesh key`, `certificate of the ingress`. */
  readonly what: string
  /** `missing-ok`: it is made when the agent starts. `invalid`: it can be read, and holds something else. */
  readonly state: 'ok' | 'missing' | 'missing-ok' | 'unreadable' | 'invalid'
  /** Why, for `invalid`. */
  readonly detail?: string
  /** Whether it holds a secret, and whether others than its owner may read it. */
  readonly secret: boolean
  readonly openToOthers: boolean
}

export interface CertificateFact {
  readonly path: string
  /** Days until it expires, negative after that. */
  readonly daysLeft: number
  /** Whether it belongs to the private key that is configured beside it; undefined where there is none. */
  readonly matchesKey: boolean | undefined
}

export interface FolderFact {
  readonly path: string
  /** `creatable`: it does not exist, and can be made. */
  readonly state: 'ok' | 'creatable' | 'not-writable' | 'not-a-folder'
  readonly openToOthers: boolean
  /** Bytes free on its disk, and with less than how many nothing new is taken of what is replicated (`limits.freeBytes`); undefined where that cannot be told. */
  readonly room: { readonly freeBytes: number; readonly keptBytes: number } | undefined
}

export interface ListenerFact {
  /** As in `AgentStatus.listeners`: `peers`, `ingress`, `admin`, `service/<name>`. */
  readonly name: string
  readonly address: string
  /** `open`: this agent listens. `bad-address`: the address is none of this machine. */
  readonly state: 'free' | 'open' | 'taken' | 'denied' | 'bad-address'
  /** Tokens cross the network in the clear: reachable from other machines, without TLS. */
  readonly clear: boolean
}

export interface EndpointFact {
  readonly service: string
  readonly endpoint: string
  readonly state: 'ok' | 'refused' | 'timeout' | 'unknown-host' | 'tls' | 'broken'
  /** HTTP status of the answer, or what went wrong. */
  readonly detail: string
}

/** What became of the last attempt to reach an address of `bootstrap`. */
export interface BootstrapFact {
  readonly address: string
  /**
   * `open`: it takes TCP connections, more was not tried; `connected`, `disconnected`: an agent of this mesh answered, and
   * the connection stands or not; `handshake`: the connection broke off while both sides made it secure, which a different
   * mesh key does; `unfinished`: it was not made secure in time; `wrong-mesh`: an agent of another mesh; `wrong-peer`: another agent than `/p2p/…` names;
   * `refused-by-peer`: an agent that does not take us; `no-answer`: a connection, but no hello; `denied`: this agent has cut it off.
   */
  readonly result:
    | 'never tried'
    | 'open'
    | 'connected'
    | 'disconnected'
    | 'self'
    | 'refused'
    | 'timeout'
    | 'unreachable'
    | 'no-address'
    | 'handshake'
    | 'unfinished'
    | 'wrong-peer'
    | 'wrong-mesh'
    | 'refused-by-peer'
    | 'no-answer'
    | 'denied'
  /** A sentence, safe to show. */
  readonly detail: string
  /** The problem that is reported of it, if one is. */
  readonly problem?: Pick<ProblemFact, 'id' | 'subject'> | undefined
}

/** Something that the agent noticed by itself and that is not over (runtime/membership, problems). */
export interface ProblemFact {
  readonly id: string
  /** The site, address or peer that it is about. */
  readonly subject: string
  readonly detail: string
  readonly hint: string
}

export interface MeshFact {
  /** Name of this agent's own site. */
  readonly self: string
  readonly sites: readonly SiteFact[]
}

export interface CutFact {
  /** undefined: all other sites. */
  readonly site: string | undefined
  /** Until it ends by itself, milliseconds. */
  readonly leftMs: number
}

export interface SiteFact {
  readonly name: string
  readonly liveness: Liveness
  readonly reason: string
  readonly connected: boolean
  readonly version: string
  readonly cannotDial: readonly string[]
  readonly services: readonly Omit<DescribedService, 'site'>[]
  readonly clockOffsetMs: number | undefined
}

import type { MatrixDefinition, Replicant, ReplicantName } from '../../../src/core/oplog/index.ts'
import type { Effect, JsonObject, Look } from '../fake-application.ts'
import type { Ledger } from './ledger.ts'

/** What one site has of one name when everything has come to rest. */
export interface Replica {
  readonly site: string
  /** What it holds of it; undefined if it never heard of it. */
  readonly replicant: Replicant | undefined
  /** What its application has under the name. */
  readonly resource: JsonObject | undefined
  /** What the site says itself of being unlike the others (`diverged`, `unbound`, `failed`, …); undefined if it says that all is well. */
  readonly admits: string | undefined
  /** And why, in words. */
  readonly reason?: string | undefined
}

/** A world that has come to rest after faults and healing: what checkers look at. */
export interface Ending {
  readonly names: readonly ReplicantName[]
  replicasOf(name: ReplicantName): readonly Replica[]
  readonly ledger: Ledger
  /** What happened at the applications, by site. */
  readonly effects: ReadonlyMap<string, readonly Effect[]>
  /** What was read there, by site. */
  readonly looks: ReadonlyMap<string, readonly Look[]>
  /** Sites that lost a part of what they had on disk. */
  readonly setBack: ReadonlySet<string>
  /** Acknowledged operations that stood on no disk any more when one of these was set back, by `dotKey`. */
  readonly lost: ReadonlySet<string>
  /** Large bodies that any site ever had as a whole, by their hash. */
  readonly bodies: ReadonlyMap<string, Uint8Array>
  /** Hashes of the large bodies that stand on the disk of each site, whole and as they were written, by site. */
  readonly heldBodies: ReadonlyMap<string, readonly string[]>
  /** Resolution matrices of any site's definition, by the hash by which operations name them. */
  readonly matrices: ReadonlyMap<string, MatrixDefinition>
  /** Path of a resource at the applications. */
  pathOf(name: ReplicantName): string
}

import { compareIncarnations, openIncarnation } from '../../core/membership/incarnation.ts'
import type { SignedRecord, SiteRecord } from '../../core/membership/record.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HeartbeatCodec } from '../../ports/heartbeat-codec.ts'
import type { Random } from '../../ports/random.ts'

/** What a site says of itself and its operator decides; the rest of a record follows from it. */
export interface OwnDescription {
  readonly mesh: string
  readonly site: string
  readonly peerId: string
  readonly labels: Readonly<Record<string, string>>
  readonly version: string
}

/**
 * Makes the records of this site. Numbers and incarnations only grow: over what the store knows, over what the mesh shows
 * of us, and over the wall clock, so that even an agent that lost its store is not taken for a replay.
 */
export class OwnRecord {
  readonly #description: OwnDescription
  readonly #codec: HeartbeatCodec
  readonly #clock: Clock
  readonly #random: Random
  #incarnation: string
  #number: bigint
  #current: SignedRecord | undefined

  /** @param stored the record of the run before */
  constructor(
    description: OwnDescription,
    stored: SiteRecord | undefined,
    codec: HeartbeatCodec,
    clock: Clock,
    random: Random,
  ) {
    this.#description = description
    this.#codec = codec
    this.#clock = clock
    this.#random = random
    this.#number = max((stored?.number ?? 0n) + 1n, BigInt(Math.floor(clock.now())))
    this.#incarnation = openIncarnation(clock.now(), random.bytes(8), stored?.incarnation)
  }

  get incarnation(): string {
    return this.#incarnation
  }

  get current(): SignedRecord | undefined {
    return this.#current
  }

  /** The next record, if there is anything new to say. The caller stores it before anybody sees it. */
  next(addresses: readonly string[], services: SiteRecord['services']): SignedRecord | undefined {
    const { mesh, site, peerId, labels, version } = this.#description
    const old = this.#current?.record
    const content = { mesh, site, peerId, addresses, services, labels, version, incarnation: this.#incarnation }
    if (old !== undefined && old.number === this.#number && sameContent(old, content)) return undefined
    if (old !== undefined && old.number >= this.#number) this.#number = old.number + 1n
    this.#current = this.#codec.signRecord({ ...content, number: this.#number })
    return this.#current
  }

  /** The mesh shows a record or a beat of this site from beyond what this run has said: say more. */
  raiseAbove(number: bigint, incarnation: string): void {
    this.#number = max(this.#number, number) + 1n
    if (compareIncarnations(incarnation, this.#incarnation) > 0) {
      this.#incarnation = openIncarnation(this.#clock.now(), this.#random.bytes(8), incarnation)
    }
  }
}

function sameContent(a: Omit<SiteRecord, 'number'>, b: Omit<SiteRecord, 'number'>): boolean {
  return (
    a.incarnation === b.incarnation &&
    a.addresses.join('\n') === b.addresses.join('\n') &&
    JSON.stringify(a.services) === JSON.stringify(b.services)
  )
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

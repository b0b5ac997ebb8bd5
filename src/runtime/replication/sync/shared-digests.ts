import {
  knowledgeOf,
  membersOfReplicant,
  type LifeKnowledge,
  type Replicant,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { MAX_UNSETTLED_DIGESTS } from '../limits.ts'
import type { SetDigest, SyncCodec } from '../../../ports/sync.ts'

/** What a replicant adds to digests: to that of each site but this one that is a member together with it. */
export interface Known {
  readonly name: ReplicantName
  readonly members: readonly string[]
  readonly lives: readonly LifeKnowledge[]
  /** Operations of it wait for others. */
  readonly waits: boolean
}

const MODULUS_BITS = 256

/**
 * For each other site the digest of all that both are members of, as this site knows it. A change costs the same however many
 * replicants there are: what a replicant added before is taken away, and what it adds now is added, when the digest is asked for.
 */
export class SharedDigests {
  readonly #site: string
  readonly #codec: Pick<SyncCodec, 'knowledgeHash'>
  readonly #sums = new Map<string, SetDigest>()
  /** Changed since a digest was asked for last: as it was then, and as it is. */
  readonly #changed = new Map<string, { readonly before: Replicant; after: Replicant }>()
  /** Another number after each change of a site's digest. */
  readonly #changes = new Map<string, number>()
  /** Of those whose hash is in the sums: it is taken out again with the next change. */
  readonly #hashes = new WeakMap<Replicant, bigint>()
  #lastChange = 0
  #replicants = 0
  #isComplete = false

  constructor(site: string, codec: Pick<SyncCodec, 'knowledgeHash'>) {
    this.#site = site
    this.#codec = codec
  }

  /** Before steps that change replicants: so many changes are settled that there is room for more. */
  makeRoom(): void {
    if (this.#changed.size > MAX_UNSETTLED_DIGESTS) this.#settle()
  }

  /** A step has changed a replicant. */
  changed(key: string, before: Replicant, after: Replicant): void {
    const known = this.#changed.get(key)
    if (known !== undefined) known.after = after
    else this.#changed.set(key, { before, after })
    for (const site of new Set([...membersOfReplicant(before), ...membersOfReplicant(after)]))
      this.#changes.set(site, ++this.#lastChange)
  }

  /** A number that is another one after each change of what both are members of: it costs less than the digest. */
  changesOf(site: string): number {
    return this.#changes.get(site) ?? 0
  }

  /** With another site; undefined while not all of what is stored was read. */
  of(site: string): SetDigest | undefined {
    if (!this.#isComplete) return undefined
    this.#settle()
    return this.#sums.get(site) ?? { count: 0, sum: 0n }
  }

  /** Replicants of which this site is a member; undefined while not all of what is stored was read. */
  get replicants(): number | undefined {
    if (!this.#isComplete) return undefined
    this.#settle()
    return this.#replicants
  }

  /** What `restore` takes; undefined while not all of what is stored was read. */
  get counted(): { readonly replicants: number; readonly sums: ReadonlyMap<string, SetDigest> } | undefined {
    if (!this.#isComplete) return undefined
    this.#settle()
    return { replicants: this.#replicants, sums: this.#sums }
  }

  /** What was counted of what is stored. */
  restore({ replicants, sums }: { readonly replicants: number; readonly sums: ReadonlyMap<string, SetDigest> }): void {
    this.#replicants = replicants
    for (const [site, sum] of sums) this.#sums.set(site, sum)
    this.#isComplete = true
  }

  /** Counts in one of those that are stored, as it was before the first change. */
  count(known: Known): void {
    this.#count(known, this.#hashOf(known), 1)
  }

  /** All that is stored was counted in. */
  complete(): void {
    this.#isComplete = true
  }

  #settle(): void {
    for (const [key, { before, after }] of this.#changed) {
      // Both, before anything of it counts.
      const [less, more] = [knownOf(before), knownOf(after)]
      const lessHash = this.#hashes.get(before) ?? this.#hashOf(less)
      const moreHash = this.#hashOf(more)
      this.#hashes.set(after, moreHash)
      this.#changed.delete(key)
      this.#count(less, lessHash, -1)
      this.#count(more, moreHash, 1)
      for (const site of less.members) this.#dropIfNothing(site)
    }
  }

  /** Nothing is shared with a site any more, of which there may be no more than a name that somebody has made up. */
  #dropIfNothing(site: string): void {
    const share = this.#sums.get(site)
    if (share === undefined || share.count !== 0 || share.sum !== 0n) return
    this.#sums.delete(site)
    this.#changes.delete(site)
  }

  #hashOf({ name, members, lives }: Known): bigint {
    return members.length > 1 && members.includes(this.#site) ? this.#codec.knowledgeHash(name, lives) : 0n
  }

  #count({ members }: Known, hash: bigint, sign: 1 | -1): void {
    if (!members.includes(this.#site)) return
    this.#replicants += sign
    for (const site of members) {
      if (site === this.#site) continue
      const { count, sum } = this.#sums.get(site) ?? { count: 0, sum: 0n }
      const next = sign === 1 ? sum + hash : sum - hash
      this.#sums.set(site, { count: count + sign, sum: BigInt.asUintN(MODULUS_BITS, next) })
    }
  }
}

export function knownOf(replicant: Replicant): Known {
  const { name, waiting } = replicant
  return { name, members: membersOfReplicant(replicant), lives: knowledgeOf(replicant), waits: waiting.length > 0 }
}

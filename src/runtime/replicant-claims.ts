/** A site says that a name is replicated, and has its members. */
export interface Claim {
  readonly site: string
  /** Undefined where its agent is too old to say so. */
  readonly members: readonly string[] | undefined
}

/**
 * What counts of what others say of a name that is unknown here, since by that they could refuse every create: the word of a site that the scope names, for it
 * can only refuse what would be its own; and of any other what a further one of the members that it names says as well. Who is no member by its own word is
 * believed by nobody.
 */
export class ReplicantClaims {
  readonly #scope: readonly string[]
  readonly #claims = new Map<string, Claim>()

  /** @param scope sites that the request names as members */
  constructor(scope: readonly string[]) {
    this.#scope = scope
  }

  /** @returns what counts by now */
  add(claim: Claim): Claim | undefined {
    const { site, members } = claim
    this.#claims.set(site, claim)
    if (this.#scope.includes(site) && isMember(site, claim)) return claim
    const isConfirmed = members?.some(member => {
      const other = this.#claims.get(member)
      return member !== site && isMember(site, other) && isMember(member, other)
    })
    return isMember(site, claim) && isConfirmed === true ? claim : undefined
  }

  /** Members that are named, and have not said that they have it: they may be about to hear of it. */
  get missing(): ReadonlySet<string> {
    const named = this.all.flatMap(({ members = [] }) => members)
    return new Set(named.filter(site => !this.#claims.has(site)))
  }

  get all(): readonly Claim[] {
    return [...this.#claims.values()]
  }
}

function isMember(site: string, claim: Claim | undefined): boolean {
  return claim !== undefined && (claim.members?.includes(site) ?? claim.site === site)
}

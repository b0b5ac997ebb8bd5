import { dotKey, replicantKey } from '../../../src/core/oplog/index.ts'
import type { Operation, ReplicantName } from '../../../src/core/oplog/index.ts'

/** What a site took for the members of a name from a time on. */
interface Belief {
  readonly at: number
  readonly members: readonly string[]
}

/** Who each site took for the members of each name, and when; and what was told to sites that were none any more, as their teller knew. */
export class Beliefs {
  readonly #of = new Map<string, Belief[]>()
  /** Who had been a member, and was none, as the origin of an operation knew when it released it. */
  readonly #outside = new Map<string, { readonly at: number; readonly sites: readonly string[] }>()
  readonly #told: string[] = []

  /** A site has learnt who the members are. */
  learnt(site: string, name: ReplicantName, members: readonly string[], at: number): void {
    this.#history(site, name).push({ at, members })
  }

  /** The disk of a site is one of earlier: what it takes for true is not known any more. */
  forget(site: string): void {
    for (const key of this.#of.keys()) if (key.startsWith(`${site} `)) this.#of.delete(key)
  }

  /** An origin releases an operation. */
  released({ dot, replicant }: Operation, at: number): void {
    const history = this.#history(dot.site, replicant)
    const known = new Set(history.flatMap(({ members }) => members))
    const sites = [...known.difference(new Set(history.at(-1)?.members))]
    if (sites.length > 0 && !this.#outside.has(dotKey(dot))) this.#outside.set(dotKey(dot), { at, sites })
  }

  /** Whether an operation was written by somebody who knew that a site was a member no more. */
  isBehind(site: string, { dot, type }: Operation): boolean {
    if (dot.site === site || type === 'create' || type === 'members') return false
    return this.#outside.get(dotKey(dot))?.sites.includes(site) === true
  }

  /** Whether a site takes another one for a former member of anything: only then is it worth a look what it tells. */
  hasParted(site: string, other: string): boolean {
    return [...this.#of].some(
      ([key, history]) =>
        key.startsWith(`${site} `) &&
        history.at(-1)?.members.includes(other) === false &&
        history.some(({ members }) => members.includes(other)),
    )
  }

  /** A site tells another one an operation. What it may have meant to tell as long as it took the other for a member is none of this. */
  tells(site: string, other: string, operation: Operation): void {
    const { dot, replicant, type } = operation
    const behind = this.#outside.get(dotKey(dot))
    if (behind === undefined || !this.isBehind(other, operation)) return
    const history = this.#history(site, replicant)
    const since = history.findLastIndex(({ at }) => at <= behind.at)
    if (since < 0 || history.slice(since).some(({ members }) => members.includes(other))) return
    this.#told.push(`${site} tells ${other} the ${type} ${dotKey(dot)} of ${replicant.name}`)
  }

  /** What was told to a former member, and was written when its teller and its origin knew that it was one, in words. */
  get toldOutside(): readonly string[] {
    return this.#told
  }

  #history(site: string, name: ReplicantName): Belief[] {
    const key = `${site} ${replicantKey(name)}`
    const known = this.#of.get(key) ?? []
    this.#of.set(key, known)
    return known
  }
}

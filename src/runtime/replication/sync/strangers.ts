import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { MAX_STRANGE_REPLICANTS } from '../limits.ts'

interface Strange {
  readonly name: ReplicantName
  readonly origin: string
  /** The origin was met since: to be asked for. */
  isDue: boolean
}

/**
 * Replicants that a site has told of and of which something could not be looked at, since the key of its origin is not known here: it waits apart, so that
 * what else the site tells passes by. Only the names are kept; they are asked for when the origin was met. What is too much is found by comparing.
 */
export class Strangers {
  readonly #byTeller = new Map<string, Map<string, Strange>>()

  /** @returns whether it is the first that this site has told of the origin and that waits */
  note(from: string, name: ReplicantName, origin: string): boolean {
    const strange = this.#byTeller.get(from) ?? new Map<string, Strange>()
    this.#byTeller.set(from, strange)
    const isFirst = !strange.values().some(other => other.origin === origin)
    if (strange.size < MAX_STRANGE_REPLICANTS) strange.set(replicantKey(name), { name, origin, isDue: false })
    return isFirst && strange.size < MAX_STRANGE_REPLICANTS
  }

  /** The key of a site may be known now. @returns who has told something of it */
  met(origin: string): readonly string[] {
    const tellers: string[] = []
    for (const [from, strange] of this.#byTeller) {
      let is = false
      for (const each of strange.values()) if (each.origin === origin) is = each.isDue = true
      if (is) tellers.push(from)
    }
    return tellers
  }

  /** What is to be asked of a site now. */
  dueOf(from: string): readonly ReplicantName[] {
    const strange = this.#byTeller.get(from)?.values() ?? []
    return [...strange].filter(({ isDue }) => isDue).map(({ name }) => name)
  }

  /** It was asked for, and waits no more. */
  asked(from: string, name: ReplicantName): void {
    const strange = this.#byTeller.get(from)
    strange?.delete(replicantKey(name))
    if (strange?.size === 0) this.#byTeller.delete(from)
  }
}

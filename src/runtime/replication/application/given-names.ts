import { remember } from '../../../core/resource/remember.ts'
import { replicantKey, type ReplicantName } from '../../../core/oplog/index.ts'
import { MAX_GIVEN_NAMES } from '../limits.ts'

/** As applications call what they number, or draw names for: nobody has asked for such a name. */
const DRAWN = /^(\d+|[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/**
 * What was made under another name than it was to have, as some applications do with all that they make. Each further request would make one more,
 * so none is sent: of the name none at all, of the kind none where such names are drawn and none was ever taken as it was asked for.
 */
export class GivenNames {
  /** By replicant: as its application has called it. */
  readonly #names = new Map<string, string>()
  /** By replicant: as it was called before a start of this agent, where nothing but that says that it would be called otherwise now. */
  readonly #earlier = new Map<string, string>()
  /** By service and kind: `undefined` where one was called as it was to be. */
  readonly #kinds = new Map<string, string | undefined>()

  /** As the application would call it; undefined where it is not known to call it anything else. */
  of(name: ReplicantName): string | undefined {
    return this.#madeAs(name) ?? this.#kinds.get(kindKey(name))
  }

  /** For operators: that it is not made here, or as what; undefined where nobody knows of another name. */
  textOf(replicant: ReplicantName): string | undefined {
    const { kind, name } = replicant
    const names = `the application here gives ${kind} names of its own`
    const made = this.#madeAs(replicant)
    if (made !== undefined) return `${names}: what was to be ${name} is ${made}`
    return this.of(replicant) === undefined ? undefined : `${names}, so ${name} is not made`
  }

  /** One was made under the name that it was to have. */
  asAsked(name: ReplicantName): void {
    remember(this.#kinds, kindKey(name), undefined, MAX_GIVEN_NAMES)
    this.#names.delete(replicantKey(name))
    this.#earlier.delete(replicantKey(name))
  }

  /** One was made under the name `given`, and is not there under its own. */
  otherwise(name: ReplicantName, given: string): void {
    remember(this.#names, replicantKey(name), given, MAX_GIVEN_NAMES)
    const kind = kindKey(name)
    if (!this.#kinds.has(kind) && DRAWN.test(given)) remember(this.#kinds, kind, given, MAX_GIVEN_NAMES)
  }

  /**
   * It was made as `given` before a start of this agent, as was written down. Of others of the kind that says nothing: the application may be set up otherwise by now.
   * @param times how often it was made under another name. Once holds as long as no other of the kind was taken as it was asked for since, where such names are drawn
   */
  remembered(name: ReplicantName, given: string, times: number): void {
    const names = times > 1 || !DRAWN.test(given) ? this.#names : this.#earlier
    if (this.#madeAs(name) === undefined) remember(names, replicantKey(name), given, MAX_GIVEN_NAMES)
  }

  /** As what was made for this very one is called. */
  #madeAs(name: ReplicantName): string | undefined {
    const kind = kindKey(name)
    const takesNames = this.#kinds.has(kind) && this.#kinds.get(kind) === undefined
    return this.#names.get(replicantKey(name)) ?? (takesNames ? undefined : this.#earlier.get(replicantKey(name)))
  }
}

function kindKey({ service, kind }: ReplicantName): string {
  return JSON.stringify([service, kind])
}

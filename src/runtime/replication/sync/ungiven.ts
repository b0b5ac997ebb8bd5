import { covers, lifeKey, replicantKey, type Dot, type ReplicantName } from '../../../core/oplog/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import { remember } from '../../../core/resource/remember.ts'
import { MAX_REMEMBERED_REPLICANTS, UNGIVEN_MS } from '../limits.ts'
import type { Replica } from '../replica.ts'

/** An operation, and the key of its life. */
export interface Missing {
  readonly life: string
  readonly dot: Dot
}

interface Asked extends Missing {
  /** How long its site could have given it, milliseconds, in conversations that have ended. */
  readonly beforeMs: number
  /** Since when it could in the present one, by the monotonic clock; undefined where it was not asked in that one. */
  readonly since: number | undefined
}

/**
 * What other members have acknowledged and do not give, though they are asked for it. An acknowledgement says that its site holds an operation with its body, so
 * one that can be asked gives it at once; who does not give it for minutes has it not, whatever it says.
 * Source: src/consistency.md "Forgetting".
 */
export class Ungiven {
  readonly #clock: Clock
  /** By site, and replicant. */
  readonly #asked = new Map<string, Map<string, Asked>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A site is asked for what it has acknowledged. Of several the first counts, until it is here. */
  asked(site: string, replica: Replica, missing: Missing): void {
    const names = this.#asked.get(site) ?? new Map<string, Asked>()
    const key = replicantKey(replica.name)
    const known = names.get(key)
    const now = this.#clock.monotonic()
    const isSame = known !== undefined && isMissing(replica, known)
    const asked = isSame ? { ...known, since: known.since ?? now } : { ...missing, beforeMs: 0, since: now }
    remember(names, key, asked, MAX_REMEMBERED_REPLICANTS)
    this.#asked.set(site, names)
  }

  /** A site holds nothing of it that is not here. */
  given(site: string, name: ReplicantName): void {
    this.#asked.get(site)?.delete(replicantKey(name))
  }

  /** The conversation with a site has ended: it can give nothing until it is asked again. */
  ended(site: string): void {
    const now = this.#clock.monotonic()
    for (const [key, asked] of this.#asked.get(site) ?? [])
      if (asked.since !== undefined)
        this.#asked.get(site)?.set(key, { ...asked, beforeMs: asked.beforeMs + now - asked.since, since: undefined })
  }

  /** Sites that have not given what they have acknowledged, for so long that they have it not. */
  sitesOf(replica: Replica): ReadonlySet<string> {
    const now = this.#clock.monotonic()
    const isVain = (asked: Asked | undefined): boolean =>
      asked !== undefined &&
      asked.beforeMs + (asked.since === undefined ? 0 : now - asked.since) >= UNGIVEN_MS &&
      isMissing(replica, asked)
    const key = replicantKey(replica.name)
    return new Set([...this.#asked].filter(([, names]) => isVain(names.get(key))).map(([site]) => site))
  }
}

function isMissing({ core }: Replica, { life, dot }: Missing): boolean {
  const known = core.replicant.lives.find(each => lifeKey(each.life) === life)
  return known !== undefined && !covers(known.knowledge, dot)
}

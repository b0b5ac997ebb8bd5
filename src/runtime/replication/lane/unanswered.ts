import { compareIncarnations } from '../../../core/membership/incarnation.ts'
import { holderOf, replicantKey, sameDot, type Dot } from '../../../core/oplog/index.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Replica } from '../replica.ts'

/**
 * What other sites have written and this site's application has not answered, over all replicants: a refusal is final only when
 * everything earlier from the same origin is answered, since a pod may come before its namespace.
 */
export class Unanswered {
  readonly #options: Pick<ReplicationOptions, 'site' | 'mayRun'>
  readonly #byReplicant = new Map<string, readonly Dot[]>()

  constructor(options: Pick<ReplicationOptions, 'site' | 'mayRun'>) {
    this.#options = options
  }

  /** The replicant has changed. */
  update(replica: Replica): void {
    const { name, core, local } = replica
    const { site } = core.replicant
    const live = holderOf(core.replicant)?.live ?? []
    // What has no say here is never answered.
    const open =
      local.unbound || !hasSay({ options: this.#options }, replica)
        ? []
        : live
            .map(({ dot }) => dot)
            .filter(dot => dot.site !== site && !local.executed.operations.some(done => sameDot(done.dot, dot)))
    if (open.length === 0) this.#byReplicant.delete(replicantKey(name))
    else this.#byReplicant.set(replicantKey(name), open)
  }

  hasEarlier(dot: Dot): boolean {
    for (const open of this.#byReplicant.values()) if (open.some(other => isEarlier(other, dot))) return true
    return false
  }
}

function isEarlier(a: Dot, b: Dot): boolean {
  if (a.site !== b.site) return false
  return (compareIncarnations(a.incarnation, b.incarnation) || a.number - b.number) < 0
}

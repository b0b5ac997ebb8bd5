import {
  admitHoles,
  covers,
  lifeKey,
  membersOfReplicant,
  missingOf,
  replicantKey,
  type Dot,
  type LifeId,
  type Replicant,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { takeStep } from '../admission/admission.ts'
import { leaversOf } from '../admission/words.ts'
import type { Engine } from '../engine.ts'
import { HOLE_AFTER_MS, HOLE_LOOK_MS, MAX_REMEMBERED_REPLICANTS } from '../limits.ts'
import { hasToldAll, isLost } from '../write/settled.ts'
import type { TimerHandle } from '../../../ports/clock.ts'
import type { Replica } from '../replica.ts'

interface Watched {
  readonly name: ReplicantName
  readonly since: number
}

/**
 * Operations that were lost with their origin: it has begun anew since, or left, and told all that it has kept, every other member has told what it
 * holds, and none holds them. So are those of this site that were lost with its own disk. What waits for them is let in without them, and the hole is reported; one that turns up after all is taken.
 * Source: src/consistency.md "Identity and order".
 */
export class Holes {
  readonly #engine: Engine
  readonly #onFault: (error: unknown) => void
  readonly #watched = new Map<string, Watched>()
  #timer: TimerHandle | undefined
  #isStopped = false

  constructor(engine: Engine, onFault: (error: unknown) => void) {
    this.#engine = engine
    this.#onFault = onFault
  }

  /** Operations of a replicant wait for others. */
  watch(name: ReplicantName): void {
    const key = replicantKey(name)
    if (this.#isStopped || this.#watched.has(key) || this.#watched.size >= MAX_REMEMBERED_REPLICANTS) return
    this.#watched.set(key, { name, since: this.#engine.options.clock.monotonic() })
    this.#timer ??= this.#engine.options.clock.after(HOLE_LOOK_MS, this.#look)
  }

  /** All of which operations wait, and some that have found what they waited for. */
  get watched(): readonly ReplicantName[] {
    return [...this.#watched.values()].map(({ name }) => name)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  readonly #look = (): void => {
    this.#lookAtAll()
      .catch(this.#onFault)
      .finally(() => {
        const { clock } = this.#engine.options
        const goesOn = this.#watched.size > 0 && !this.#isStopped
        this.#timer = goesOn ? clock.after(HOLE_LOOK_MS, this.#look) : undefined
      })
  }

  async #lookAtAll(): Promise<void> {
    const { replicas, options } = this.#engine
    for (const [key, { name, since }] of this.#watched) {
      if (this.#isStopped) return
      await replicas.with(name, async replica => {
        if (missingOf(replica.core.replicant).length === 0) this.#watched.delete(key)
        else if (options.clock.monotonic() - since >= HOLE_AFTER_MS) await this.#giveUp(replica)
      })
    }
  }

  async #giveUp(replica: Replica): Promise<void> {
    const { replicas, options } = this.#engine
    for (const { life, dots } of missingOf(replica.core.replicant)) {
      const lost: Dot[] = []
      for (const dot of dots) if (await this.#isHeldByNobody(replica, life, dot)) lost.push(dot)
      if (lost.length === 0) continue
      await replicas.commit(commit => {
        const step = admitHoles(replica.core.replicant, life, lost, options.matrices)
        takeStep(this.#engine, commit, replica, step, new Map(), options.site)
      })
    }
  }

  async #isHeldByNobody({ core }: Replica, life: LifeId, dot: Dot): Promise<boolean> {
    const { site, incarnation } = this.#engine.options
    // What an earlier run of this site has written and is not here was lost with its disk, and may be held by those that were told of it.
    if (dot.site === site && dot.incarnation === incarnation) return false
    if (dot.site !== site && !(await isLost(this.#engine, dot)) && !(await this.#isForgotten(core.replicant, dot)))
      return false
    const leavers = leaversOf(core.replicant, this.#engine.time.now())
    for (const member of [...membersOfReplicant(core.replicant), ...leavers]) {
      if (member === site || member === dot.site) continue
      const told = core.acknowledgements.get(member)?.knowledge.get(lifeKey(life)) ?? []
      if (covers(told, dot) || !(await hasToldAll(this.#engine, member))) return false
    }
    return true
  }

  /** Who leaves, or is removed by a member, forgets what it held: what it has written before, and does not tell, is not there any more. */
  async #isForgotten(replicant: Replicant, { site }: Dot): Promise<boolean> {
    const maySay = [site, ...membersOfReplicant(replicant)]
    const isRemoved = replicant.waiting.some(
      ({ dot, members }) => members?.removed.includes(site) === true && maySay.includes(dot.site),
    )
    return isRemoved && (await hasToldAll(this.#engine, site))
  }
}

import {
  covers,
  knowledgeOf,
  lifeKey,
  membersOfReplicant,
  missingMatrices,
  missingOf,
  replicantKey,
  type Context,
  type LifeId,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { MAX_REMEMBERED_REPLICANTS, WANT_AFTER_MS, WANT_AGAIN_MS, WANT_WAITED_FOR_AFTER_MS } from '../limits.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { Missing } from './ungiven.ts'
import type { SyncChannel } from '../../../ports/sync.ts'

/** What another site is asked for in one conversation: what it holds, and what is missing here and does not come by itself. */
export class Wants {
  readonly #engine: Engine
  readonly #channel: SyncChannel
  /** Replicants of which a transfer could not be taken, or that begin anew. */
  readonly #lacks = new Set<string>()
  /** Of these, replicants of which something was told in parts, and not all of them came. */
  readonly #torn = new Set<string>()
  /** Lives that are refused here: what others acknowledge of them is not asked for. */
  readonly #refused = new Set<string>()
  /** When what is missing of a replicant was asked for last. */
  readonly #asked = new Map<string, number>()
  /** Replicants of which the other site has acknowledged what is not here: that is looked after. */
  readonly #late = new Set<string>()
  /** Those of which operations wait for what others may be telling just now. */
  readonly #waiting = new Set<string>()
  /** What is asked for late is asked one after the other: who does not read is not asked for more. */
  #asking: Promise<unknown> = Promise.resolve()
  #hasEnded = false

  constructor(engine: Engine, channel: SyncChannel) {
    this.#engine = engine
    this.#channel = channel
  }

  /** Nothing is asked for any more. */
  end(): void {
    this.#hasEnded = true
    this.#engine.ungiven.ended(this.#channel.site)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Something of a replicant could not be taken: it is asked for at the next {@link ask}. */
  lacks(name: ReplicantName): void {
    this.#lacks.add(replicantKey(name))
  }

  /**
   * The end of something that was told of a replicant has come, and not what was before it. It may say that this site is a member, also where that believes to be none: it
   * is asked for in either case, once.
   */
  torn(name: ReplicantName): void {
    this.lacks(name)
    this.#torn.add(replicantKey(name))
  }

  /** A life is refused here. */
  refused(life: LifeId): void {
    if (this.#refused.size >= MAX_REMEMBERED_REPLICANTS) this.#refused.clear()
    this.#refused.add(lifeKey(life))
  }

  /** Asks for what a replicant lacks, at once; for what operations of it wait for if it has not come shortly after, and was not asked for lately. */
  async ask(replica: Replica): Promise<void> {
    const isTorn = this.#torn.delete(replicantKey(replica.name))
    if (this.#lacks.delete(replicantKey(replica.name))) return this.#ask(replica, true, isTorn)
    // Whoever wrote it tells it as well: two that tell at once what was written while this site was away would each tell it whole.
    if (this.#isWaiting(replica))
      this.#later(this.#waiting, replica.name, WANT_WAITED_FOR_AFTER_MS, later => this.#ask(later, false))
  }

  /** Asks for what is not here of a replicant, whatever it is. */
  askAnyhow(replica: Replica): Promise<void> {
    return this.#ask(replica, true)
  }

  /** The other site has told what it holds of a replicant. What others have mostly comes by itself; what does not is asked for later. */
  lookLater(replica: Replica): void {
    const { name } = replica
    if (!this.#isBehind(replica)) {
      this.#engine.ungiven.given(this.#channel.site, name)
      return
    }
    this.#later(this.#late, name, WANT_AFTER_MS, async later => {
      if (!this.#isBehind(later)) return
      const missing = this.#missingOf(later)
      if (missing !== undefined) this.#engine.ungiven.asked(this.#channel.site, later, missing)
      await this.askAnyhow(later)
    })
  }

  /** Once for each name at a time; what there is no room for is found by comparing. */
  #later(names: Set<string>, name: ReplicantName, afterMs: number, ask: (replica: Replica) => Promise<void>): void {
    const key = replicantKey(name)
    if (names.has(key) || names.size >= MAX_REMEMBERED_REPLICANTS) return
    names.add(key)
    const { clock, logger } = this.#engine.options
    const turn = async (): Promise<void> => {
      names.delete(key)
      if (!this.#hasEnded) await this.#engine.replicas.with(name, ask)
    }
    clock.after(afterMs, () => {
      this.#asking = this.#asking
        .then(turn)
        .catch((error: unknown) => logger.debug({ error: String(error) }, 'what is missing could not be asked for'))
    })
  }

  /** Whether operations wait for something. */
  #isWaiting({ core: { replicant } }: Replica): boolean {
    if (replicant.waiting.length === 0) return false
    return missingOf(replicant).length > 0 || missingMatrices(replicant, this.#engine.options.matrices).length > 0
  }

  /** Whether the other site holds what is not here. */
  #isBehind(replica: Replica): boolean {
    const { replicant } = replica.core
    // Whoever has told of it knows more.
    if (replicant.lives.length === 0) return true
    return membersOfReplicant(replicant).includes(replicant.site) && this.#missingOf(replica) !== undefined
  }

  /** The first that the other site has acknowledged, and that is not here. */
  #missingOf({ core: { replicant, acknowledgements } }: Replica): Missing | undefined {
    const told = acknowledgements.get(this.#channel.site)?.knowledge ?? new Map<string, Context>()
    const known = new Map(replicant.lives.map(({ life, knowledge }) => [lifeKey(life), knowledge]))
    for (const [life, knowledge] of told) {
      if (this.#refused.has(life)) continue
      const dot = knowledge.find(each => !covers(known.get(life) ?? [], each))
      if (dot !== undefined) return { life, dot }
    }
    return undefined
  }

  /** @param isTorn it is asked whatever is known here of who is a member */
  async #ask(replica: Replica, lacks: boolean, isTorn = false): Promise<void> {
    const { clock, site } = this.#engine.options
    const { replicant } = replica.core
    const isMember = replicant.lives.length === 0 || membersOfReplicant(replicant).includes(site)
    if ((!isMember && !isTorn) || (!lacks && !this.#isWaiting(replica))) return
    const key = replicantKey(replica.name)
    const asked = this.#asked.get(key)
    if (!lacks && asked !== undefined && clock.monotonic() - asked < WANT_AGAIN_MS) return
    if (this.#asked.size >= MAX_REMEMBERED_REPLICANTS) this.#asked.clear()
    this.#asked.set(key, clock.monotonic())
    await this.#channel.send({ kind: 'want', replicant: replica.name, lives: knowledgeOf(replicant) })
  }
}

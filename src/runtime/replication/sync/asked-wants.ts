import { relevantTo, replicantKey } from '../../../core/oplog/index.ts'
import {
  MAX_TOLD_BEFORE_WANTS,
  MAX_WAITING_WANT_DOTS,
  MAX_WAITING_WANTS,
  MAX_WANT_DOTS,
  WANT_ANYHOW_MS,
  WANT_LOOK_MS,
  WANT_TOLD_AGAIN_MS,
} from '../limits.ts'
import { mayHear } from './arrivals.ts'
import type { SyncChannel, SyncMessage } from '../../../ports/sync.ts'
import type { Engine } from '../engine.ts'

type Want = SyncMessage & { readonly kind: 'want' }

/**
 * What the other site of a conversation lacks, and asks for by name: each name once at a time, so many a second for the site, and few while much is told to it that it
 * has not received: over a link that is always behind, what waits there for something would wait for ever. Each makes a transfer of all that is held of the name, and one of several entries is written to disk before it is told. It holds up nothing else that
 * the site says.
 */
export class AskedWants {
  readonly #engine: Engine
  readonly #channel: SyncChannel
  readonly #hasEnded: () => boolean
  /** By `replicantKey`; who asks again says what it lacks now. */
  readonly #waiting = new Map<string, Want>()
  /** In all that wait. */
  #dots = 0
  /** When a name was told last, monotonic; of those that were lately, the oldest first. */
  readonly #toldAt = new Map<string, number>()
  #isRunning = false
  /** When something was told last, or was asked for first since nothing was; monotonic. */
  #lastTurnAt = 0

  constructor(engine: Engine, channel: SyncChannel, hasEnded: () => boolean) {
    this.#engine = engine
    this.#channel = channel
    this.#hasEnded = hasEnded
  }

  /** What is beyond the bound is asked for again, or found by comparing. */
  want(message: Want): void {
    const key = replicantKey(message.replicant)
    const before = dotsOf(this.#waiting.get(key))
    const dots = dotsOf(message)
    const isTooMany = before === 0 && this.#waiting.size >= MAX_WAITING_WANTS
    if (isTooMany || dots > MAX_WANT_DOTS || this.#dots - before + dots > MAX_WAITING_WANT_DOTS) return
    this.#waiting.set(key, message)
    this.#dots += dots - before
    if (this.#isRunning) return
    this.#isRunning = true
    this.#lastTurnAt = this.#engine.options.clock.monotonic()
    void this.#run()
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#engine.options
    while (this.#waiting.size > 0 && !this.#hasEnded()) {
      const next = this.#next(clock.monotonic())
      if (next === undefined || !this.#isItsTurn()) {
        await new Promise<void>(resolve => void clock.after(WANT_LOOK_MS, resolve))
        continue
      }
      const [key, want] = next
      const { replicant, lives } = want
      this.#waiting.delete(key)
      this.#dots -= dotsOf(want)
      this.#lastTurnAt = clock.monotonic()
      this.#toldAt.set(key, this.#lastTurnAt)
      await this.#tell(replicant, lives).catch((error: unknown) =>
        logger.debug({ error: String(error) }, 'what another site lacks could not be told'),
      )
    }
    // In the turn in which nothing was left: what is asked for in the next one begins anew.
    this.#waiting.clear()
    this.#dots = 0
    this.#isRunning = false
  }

  /** The first that was not told just now. */
  #next(now: number): [string, Want] | undefined {
    for (const [key, at] of this.#toldAt) {
      if (now - at < WANT_TOLD_AGAIN_MS) break
      this.#toldAt.delete(key)
    }
    return this.#waiting.entries().find(([key]) => !this.#toldAt.has(key))
  }

  #isItsTurn(): boolean {
    const { replicas, wants, options } = this.#engine
    const { site } = this.#channel
    const now = options.clock.monotonic()
    const isBehind = replicas.outboxes.length(site) >= MAX_TOLD_BEFORE_WANTS
    return (!isBehind || now - this.#lastTurnAt >= WANT_ANYHOW_MS) && wants.take(site, now)
  }

  async #tell(replicant: Want['replicant'], knows: Want['lives']): Promise<void> {
    const { replicas } = this.#engine
    const { site } = this.#channel
    // What it knows of nothing that is held here is written nowhere.
    const known = await replicas.with(replicant, ({ core }) =>
      mayHear(core.replicant, site) ? relevantTo(core.replicant, knows) : undefined,
    )
    if (known !== undefined)
      await replicas.commit(commit => commit.tell(site, { kind: 'replicant', replicant, knows: known }))
  }
}

/** What a want takes of memory: its dots, and one for the rest of it. */
function dotsOf(want: Want | undefined): number {
  return want === undefined
    ? 0
    : want.lives.reduce((sum, { knowledge, holes }) => sum + knowledge.length + holes.length + 1, 1)
}

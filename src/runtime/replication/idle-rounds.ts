import { RETENTION_MS, type ReplicantName } from '../../core/oplog/index.ts'
import { forgetOld } from './forget.ts'
import { readBack } from './read-back.ts'
import { ReadBacks } from './read-backs.ts'
import { detachSilent } from './silent-members.ts'
import type { Shared } from './shared.ts'
import type { Lanes } from './lanes.ts'
import type { Quarantine } from './quarantine.ts'
import type { Silence } from './silence.ts'

export interface IdleRoundParts {
  readonly shared: Shared
  readonly lanes: Lanes
  readonly quarantine: Quarantine
  readonly silence: Silence
  /** Hears of what ends the agent. */
  readonly onFault: (error: unknown) => void
}

/** What is done with replicants whose lanes have nothing to do: what they show is read; in turn, what is old goes, and who was silent for too long. */
export class IdleRounds {
  readonly #parts: IdleRoundParts
  readonly #readBacks: ReadBacks

  constructor(parts: IdleRoundParts) {
    this.#parts = parts
    const { clock, random } = parts.shared.options
    this.#readBacks = new ReadBacks({
      clock,
      random,
      read: (name, attempts, isRound) => this.#read(name, attempts, isRound),
      namesAfter: (name, limit) => this.#namesAfter(name, limit),
    })
  }

  start(): void {
    this.#readBacks.start()
  }

  stop(): void {
    this.#readBacks.stop()
  }

  /** A lane has become idle, and nobody knows what its application shows. */
  soon(name: ReplicantName): void {
    this.#readBacks.soon(name)
  }

  async #read(name: ReplicantName, attempts: number, isRound: boolean): Promise<'unread' | 'done'> {
    const { shared, lanes } = this.#parts
    let found: 'done' | 'again' | 'look' | 'unread' | undefined
    try {
      found = await lanes.runIfIdle(name, () =>
        shared.replicas.with(name, replica => readBack(shared, replica, attempts, isRound)),
      )
      if (found === 'look') lanes.kick(name)
      if (found === 'again') this.#readBacks.soon(name, attempts + 1)
      if (isRound) await this.#forgetOld(name)
      if (isRound) await this.#detachSilent(name)
    } catch (error) {
      this.#left(name, error)
    }
    return found === 'unread' ? 'unread' : 'done'
  }

  /** Unless its lane has something to do: then the next round does it. */
  async #forgetOld(name: ReplicantName): Promise<void> {
    const { shared, lanes } = this.#parts
    await shared.replicas.with(name, replica => lanes.runIfIdle(name, () => forgetOld(shared, replica)))
  }

  /** Unless its lane has something to do, as above. */
  async #detachSilent(name: ReplicantName): Promise<void> {
    const { shared, lanes, silence } = this.#parts
    const { detachAfterMs = RETENTION_MS } = shared.options
    await shared.replicas.with(name, replica =>
      lanes.runIfIdle(name, () => detachSilent(shared, replica, silence, detachAfterMs)),
    )
  }

  async #namesAfter(name: ReplicantName | undefined, limit: number): Promise<readonly ReplicantName[]> {
    try {
      return await this.#parts.shared.replicas.namesAfter(name, limit)
    } catch (error) {
      this.#parts.onFault(error)
      return []
    }
  }

  #left(name: ReplicantName, error: unknown): void {
    try {
      this.#parts.quarantine.take(name, error)
    } catch (more) {
      this.#parts.onFault(more)
    }
  }
}

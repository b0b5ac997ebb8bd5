import { RETENTION_MS, type ReplicantName } from '../../../core/oplog/index.ts'
import { forgetOld } from './forget.ts'
import { readBack } from '../drift/read-back.ts'
import { ReadBacks, type Look } from '../drift/read-backs.ts'
import { detachSilent } from './silent-members.ts'
import { encodeJson } from '../store/encode-json.ts'
import type { StoreWrite } from '../../../ports/store.ts'
import type { Engine } from '../engine.ts'
import type { Lanes } from '../lane/lanes.ts'
import type { Quarantine } from '../lane/quarantine.ts'
import type { Silence } from './silence.ts'

export interface IdleRoundParts {
  readonly engine: Engine
  readonly lanes: Lanes
  readonly quarantine: Quarantine
  readonly silence: Silence
  /** Hears of what ends the agent. */
  readonly onFault: (error: unknown) => void
}

/** Where the round was when it was said last. */
const ROUND_KEY = 'replication/round'

/** Undefined for what cannot be read: the round begins anew. */
function roundIn(value: Uint8Array): ReplicantName | undefined {
  try {
    const { last } = JSON.parse(new TextDecoder().decode(value)) as { readonly last?: ReplicantName }
    return last
  } catch {
    return undefined
  }
}

/** What is done with replicants whose lanes have nothing to do: what they show is read; in turn, what is old goes, and who was silent for too long. */
export class IdleRounds {
  readonly #parts: IdleRoundParts
  readonly #readBacks: ReadBacks
  #isRoundKept = false

  constructor(parts: IdleRoundParts) {
    this.#parts = parts
    const { clock, random } = parts.engine.options
    this.#readBacks = new ReadBacks({
      clock,
      random,
      read: (name, look) => this.#read(name, look),
      namesAfter: (name, limit) => this.#namesAfter(name, limit),
      onRound: last => this.#keepRound(last),
    })
  }

  /** @throws CheopsError ERR_STORE_FAILED, ERR_STORE_CORRUPT */
  async start(): Promise<void> {
    const last = await this.#parts.engine.options.store.get(ROUND_KEY)
    this.#isRoundKept = last !== undefined
    this.#readBacks.start(last && roundIn(last))
  }

  stop(): void {
    this.#readBacks.stop()
  }

  /** A lane has become idle, and nobody knows what its application shows. */
  soon(name: ReplicantName): void {
    this.#readBacks.soon(name)
  }

  /** It may not be there any more. */
  lookAt(name: ReplicantName): void {
    this.#readBacks.lookAt(name)
  }

  /** Its application was just found to have lost what it had. */
  losesAll(service: string): boolean {
    return this.#readBacks.losesAll(service)
  }

  async #read(
    name: ReplicantName,
    { attempts, isRound, losesAll }: Look,
  ): Promise<'unread' | 'there' | 'lost' | 'again' | 'done'> {
    const { engine, lanes } = this.#parts
    let found: Awaited<ReturnType<typeof readBack>> | undefined
    try {
      found = await lanes.runIfIdle(name, () =>
        engine.replicas.with(name, replica => readBack(engine, replica, attempts, isRound, losesAll)),
      )
      if (found === 'look' || found === 'lost') lanes.kick(name)
      if (found === 'again') this.#readBacks.again(name, attempts + 1)
      // Its lane is busy, perhaps with a write that comes to nothing, after which nobody would read it. A client that tries again and again would have it looked for from the beginning each time.
      if (found === undefined && (attempts > 0 || !isRound)) this.#readBacks.again(name, attempts)
      if (isRound) await this.#forgetOld(name)
      if (isRound) await this.#detachSilent(name)
    } catch (error) {
      this.#left(name, error)
    }
    return found === undefined || found === 'look' ? 'done' : found
  }

  /** Unless its lane has something to do: then the next round does it. */
  async #forgetOld(name: ReplicantName): Promise<void> {
    const { engine, lanes } = this.#parts
    await engine.replicas.with(name, replica => lanes.runIfIdle(name, () => forgetOld(engine, replica)))
  }

  /** Unless its lane has something to do, as above. */
  async #detachSilent(name: ReplicantName): Promise<void> {
    const { engine, lanes, silence } = this.#parts
    const { detachAfterMs = RETENTION_MS } = engine.options
    await engine.replicas.with(name, replica =>
      lanes.runIfIdle(name, () => detachSilent(engine, replica, silence, detachAfterMs)),
    )
  }

  #keepRound(last: ReplicantName | undefined): void {
    const { store } = this.#parts.engine.options
    if (store.isFull || (last === undefined && !this.#isRoundKept)) return
    this.#isRoundKept = last !== undefined
    const write: StoreWrite =
      last === undefined
        ? { kind: 'delete', key: ROUND_KEY }
        : { kind: 'put', key: ROUND_KEY, value: encodeJson({ version: 1, last }) }
    // What is lost with the disk is a minute of the round.
    store.commit([write]).catch(() => undefined)
  }

  async #namesAfter(name: ReplicantName | undefined, limit: number): Promise<readonly ReplicantName[]> {
    try {
      return await this.#parts.engine.replicas.namesAfter(name, limit)
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

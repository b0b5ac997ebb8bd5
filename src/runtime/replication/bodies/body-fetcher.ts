/**
 * Fetches the large bodies that operations of other sites name: a few at a time, in pieces, from whichever member has them, going on where a
 * cut has stopped it, also after a start.
 */
import { backoffMs, spread } from '../../../core/resource/backoff.ts'
import { membersOfReplicant, replicantKey, type Operation, type ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { leaversOf } from '../admission/words.ts'
import {
  BODY_AWAITED_MS,
  MAX_HELD_BODY_BYTES,
  MAX_FETCHES_FROM_ONE,
  MAX_FETCHES_TOGETHER,
  NOBODY_HAS_BODY_MS,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
  WRONG_BODY_MS,
} from '../limits.ts'
import { largeBodyOf, type NamedBody } from './body-records.ts'
import { BodyTransfers, type BodyTransfersParts } from './body-transfers.ts'
import type { Replica } from '../replica.ts'
import type { ReplicasStore } from '../store/replicas-store.ts'
import type { TimerHandle } from '../../../ports/clock.ts'

export interface BodyFetcherParts extends BodyTransfersParts {
  readonly replicas: ReplicasStore
  readonly isConnected: (site: string) => boolean
  /** The time that stamps are given by, Unix milliseconds. */
  readonly nowMs: () => number
  /** A body of the replicant is here: its lane has something to do. */
  readonly kick: (replica: Replica) => void
  /** Told of what cannot be gone on after. */
  readonly onFault: (error: unknown) => void
}

/** What is tried again later. */
interface Failed {
  /** Since anything of it came. */
  readonly times: number
  /** When it failed first since anything of it came, and since when none of the members has it; monotonic. */
  readonly since: number
  readonly nobodySince: number | undefined
  /** Its lane knows that it is not waited for any more. */
  readonly isTold: boolean
  readonly timer: TimerHandle | undefined
}

/** Faults of this site's disk; everything else is of a peer or a network, and is tried again. */
const FATAL: ReadonlySet<string> = new Set(['ERR_STORE_FAILED', 'ERR_STORE_CORRUPT'])

/** Who answers so has been asked, and has it not, or not the right one. */
const HAS_NOT: ReadonlySet<string> = new Set(['ERR_BODY_NOT_TOLD', 'ERR_BLOB_HASH'])

export class BodyFetcher {
  readonly #parts: BodyFetcherParts
  /** Hashes that are being fetched: each for one replicant at a time. */
  readonly #running = new Set<string>()
  /** How many bodies are being fetched from each source. */
  readonly #sources = new Map<string, number>()
  /** What waits until a source has less to give. */
  readonly #crowded = new Set<string>()
  readonly #failed = new Map<string, Failed>()
  readonly #transfers: BodyTransfers
  readonly #end = new AbortController()

  constructor(parts: BodyFetcherParts) {
    this.#parts = parts
    this.#transfers = new BodyTransfers(parts)
  }

  /** Begins what can be begun. To be called whenever a body may be missing. */
  look(): void {
    if (this.#end.signal.aborted) return
    for (const body of this.#parts.records.missing()) {
      if (this.#running.size >= MAX_FETCHES_TOGETHER) return
      if (this.#running.has(body.hash) || this.#failed.get(keyOf(body))?.timer !== undefined) continue
      if (this.#crowded.has(keyOf(body))) continue
      this.#running.add(body.hash)
      this.#run(body).catch(this.#parts.onFault)
    }
  }

  /** Whether it was asked for in vain for so long that it is not waited for any more. It is asked for all the same. */
  isGivenUp(body: NamedBody): boolean {
    const failed = this.#failed.get(keyOf(body))
    if (failed === undefined) return false
    const now = this.#parts.options.clock.monotonic()
    return now - failed.since >= BODY_AWAITED_MS || now - (failed.nobodySince ?? now) >= NOBODY_HAS_BODY_MS
  }

  /** A site can be reached: what waits to be tried again is tried at once. */
  connected(): void {
    for (const [key, failed] of this.#failed) {
      failed.timer?.cancel()
      this.#failed.set(key, { ...failed, timer: undefined })
    }
    this.look()
  }

  stop(): void {
    this.#end.abort()
    for (const { timer } of this.#failed.values()) timer?.cancel()
  }

  async #run(body: NamedBody): Promise<void> {
    const { options, replicas, records, kick } = this.#parts
    const { replicant, hash, length } = body
    const release = options.blobs.hold(hash)
    try {
      const from = await this.#fromAnyone(body)
      if (from === undefined || this.#end.signal.aborted) return
      this.#failed.delete(keyOf(body))
      this.#transfers.forget(hash)
      await replicas.commit(commit => {
        records.received(commit, body)
        commit.afterwards(() => options.onEvent({ kind: 'body-here', replicant, hash, bytes: length, from }))
      })
      await replicas.with(replicant, kick)
    } finally {
      release()
      this.#running.delete(hash)
      this.look()
    }
  }

  /** @returns the site that gave it; undefined when nobody did, and it is tried again later */
  async #fromAnyone(body: NamedBody): Promise<string | undefined> {
    const { site } = this.#parts.options
    let why = 'no other member can be reached'
    let isWrong = false
    let isTried = false
    let [hasNot, isNobodys] = [0, false]
    const before = this.#hereOf(body)
    try {
      const { sources, others } = await this.#sourcesOf(body)
      for (const source of sources) {
        if ((this.#sources.get(source) ?? 0) >= MAX_FETCHES_FROM_ONE) continue
        isTried = true
        try {
          this.#begins(source)
          await this.#transfers.fetch(source, body, this.#end.signal)
          return source
        } catch (error) {
          if (this.#end.signal.aborted) return undefined
          if (!(error instanceof CheopsError) || FATAL.has(error.code)) throw error
          if (error.code === 'ERR_BLOB_HASH' || error.code === 'ERR_BODY_MESSAGE')
            this.#parts.options.onEvent({ kind: 'refused', from: source, why: error.code })
          why = `${source}: ${error.code}`
          isWrong ||= error.code === 'ERR_BLOB_HASH'
          if (HAS_NOT.has(error.code)) hasNot++
          // Nobody else's copy would be smaller.
          if (error.code === 'ERR_BLOB_SPACE') {
            why = `${site}: ${error.code}`
            break
          }
        } finally {
          this.#ends(source)
        }
      }
      if (!isTried && sources.length > 0) {
        this.#crowded.add(keyOf(body))
        return undefined
      }
      isNobodys = others > 0 && hasNot === others
    } catch (error) {
      if (!(error instanceof CheopsError) || FATAL.has(error.code)) throw error
      why = error.code
    }
    this.#later(body, why, isWrong, { isNobodys, isMoving: this.#hereOf(body) > before })
    return undefined
  }

  #hereOf({ hash }: NamedBody): number {
    const found = this.#parts.options.blobs.find(hash)
    return found.kind === 'absent' ? 0 : found.bytes
  }

  #begins(source: string): void {
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + 1)
  }

  /** What waits for a turn is looked at again. */
  #ends(source: string): void {
    const left = (this.#sources.get(source) ?? 1) - 1
    if (left > 0) this.#sources.set(source, left)
    else this.#sources.delete(source)
    this.#crowded.clear()
  }

  /** Who wrote it first, then the other members; those that can be reached. None where this site does not let it be carried out anyway. */
  async #sourcesOf({
    replicant,
    hash,
    length,
  }: NamedBody): Promise<{ readonly sources: readonly string[]; readonly others: number }> {
    const { options, replicas, isConnected } = this.#parts
    const { site, mayRun } = options
    return replicas.with(replicant, ({ core, draft }) => {
      const naming = operationsOf(core.replicant, draft).filter(operation => {
        const named = largeBodyOf(operation)
        return named?.hash === hash && named.length === length
      })
      // Whether a state changes anything here is seen when it is compared.
      const isState = naming.some(({ type }) => type === 'state') && length <= MAX_HELD_BODY_BYTES
      const isWanted = isState || naming.some(operation => operation.dot.site === site || mayRun(operation))
      // Who leaves has it until somebody else does.
      const members = [...membersOfReplicant(core.replicant), ...leaversOf(core.replicant, this.#parts.nowMs())]
      const origins = naming.map(({ dot }) => dot.site).filter(origin => members.includes(origin))
      const sources = [...new Set([...origins, ...members])].filter(each => each !== site && isConnected(each))
      return { sources: isWanted ? sources : [], others: members.filter(each => each !== site).length }
    })
  }

  /** @param isWrong what came was another body: all of it would come again */
  #later(
    body: NamedBody,
    why: string,
    isWrong: boolean,
    { isNobodys, isMoving }: { readonly isNobodys: boolean; readonly isMoving: boolean },
  ): void {
    const { clock, random, onEvent } = this.#parts.options
    const { replicant, hash, length } = body
    const key = keyOf(body)
    const before = this.#failed.get(key)
    // A link that is cut all the time and carries something each time is used each time.
    const times = isMoving ? 1 : (before?.times ?? 0) + 1
    const now = clock.monotonic()
    const since = isMoving ? now : (before?.since ?? now)
    const nobodySince = isNobodys ? (before?.nobodySince ?? now) : undefined
    if (before === undefined) onEvent({ kind: 'waits-for-body', replicant, hash, bytes: length, why })
    const full = isWrong ? WRONG_BODY_MS : backoffMs(times, RETRY_BASE_MS, RETRY_CAP_MS)
    const delayMs = spread(full, random.uniform())
    const timer = clock.after(delayMs, () => {
      // Nobody asks for it any more: nothing is remembered of it.
      const failed = this.#failed.get(key)
      if (failed !== undefined && this.#parts.records.isNamed(body))
        this.#failed.set(key, { ...failed, timer: undefined })
      else this.#failed.delete(key)
      this.look()
    })
    this.#failed.set(key, { times, since, nobodySince, timer, isTold: before?.isTold === true && this.isGivenUp(body) })
    this.#tellIfGivenUp(body)
    // Who gave another body is not asked again before it is given up.
    const givenUpInMs = nobodySince === undefined ? Infinity : nobodySince + NOBODY_HAS_BODY_MS - now
    if (givenUpInMs > 0 && givenUpInMs < delayMs)
      clock.after(Math.ceil(givenUpInMs) + 1, () => this.#tellIfGivenUp(body))
  }

  /** Its lane need not wait any more. */
  #tellIfGivenUp(body: NamedBody): void {
    const key = keyOf(body)
    const failed = this.#failed.get(key)
    if (this.#end.signal.aborted || failed === undefined || failed.isTold || !this.isGivenUp(body)) return
    this.#failed.set(key, { ...failed, isTold: true })
    this.#parts.replicas.with(body.replicant, this.#parts.kick).catch(this.#parts.onFault)
  }
}

function keyOf({ replicant, hash, length }: NamedBody): string {
  return `${hash} ${length} ${replicantKey(replicant)}`
}

/** All that is held of a replicant. */
function operationsOf(
  { lives, waiting }: Replica['core']['replicant'] & { readonly name: ReplicantName },
  draft: Operation | undefined,
): readonly Operation[] {
  const held = lives.flatMap(({ live, conflicts, outside, membership }) => [live, conflicts, outside, membership])
  return [...held.flat(), ...waiting, ...(draft === undefined ? [] : [draft])]
}

import {
  admit,
  dotKey,
  isBeyondTime,
  receive,
  removalTold,
  replicantKey,
  sameDot,
  type LifeId,
  type LifeTransfer,
  type MatrixDefinition,
  type Operation,
  type Replicant,
  type ReplicantName,
  type ReplicantStep,
  type Stamp,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { EARLIEST_CLOCK_MS, MAX_TRANSFER_BYTES, MAX_TRANSFER_OPERATIONS, MAX_TRANSFER_PARTS } from '../limits.ts'
import { dotsIn, dotsOf, isOfFuture, type OwnRun } from './own-numbers.ts'
import { isProven, signedMembers } from './proven-summary.ts'
import { Repeated } from './repeated.ts'
import type { ToldWork } from './told-work.ts'
import type { ReplicationContext } from '../context.ts'
import type { Replica } from '../replica.ts'
import type { Engine } from '../engine.ts'
import type { OutboxEntry, SealedOperation } from '../../../ports/sync.ts'

/** An entry that is ready to be taken: signatures checked, transfers put together, and what nobody may say left out. */
export type Arrival =
  | {
      readonly kind: 'step'
      readonly replicant: ReplicantName
      /** The lives that it speaks of; what it speaks of them is taken as a whole, or not at all. */
      readonly lives: readonly LifeId[]
      readonly arrived: ReadonlyMap<string, SealedOperation>
      /** `not-a-member`: the sender is to have no say in this replicant. `not-signed`: it says more than anybody has signed. */
      readonly take: (replica: Replica) => ReplicantStep | 'not-a-member' | 'not-signed'
    }
  | { readonly kind: 'entry'; readonly entry: OutboxEntry & { readonly kind: 'acknowledgement' | 'outcome' } }
  | { readonly kind: 'matrix'; readonly definition: MatrixDefinition }
  /** Who has written something of it is not known here, so that nobody can say whether it was written. */
  | { readonly kind: 'stranger'; readonly replicant: ReplicantName; readonly origin: string }
  /** The end of a transfer whose beginning was given up, perhaps: nobody knows what else belongs to it. */
  | { readonly kind: 'torn'; readonly replicant: ReplicantName }

/** A transfer that is not whole yet, as far as it has come. */
interface Parts {
  readonly key: string
  readonly operations: Operation[]
  /** The same, by `dotKey`. */
  readonly arrived: Map<string, SealedOperation>
  readonly repeated: Repeated
  /** Operations in it, however often each. */
  told: number
  count: number
  bytes: number
  /** Why it is not taken, whatever else comes of it. */
  left?: { readonly arrival: Arrival | undefined }
}

/** Reads the entries that one other site sends in one conversation. */
export class Arrivals {
  readonly #options: ReplicationContext
  readonly #own: OwnRun
  readonly #from: string
  /** Parts of a transfer that is not whole yet, by incarnation of the outbox. */
  readonly #parts = new Map<string, Parts>()
  /** Outboxes of which the entries before the next were given up. */
  readonly #jumped = new Set<string>()
  #partBytes = 0
  readonly #work: ToldWork
  /** Operations of the message of now, outside of transfers. */
  #repeated = new Repeated()

  /** @param from the site that sends them */
  constructor({ options, lastNumber, tellers }: Pick<Engine, 'options' | 'lastNumber' | 'tellers'>, from: string) {
    this.#options = options
    this.#work = tellers.of(from)
    this.#own = { site: options.site, incarnation: options.incarnation, last: lastNumber }
    this.#from = from
  }

  /** Whether a transfer of that outbox has begun and is not whole yet. */
  isPartial(incarnation: string): boolean {
    return this.#parts.has(incarnation)
  }

  /** The entries before the next of that outbox were given up: it may be in the middle of a transfer. */
  jumped(incarnation: string): void {
    this.#jumped.add(incarnation)
  }

  /** Another message begins. */
  message(): void {
    this.#repeated = new Repeated()
  }

  /**
   * Undefined for what says nothing, or is refused, which is reported. Others have their turn meanwhile, and a site that has made much work waits.
   * @throws CheopsError ERR_SYNC_MESSAGE
   */
  async read(incarnation: string, bytes: Uint8Array): Promise<Arrival | undefined> {
    const { codec, matrices } = this.#options
    const entry = this.#work.do(() => codec.decodeEntry(bytes))
    const mayBeTorn = this.#jumped.has(incarnation)
    if (mayBeTorn && !(entry.kind === 'transfer' && entry.more)) this.#jumped.delete(incarnation)
    if (mayBeTorn && entry.kind === 'transfer')
      return entry.more ? undefined : { kind: 'torn', replicant: entry.replicant }
    switch (entry.kind) {
      case 'operation': {
        if (this.#repeated.has(entry.operation)) return undefined
        const operation = this.#work.do(() => this.#open(entry.operation))
        if (operation === undefined) return undefined
        if (operation instanceof CheopsError)
          return strangerOf(operation, codec.decodeOperation(entry.operation.bytes).replicant)
        const { replicant } = operation
        const arrived = new Map([[dotKey(operation.dot), entry.operation]])
        const lives = [operation.life]
        return {
          kind: 'step',
          replicant,
          lives,
          arrived,
          take: ({ core }) => admit(core.replicant, operation, matrices),
        }
      }
      case 'transfer':
        return this.#transfer(incarnation, entry)
      case 'removal': {
        const { replicant, told } = entry
        // Each member speaks for itself.
        if (told.member !== this.#from) return this.#refuse('not-its-word')
        if (this.#isBeyondTime([told.life, told.removal])) return this.#refuse('stamp-ahead')
        if (isOfFuture(this.#own, told.held)) return this.#refuse('own-number')
        return {
          kind: 'step',
          replicant,
          lives: [],
          arrived: new Map(),
          take: ({ core }) =>
            mayTell(core.replicant, this.#from) ? removalTold(core.replicant, told, matrices) : 'not-a-member',
        }
      }
      case 'acknowledgement':
        return entry.lives.length === 0 ? undefined : { kind: 'entry', entry }
      case 'outcome':
        return { kind: 'entry', entry }
      case 'matrix':
        return { kind: 'matrix', definition: entry.definition }
      case 'unknown':
        return undefined
    }
  }

  async #transfer(
    incarnation: string,
    entry: OutboxEntry & { readonly kind: 'transfer' },
  ): Promise<Arrival | undefined> {
    const { replicant, transfer, more } = entry
    const parts = this.#partsOf(incarnation, `${replicantKey(replicant)} ${dotKey(transfer.life.dot)}`)
    parts.count++
    parts.told += transfer.operations.length
    if (parts.count > MAX_TRANSFER_PARTS || parts.told > MAX_TRANSFER_OPERATIONS) throw tooLarge()
    const { summary } = transfer
    if (!more) this.#parts.delete(incarnation)
    if (summary !== undefined && parts.left === undefined) {
      const why = this.#faultOf(summary)
      if (why !== undefined) this.#leave(parts, this.#refuse(why))
    }
    await this.#add(parts, entry)
    if (more) {
      if (this.#partBytes > MAX_TRANSFER_BYTES) throw tooLarge()
      return undefined
    }
    this.#partBytes -= parts.bytes
    if (parts.left !== undefined) return parts.left.arrival
    const { operations, arrived } = parts
    const whole: LifeTransfer = { operations, ...(summary !== undefined && { summary }) }
    const { matrices } = this.#options
    return {
      kind: 'step',
      replicant,
      lives: [transfer.life],
      arrived,
      // Operations are believed of those who have signed them, whoever brings them.
      take: ({ core: { replicant: held } }) => {
        if (summary !== undefined && !mayTell(held, this.#from, operations)) return 'not-a-member'
        const step = receive(held, whole, matrices)
        // What is not taken is asked for anew.
        const isTaken = summary !== undefined && step.replicant !== held
        return isTaken && !isProven(held, summary, operations) ? 'not-signed' : step
      },
    }
  }

  /** Checks what another part brings. Of what is not taken nothing is kept, and no more of it is looked at. */
  async #add(parts: Parts, { replicant, transfer }: OutboxEntry & { readonly kind: 'transfer' }): Promise<void> {
    for (const sealed of transfer.operations) {
      if (parts.left !== undefined) return
      if (parts.repeated.has(sealed)) continue
      await this.#work.turn()
      const operation = this.#work.do(() => this.#open(sealed))
      if (operation === undefined) this.#leave(parts, undefined)
      else if (operation instanceof CheopsError) this.#leave(parts, strangerOf(operation, replicant))
      // It would be taken, or not, together with another life.
      else if (!sameDot(operation.life.dot, transfer.life.dot)) this.#leave(parts, this.#refuse('bad-life'))
      else if (!parts.arrived.has(dotKey(operation.dot))) {
        parts.arrived.set(dotKey(operation.dot), sealed)
        parts.operations.push(operation)
        parts.bytes += sealed.bytes.length
        this.#partBytes += sealed.bytes.length
      }
    }
  }

  #leave(parts: Parts, arrival: Arrival | undefined): void {
    parts.left = { arrival }
    parts.operations.length = 0
    parts.arrived.clear()
    this.#partBytes -= parts.bytes
    parts.bytes = 0
  }

  #faultOf(summary: NonNullable<LifeTransfer['summary']>): string | undefined {
    if (summary.from !== this.#from) return 'not-its-word'
    if (this.#isBeyondTime(stampedIn(summary))) return 'stamp-ahead'
    return isOfFuture(this.#own, dotsIn(summary)) ? 'own-number' : undefined
  }

  #partsOf(incarnation: string, key: string): Parts {
    const known = this.#parts.get(incarnation)
    if (known?.key === key) return known
    // Of one that was begun and is not gone on with nothing is kept.
    this.#partBytes -= known?.bytes ?? 0
    const empty = { operations: [], arrived: new Map<string, SealedOperation>(), repeated: new Repeated() }
    const parts: Parts = { key, ...empty, told: 0, count: 0, bytes: 0 }
    this.#parts.set(incarnation, parts)
    return parts
  }

  /** Undefined for what nobody has signed: it is reported, and not asked for again. The error where its origin's key is not known. */
  #open(sealed: SealedOperation): Operation | CheopsError | undefined {
    try {
      const operation = this.#options.seal.open(sealed)
      if (this.#isBeyondTime([operation])) return this.#refuse('stamp-ahead')
      return isOfFuture(this.#own, dotsOf(operation)) ? this.#refuse('own-number') : operation
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      if (error.code === 'ERR_SYNC_ORIGIN') return error
      this.#work.wasForged()
      return this.#refuse(error.code)
    }
  }

  /** What raises the clock of a replicant. */
  #isBeyondTime(stamped: readonly { readonly stamp: Stamp }[]): boolean {
    const { clock, incarnation } = this.#options
    // A machine that wakes up in 1970 must not refuse what others tell until it has learnt the time.
    const now = Math.max(clock.now(), Number(incarnation.split('-')[0]), EARLIEST_CLOCK_MS)
    return stamped.some(({ stamp }) => isBeyondTime(stamp, now))
  }

  #refuse(why: string): undefined {
    this.#options.onEvent({ kind: 'refused', from: this.#from, why })
  }
}

function tooLarge(): CheopsError {
  return new CheopsError('ERR_SYNC_MESSAGE', 'A transfer has too many parts.', { reason: 'too-large' })
}

function stampedIn({ life, droppers, changes, firstDelete }: NonNullable<LifeTransfer['summary']>) {
  const first = firstDelete === undefined ? [] : [firstDelete]
  return [life, ...droppers.map(({ greatest }) => greatest), ...changes.map(({ by }) => by), ...first]
}

function strangerOf({ meta }: CheopsError, replicant: ReplicantName): Arrival {
  return { kind: 'stranger', replicant, origin: String(meta['origin']) }
}

/** Whether a site may be told of a replicant: it is or was a member. */
export function mayHear({ lives }: Replicant, site: string): boolean {
  return lives.some(({ changes }) => changes.some(change => change.site === site))
}

/**
 * Whether a site may say what it remembers of a replicant: nothing is known of it yet, or the site is or was a member, as is known here or
 * by what members have signed. Such words are not signed, and change what is here.
 */
export function mayTell(
  { lives }: Pick<Replicant, 'lives'>,
  site: string,
  brought: readonly Operation[] = [],
): boolean {
  return lives.every(({ changes }) => changes.length === 0) || signedMembers({ lives }, brought).has(site)
}

import {
  admit,
  dotKey,
  isBeyondTime,
  isKnown,
  membersOf,
  receive,
  removalTold,
  replicantKey,
  sameDot,
  type LifeId,
  type LifeTransfer,
  type MatrixDefinition,
  type MemberChanges,
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
import { withOwnKey } from '../write/kept-requests.ts'
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
      readonly operations: readonly Operation[]
      /** Those of them of which nobody can say here whether their origin has signed them, since its key of then is not known: see `word.ts`. */
      readonly unverified: readonly Operation[]
      /** Its teller says itself that it is no member of that life any more. */
      readonly isOfParted?: boolean
      /** `not-a-member`: the sender is to have no say in this replicant. `not-signed`: it says more than anybody has signed. */
      readonly take: (replica: Replica) => ReplicantStep | 'not-a-member' | 'not-signed'
    }
  | { readonly kind: 'entry'; readonly entry: OutboxEntry & { readonly kind: 'acknowledgement' | 'outcome' } }
  | { readonly kind: 'matrix'; readonly definition: MatrixDefinition }
  /** The end of a transfer whose beginning was given up, perhaps: nobody knows what else belongs to it. */
  | { readonly kind: 'torn'; readonly replicant: ReplicantName }

interface Opened {
  readonly operation: Operation
  /** False where the key by which its origin signed then is not known here. */
  readonly isVerified: boolean
}

/** A transfer that is not whole yet, as far as it has come. */
interface Parts {
  readonly key: string
  readonly operations: Operation[]
  readonly unverified: Set<Operation>
  /** The same, by `dotKey`. */
  readonly arrived: Map<string, SealedOperation>
  readonly repeated: Repeated
  /** Operations in it, however often each. */
  told: number
  count: number
  bytes: number
  /** It is not taken, whatever else comes of it. */
  isLeft: boolean
}

type ArrivalParts = Pick<Engine, 'options' | 'keyRuns' | 'lastNumber' | 'tellers'>

/** Reads the entries that one other site sends in one conversation. */
export class Arrivals {
  readonly #options: ReplicationContext
  readonly #keyRuns: Engine['keyRuns']
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
  constructor({ options, keyRuns, lastNumber, tellers }: ArrivalParts, from: string) {
    this.#options = options
    this.#keyRuns = keyRuns
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
        const opened = this.#work.do(() => this.#open(entry.operation))
        if (opened === undefined) return undefined
        const { operation, isVerified } = opened
        return {
          kind: 'step',
          replicant: operation.replicant,
          lives: [operation.life],
          arrived: new Map([[dotKey(operation.dot), entry.operation]]),
          operations: [operation],
          unverified: isVerified ? [] : [operation],
          // What is here already is what it was when it came: only who can be checked says that it never did.
          take: ({ core: { replicant } }) =>
            !isVerified && isKnown(replicant, operation)
              ? { replicant, effects: [{ kind: 'duplicate', dot: operation.dot }] }
              : admit(replicant, operation, matrices),
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
          operations: [],
          unverified: [],
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
    if (summary !== undefined && !parts.isLeft) {
      const why = this.#faultOf(summary)
      if (why !== undefined) this.#leave(parts, why)
    }
    await this.#add(parts, entry)
    if (more) {
      if (this.#partBytes > MAX_TRANSFER_BYTES) throw tooLarge()
      return undefined
    }
    this.#partBytes -= parts.bytes
    if (parts.isLeft) return undefined
    const { operations, unverified, arrived } = parts
    const { matrices } = this.#options
    return {
      kind: 'step',
      replicant,
      lives: [transfer.life],
      arrived,
      operations,
      unverified: [...unverified],
      isOfParted: summary !== undefined && hasParted(summary.changes, this.#from),
      // Operations are believed of those who have signed them, whoever brings them.
      take: ({ core: { replicant: held } }) => {
        const brought = operations.flatMap(operation =>
          unverified.has(operation) ? asItCame(held, operation) : [operation],
        )
        if (summary !== undefined && !mayTell(held, this.#from, brought)) return 'not-a-member'
        const whole: LifeTransfer = { operations: brought, ...(summary !== undefined && { summary }) }
        const step = receive(held, whole, matrices)
        // What is not taken is asked for anew.
        const isTaken = summary !== undefined && step.replicant !== held
        return isTaken && !isProven(held, summary, brought) ? 'not-signed' : step
      },
    }
  }

  /** Checks what another part brings. Of what is not taken nothing is kept, and no more of it is looked at. */
  async #add(parts: Parts, { replicant, transfer }: OutboxEntry & { readonly kind: 'transfer' }): Promise<void> {
    for (const sealed of transfer.operations) {
      if (parts.isLeft) return
      if (parts.repeated.has(sealed)) continue
      await this.#work.turn()
      const opened = this.#work.do(() => this.#open(sealed))
      if (opened === undefined) {
        this.#leave(parts)
        return
      }
      const { operation, isVerified } = opened
      // It would be taken, or not, together with another life.
      if (!sameDot(operation.life.dot, transfer.life.dot)) this.#leave(parts, 'bad-life')
      // Who may write one resource shows by it nothing of another one.
      else if (replicantKey(operation.replicant) !== replicantKey(replicant)) this.#leave(parts, 'other-replicant')
      else if (!parts.arrived.has(dotKey(operation.dot))) {
        parts.arrived.set(dotKey(operation.dot), sealed)
        parts.operations.push(operation)
        if (!isVerified) parts.unverified.add(operation)
        parts.bytes += sealed.bytes.length
        this.#partBytes += sealed.bytes.length
      }
    }
  }

  /** @param why to be reported; undefined where that was done */
  #leave(parts: Parts, why?: string): void {
    if (why !== undefined) this.#refuse(why)
    parts.isLeft = true
    parts.operations.length = 0
    parts.unverified.clear()
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
    const parts: Parts = {
      key,
      operations: [],
      unverified: new Set(),
      arrived: new Map(),
      repeated: new Repeated(),
      told: 0,
      count: 0,
      bytes: 0,
      isLeft: false,
    }
    this.#parts.set(incarnation, parts)
    return parts
  }

  /** Undefined for what nobody has signed, or could have written: it is reported, and not asked for again. */
  #open(sealed: SealedOperation): Opened | undefined {
    const opened = this.#verify(sealed)
    if (opened === undefined) return undefined
    const operation = this.#work.do(() => withOwnKey(opened.operation, this.#options.hash))
    if (this.#isBeyondTime([operation])) return this.#refuse('stamp-ahead')
    return isOfFuture(this.#own, dotsOf(operation)) ? this.#refuse('own-number') : { ...opened, operation }
  }

  #verify(sealed: SealedOperation): Opened | undefined {
    const { seal, codec } = this.#options
    try {
      return { operation: seal.open(sealed), isVerified: true }
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      const isUnsigned = error.code === 'ERR_SYNC_SIGNATURE'
      if (isUnsigned || error.code === 'ERR_SYNC_ORIGIN') {
        const operation = codec.decodeOperation(sealed.bytes)
        if (!isUnsigned || this.#keyRuns.mayBeOfBefore(operation.dot)) return { operation, isVerified: false }
      }
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

function hasParted(changes: MemberChanges, from: string): boolean {
  return changes.some(({ site }) => site === from) && !membersOf(changes).includes(from)
}

/**
 * What is here already is what it was when it came, whatever it is said to be now: what was held is not taken again, and what waits is taken as it waits. A summary that speaks of that
 * would else say more than has come with it, or do away with what waits.
 */
function asItCame(replicant: Replicant, operation: Operation): readonly Operation[] {
  if (!isKnown(replicant, operation)) return [operation]
  const { life, dot } = operation
  return replicant.waiting.filter(waits => sameDot(waits.dot, dot) && sameDot(waits.life.dot, life.dot))
}

function stampedIn({ life, droppers, changes, firstDelete }: NonNullable<LifeTransfer['summary']>) {
  const first = firstDelete === undefined ? [] : [firstDelete]
  return [life, ...droppers.map(({ greatest }) => greatest), ...changes.map(({ by }) => by), ...first]
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

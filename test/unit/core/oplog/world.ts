/**
 * A small world for the core alone: members of one name, each with its state, what it executed and a REST application that answers
 * 404 and 409; messages are whatever a test hands over. Nothing here decides what is right: `reference.ts` does.
 */
import {
  NO_MATRICES,
  NOTHING_EXECUTED,
  NOTHING_KNOWN,
  ZERO_STAMP,
  admit,
  commute,
  covers,
  dotKey,
  holderOf,
  isReset,
  leftAsConflicts,
  memberByOf,
  newReplicant,
  leavingContext,
  nextContext,
  nextStamp,
  planOf,
  previousOf,
  receive,
  removalTold,
  scheduleOf,
  settlingContext,
  takesWrite,
  transferFor,
  withExecuted,
} from '../../../../src/core/oplog/index.ts'
import type {
  Dot,
  Executed,
  Idempotency,
  Life,
  Matrices,
  Operation,
  OperationType,
  Plan,
  Replicant,
  ReplicantEffect,
  ReplicantStep,
  Schedule,
  Stamp,
} from '../../../../src/core/oplog/index.ts'

export const NAME = { service: 'inventory', kind: 'thing', name: 'x' }

/** What the application holds by the name: `inc` changes the sum, `merge` and `patch` a field, `add` the list, `push` the bag. */
export interface Resource {
  readonly base: string
  readonly sum: number
  readonly fields: Readonly<Record<string, string>>
  readonly list: readonly string[]
  /** In no order: its elements are sorted. */
  readonly bag: readonly string[]
}

export interface Request {
  readonly type: OperationType
  readonly value: string
  readonly matrix?: string
  readonly idempotency?: Idempotency
  /** Of a `state`: no application has refused what it is made of. */
  readonly isTaken?: boolean
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const valueOf = (operation: Operation): string => {
  const body = operation.payload?.body
  return body !== undefined && 'bytes' in body ? new TextDecoder().decode(body.bytes) : ''
}

/** What REST says: 201, 200, 404 or 409, and the resource afterwards. */
function answer(resource: Resource | undefined, type: OperationType, value: string): [number, Resource | undefined] {
  const fresh: Resource = { base: value, sum: Number(value) || 0, fields: {}, list: [], bag: [] }
  if (type === 'create') return resource === undefined ? [201, fresh] : [409, resource]
  if (resource === undefined) return [404, undefined]
  if (type === 'delete') return [200, undefined]
  if (type === 'replace' || type === 'state') return [200, fresh]
  if (type === 'inc') return [200, { ...resource, sum: resource.sum + Number(value) }]
  if (type === 'merge' || type === 'patch')
    return [200, { ...resource, fields: { ...resource.fields, [value.slice(0, 1)]: value } }]
  if (type === 'push') return [200, { ...resource, bag: [...resource.bag, value].toSorted() }]
  return [200, { ...resource, list: [...resource.list, value] }]
}

export class Member {
  readonly site: string
  readonly incarnation: string
  readonly matrices: Matrices
  replicant: Replicant
  executed: Executed = NOTHING_EXECUTED
  resource: Resource | undefined
  clock: Stamp = ZERO_STAMP
  nowMs = 1000
  /** Every operation that was ever held here, as a log that forgets nothing would have it. */
  readonly known = new Map<string, Operation>()
  /** Plans that were carried out, for tests that ask how. */
  readonly plans: Plan[] = []
  /** What the application answered to a lane although it should not have. */
  readonly refusals: string[] = []
  readonly effects: ReplicantEffect[] = []
  /** Types that may not be sent twice. */
  readonly once: ReadonlySet<OperationType>
  /** What was ever sent to the application, by dot. */
  readonly sent = new Set<string>()
  /** The life that held the name before the last write. */
  before: Life | undefined
  private number = 0

  constructor(site: string, matrices: Matrices = NO_MATRICES, once: readonly OperationType[] = []) {
    this.site = site
    this.incarnation = `1-${'0'.repeat(16)}`
    this.matrices = matrices
    this.once = new Set(once)
    this.replicant = newReplicant(NAME, site)
  }

  get schedule(): Schedule {
    return scheduleOf(holderOf(this.replicant), this.matrices)
  }

  get plan(): Plan {
    return planOf(this.executed, this.schedule, {
      site: this.site,
      mayReplay: ({ type }) => !this.once.has(type),
      commute: (a, b) => commute(a, b, this.matrices),
    })
  }

  /**
   * A client's request: released, or void if the application refuses it. The lane is settled first, unless the client is `hasty` and
   * the lane may take the write before what is queued.
   */
  write(request: Request, members: readonly string[] = ['a', 'b', 'c'], hasty: boolean = false): Operation | undefined {
    if (!hasty || !takesWrite(this.executed, this.schedule, this.plan)) this.settle()
    this.before = holderOf(this.replicant)
    const { type, value, matrix, idempotency, isTaken = false } = request
    const [status, resource] = answer(this.resource, type, value)
    if (status >= 400) return undefined
    this.resource = resource
    const operation = this.operation(type, members, {
      value,
      ...(matrix !== undefined && { matrix }),
      idempotency,
      isTaken,
    })
    this.executed = withExecuted(this.executed, operation, this.matrices)
    this.sent.add(dotKey(operation.dot))
    this.step(admit(this.replicant, operation, this.matrices))
    return operation
  }

  /** Removes and adds members. */
  change(added: readonly string[], removed: readonly string[]): Operation {
    const operation = this.operation('members', added, { removed })
    this.step(admit(this.replicant, operation, this.matrices))
    return operation
  }

  take(operation: Operation): void {
    this.step(admit(this.replicant, operation, this.matrices))
  }

  /** Takes all that another member has, as sync does. */
  syncFrom(other: Member): void {
    const wasRemoved = other.replicant.lives.some(({ changes }) =>
      changes.some(({ site, member }) => site === this.site && !member),
    )
    for (const life of other.replicant.lives) {
      const mine = this.replicant.lives.find(({ life: { dot } }) => dotKey(dot) === dotKey(life.life.dot))
      const transfer = transferFor(life, mine ?? NOTHING_KNOWN, other.site, wasRemoved)
      if (transfer === undefined) continue
      const step = receive(this.replicant, transfer, this.matrices)
      this.step(step)
      if (transfer.summary !== undefined && !step.effects.some(({ kind }) => kind === 'stale'))
        for (const [key, operation] of other.known)
          if (dotKey(operation.life.dot) === dotKey(life.life.dot)) this.known.set(key, operation)
    }
  }

  /** Runs the lane until there is nothing left to do. */
  settle(): void {
    for (let rounds = 0; rounds < 3; rounds++) {
      const plan = this.plan
      if (plan.kind === 'nothing') return
      this.plans.push(plan)
      if (plan.kind !== 'run' && plan.kind !== 'replay') return
      for (const operation of plan.operations) {
        this.execute(operation)
        this.sent.add(dotKey(operation.dot))
        this.executed = withExecuted(this.executed, operation, this.matrices)
      }
    }
    throw new Error('the plan of a member that has executed its schedule is never empty')
  }

  step({ replicant, effects }: ReplicantStep): void {
    this.replicant = replicant
    for (const effect of effects) {
      this.effects.push(effect)
      if (effect.kind === 'held') this.known.set(dotKey(effect.operation.dot), effect.operation)
    }
  }

  /** Tells others what was held here of sites that were removed. */
  tell(others: readonly Member[]): void {
    for (const effect of this.effects)
      if (effect.kind === 'removal')
        for (const other of others) other.step(removalTold(other.replicant, effect.told, other.matrices))
  }

  private execute(operation: Operation): void {
    const { type } = operation
    // A reset is executed as state.
    const asState = !isReset(operation, this.matrices)
      ? type
      : type === 'delete'
        ? 'delete'
        : this.resource === undefined
          ? 'create'
          : 'replace'
    const [status, resource] = answer(this.resource, asState, valueOf(operation))
    if (status >= 400 && type !== 'delete') this.refusals.push(`${asState} ${valueOf(operation)}: ${status}`)
    this.resource = resource
  }

  private operation(
    type: OperationType,
    added: readonly string[],
    more: {
      value?: string
      matrix?: string
      idempotency?: Idempotency | undefined
      removed?: readonly string[]
      isTaken?: boolean
    },
  ): Operation {
    const { stamp, clock } = nextStamp(this.clock, this.replicant.clock, this.nowMs)
    this.clock = clock
    const dot: Dot = { site: this.site, incarnation: this.incarnation, number: ++this.number }
    const holder = holderOf(this.replicant)
    const life = type === 'create' || holder === undefined ? undefined : holder
    const previous = life && previousOf(life, this.site)
    const memberBy = life && memberByOf(this.replicant, life.life)
    const body = { bytes: text(more.value ?? '') }
    const next = life === undefined ? [] : nextContext(this.executed, life, this.site)
    const leaves = life !== undefined && more.removed?.includes(this.site) === true
    const seen = leaves ? leavingContext(next, life.knowledge, this.site) : next
    // As clients write: who says the whole has seen what was dropped.
    const settles = life !== undefined && (type === 'replace' || type === 'delete')
    // A state is said of what an application shows that has refused every second change.
    const changes = this.schedule.state === 'present' ? this.schedule.changes : []
    const isRefused = (place: number): boolean => more.isTaken !== true && place % 2 === 0
    const refused = changes.filter(({ dot: change }, place) => isRefused(place) && covers(seen, change))
    const { unsettled } = life === undefined ? { unsettled: [] } : leftAsConflicts(life, seen)
    return {
      dot,
      stamp,
      replicant: NAME,
      life: life?.life ?? { stamp, dot },
      type,
      context: settles ? settlingContext(seen, life, 'dropped') : seen,
      ...(type === 'state' && refused.length > 0 && { refused: refused.map(change => change.dot) }),
      ...(type === 'state' && unsettled.length > 0 && { unsettled }),
      ...(previous !== undefined && { previous }),
      ...(memberBy !== undefined && { memberBy }),
      ...(more.matrix !== undefined && { matrix: more.matrix }),
      ...(more.idempotency !== undefined && { idempotency: more.idempotency }),
      ...(type !== 'members' && { payload: { method: 'POST', path: '/things/x', headers: [], body } }),
      ...((type === 'create' || type === 'members') && { members: { added, removed: more.removed ?? [] } }),
    }
  }
}

/** Members a, b and c. */
export function members(
  matrices: Matrices = NO_MATRICES,
  once: readonly OperationType[] = [],
): [Member, Member, Member] {
  return [new Member('a', matrices, once), new Member('b', matrices, once), new Member('c', matrices, once)]
}

/** Everybody takes what everybody has, and executes it. */
export function heal(all: readonly Member[]): void {
  for (let round = 0; round < 2; round++)
    for (const to of all) for (const from of all) if (to !== from) to.syncFrom(from)
  for (const member of all) member.settle()
}

/** `type value` of each operation, for comparing schedules at sight. */
export function told(schedule: Schedule): string[] {
  if (schedule.state !== 'present') return [schedule.state]
  return [schedule.reset, ...schedule.changes].map(operation => `${operation.type} ${valueOf(operation)}`)
}

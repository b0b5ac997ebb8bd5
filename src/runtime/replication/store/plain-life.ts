/**
 * What a life mostly is, which records leave out: a record of a replicant is written with each step, and two thirds of it said that there is
 * nothing. What is read is filled in again; earlier records say all of it.
 */
import { sameDot, type MemberChange, type OperationId } from '../../../core/oplog/index.ts'

const PLAIN_LIFE: Readonly<Record<string, unknown>> = {
  holes: [],
  keys: [],
  conflictsForgotten: 0,
  live: [],
  conflicts: [],
  outside: [],
  membership: [],
}
const PLAIN_CHANGE: Readonly<Record<string, unknown>> = { member: true, held: [], told: [] }

interface StoredLife {
  readonly life: OperationId
  readonly changes: readonly MemberChange[]
}

/** Without what is plain; to be written only. */
export function plainLeftOut<T extends StoredLife>(life: T): object {
  const changes = life.changes.map(change => {
    const { by, ...rest } = leftOut(change, PLAIN_CHANGE)
    // Most members are those of the create.
    return isSame(change.by, life.life) ? rest : { ...rest, by }
  })
  return { ...leftOut(life, PLAIN_LIFE), changes }
}

/** With what was left out; dots and identities as they came. */
export function plainFilled<T extends StoredLife>(life: T): T {
  const changes = life.changes.map((change: Partial<MemberChange>) => ({ by: life.life, ...PLAIN_CHANGE, ...change }))
  return { ...PLAIN_LIFE, ...life, changes }
}

function leftOut(value: object, plain: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const left: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const field: unknown = value[name as keyof typeof value]
    if (Array.isArray(field) && name in plain ? field.length > 0 : field !== plain[name]) left[name] = field
  }
  return left
}

function isSame(a: OperationId, b: OperationId): boolean {
  return sameDot(a.dot, b.dot) && a.stamp.ms === b.stamp.ms && a.stamp.counter === b.stamp.counter
}

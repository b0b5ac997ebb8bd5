import { compareOperations, dotKey } from '../../../src/core/oplog/index.ts'
import { canonical } from '../../world/canonical.ts'
import { arranged, isDroppedBy, isResetIn, type Definitions } from './plain-matrix.ts'
import type { Operation } from '../../../src/core/oplog/index.ts'
import type { JsonObject } from '../../world/fake-application.ts'

/** What a full set of operations comes to, by src/consistency.md read as plainly as it can be: nothing is pruned, every pair is looked at. */
export type Expected =
  | { readonly state: 'none' }
  | { readonly state: 'absent' }
  | {
      readonly state: 'present'
      readonly schedule: readonly Operation[]
      readonly resource: JsonObject
      /** What it is if the fields that are never shown have outlived an operation of the application's own: nobody can see whether they have. */
      readonly unseen: JsonObject
    }

/**
 * Absent if there is any delete; else the greatest reset, then all that nothing drops and that is no earlier request with the same key and body, in
 * order. Of the greatest life. What drops what, and which comes first, is said by the matrix that the later one names, else by the default rule.
 * @param bodies large ones, by their hash
 */
export function expectedOf(
  operations: readonly Operation[],
  id: string,
  bodies: ReadonlyMap<string, Uint8Array>,
  matrices: Definitions,
): Expected {
  const greatest = operations
    .map(({ life }) => life)
    .toSorted(compareOperations)
    .at(-1)
  if (greatest === undefined) return { state: 'none' }
  const life = operations
    .filter(operation => dotKey(operation.life.dot) === dotKey(greatest.dot) && operation.type !== 'members')
    .toSorted(compareOperations)
  if (!life.some(({ type }) => type === 'create')) return { state: 'none' }
  if (life.some(({ type }) => type === 'delete')) return { state: 'absent' }
  const isReset = (operation: Operation): boolean => isResetIn(operation, matrices)
  const last = life.findLast(isReset)
  if (last === undefined) return { state: 'none' }
  const changes = life.filter(
    (operation, place) =>
      !isReset(operation) &&
      !life.some(other => isDroppedBy(operation, other, matrices)) &&
      !life.slice(0, place).some(earlier => !isReset(earlier) && isSameRequest(earlier, operation, bodies)),
  )
  const schedule = [last, ...arranged(changes, matrices)]
  let resource: JsonObject = {}
  let hidden: JsonObject = {}
  for (const [place, operation] of schedule.entries()) {
    const body = bodyOf(operation, bodies)
    resource = { ...(place === 0 ? body : changed(resource, operation.type, body)), id }
    if ('secret' in body) hidden = { secret: body['secret'] }
    else if (place === 0) hidden = {}
  }
  return { state: 'present', schedule, resource, unseen: { ...resource, ...hidden } }
}

/** Of changes that are one request, by key and body, the first stays, also where a reset has done away with it. */
function isSameRequest(a: Operation, b: Operation, bodies: ReadonlyMap<string, Uint8Array>): boolean {
  if (a.idempotency === undefined || a.idempotency.key !== b.idempotency?.key) return false
  return canonical(bodyOf(a, bodies)) === canonical(bodyOf(b, bodies))
}

/** What an operation says, as far as its bytes are there. */
export function bodyOf({ payload }: Operation, bodies: ReadonlyMap<string, Uint8Array>): JsonObject {
  const body = payload?.body
  const bytes = body === undefined || 'bytes' in body ? body?.bytes : bodies.get(body.hash)
  return bytes === undefined || bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as JsonObject)
}

/** Merges are flat in this world; an `add` adds to the list `lines`, a `count` to a number, and a `restore` says all. */
function changed(target: JsonObject, type: string, patch: JsonObject): JsonObject {
  if (type === 'restore') return patch
  if (type === 'count') return { ...target, count: Number(target['count'] ?? 0) + Number(patch['by']) }
  if (type === 'add') {
    const { lines } = target
    return { ...target, lines: [...(Array.isArray(lines) ? (lines as unknown[]) : []), patch] }
  }
  const entries = Object.entries({ ...target, ...patch }).filter(([, value]) => value !== null)
  return Object.fromEntries(entries)
}

/**
 * What an operator decides about writes that have lost: what counts stays, or one of them is written again. Each life whose conflicts are
 * shown gets a reset that has seen them, so that they are gone at all members. Source: src/consistency.md "Replicants, lives, members".
 */
import {
  conflictsOf,
  findLife,
  holderOf,
  membersOfReplicant,
  sameDot,
  type Conflict,
  type Life,
  type Operation,
  type Payload,
} from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { draftOf } from '../write/draft.ts'
import { issue } from './issue-state.ts'
import { unclearText } from './written-fields.ts'
import { MAX_HELD_BODY_BYTES } from '../limits.ts'
import { advance } from '../lane/lane.ts'
import { checkLane } from '../write/write-checks.ts'
import { writeLocally } from '../write/local-write.ts'
import { release } from '../write/release.ts'
import { operationText } from '../operator/replicant-listing.ts'
import { jsonTypeIn } from '../application/json-type.ts'
import { bytesOf } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import type { Engine } from '../engine.ts'
import type { LocalWrite } from '../write/local-write.ts'
import type { Replica } from '../replica.ts'
import type { SettleChoice } from '../../../ports/replication-control.ts'

/**
 * Settles all conflicts of a replicant that are known here.
 * @returns those that were
 * @throws CheopsError ERR_CONFLICT_NOT_FOUND, ERR_CONFLICT_REFUSED, ERR_REPLICANT_LOCKED, _UNBOUND, ERR_REQUEST_BODY_TOO_LARGE, ERR_BLOB_SPACE, what
 *   `writeLocally` throws
 */
export async function settleConflicts(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  choice: SettleChoice,
): Promise<readonly Conflict[]> {
  if ((await advance(engine, replica)) !== 'settled') engine.kick(replica)
  const conflicts = conflictsOf(replica.core.replicant.lives)
  if (conflicts.length === 0)
    throw new CheopsError(
      'ERR_CONFLICT_NOT_FOUND',
      `No write to ${replica.name.name} has lost, as far as is known here.`,
    )
  // Before anything is written: what is settled half is shown as what it was.
  checkLane(engine, replica, false)
  const before = replica.core.replicant.lives
  if (choice.how === 'take') await writeAgain(engine, replica, resource, chosen(conflicts, choice.write, replica))
  // What was written again may be a change of a part, which settles nothing.
  await keep(engine, replica, resource, before)
  for (const life of before) await endLife(engine, replica, life)
  return conflicts
}

function chosen(conflicts: readonly Conflict[], write: string, { name }: Replica): Operation {
  const isMeant = ({ operation: { dot } }: Conflict): boolean => dot.site === write || operationText(dot) === write
  const found = conflicts.findLast(isMeant)
  if (found !== undefined) return found.operation
  const there = conflicts.map(({ operation }) => operationText(operation.dot)).join(', ')
  throw new CheopsError(
    'ERR_CONFLICT_NOT_FOUND',
    `${write} wrote nothing to ${name.name} that has lost; there is ${there}.`,
  )
}

/**
 * The life that holds the name, if it is there and has conflicts, says what it is.
 * @param before all lives as they were looked at: what comes while the application is read nobody has seen
 */
async function keep(engine: Engine, replica: Replica, resource: Resource, before: readonly Life[]): Promise<void> {
  const holder = holderOf(replica.core.replicant)
  const isThere = currentPlan(engine, replica).schedule.state === 'present'
  const seen = before.find(({ life }) => holder !== undefined && sameDot(life.dot, holder.life.dot))
  if (holder === undefined || seen === undefined || !isThere || !conflictsOf([holder]).length) return
  const settles = { settles: 'all', seen } as const
  const issued = await issue(engine, replica, resource, await resource.read(), 'shown', settles)
  if (issued === 'issued') return
  if (issued !== 'cannot')
    throw new CheopsError('ERR_CONFLICT_REFUSED', `${replica.name.name} cannot be kept: ${unclearText(issued)}.`)
  throw new CheopsError(
    'ERR_REQUEST_BODY_TOO_LARGE',
    `What ${replica.name.name} is now cannot be said anew by itself: the application shows no JSON of at most ${MAX_HELD_BODY_BYTES / 1024 / 1024} MiB. Write it with PUT.`,
  )
}

/** A life that is over, or does not hold the name, and has conflicts: they are deleted with it, by one who has seen them. */
async function endLife(engine: Engine, replica: Replica, seen: Life): Promise<void> {
  const { replicant } = replica.core
  const life = findLife(replicant, seen.life)
  const isThere = currentPlan(engine, replica).schedule.state === 'present'
  if (life === undefined || (life === holderOf(replicant) && isThere)) return
  if (!conflictsOf(replicant.lives).some(({ operation }) => findLife(replicant, operation.life) === life)) return
  const draft = draftOf(engine, replica, engine.nextNumber(), 'delete', undefined, {
    life,
    settles: 'life',
    seen,
    ...levelIn(life),
  })
  await release(engine, replica, draft, undefined)
}

function levelIn({ live }: Life): { readonly level?: string } {
  const level = live.find(operation => operation.level !== undefined)?.level
  return level === undefined ? {} : { level }
}

/** A write that has lost, as a new one of this site, with the agent's own account. */
async function writeAgain(engine: Engine, replica: Replica, resource: Resource, operation: Operation): Promise<void> {
  const { name } = replica
  const isThere = currentPlan(engine, replica).schedule.state === 'present'
  const { method, path, headers, body } = await requestFor(resource, operation, isThere)
  // Another site may have said more than what is stored here.
  const stored = resource.glue.storedHeaders({ method, target: path, rawHeaders: headers.flat() })
  const head = { method, target: path, rawHeaders: stored.flat() }
  const read = body !== undefined && 'bytes' in body ? body.bytes : new Uint8Array(0)
  const description = resource.glue.describe(head, path, resource.glue.parseBody(head.rawHeaders, read))
  if (description.is !== 'operation' || description.name !== name.name)
    throw new CheopsError('ERR_CONFLICT_REFUSED', `A ${operation.type} of ${name.name} cannot be written again.`)
  const write: LocalWrite = {
    service: name.service,
    description,
    head,
    path,
    body: body !== undefined && 'hash' in body ? body : read,
    members: isThere ? undefined : membersOfReplicant(replica.core.replicant),
    authority: 'agent',
    settles: 'all',
  }
  // The operation that names it now may be forgotten before the new one does.
  const release = body !== undefined && 'hash' in body ? engine.options.blobs.hold(body.hash) : undefined
  const { outcome, answer } = await writeLocally(engine, replica, write).finally(() => {
    release?.()
    if (release !== undefined) engine.bodies.sweepLater()
  })
  if (outcome === 'applied') return
  const said = answer === undefined ? 'gives no answer' : `answers ${answer.status}`
  const now = outcome === 'void' ? 'nothing was changed' : 'whether it took effect is being found out'
  throw new CheopsError('ERR_CONFLICT_REFUSED', `The application ${said} to the ${operation.type}: ${now}.`)
}

/** The request that puts the resource into what a write has said; one that changes a part of it is sent as it was. */
async function requestFor(resource: Resource, operation: Operation, isThere: boolean): Promise<Payload> {
  const { glue, name } = resource
  const { payload, type } = operation
  const isWhole = ['create', 'replace', 'state'].includes(type)
  if (payload === undefined || (!isWhole && !isThere))
    throw new CheopsError(
      'ERR_CONFLICT_REFUSED',
      `A ${type} cannot be carried out on what is not there: create ${name.name} first.`,
    )
  if (!isWhole) return payload
  const request = glue.requestFor(name.kind, name.name, 'replace')
  const { body, headers } = payload
  if (request === undefined || body === undefined)
    throw new CheopsError('ERR_CONFLICT_REFUSED', `A ${type} of ${name.name} has no body to write again.`)
  if (isThere && payload.method !== 'PATCH') return { ...request, headers, body }
  const state = await resource.stateIn(operation)
  const seen = state === undefined || state.is === 'large' ? undefined : state
  const [way] = seen === undefined ? [] : resource.waysToCreate(seen, payload.method)
  if (way === undefined)
    throw new CheopsError(
      'ERR_CONFLICT_REFUSED',
      `The body of ${operationText(operation.dot)} cannot be put into a create.`,
    )
  const { method, path, body: whole } = isThere && seen !== undefined ? { ...request, body: seen } : way
  const described = whole.is === 'json' ? [['content-type', jsonTypeIn(headers.flat())] as const] : headers
  return { method, path, headers: described, body: { bytes: bytesOf(whole) } }
}

/**
 * A resource that exists already, made past Cheops, becomes a replicant: its life begins with what the application here shows, and no
 * application is asked to change anything. Source: src/runtime/README.md.
 */
import { membersOfReplicant, type Operation } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import { currentPlan } from '../lane/current-plan.ts'
import { draftOf } from '../write/draft.ts'
import { advance } from '../lane/lane.ts'
import { checkLane, checkRoom } from '../write/write-checks.ts'
import { takeNameBack } from '../admission/foreign-creates.ts'
import { bodyOf } from '../write/payload.ts'
import { release } from '../write/release.ts'
import { checkShownAsTaken } from './shown-as-taken.ts'
import { jsonTypeIn } from '../application/json-type.ts'
import { bytesOf } from '../application/state.ts'
import type { Resource } from '../application/resource.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'

/** What becomes of what other members have by the name: `same`: theirs is the resource if it shows the same; `all`: whatever it shows, and it is overwritten. */
export type Adopts = 'same' | 'all'

/** Of what an application names by itself: it has one name at all sites where they began as copies of one. */
const ONE_ID = ' Where the instances have it under one ID all the same, let the definition say so (id: {from: either}).'

/**
 * @param members this site among them
 * @returns the create of its life
 * @throws CheopsError ERR_REPLICANT_BOUND for what is replicated already, _NOT_FOUND where the application has nothing by the name,
 *   _UNREADABLE where what is shown cannot be what others are to take, _UNNAMED, _LEVEL, _LOCKED, _MEMBERS, ERR_SCOPE_COLLABORATION, ERR_REQUEST_BODY_TOO_LARGE, ERR_APPLICATION_BROKEN, ERR_BLOB_SPACE
 */
export async function adopt(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  members: readonly string[],
  adopts: Adopts,
): Promise<Operation> {
  const { name } = replica
  if ((await advance(engine, replica)) !== 'settled') engine.kick(replica)
  const { site } = engine.options
  if (!members.includes(site))
    throw new CheopsError('ERR_REPLICANT_MEMBERS', `${site} adopts what it has, and must be a member.`, { members })
  await takeNameBack(engine, replica)
  const present = membersOfReplicant(replica.core.replicant)
  if (currentPlan(engine, replica).schedule.state === 'present' && present.includes(site))
    throw new CheopsError('ERR_REPLICANT_BOUND', `${name.name} is replicated already, on ${present.join(', ')}.`)
  checkLane(engine, replica, false)
  checkRoom(engine.options)
  const reading = await resource.read()
  if (reading.is === 'unknown')
    throw new CheopsError('ERR_APPLICATION_BROKEN', `The application does not show ${name.name} now.`)
  if (reading.is === 'absent')
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `The application at ${site} has no ${name.kind} ${name.name}.`)
  if (reading.body.is === 'large')
    throw new CheopsError(
      'ERR_REQUEST_BODY_TOO_LARGE',
      `${name.name} is too large to be looked into: write it with a scope.`,
    )
  const { glue } = resource
  const state = glue.stateOf(name.kind, reading.body)
  checkShownAsTaken(site, resource, state)
  // What has to be told besides what is shown is taken in another form than that.
  const way = resource.waysToCreate(state, undefined).find(({ body }) => body === state)
  if (way === undefined)
    throw new CheopsError(
      'ERR_REPLICANT_UNNAMED',
      `Nobody can say how another site makes ${name.name} of what is shown, which does not say its name: delete it here, and create it with a scope.`,
    )
  const { body: whole, ...request } = way
  const described = whole.is === 'json' ? ['Content-Type', jsonTypeIn(reading.rawHeaders)] : reading.rawHeaders
  const head = { method: request.method, target: request.path, rawHeaders: described }
  const said = glue.describe(head, request.path, whole)
  if (said.is === 'local') throw new CheopsError('ERR_SCOPE_COLLABORATION', said.why)
  if (said.is !== 'operation' || said.name !== name.name)
    throw new CheopsError(
      'ERR_REPLICANT_UNNAMED',
      said.is === 'unnamed'
        ? `${said.why}${said.reason === 'server-assigns' ? ONE_ID : ''}`
        : `${name.name} is no name of a resource of the kind ${name.kind}.`,
    )
  if (said.level !== 'eventual')
    throw new CheopsError(
      'ERR_REPLICANT_LEVEL',
      `A ${name.kind} is at level ${said.level}: only what is logged is adopted.`,
    )
  const { body, release: letGo } = await bodyOf(engine, bytesOf(whole))
  try {
    const payload = { ...request, headers: glue.storedHeaders(head), body }
    const draft = draftOf(engine, replica, engine.nextNumber(), 'create', payload, {
      members,
      adopts: adopts === 'all' ? 'all' : reading.hash,
    })
    return await release(engine, replica, draft, undefined, { bound: true, unbound: false, hash: reading.hash })
  } finally {
    letGo()
  }
}

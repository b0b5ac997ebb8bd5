/** What must hold before a client's write is begun: else it is refused, and nothing was done. */
import {
  MAX_LIVES,
  MAX_NAMED_MEMBERS,
  leavesOfReplicant,
  membersOfReplicant,
  takesWrite,
  type Idempotency,
} from '../../../core/oplog/index.ts'
import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { headerValue, type RequestHead } from '../../../core/resource/http-head.ts'
import { isSuccess } from '../../../core/resource/success.ts'
import { CheopsError } from '../../../errors.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { othersOf } from '../admission/words.ts'
import type { Resource } from '../application/resource.ts'
import { showsAllText } from '../application/shows-all.ts'
import { lastShown } from '../drift/comparison.ts'
import { isChangedPast, suspectDrift } from '../drift/read-back.ts'
import type { ReplicationOptions } from '../context.ts'
import type { Engine } from '../engine.ts'
import { currentPlan } from '../lane/current-plan.ts'
import type { Replica } from '../replica.ts'
import { mayBeThere, noteMayBeThere } from './given-up.ts'
import type { LocalWrite } from './local-write.ts'

/**
 * A body that is a part of one says nothing that the log could keep: it would stand there for the whole, and be that at the other members.
 * @throws CheopsError ERR_REQUEST_PARTIAL
 */
export function checkWhole({ method, rawHeaders }: RequestHead): void {
  const range = headerValue(rawHeaders, 'content-range')
  if (range === undefined) return
  throw new CheopsError(
    'ERR_REQUEST_PARTIAL',
    `This ${method} has a part of a body: Content-Range: ${range.slice(0, 64)}.`,
  )
}

/**
 * A deletion is taken whatever is left: it makes room.
 * @throws CheopsError ERR_STORE_SPACE
 */
export function checkRoom({ site, hasRoom }: Pick<ReplicationOptions, 'site' | 'hasRoom'>, isDeletion = false): void {
  if (isDeletion || hasRoom?.() !== false) return
  throw new CheopsError('ERR_STORE_SPACE', `The disk of ${site} is nearly full: it takes nothing new.`, { site })
}

/**
 * Whether nothing that has come from other members has to be carried out before a write.
 * @param isReset as for `checkLane`
 */
export function isUpToDate(engine: Engine, replica: Replica, isReset: boolean): boolean {
  const { schedule, plan, executedAs } = currentPlan(engine, replica)
  // What says all that the resource is has to have seen what it puts an end to.
  const hasSeen = !isReset || executedAs.length === 0
  return hasSeen && !replica.local.replaying && takesWrite(replica.local.executed, schedule, plan)
}

/**
 * Whether the lane takes a write: it has nothing in doubt, and nothing left to do that comes before.
 * @param isReset it says all that the resource is: whatever the application shows is gone then, unless the store may have been set back, and what was carried out
 *   here may come back from a member, to be carried out on top of it
 * @throws CheopsError ERR_REPLICANT_UNBOUND, _LOCKED
 */
export function checkLane(engine: Engine, replica: Replica, isReset: boolean): void {
  const { local, draft, name } = replica
  if (local.unbound)
    throw new CheopsError('ERR_REPLICANT_UNBOUND', `${name.name} here is not the one that is replicated.`)
  const isInDoubt = draft !== undefined || local.intent !== undefined
  const mayBeOld = local.unsure && mayComeBack(engine, replica)
  const isSuspect = local.parted !== undefined || (local.suspect && (mayBeOld || !isReset))
  if (!isInDoubt && !isSuspect && local.uncertain === undefined && isUpToDate(engine, replica, isReset)) return
  const why = isInDoubt
    ? 'what became of an earlier write is not known'
    : local.parted !== undefined
      ? 'whether what the application has is still the resource is not known yet'
      : 'it is not up to date yet'
  throw new CheopsError('ERR_REPLICANT_LOCKED', `${name.name} takes no write now: ${why}.`)
}

/** Whether what was carried out here in a part of the store that is lost may come from another site: a member, or who leaves and has not let go. */
function mayComeBack({ standing }: Engine, { core: { replicant } }: Replica): boolean {
  const others = othersOf(replicant)
  const isAlone = others.length === 0 && leavesOfReplicant(replicant).length === 0
  return !isAlone && standing.amongst(others) !== 'last'
}

/**
 * A request with an idempotency key may have been sent before, given up, and found without effect: what has landed since then must be seen
 * before it is sent again, as far as that can be.
 * @throws CheopsError ERR_REPLICANT_LOCKED where the application shows something else than it did when it was last known, or may show what was given up
 */
export async function checkShown(
  engine: Engine,
  replica: Replica,
  resource: Resource,
  idempotency: Idempotency,
): Promise<void> {
  const isThere = mayBeThere(replica.run, { idempotency })
  const isChanged = await findsChanged(engine, replica, resource)
  if (isChanged === undefined && !isThere) return
  // It goes on with what it was changed to, while it looks for who can say what the resource is.
  const goesOn = isChanged === false && lastShown(replica) !== undefined && replica.local.shown?.was !== undefined
  if (isChanged !== true && !goesOn && !isThere) return
  engine.kick(replica)
  const why =
    isThere && isChanged !== true
      ? 'this request was given up here before, and may be in effect by now: write the whole resource, or send it to another member'
      : 'the application does not show what was done last'
  throw new CheopsError('ERR_REPLICANT_LOCKED', `${replica.name.name} takes no write now: ${why}.`)
}

/**
 * Looks whether what was given up has landed, before something else is written on top of it.
 * @returns whether the application shows something else than it did: then the lane has something to do; undefined where it cannot be read
 */
export async function findsChanged(engine: Engine, replica: Replica, resource: Resource): Promise<boolean | undefined> {
  const reading = await resource.read()
  if (reading.is === 'unknown') return undefined
  if (!(await isChangedPast(engine, replica, resource, reading))) return false
  noteMayBeThere(replica.run, reading.is === 'present' ? reading.hash : undefined)
  await suspectDrift(engine, replica)
  return true
}

/**
 * Where the scope names members of what is not replicated: whether that is there, as far as the client may see it.
 * @throws CheopsError ERR_REPLICANT_UNADOPTED
 */
export async function checkUnadopted(engine: Engine, replica: Replica, write: LocalWrite): Promise<void> {
  if (currentPlan(engine, replica).schedule.state === 'present') return
  const { service, description, head } = write
  const request = { service, method: 'GET', path: description.resourcePath, body: undefined }
  const asked = { ...request, headers: ['accept', '*/*'], authority: { client: head.rawHeaders }, hashesLarge: true }
  const glue = engine.options.glueOf(service)
  const status = await engine.options.application.request(asked).then(
    ({ status: told, rawHeaders, body, digest }) =>
      glue?.statusOf(description.kind, 'GET', told, rawHeaders, digest === undefined ? body : undefined),
    // That it cannot be asked is no answer.
    () => undefined,
  )
  if (status !== undefined && isSuccess(status)) throw unadopted(engine, replica)
}

/**
 * An application that shows something for each name cannot be replicated: nobody could tell what it has.
 * @throws CheopsError ERR_GLUE_ABSENCE
 */
export async function checkAbsence(resource: Resource): Promise<void> {
  const shown = await resource.readNobodys()
  if (shown !== undefined)
    throw new CheopsError('ERR_GLUE_ABSENCE', showsAllText(resource, shown), { rule: shown.rule })
}

/** A resource that is there and that nobody has made by Cheops. */
export function unadopted({ options: { site } }: Engine, { name }: Replica): CheopsError {
  const message = `${name.name} is there at ${site}, and is not replicated.`
  return new CheopsError('ERR_REPLICANT_UNADOPTED', message, { name: replicantText(name) })
}

/**
 * Whether the write begins a life.
 * @throws CheopsError ERR_REPLICANT_MEMBERS, _NOT_FOUND, _LOCKED
 */
export function checkMembers(engine: Engine, replica: Replica, { description, members }: LocalWrite): boolean {
  const { site } = engine.options
  const { name, core } = replica
  const { schedule } = currentPlan(engine, replica)
  const present = membersOfReplicant(core.replicant)
  const isThere = schedule.state === 'present' && present.includes(site) && hasSay(engine, replica)
  if (isThere) {
    if (members !== undefined && members.toSorted().join() !== present.join()) {
      const message = `${name.name} has the members ${present.join(', ')}; the scope names ${members.join(', ')}.`
      throw new CheopsError('ERR_REPLICANT_MEMBERS', message, { members: present })
    }
    return description.type === 'create'
  }
  if (!description.creates || members === undefined)
    throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `No replicated ${name.kind} is called ${name.name} here.`)
  if (members.length > MAX_NAMED_MEMBERS)
    throw new CheopsError('ERR_REPLICANT_MEMBERS', `A resource has up to ${MAX_NAMED_MEMBERS} members.`, { members })
  if (core.replicant.lives.length >= MAX_LIVES) {
    const why = 'it was created and deleted too often while another member is away'
    throw new CheopsError('ERR_REPLICANT_LOCKED', `${name.name} cannot be created now: ${why}.`)
  }
  if (!members.includes(site))
    throw new CheopsError('ERR_REPLICANT_MEMBERS', `${site} is no member of what the scope names.`, { members })
  return true
}

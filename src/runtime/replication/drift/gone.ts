/**
 * What no application has any more, though nobody has deleted it through Cheops: whether that is an end, which has to be said, or a loss, which is made good.
 * Source: src/consistency.md "Plan, at one site".
 */
import {
  compareOperations,
  holderOf,
  scheduleOf,
  type Operation,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { MAX_ANCESTORS } from '../limits.ts'
import type { Engine } from '../engine.ts'
import type { Replica, RunState } from '../replica.ts'
import type { Resource } from '../application/resource.ts'

/** What nobody had was made anew, by what was known then; `isShown`: it was there after that. */
interface MadeAnew {
  readonly knowledge: string
  readonly times: number
  readonly isShown: boolean
}

const madeAnew = new WeakMap<RunState, MadeAnew>()

/** How often it was made anew since something else was known of it. */
export function timesMadeAnew({ run }: Replica, knowledge: string): number {
  const before = madeAnew.get(run)
  return before?.knowledge === knowledge ? before.times : 0
}

export function noteMadeAnew(replica: Replica, knowledge: string): void {
  madeAnew.set(replica.run, { knowledge, times: timesMadeAnew(replica, knowledge) + 1, isShown: false })
}

/** The application shows it. */
export function noteShown({ run }: Replica): void {
  const before = madeAnew.get(run)
  if (before?.isShown === false) madeAnew.set(run, { ...before, isShown: true })
}

/**
 * All members show that it is not there. It has ended where what it belongs to by its path has, since applications delete that together; and where it was made anew, was there, and
 * is away again, since then it is what the applications do with it (it expires). Once it may be a loss: all of them were set back, or begun anew without what they had.
 */
export async function hasEnded(
  shared: Engine,
  replica: Replica,
  resource: Resource,
  knowledge: string,
): Promise<boolean> {
  const before = madeAnew.get(replica.run)
  if (before?.knowledge === knowledge && before.isShown) return true
  const last = holderOf(replica.core.replicant)?.live.at(-1)
  if (last === undefined) return false
  for (const name of ancestorsOf(resource))
    if (await shared.replicas.with(name, above => endedAfter(shared, above, last))) return true
  return false
}

/** Its life has ended, or the one that holds the name has begun, when all that is known of what was below it was written. */
function endedAfter({ options }: Engine, { core }: Replica, below: Operation): boolean {
  const holder = holderOf(core.replicant)
  if (holder === undefined) return false
  const schedule = scheduleOf(holder, options.matrices)
  if (schedule.state === 'absent') return compareOperations(schedule.deletion, below) > 0
  return holder.adopts === undefined && compareOperations(holder.life, below) > 0
}

/** Resources of the service below whose paths it stands, the nearest first. */
function ancestorsOf({ glue, name }: Resource): readonly ReplicantName[] {
  const path = glue.requestFor(name.kind, name.name, 'read')?.path.split('?', 1)[0] ?? ''
  const segments = path.split('/')
  const above: ReplicantName[] = []
  for (let length = segments.length - 1; length > 1 && above.length < MAX_ANCESTORS; length--) {
    const at = segments.slice(0, length).join('/')
    const said = glue.describe({ method: 'DELETE', target: at, rawHeaders: [] }, at, undefined)
    if (said.is === 'operation' && said.type === 'delete')
      above.push({ service: name.service, kind: said.kind, name: said.name })
  }
  return above
}

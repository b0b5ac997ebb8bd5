/**
 * What no application has any more, though nobody has deleted it through Cheops: what it stood below may have been, and applications delete that together; else it may
 * be a loss, which is made good. Source: src/consistency.md "Plan, at one site".
 */
import {
  compareOperations,
  holderOf,
  scheduleOf,
  type Operation,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { hasSay } from '../admission/foreign-creates.ts'
import { MAX_ANCESTORS, MAX_MADE_ANEW } from '../limits.ts'
import { knowledgeNow } from './comparison.ts'
import type { Engine } from '../engine.ts'
import type { Replica, RunState } from '../replica.ts'
import type { Resource } from '../application/resource.ts'

/** How often what nobody had was made anew, by what was known then. */
const madeAnew = new WeakMap<RunState, { readonly knowledge: string; readonly times: number }>()

/** How often it was made anew since something else was known of it. */
export function timesMadeAnew({ run }: Replica, knowledge: string): number {
  const before = madeAnew.get(run)
  return before?.knowledge === knowledge ? before.times : 0
}

export function noteMadeAnew(replica: Replica, knowledge: string): void {
  madeAnew.set(replica.run, { knowledge, times: timesMadeAnew(replica, knowledge) + 1 })
}

/** Nobody's application has it, and what was done to it may not be done twice: it is not made anew. */
export function noteNotMadeAnew({ run }: Replica, knowledge: string): void {
  madeAnew.set(run, { knowledge, times: MAX_MADE_ANEW })
}

/** Nobody's application has it, and this site has made it anew as often as it does, or may not do so: it has ended when somebody says so here. */
export function wasMadeInVain(engine: Engine, replica: Replica): boolean {
  return timesMadeAnew(replica, knowledgeNow(engine, replica)) >= MAX_MADE_ANEW
}

/** All members show that it is not there. It has ended where what it belongs to by its path was deleted since it was written. */
export async function hasEnded(engine: Engine, replica: Replica, resource: Resource): Promise<boolean> {
  const last = holderOf(replica.core.replicant)?.live.at(-1)
  if (last === undefined) return false
  for (const name of ancestorsOf(resource))
    if (await engine.replicas.with(name, above => wasDeletedAfter(engine, above, last))) return true
  return false
}

/** Whether somebody who has a say here has deleted it when all that is known of what was below it was written; it may be there again. */
function wasDeletedAfter(engine: Engine, above: Replica, below: Operation): boolean {
  return (
    hasSay(engine, above) &&
    above.core.replicant.lives.some(life => {
      const schedule = scheduleOf(life, engine.options.matrices)
      return schedule.state === 'absent' && compareOperations(schedule.deletion, below) > 0
    })
  )
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

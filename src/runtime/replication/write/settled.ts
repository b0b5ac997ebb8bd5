/** When what a client has seen elsewhere is in effect here. Source: src/consistency.md "Promises to clients". */
import { compareIncarnations } from '../../../core/membership/incarnation.ts'
import { covers, frontierOf, holderOf, sameDot, type Dot, type ReplicantName } from '../../../core/oplog/index.ts'
import { currentPlan } from '../lane/current-plan.ts'
import type { Engine } from '../engine.ts'
import type { Replica } from '../replica.ts'
import type { Waiters } from '../waiters.ts'
import type { OutboxRange } from '../../../ports/sync.ts'

/** `lost`: whoever could still tell of it has told all, and it is not there. */
export type Settled = 'settled' | 'unsettled' | 'lost'

/** What a site has said when its present conversation began. */
export interface Heard {
  readonly incarnation: string
  readonly outboxes: readonly OutboxRange[]
}

/** Waits until these operations, and all that is held besides, are in effect. */
export async function settled(
  engine: Engine,
  waiters: Waiters<ReplicantName>,
  replica: Replica,
  dots: readonly Dot[],
  waitMs: number,
): Promise<Settled> {
  const isDone = (): boolean => dots.every(dot => isHeld(replica, dot)) && isIdle(engine, replica)
  await waiters.until(replica.name, isDone, waitMs)
  if (isDone()) return 'settled'
  for (const dot of dots) if (!isHeld(replica, dot) && (await isLost(engine, dot))) return 'lost'
  return 'unsettled'
}

/** The operations in effect that no other has seen: for `Cheops-Context`. */
export function seenAt({ local, core }: Replica): readonly Dot[] {
  const { executed } = local
  const life = core.replicant.lives.find(
    ({ life: { dot } }) => executed.life !== undefined && sameDot(dot, executed.life.dot),
  )
  return frontierOf(executed, life)
}

/** Operations of one origin on a name come in their order, and a later one that is held speaks of the same life or a greater. */
function isHeld({ core }: Replica, dot: Dot): boolean {
  return core.replicant.lives.some(({ knowledge }) => covers(knowledge, dot))
}

function isIdle(engine: Engine, replica: Replica): boolean {
  const { local, draft, core } = replica
  if (holderOf(core.replicant) === undefined || draft !== undefined || local.intent !== undefined) return false
  if (
    local.parted !== undefined ||
    local.replaying ||
    local.suspect ||
    local.diverged ||
    local.unbound ||
    local.uncertain !== undefined
  )
    return false
  return currentPlan(engine, replica).plan.kind === 'nothing'
}

/** The origin has begun anew since, and has told here all that it has kept of before. */
export async function isLost(engine: Engine, { site, incarnation }: Dot): Promise<boolean> {
  if (site === engine.options.site) return true
  const told = engine.heard.get(site)
  if (told === undefined || told.incarnation === incarnation) return false
  // A run that its site has lost with its disk may have been a later one, by a clock that has gone back since; then it lists it all the same.
  const isOver = compareIncarnations(told.incarnation, incarnation) > 0
  if (!isOver && !told.outboxes.some(outbox => outbox.incarnation === incarnation)) return false
  return hasToldAll(engine, site)
}

/** Whether all is here that a site had to tell when its last conversation with this one began. */
export async function hasToldAll({ heard, replicas }: Engine, site: string): Promise<boolean> {
  const told = heard.get(site)
  if (told === undefined) return false
  const held = await replicas.cursors(site)
  return told.outboxes.every(outbox => (held.get(outbox.incarnation) ?? 0) >= outbox.next - 1)
}

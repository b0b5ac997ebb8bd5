import { commute, holderOf, isExecuted, planOf, scheduleOf, type Plan, type Schedule } from '../../core/oplog/index.ts'
import type { Shared } from './admission.ts'
import type { Replica } from './replicas-store.ts'

/** What is planned for a replicant at present. */
export function currentPlan({ options }: Shared, { name, core, local }: Replica): { schedule: Schedule; plan: Plan } {
  const { site, matrices } = options
  const traits = options.glueOf(name.service)?.kind(name.kind)?.operations
  const schedule = scheduleOf(holderOf(core.replicant), matrices)
  if (!isExecuted(core.replicant)) return { schedule, plan: { kind: 'nothing' } }
  const plan = planOf(local.executed, schedule, {
    site,
    mayReplay: ({ type }) => traits?.[type]?.mayReplay ?? false,
    commute: (a, b) => commute(a, b, matrices),
  })
  return { schedule, plan }
}

/** What is only recorded is nobody's to carry out. */
export function isRecordOnly({ core }: Replica): boolean {
  return core.replicant.lives.length > 0 && !isExecuted(core.replicant)
}

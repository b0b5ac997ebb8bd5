import { canonical } from '../../world/canonical.ts'
import type { Agent, ClientAnswer } from '../../world/replication/agent.ts'
import type { ReplicationWorld } from '../../world/replication/replication-world.ts'
import type { Step } from './step.ts'

/** What operators do. */
export type Operating = Extract<
  Step,
  { readonly do: 'settle' | 'adopt' | 'repair' | 'resolve' | 'decide' | 'detach' | 'attach' }
>

/** @throws CheopsError what the agent says to the operator */
export async function operate(world: ReplicationWorld, agent: Agent, step: Operating): Promise<ClientAnswer> {
  switch (step.do) {
    case 'settle': {
      const { take } = step
      const choice = take === undefined ? ({ how: 'keep' } as const) : ({ how: 'take', write: take } as const)
      const name = world.nameOf(step.name)
      if (take !== undefined) world.ledger.askedToTake.push({ site: step.site, name })
      const answer = await agent.operate({ do: 'settle', name, choice })
      // What was refused has settled nothing.
      world.ledger.settled.push(name)
      return answer
    }
    case 'adopt': {
      const { name, members, overwrites } = step
      return agent.operate({ do: 'adopt', name: world.nameOf(name), members, adopts: overwrites ? 'all' : 'same' })
    }
    case 'repair':
      return agent.operate({ do: 'repair', name: world.nameOf(step.name), from: step.from })
    case 'resolve': {
      const { site, how } = step
      const name = world.nameOf(step.name)
      world.ledger.resolved.push({ site, name })
      return agent.operate({ do: 'resolve', name, how })
    }
    case 'decide': {
      const { site } = step
      const name = world.nameOf(step.name)
      const { effects } = world.site(site).application
      // The operator looks into what the application has written down of itself.
      const tookEffect = (body: unknown): boolean =>
        effects.some(({ path, added }) => path === world.pathOf(name) && canonical(added) === canonical(body))
      return agent.operate({ do: 'decide', name, types: ['add', 'count'], tookEffect })
    }
    case 'detach':
    case 'attach':
      return agent.operate({ do: step.do, site: step.other })
  }
}

import { holderOf, sameDot, wasRemoved, type ReplicantName } from '../../../src/core/oplog/index.ts'
import { attach } from '../../../src/runtime/replication/operator/attaching.ts'
import { detach } from '../../../src/runtime/replication/operator/detaching.ts'
import { CheopsError } from '../../../src/errors.ts'
import type { ReplicantListing } from '../../../src/runtime/replication/operator/replicant-listing.ts'
import type { Replicator } from '../../../src/runtime/replication/replicator.ts'
import type { ClientAnswer, OperatorDeed } from './agent.ts'

const DONE: ClientAnswer = { status: 200, dot: undefined }

/** An operator at a site of the simulation, whose network knows of no liveness: a site is detached whatever it is. */
export async function operate(
  replicator: Replicator,
  listing: ReplicantListing,
  self: string,
  deed: OperatorDeed,
): Promise<ClientAnswer> {
  const { operator } = replicator
  const query = { replicants: undefined, after: undefined, signal: new AbortController().signal }
  const membersOf = async (name: ReplicantName): Promise<readonly string[] | undefined> =>
    (await replicator.status(name))?.members
  switch (deed.do) {
    case 'settle':
      await operator.settleConflicts(deed.name, deed.choice)
      return DONE
    case 'adopt':
      return { status: 201, dot: await operator.adopt(deed.name, deed.members, deed.adopts) }
    case 'repair': {
      const result = await operator.repair(deed.name, deed.from)
      return result === 'copied' ? DONE : { status: 409, dot: undefined }
    }
    case 'resolve': {
      if (deed.how !== 'leave') {
        await operator.resolveUnbound(deed.name, deed.how)
        return DONE
      }
      const status = await replicator.status(deed.name)
      if (status?.state !== 'unbound' || status.members.length === 1) return { status: 409, dot: undefined }
      return { status: 200, dot: await replicator.changeMembers(deed.name, [], [self]) }
    }
    case 'decide': {
      const body = await replicator.inspect(deed.name, ({ core, draft, local }) => {
        const { uncertain } = local
        const held = holderOf(core.replicant)?.live.find(({ dot }) => uncertain && sameDot(dot, uncertain))
        const operation = draft ?? held
        const of = operation?.payload?.body
        return operation !== undefined && deed.types.includes(operation.type) && of !== undefined && 'bytes' in of
          ? of.bytes
          : undefined
      })
      if (body === undefined) throw new CheopsError('ERR_REPLICANT_CERTAIN', 'Nothing is in doubt that leaves a trace.')
      const took = deed.tookEffect(JSON.parse(new TextDecoder().decode(body)))
      await operator.decide(deed.name, took)
      return DONE
    }
    case 'detach':
      await detach(replicator, page => listing.list(page), membersOf, deed.site, query)
      return DONE
    case 'attach': {
      const replicas = {
        changeMembers: replicator.changeMembers.bind(replicator),
        offers: () => true,
        wasRemoved: (name: ReplicantName, removed: string) =>
          replicator.inspect(name, ({ core }) => wasRemoved(core.replicant, removed)),
      }
      await attach(replicas, page => listing.list(page), membersOf, deed.site, query)
      return DONE
    }
  }
}

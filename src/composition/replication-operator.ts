import { wasRemoved } from '../core/oplog/index.ts'
import { nearestName } from '../core/scope/index.ts'
import { replicantText } from '../core/oplog/replicant-text.ts'
import { CheopsError } from '../errors.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { AbortOptions } from '../ports/control.ts'
import type { Membership } from '../ports/membership.ts'
import type {
  Adopted,
  AttachQuery,
  AttachedPage,
  DetachQuery,
  DetachedPage,
  OperationBody,
  OperationDetail,
  OperationQuery,
  ReplicantHistory,
  RepairResult,
  ReplicationControl,
  ReplicationPeer,
  SettleChoice,
} from '../ports/replication-control.ts'
import { membersOf } from '../runtime/members.ts'
import { ScopeReader } from '../runtime/scope-reader.ts'
import { attach } from '../runtime/replication/operator/attaching.ts'
import { detach } from '../runtime/replication/operator/detaching.ts'
import { repairPatiently } from '../runtime/replication/operator/patient-repair.ts'
import type { OperationsView } from '../runtime/replication/operator/operations-view.ts'
import { operationText, type ReplicantListing } from '../runtime/replication/operator/replicant-listing.ts'
import type { Replicator } from '../runtime/replication/replicator.ts'

/** What an operator sees of operations, and does to replicants, put together from its parts. */
export class ReplicationOperator implements ReplicationControl {
  readonly #replicator: Replicator
  readonly #listing: ReplicantListing
  readonly #operations: OperationsView
  readonly #membership: Membership
  readonly #scopes: ScopeReader
  readonly #clock: Clock

  constructor(
    replicator: Replicator,
    listing: ReplicantListing,
    operations: OperationsView,
    membership: Membership,
    clock: Clock,
  ) {
    this.#clock = clock
    this.#replicator = replicator
    this.#listing = listing
    this.#operations = operations
    this.#membership = membership
    this.#scopes = new ScopeReader(() => membership.catalog())
  }

  history(name: ReplicantName): Promise<ReplicantHistory> {
    return this.#operations.history(name)
  }

  operation(operation: string, query: OperationQuery): Promise<OperationDetail> {
    return this.#operations.operation(operation, query)
  }

  operationBody(operation: string, options: AbortOptions): Promise<OperationBody> {
    return this.#operations.body(operation, options)
  }

  async detach(site: string, query: DetachQuery): Promise<DetachedPage> {
    const liveness = this.#membership.site(site)?.liveness
    if (!query.force && liveness !== undefined && liveness !== 'down') {
      const what = site === this.#membership.self ? 'is this site itself' : `is ${liveness}`
      throw new CheopsError(
        'ERR_REPLICANT_MEMBER_ALIVE',
        `${site} ${what}: what it writes until it learns of it becomes conflicts.`,
        {
          site,
        },
      )
    }
    const page = await detach(
      this.#replicator,
      all => this.#listing.list(all),
      name => this.#membersOf(name),
      site,
      query,
    )
    // One that was forgotten may still be a member; one that is neither known nor a member is mistyped.
    const isNothing = page.detached.length + page.kept.length === 0 && page.next === undefined
    if (isNothing && query.after === undefined && liveness === undefined) throw this.#unknownSite(site)
    return page
  }

  #unknownSite(site: string): CheopsError {
    const near = nearestName(
      site,
      this.#membership.sites().map(({ name }) => name),
    )
    const meant = near === undefined ? '' : ` Did you mean "${near}"?`
    return new CheopsError('ERR_SITE_UNKNOWN', `No site is called "${site}".${meant}`, { site })
  }

  async attach(site: string, query: AttachQuery): Promise<AttachedPage> {
    const view = this.#membership.site(site)
    if (view === undefined) throw this.#unknownSite(site)
    const replicator = this.#replicator
    const replicas = {
      changeMembers: replicator.changeMembers.bind(replicator),
      offers: (_: string, service: string) => view.services.some(({ name }) => name === service),
      wasRemoved: (name: ReplicantName, removed: string) =>
        replicator.inspect(name, ({ core }) => wasRemoved(core.replicant, removed)),
    }
    return attach(
      replicas,
      page => this.#listing.list(page),
      name => this.#membersOf(name),
      site,
      query,
    )
  }

  async #membersOf(name: ReplicantName): Promise<readonly string[] | undefined> {
    return (await this.#replicator.status(name))?.members
  }

  repair(name: ReplicantName, from: string | undefined, { signal }: AbortOptions): Promise<RepairResult> {
    const replicator = this.#replicator
    const parts = {
      clock: this.#clock,
      repair: replicator.operator.repair.bind(replicator.operator),
      membersOf: async (replicant: ReplicantName) =>
        ((await this.#membersOf(replicant)) ?? []).filter(site => site !== this.#membership.self),
      livenessOf: (site: string) => this.#membership.site(site)?.liveness,
      peers: () => replicator.peers(),
    }
    return repairPatiently(parts, name, from, signal)
  }

  async resolve(name: ReplicantName, how: 'adopt' | 'replace' | 'leave'): Promise<void> {
    if (how !== 'leave') return this.#replicator.operator.resolveUnbound(name, how)
    const status = await this.#replicator.status(name)
    if (status?.state !== 'unbound')
      throw new CheopsError('ERR_REPLICANT_BOUND', `${name.name} is not unbound here.`, { name: replicantText(name) })
    if (status.members.length === 1)
      throw new CheopsError('ERR_REPLICANT_MEMBERS', 'No member would be left.', { members: status.members })
    await this.#replicator.changeMembers(name, [], [this.#membership.self])
  }

  async settle(name: ReplicantName, choice: SettleChoice): Promise<readonly string[]> {
    const settled = await this.#replicator.operator.settleConflicts(name, choice)
    return settled.map(({ operation }) => operationText(operation.dot))
  }

  async decide(name: ReplicantName, tookEffect: boolean): Promise<string> {
    return operationText(await this.#replicator.operator.decide(name, tookEffect))
  }

  async adopt(name: ReplicantName, scope: string, overwrites: boolean): Promise<Adopted> {
    const { resolution } = this.#scopes.read(scope, name.service)
    const members = resolution.kind === 'local' ? undefined : membersOf(resolution.placement)
    if (members === undefined)
      throw new CheopsError(
        'ERR_SCOPE_COLLABORATION',
        'Members are named with "&" between them, as in "site1 & site2".',
      )
    const operation = await this.#replicator.operator.adopt(name, members, overwrites ? 'all' : 'same')
    const neverShown = this.#replicator.operator.neverShown(name)
    return { operation: operationText(operation), members, ...(neverShown.length > 0 && { neverShown }) }
  }

  peers(): readonly ReplicationPeer[] {
    return this.#replicator.peers()
  }
}

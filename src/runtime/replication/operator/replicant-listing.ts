import {
  compareOperations,
  type Conflict,
  type Dot,
  type OperationId,
  type ReplicantName,
} from '../../../core/oplog/index.ts'
import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../../errors.ts'
import { decodeLocal, readCore, type StoredCore } from '../store/records.ts'
import { loadOutcomes } from '../store/replica-records.ts'
import { REPLICANTS, isCoreKey, prefixOf } from '../store/replica-keys.ts'
import type { ConflictInfo, OperationInfo, ReplicantDetail, ReplicantInfo } from '../../../ports/replicant-info.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Page, PageQuery } from '../../../ports/control.ts'
import type { Store } from '../../../ports/store.ts'
import type { Require } from '../outcomes.ts'
import type { SiteOutcome } from '../replica.ts'
import type { ReplicaStatus } from './replica-status.ts'

/** What is asked of the replicator: what it has in memory may be ahead of the disk. */
export interface Replicas {
  status(replicant: ReplicantName): Promise<ReplicaStatus | undefined>
  wait(replicant: ReplicantName, operation: Dot, seconds: number, require: Require): Promise<readonly SiteOutcome[]>
}

/** Records of the store that are read for one page, so that no answer takes long: some 10,000 replicants. */
export const MAX_RECORDS_OF_PAGE = 50_000

/**
 * For so long a page is made, milliseconds: where others leave little of the processor or the disk, it ends with what there is by then, and the next one goes on behind it.
 * Far below the ten seconds after which nobody waits for an answer.
 */
export const MAX_PAGE_MS = 2_000

/** Own operations of a replicant that are shown, the newest ones. */
export const MAX_SHOWN_OPERATIONS = 20

/** Behind the name in the key of a core. */
const CORE = '/core'

/** What operators see of the replicants of a site. It only reads: names from the store, how they stand from the replicator. */
export class ReplicantListing {
  readonly #store: Store
  readonly #replicas: Replicas
  readonly #clock: Pick<Clock, 'monotonic'>

  constructor(store: Store, replicas: Replicas, clock: Pick<Clock, 'monotonic'>) {
    this.#store = store
    this.#replicas = replicas
    this.#clock = clock
  }

  /**
   * Replicants of which this site is a member, by service, kind and name.
   * @throws CheopsError ERR_STORE_CORRUPT, ERR_STORE_FAILED, ERR_ADMIN_TIMEOUT when the signal ends it
   */
  list(query: PageQuery): Promise<Page<ReplicantInfo>> {
    return this.#page(query, async name => {
      const status = await this.#replicas.status(name)
      if (status === undefined) return []
      return [{ ...plain(name), ...stands(status), conflicts: status.conflicts.length }]
    })
  }

  /**
   * The conflicts of all of them; those of one replicant are never on two pages.
   * @throws CheopsError as `list`
   */
  conflicts(query: PageQuery): Promise<Page<ConflictInfo>> {
    return this.#page(query, async (name, value) => {
      const core = readCore(value)
      // Most have none, and need not be loaded.
      const mayHave =
        core.lives.length > 1 || core.lives.some(({ conflicts, outside }) => conflicts.length + outside.length > 0)
      if (!mayHave) return []
      const status = await this.#replicas.status(name)
      return (status?.conflicts ?? []).map(conflict => conflictInfo(name, conflict, core))
    })
  }

  /** @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_STORE_CORRUPT, ERR_STORE_FAILED */
  async show(name: ReplicantName): Promise<ReplicantDetail> {
    const status = await this.#replicas.status(name)
    const prefix = prefixOf(name)
    const [core, local] = await Promise.all(['core', 'local'].map(record => this.#store.get(`${prefix}${record}`)))
    if (status === undefined || core === undefined) {
      const text = replicantText(name)
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `Nothing is replicated here as ${text}.`, { name: text })
    }
    const old = local === undefined ? [] : decodeLocal(local).outcomes
    const known = [...old, ...(await loadOutcomes(this.#store, prefix))].slice(-MAX_SHOWN_OPERATIONS)
    const operations = await Promise.all(
      known.map(async ({ dot }): Promise<OperationInfo> => {
        const sites = await this.#replicas.wait(name, dot, 0, 'all')
        return { operation: operationText(dot), sites }
      }),
    )
    const record = readCore(core)
    const conflicts = status.conflicts.map(conflict => conflictInfo(name, conflict, record))
    const missingBodies = status.missingBodies.map(({ hash, length, here }) => ({ hash, bytes: length, here }))
    const unchecked = status.isUnchecked ? { unchecked: true as const } : {}
    return {
      ...plain(name),
      ...stands(status),
      ...unchecked,
      detail: status.detail,
      missingBodies,
      conflicts,
      ...(status.conflictsForgotten > 0 && { conflictsForgotten: status.conflictsForgotten }),
      operations,
    }
  }

  /** Goes on behind `after` until there are enough, or enough has been looked at, or it has taken long. */
  async #page<T>(
    { after, limit, signal }: PageQuery,
    itemsOf: (name: ReplicantName, core: Uint8Array) => Promise<readonly T[]>,
  ): Promise<Page<T>> {
    const items: T[] = []
    const from = after === undefined ? undefined : `${REPLICANTS}${after}${CORE}`
    let [records, last] = [0, after]
    const began = this.#clock.monotonic()
    for await (const [key, value] of this.#store.iterate({ prefix: REPLICANTS, from })) {
      if (signal.aborted) throw new CheopsError('ERR_ADMIN_TIMEOUT', 'the replicants could not be listed in time')
      records++
      if (!isCoreKey(key) || key === from) continue
      // Behind the next name, so that each page goes further than the one before.
      const isMuch = records > MAX_RECORDS_OF_PAGE || this.#clock.monotonic() - began >= MAX_PAGE_MS
      if (items.length >= limit || (isMuch && last !== after)) return { items, next: last }
      items.push(...(await itemsOf(readCore(value).name, value)))
      last = key.slice(REPLICANTS.length, -CORE.length)
    }
    return { items, next: undefined }
  }
}

/** As `Cheops-Operation` has it. */
export function operationText({ site, incarnation, number }: Dot): string {
  return `${site}/${incarnation}/${number}`
}

/** Why an accepted operation has no effect, as the end of a sentence. */
export function whyText(why: Conflict['why']): string {
  switch (why) {
    case 'replaced':
      return 'another site wrote without having seen it, and that write counts'
    case 'deleted':
      return 'another site deleted the resource without having seen it'
    case 'other-life':
      return 'the name was created anew without having seen it'
    case 'removed-member':
      return 'its site had been removed from the members'
    case 'refused':
      return 'applications have refused it after what came before it there, and what is there without it was said to be the resource'
  }
}

function conflictInfo(name: ReplicantName, { operation, why }: Conflict, core: StoredCore): ConflictInfo {
  const { dot, stamp, type, life } = operation
  const against = againstOf(why, life, core)
  return {
    replicant: plain(name),
    operation: operationText(dot),
    type,
    site: dot.site,
    at: stamp.ms,
    why,
    detail: whyText(why),
    against: against === undefined ? undefined : operationText(against.dot),
  }
}

/** What counts instead: the delete or else the greatest reset of the life, or the create of the life that holds the name. */
function againstOf(why: Conflict['why'], life: OperationId, { lives }: StoredCore): OperationId | undefined {
  if (why === 'removed-member') return undefined
  if (why === 'refused') return stateOver(life, lives)
  if (why === 'other-life') return lives.at(-1)?.life
  const droppers = lives.find(held => compareOperations(held.life, life) === 0)?.droppers ?? []
  // A delete excludes also what is later, if it has not seen the delete.
  const deciding = droppers.filter(({ type }) => why !== 'deleted' || type === 'delete')
  return deciding
    .map(({ greatest }) => greatest)
    .toSorted(compareOperations)
    .at(-1)
}

/** The state that has left it out. */
function stateOver(life: OperationId, lives: StoredCore['lives']): OperationId | undefined {
  const held = lives.find(other => compareOperations(other.life, life) === 0)
  return held?.droppers.find(({ type }) => type === 'state')?.greatest
}

function plain({ service, kind, name }: ReplicantName): ReplicantName {
  return { service, kind, name }
}

/** What lists say of a replicant, beside its name. */
export function stands({ members, state, isPresent, reason, failing }: ReplicaStatus): Stands {
  const told = failing.map(each => ({ ...each, operation: operationText(each.operation) }))
  return { members, state, deleted: !isPresent, reason, failing: told }
}

type Stands = Pick<ReplicantInfo, 'members' | 'state' | 'deleted' | 'reason' | 'failing'>

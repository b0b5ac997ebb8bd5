import { CheopsError } from '../../../errors.ts'
import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { operationText } from './replicant-listing.ts'
import type { Dot, ReplicantName } from '../../../core/oplog/index.ts'
import type { Page, PageQuery } from '../../../ports/control.ts'
import type { DetachQuery, DetachedPage } from '../../../ports/replication-control.ts'

/** Replicants that are looked at for one page, so that no answer takes long: each detached is a commit. */
export const DETACHED_TOGETHER = 100

/** What is asked of the replicator. */
export interface Detachable {
  changeMembers(replicant: ReplicantName, added: readonly string[], removed: readonly string[]): Promise<Dot>
}

/** Replicants with their members, a page at a time: `ReplicantListing.list`. */
export type List = (query: PageQuery) => Promise<Page<ReplicantName & { readonly members: readonly string[] }>>
/** Members of one; undefined for what is not replicated here. */
export type MembersOf = (name: ReplicantName) => Promise<readonly string[] | undefined>

/**
 * Removes a site from the members of replicants, by an operation for each: a page of them all, or those that are named. One that would
 * have no member left is kept as it is.
 * @throws CheopsError ERR_REPLICANT_NOT_FOUND for one that is named, _BUSY; ERR_STORE_*, ERR_ADMIN_TIMEOUT
 */
export async function detach(
  replicas: Detachable,
  list: List,
  membersOf: MembersOf,
  site: string,
  { replicants, after, signal }: Pick<DetachQuery, 'replicants' | 'after' | 'signal'>,
): Promise<DetachedPage> {
  const page = replicants === undefined ? await list({ after, limit: DETACHED_TOGETHER, signal }) : undefined
  const candidates = page?.items ?? (await named(replicants ?? [], membersOf))
  const detached: { readonly replicant: ReplicantName; readonly operation: string }[] = []
  const kept: ReplicantName[] = []
  for (const { service, kind, name, members } of candidates) {
    const replicant = { service, kind, name }
    if (!members.includes(site)) continue
    if (members.length === 1) {
      kept.push(replicant)
      continue
    }
    detached.push({ replicant, operation: operationText(await replicas.changeMembers(replicant, [], [site])) })
  }
  return { detached, kept, next: page?.next }
}

/** @throws CheopsError ERR_REPLICANT_NOT_FOUND */
export async function named(names: readonly ReplicantName[], membersOf: MembersOf) {
  const found = []
  // All of them are looked at before any is changed.
  for (const name of names) {
    const members = await membersOf(name)
    if (members === undefined) {
      const text = replicantText(name)
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `Nothing is replicated here as ${text}.`, { name: text })
    }
    found.push({ ...name, members })
  }
  return found
}

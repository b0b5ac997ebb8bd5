import { replicantText } from '../../../core/oplog/replicant-text.ts'
import { CheopsError } from '../../../errors.ts'
import { DETACHED_TOGETHER, named, type Detachable, type List, type MembersOf } from './detaching.ts'
import { operationText } from './replicant-listing.ts'
import type { ReplicantName } from '../../../core/oplog/index.ts'
import type { AttachQuery, AttachedPage } from '../../../ports/replication-control.ts'

/** What is asked besides of the replicator, and of the catalog. */
export interface Attachable extends Detachable {
  /** Whether a site was a member once and was removed. */
  wasRemoved(replicant: ReplicantName, site: string): Promise<boolean>
  /** Whether a site offers a service. */
  offers(site: string, service: string): boolean
}

/**
 * Adds a site to the members of replicants, by an operation for each: of those that are named, or a page of all from which it was removed.
 * @throws CheopsError ERR_REPLICANT_NOT_FOUND, ERR_SCOPE_SERVICE_NOT_AT_SITE for one that is named, before any is changed; ERR_REPLICANT_BUSY,
 *   ERR_STORE_*, ERR_ADMIN_TIMEOUT
 */
export async function attach(
  replicas: Attachable,
  list: List,
  membersOf: MembersOf,
  site: string,
  { replicants, after, signal }: AttachQuery,
): Promise<AttachedPage> {
  const page = replicants === undefined ? await list({ after, limit: DETACHED_TOGETHER, signal }) : undefined
  const candidates = page?.items ?? (await named(replicants ?? [], membersOf))
  for (const { service, kind, name } of replicants === undefined ? [] : candidates)
    if (!replicas.offers(site, service)) {
      const text = replicantText({ service, kind, name })
      throw new CheopsError('ERR_SCOPE_SERVICE_NOT_AT_SITE', `${site} offers no ${service}, so it cannot have ${text}.`)
    }
  const attached: { readonly replicant: ReplicantName; readonly operation: string }[] = []
  for (const { service, kind, name, members } of candidates) {
    const replicant = { service, kind, name }
    if (members.includes(site)) continue
    if (replicants === undefined && !(replicas.offers(site, service) && (await replicas.wasRemoved(replicant, site))))
      continue
    attached.push({ replicant, operation: operationText(await replicas.changeMembers(replicant, [site], [])) })
  }
  return { attached, next: page?.next }
}

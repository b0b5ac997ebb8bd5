import { bucketOf, type ReplicantName } from '../core/oplog/index.ts'
import { ERROR_HEADER, HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import { CheopsError } from '../errors.ts'
import type { Exchange, RelayOptions, RelayResult } from '../ports/exchange.ts'
import type { Glue } from '../ports/glue.ts'
import type { Membership } from '../ports/membership.ts'
import type { NameBuckets } from '../ports/name-buckets.ts'
import { headersToSite } from './context-headers.ts'
import { nearestFirst } from './members.ts'

export interface ReplicantLookupParts {
  readonly membership: Membership
  readonly buckets: NameBuckets
  /** Whether this site knows the resource: then what its application has is the answer. */
  isKnown(replicant: ReplicantName): Promise<boolean>
  glue(service: string): Glue | undefined
  /** Milliseconds, never going back. */
  now(): number
}

/** How long the mesh is asked who may know a name: every read that finds nothing here waits so long when others are cut off. */
const LOOKUP_MS = 1_500
/** Sites that are asked, the nearest first: a name has a few members, and a bucket a few names. */
const MAX_SITES_ASKED = 8
/** How long what the mesh has said of a bucket is taken for true: a client that asks again and again does not have the mesh asked each time. */
const REMEMBERED_MS = 2_000
/** Buckets that are remembered, or asked for at this moment. Reads of others are refused: they may not be taken for what does not exist. */
export const MAX_BUCKETS_ASKED = 256

/** Has this site's application answer, if the answer is accepted. */
export type Relay = (accept: RelayOptions['accept']) => Promise<RelayResult>

/** Sites that may know the resource. */
interface MayKnow {
  /** To be asked in this order. */
  readonly sites: readonly string[]
  /** Cannot be asked now. */
  readonly down: readonly string[]
}

/** Finds who may have a resource that this site does not have. */
export class ReplicantLookup {
  readonly #parts: ReplicantLookupParts
  /** The oldest first. */
  readonly #asked = new Map<number, { readonly at: number; readonly peers: Promise<readonly string[]> }>()

  constructor(parts: ReplicantLookupParts) {
    this.#parts = parts
  }

  /**
   * A read without a scope of one resource: where this site's application does not have it, the mesh is asked who has, and no more than that
   * it is read leaves the site.
   * @returns undefined where nothing was answered: it is for this site's application alone
   * @throws CheopsError ERR_LOOKUP_INCOMPLETE, ERR_SITE_BUSY
   */
  async read(
    exchange: Exchange,
    here: Relay,
    there: (site: string, options: Omit<RelayOptions, 'rewrite'>) => Promise<RelayResult>,
  ): Promise<{ readonly result: RelayResult; readonly site: string } | undefined> {
    if (!this.#mayAsk(exchange)) return undefined
    const own = await here(({ status }) => status !== 404)
    if (own.kind !== 'declined') return { result: own, site: this.#parts.membership.self }
    const { sites, down } = await this.#find(exchange)
    const missing = [...down]
    const { service } = exchange
    for (const site of sites) {
      let isBusy = false
      const { dropHeaders, addHeaders } = headersToSite(service, { scope: `{${service}: ${site}}`, hops: 1 })
      const result = await there(site, {
        dropHeaders,
        addHeaders: [...addHeaders, HEADER_NAMES.ifReplicated, '1'],
        answerHeaders: [HEADER_NAMES.site, site],
        accept: answer => {
          const code = headerValue(answer.rawHeaders, ERROR_HEADER)
          // Whether it does not know the resource or does not let this site read is the same to the client.
          isBusy = code !== undefined && answer.status >= 500
          return code === undefined
        },
      })
      if (result.kind === 'answered' || result.kind === 'gone') return { result, site }
      if (result.kind === 'failed' || isBusy) missing.push(site)
    }
    if (missing.length === 0) return undefined
    // It may be there, and must not be taken for what does not exist.
    const message = `It is not here, and ${missing.join(', ')}, which may have it, cannot be asked.`
    throw new CheopsError('ERR_LOOKUP_INCOMPLETE', message, { sites: missing })
  }

  /** One resource, in which others may have a part. */
  #mayAsk(exchange: Exchange): boolean {
    const { head, path, service } = exchange
    if (head.method !== 'GET' || exchange.hasBody || this.#others(service).length === 0) return false
    return this.#parts.glue(service)?.describe(head, path, undefined).is === 'read'
  }

  async #find({ head, path, service }: Exchange): Promise<MayKnow> {
    const said = this.#parts.glue(service)?.describe(head, path, undefined)
    if (said?.is !== 'read') return { sites: [], down: [] }
    const { membership } = this.#parts
    const { kind, name } = said
    if (await this.#parts.isKnown({ service, kind, name })) return { sites: [], down: [] }
    const peers = new Set(await this.#ask(bucketOf({ service, kind, name })))
    const found = membership.sites().filter(site => peers.has(site.peerId) && this.#others(service).includes(site.name))
    const isDown = (site: string): boolean => membership.site(site)?.liveness === 'down'
    const names = nearestFirst(
      found.map(site => site.name),
      membership,
    )
    return { sites: names.filter(site => !isDown(site)).slice(0, MAX_SITES_ASKED), down: names.filter(isDown) }
  }

  /** @throws CheopsError ERR_SITE_BUSY */
  #ask(bucket: number): Promise<readonly string[]> {
    const now = this.#parts.now()
    for (const [old, { at }] of this.#asked) {
      if (now - at < REMEMBERED_MS) break
      this.#asked.delete(old)
    }
    const known = this.#asked.get(bucket)
    if (known !== undefined) return known.peers
    if (this.#asked.size >= MAX_BUCKETS_ASKED)
      throw new CheopsError('ERR_SITE_BUSY', 'Too many reads of what is not here have the mesh asked at this moment.')
    const peers = this.#parts.buckets.find(bucket, LOOKUP_MS)
    this.#asked.set(bucket, { at: now, peers })
    return peers
  }

  #others(service: string): readonly string[] {
    const { self } = this.#parts.membership
    const { sites } = this.#parts.membership.catalog()
    return sites.filter(site => site.name !== self && site.services.includes(service)).map(({ name }) => name)
  }
}

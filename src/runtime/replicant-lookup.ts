import { bucketOf, type ReplicantName } from '../core/oplog/index.ts'
import { ERROR_HEADER, HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import { leavesAnonymously } from '../core/resource/anonymous-read.ts'
import { hasQueryCredentials } from '../core/resource/query-credentials.ts'
import { CheopsError } from '../errors.ts'
import type { LookupPolicy } from '../config.ts'
import type { Exchange, RelayOptions, RelayResult } from '../ports/exchange.ts'
import type { Glue } from '../ports/glue.ts'
import type { Membership, SiteView } from '../ports/membership.ts'
import type { HeardBuckets, NameBuckets } from '../ports/name-buckets.ts'
import { headersToSite } from './context-headers.ts'
import { nearestFirst } from './members.ts'

export interface ReplicantLookupParts {
  readonly membership: Membership
  /** What sites tell, and for those that tell nothing the mesh. */
  readonly heard: HeardBuckets
  readonly buckets: Pick<NameBuckets, 'find'>
  /** Whether this site knows the resource: then what its application has is the answer, unless it has lost it. */
  isKnown(replicant: ReplicantName): Promise<boolean>
  /** The other members of what this site's application has lost, which have it; nobody where it is not lost. */
  lostAt(replicant: ReplicantName): Promise<readonly string[]>
  glue(service: string): Glue | undefined
  lookupOf(service: string): LookupPolicy
  /** Milliseconds, never going back. */
  now(): number
}

/** How long the mesh is asked who may know a name: every read that finds nothing here waits so long when others are cut off. */
const LOOKUP_MS = 1_500
/** Sites that are asked, the nearest first: a name has a few members, and a bucket a few names. */
const MAX_SITES_ASKED = 8
/** How long what the mesh has said of a bucket is taken for true: a client that asks again and again does not have the mesh asked each time. */
const REMEMBERED_MS = 2_000
/**
 * Buckets that are remembered, or asked for at this moment. Reads of others are refused: they may not be taken for what does not exist. A client may have as
 * many of them as are left to all others: one has half, the next one a quarter, and whoever invents names takes no place away from those that are few.
 */
export const MAX_BUCKETS_ASKED = 256

/** Has this site's application answer, if the answer is accepted. */
export type Relay = (accept: RelayOptions['accept']) => Promise<RelayResult>

/** What the mesh was asked. */
interface Asked {
  readonly at: number
  /** For whom, as `Exchange.client`. */
  readonly client: string
  readonly peers: Promise<readonly string[]>
}

/** Sites that may know the resource. */
interface MayKnow {
  /** Have announced it; to be asked in this order. */
  readonly sites: readonly string[]
  /** Have not announced it, as far as can be seen from here. */
  readonly others: readonly string[]
  /** Cannot be asked now. */
  readonly down: readonly string[]
  /** They have it: it was lost here. */
  readonly isLost: boolean
}

const NOBODY: MayKnow = { sites: [], others: [], down: [], isLost: false }

/** What an application answers to who says nothing of himself, of what it has or has not. */
const WANTS_CREDENTIALS: ReadonlySet<number> = new Set([401, 403, 407])

/**
 * What would have a client, who knows nothing of who has answered, do something else afterwards, or for all of this site: a redirection leads it elsewhere
 * with its credentials.
 */
const FOR_ANOTHER_TIME: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'content-location',
  'location',
  'refresh',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
])

const isRedirection = (status: number): boolean => status >= 300 && status < 400 && status !== 304

const headersOf = ({ head }: Exchange): string[] =>
  head.rawHeaders.filter((_, place) => place % 2 === 0).map(name => name.toLowerCase())

/** Finds who may have a resource that this site does not have. */
export class ReplicantLookup {
  readonly #parts: ReplicantLookupParts
  /** The oldest first. */
  readonly #asked = new Map<number, Asked>()

  constructor(parts: ReplicantLookupParts) {
    this.#parts = parts
  }

  /**
   * A read without a scope of one resource: where this site's application does not have it, the mesh is asked who has. No more than that
   * it is read leaves the site, unless the service says otherwise.
   * @returns undefined where nothing was answered: it is for this site's application alone
   * @throws CheopsError ERR_LOOKUP_INCOMPLETE, ERR_LOOKUP_CREDENTIALS, ERR_SITE_BUSY
   */
  async read(
    exchange: Exchange,
    here: Relay,
    there: (site: string, options: Omit<RelayOptions, 'rewrite' | 'isRead'>) => Promise<RelayResult>,
  ): Promise<{ readonly result: RelayResult; readonly site: string } | undefined> {
    if (!this.#mayAsk(exchange)) return undefined
    // What is asked for is found out only where it is not here: mostly it is.
    const own = await here(({ status }) => status !== 404 || !this.#isOneResource(exchange))
    if (own.kind !== 'declined') return { result: own, site: this.#parts.membership.self }
    const { sites, others, down, isLost } = await this.#find(exchange)
    const missing = [...down]
    const locked: string[] = []
    const asked: string[] = []
    let tellsNothing = false
    const { service } = exchange
    const isAnonymous = this.#parts.lookupOf(service) === 'anonymous'
    const hidden = isAnonymous ? headersOf(exchange).filter(name => !leavesAnonymously(name)) : []
    for (const [place, site] of [...sites, ...others].entries()) {
      // Who has not announced it is asked only for one that cannot be: what two share, both have announced.
      if (place >= sites.length && missing.length !== 1) break
      asked.push(site)
      let isBusy = false
      let isLocked = false
      const { dropHeaders, addHeaders } = headersToSite(service, { scope: `{${service}: ${site}}`, hops: 1 })
      const result = await there(site, {
        dropHeaders: new Set([...dropHeaders, ...hidden]),
        addHeaders: [...addHeaders, HEADER_NAMES.ifReplicated, '1'],
        answerHeaders: [HEADER_NAMES.site, site],
        dropAnswerHeaders: FOR_ANOTHER_TIME,
        accept: answer => {
          const code = headerValue(answer.rawHeaders, ERROR_HEADER)
          // Whether it does not know the resource or does not let this site read is the same to the client.
          isBusy = code !== undefined && answer.status >= 500
          tellsNothing ||= code === 'ERR_FORWARD_NOT_EXPOSED'
          // A login, mostly.
          const isElsewhere = isRedirection(answer.status)
          isLocked = code === undefined && (isElsewhere || (isAnonymous && WANTS_CREDENTIALS.has(answer.status)))
          // Its application may have lost it as well.
          const isMissing = isLost && (answer.status === 404 || answer.status === 410)
          return code === undefined && !isLocked && !isMissing
        },
      })
      if (result.kind === 'answered' || result.kind === 'gone') return { result, site }
      if (result.kind === 'failed' || isBusy) missing.push(site)
      if (isLocked) locked.push(site)
    }
    if (locked.length > 0) {
      const message = `It is not here; ${locked.join(', ')} has it, and shows it only to who may see it there.`
      throw new CheopsError('ERR_LOOKUP_CREDENTIALS', message, { sites: locked })
    }
    // A resource that is shared has two members at least, so that one of those that were asked would have known it.
    const isOneAlone =
      !isLost &&
      missing.length === 1 &&
      !tellsNothing &&
      new Set([...asked, ...missing]).size >= this.#others(service).length
    if (missing.length === 0 || isOneAlone) return undefined
    // It may be there, and must not be taken for what does not exist.
    const message = `It is not here, and ${missing.join(', ')}, which may have it, cannot be asked.`
    throw new CheopsError('ERR_LOOKUP_INCOMPLETE', message, { sites: missing })
  }

  /** There are others, and they may be told that it is read. */
  #mayAsk({ head, hasBody, path, service }: Exchange): boolean {
    if (head.method !== 'GET' || hasBody || this.#others(service).length === 0) return false
    const policy = this.#parts.lookupOf(service)
    return policy !== 'never' && (policy !== 'anonymous' || !hasQueryCredentials(path))
  }

  /** In which others may have a part. */
  #isOneResource({ head, path, service }: Exchange): boolean {
    return this.#parts.glue(service)?.describe(head, path, undefined).is === 'read'
  }

  async #find({ client, head, path, service }: Exchange): Promise<MayKnow> {
    const said = this.#parts.glue(service)?.describe(head, path, undefined)
    if (said?.is !== 'read') return NOBODY
    const { membership, heard } = this.#parts
    const { kind, name } = said
    if (await this.#parts.isKnown({ service, kind, name })) return this.#membersOfLost({ service, kind, name })
    const bucket = bucketOf({ service, kind, name })
    const offering = this.#others(service)
    const isAllTold = offering.every(site => heard.isTelling(site))
    const [holders, peers] = [new Set(heard.holders(bucket)), new Set(isAllTold ? [] : await this.#ask(bucket, client))]
    const isFound = ({ name: site, peerId }: SiteView): boolean => holders.has(site) || peers.has(peerId)
    const found = membership.sites().filter(site => offering.includes(site.name) && isFound(site))
    const names = nearestFirst(
      found.map(site => site.name),
      membership,
    )
    const sites = names.filter(site => !this.#isDown(site)).slice(0, MAX_SITES_ASKED)
    const silent = this.#others(service).filter(site => !names.includes(site) && !this.#isDown(site))
    const others = nearestFirst(silent, membership).slice(0, MAX_SITES_ASKED - sites.length)
    return { sites, others, down: names.filter(site => this.#isDown(site)), isLost: false }
  }

  async #membersOfLost(replicant: ReplicantName): Promise<MayKnow> {
    const { membership } = this.#parts
    const members = nearestFirst(await this.#parts.lostAt(replicant), membership)
    const isDown = (site: string): boolean => membership.site(site) === undefined || this.#isDown(site)
    const sites = members.filter(site => !isDown(site)).slice(0, MAX_SITES_ASKED)
    return { sites, others: [], down: members.filter(isDown), isLost: members.length > 0 }
  }

  #isDown(site: string): boolean {
    return this.#parts.membership.site(site)?.liveness === 'down'
  }

  /** @throws CheopsError ERR_SITE_BUSY */
  #ask(bucket: number, client: string): Promise<readonly string[]> {
    const now = this.#parts.now()
    for (const [old, { at }] of this.#asked) {
      if (now - at < REMEMBERED_MS) break
      this.#asked.delete(old)
    }
    const known = this.#asked.get(bucket)
    if (known !== undefined) return known.peers
    const own = this.#asked.values().filter(asked => asked.client === client)
    if ([...own].length >= MAX_BUCKETS_ASKED - this.#asked.size) {
      const message =
        'Too many reads of what is not here have the mesh asked at this moment; this client has its share of them.'
      throw new CheopsError('ERR_SITE_BUSY', message)
    }
    const peers = this.#parts.buckets.find(bucket, LOOKUP_MS)
    this.#asked.set(bucket, { at: now, client, peers })
    return peers
  }

  #others(service: string): readonly string[] {
    const { self } = this.#parts.membership
    const { sites } = this.#parts.membership.catalog()
    return sites.filter(site => site.name !== self && site.services.includes(service)).map(({ name }) => name)
  }
}

import { bucketOf, type ReplicantName } from '../core/oplog/index.ts'
import { ERROR_HEADER, HEADER_NAMES, MEMBERS_HEADER } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import { CheopsError } from '../errors.ts'
import type { Clock, TimerHandle } from '../ports/clock.ts'
import type { Membership } from '../ports/membership.ts'
import type { HeardBuckets, NameBuckets } from '../ports/name-buckets.ts'
import type { PartRequests } from '../ports/parts.ts'
import { sitesIn } from './answer-headers.ts'
import { headersToSite } from './context-headers.ts'
import { nearestFirst } from './members.ts'
import { ReplicantClaims, type Claim } from './replicant-claims.ts'

export interface ReplicantSearchParts {
  readonly membership: Membership
  readonly requests: PartRequests
  readonly clock: Clock
  /** Undefined where nobody announces names. */
  readonly buckets: Pick<NameBuckets, 'find'> | undefined
  /** What sites tell of it; only of those that tell nothing the mesh is asked. */
  readonly heard: HeardBuckets | undefined
  /** Whether this site lets another one make here what a request makes. */
  exposes(service: string, site: string, method: string, path: string): boolean
  /** Told what a site has said that nobody confirms, once in a while for each; must not throw. */
  onUnbelieved?(replicant: ReplicantName, claim: Claim): void
}

/** What is looked for. */
export interface Wanted {
  readonly replicant: ReplicantName
  /** Path of the resource within the service. */
  readonly resourcePath: string
  /** The request that would make or change it. */
  readonly method: string
  readonly path: string
  /** Members that its scope names. */
  readonly scope: readonly string[]
  /** Whether it is here by now. */
  isHere(): Promise<boolean>
}

/** How long others are waited for altogether: who does not answer by then counts as cut off. */
const ASKED_FOR_MS = 1_000
/** Of that, how long the mesh is asked who else may have the name. */
const ANNOUNCED_FOR_MS = 500
/** Sites that are asked besides those of the scope, the nearest first. */
const MAX_OTHERS_ASKED = 8
/** How often those are asked once more that another site names as members, and that do not know it: it may be on its way to them. */
const ASK_AGAIN_MS = 250
/** How long a site that said what nobody confirmed is asked only where the scope or another one names it: each create would wait for its word to be confirmed. */
const UNBELIEVED_MS = 60_000
/** Of an answer that says more than its head. */
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Whether a resource that a scope names members for, and of which this site knows nothing, is replicated already. Asked are those that can be reached now and
 * may make it here: the members that the scope names, who has announced the name, and whom these name. What others may not make here takes no name away from
 * clients of this site, nor does what one site says alone, and across a cut everybody goes on.
 */
export class ReplicantSearch {
  readonly #parts: ReplicantSearchParts
  /** Sites whose word was not confirmed, and until when they are not asked for it. */
  readonly #unbelieved = new Map<string, number>()

  constructor(parts: ReplicantSearchParts) {
    this.#parts = parts
  }

  /**
   * @returns what one site says that has it, and that counts ({@link ReplicantClaims})
   * @throws what `isHere` throws
   */
  async find(wanted: Wanted): Promise<Claim | undefined> {
    const { clock } = this.#parts
    const claims = new ReplicantClaims(wanted.scope)
    const { promise, resolve, reject } = Promise.withResolvers<Claim | undefined>()
    const timers = new Set<TimerHandle>([clock.after(ASKED_FOR_MS, () => resolve(undefined))])
    const pause = (): Promise<void> => new Promise(go => void timers.add(clock.after(ASK_AGAIN_MS, go)))
    const asked = new Set<string>()
    let isOver = false
    const ask = async (sites: readonly string[]): Promise<void> => {
      if (isOver) return
      const fresh = sites.filter(site => !asked.has(site))
      for (const site of fresh) asked.add(site)
      await Promise.all(
        fresh.map(async site => {
          const said = await this.#ask(site, wanted)
          if (said === undefined) return
          const counts = claims.add(said)
          if (counts === undefined) await ask(this.#missing(wanted, claims))
          else resolve(counts)
        }),
      )
    }
    let isHere = false
    const askAll = async (): Promise<void> => {
      const named = this.#askable(wanted, site => wanted.scope.includes(site))
      await Promise.all([ask(named), this.#announcers(wanted).then(ask)])
      const { self } = this.#parts.membership
      while (!isOver && (claims.missing.has(self) || this.#missing(wanted, claims).length > 0)) {
        await pause()
        isHere = await wanted.isHere()
        if (isHere) return
        const missing = this.#missing(wanted, claims)
        for (const site of missing) asked.delete(site)
        await ask(missing)
      }
    }
    askAll().then(() => resolve(undefined), reject)
    try {
      const found = await promise
      if (found === undefined && !isHere) this.#disbelieve(wanted, claims)
      return found
    } finally {
      // What is still being asked may answer later, and is not gone on from.
      isOver = true
      for (const timer of timers) timer.cancel()
    }
  }

  /** Members that others name, as far as they can be asked. */
  #missing(wanted: Wanted, { missing }: ReplicantClaims): readonly string[] {
    return this.#askable(wanted, site => missing.has(site)).slice(0, MAX_OTHERS_ASKED)
  }

  #disbelieve({ replicant }: Wanted, { all }: ReplicantClaims): void {
    const { clock } = this.#parts
    for (const claim of all) {
      if (!this.#unbelieved.has(claim.site)) this.#parts.onUnbelieved?.(replicant, claim)
      this.#unbelieved.set(claim.site, clock.monotonic() + UNBELIEVED_MS)
    }
  }

  /** Sites that are there, offer the service, and may make the resource here; the nearest first. */
  #askable({ replicant, method, path }: Wanted, isMeant: (site: string) => boolean): readonly string[] {
    const { membership } = this.#parts
    const { self } = membership
    const { service } = replicant
    const names = membership
      .catalog()
      .sites.filter(
        ({ name, liveness, services }) => name !== self && liveness === 'alive' && services.includes(service),
      )
      .map(({ name }) => name)
      .filter(name => isMeant(name) && this.#parts.exposes(service, name, method, path))
    return nearestFirst(names, membership)
  }

  /** Sites besides those of the scope that have announced the name, as far as they are found in time. */
  async #announcers(wanted: Wanted): Promise<readonly string[]> {
    const { membership, buckets, heard } = this.#parts
    const now = this.#parts.clock.monotonic()
    for (const [site, until] of this.#unbelieved) if (until <= now) this.#unbelieved.delete(site)
    const others = this.#askable(wanted, site => !wanted.scope.includes(site) && !this.#unbelieved.has(site))
    if (others.length === 0 || buckets === undefined || heard === undefined) return []
    const bucket = bucketOf(wanted.replicant)
    const isAllTold = others.every(site => heard.isTelling(site))
    const holders = new Set(heard.holders(bucket))
    const peers = new Set(isAllTold ? [] : await buckets.find(bucket, ANNOUNCED_FOR_MS))
    const hasAnnounced = (site: string): boolean => holders.has(site) || peers.has(membership.site(site)?.peerId ?? '')
    return others.filter(hasAnnounced).slice(0, MAX_OTHERS_ASKED)
  }

  /** @returns undefined for a site that has it not replicated, says nothing of it to this one, or cannot be asked */
  async #ask(site: string, { replicant: { service }, resourcePath }: Wanted): Promise<Claim | undefined> {
    const { addHeaders } = headersToSite(service, { scope: `{${service}: ${site}}`, hops: 1 })
    try {
      const { rawHeaders } = await this.#parts.requests.request({
        target: { kind: 'site', site, service },
        method: 'GET',
        path: resourcePath,
        rawHeaders: ['Host', service, ...addHeaders, HEADER_NAMES.ifReplicated, 'members'],
        body: undefined,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        timeoutMs: ASKED_FOR_MS,
      })
      if (headerValue(rawHeaders, ERROR_HEADER) !== undefined) return undefined
      const members = headerValue(rawHeaders, MEMBERS_HEADER)
      return { site, members: members === undefined ? undefined : sitesIn(members) }
    } catch (error) {
      if (error instanceof CheopsError) return undefined
      throw error
    }
  }
}

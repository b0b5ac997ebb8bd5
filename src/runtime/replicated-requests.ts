import { DETACH_HEADER, HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { SAFE_METHODS } from '../core/resource/methods.ts'
import { isSuccess } from '../core/resource/success.ts'
import type { Dot, ReplicantName } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import type { ComposedAnswer, Exchange } from '../ports/exchange.ts'
import type { Description, Glue, LocalReason } from '../ports/glue.ts'
import { without } from './answer-headers.ts'
import { MAX_INLINE_BODY_BYTES, MAX_SPOOLED_BODIES } from './replication/limits.ts'
import { BodyPlaces, HeldBodies } from './held-bodies.ts'
import type { LocalWrite } from './replication/write/local-write.ts'
import type { SpooledBody } from './replication/write/payload.ts'
import type { Require } from './replication/outcomes.ts'
import type { SiteOutcome } from './replication/replica.ts'
import type { ReplicaStatus } from './replication/operator/replica-status.ts'
import type { Accepted } from './replication/replicator.ts'
import type { RecordChange } from './replication/write/unlogged.ts'
import type { ClientContexts } from './client-contexts.ts'
import { composeAnswer } from './operation-answer.ts'
import type { Parts } from './parts.ts'
import { repeatedAnswer } from './repeated-answer.ts'
import { idempotencyOf, levelAsked, preferenceOf } from './operation-preference.ts'
import { MAX_UNLOGGED_ANSWER_BYTES, UNLOGGED_ANSWER_MS, type UnloggedWrites } from './unlogged-writes.ts'

/** What requests need of replication: a part of `replication/replicator.ts`. */
export interface Replication {
  accept(write: LocalWrite): Promise<Accepted>
  /** @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED; what the body throws */
  spool(body: AsyncIterable<Uint8Array>): Promise<SpooledBody>
  wait(replicant: ReplicantName, operation: Dot, seconds: number, require: Require): Promise<readonly SiteOutcome[]>
  status(replicant: ReplicantName): Promise<ReplicaStatus | undefined>
  changeMembers(replicant: ReplicantName, added: readonly string[], removed: readonly string[]): Promise<Dot>
  record(replicant: ReplicantName, change: RecordChange): Promise<Dot>
}

export interface ReplicatedRequestsParts {
  readonly site: string
  readonly replication: Replication
  readonly contexts: ClientContexts
  readonly unlogged: UnloggedWrites
  readonly parts: Parts
  glue(service: string): Glue | undefined
}

/** Says which requests are operations on replicants, and has those carried out. */
export class ReplicatedRequests {
  readonly #parts: ReplicatedRequestsParts
  readonly #held = new HeldBodies()
  readonly #spooling = new BodyPlaces(MAX_SPOOLED_BODIES)

  constructor(parts: ReplicatedRequestsParts) {
    this.#parts = parts
  }

  /**
   * A request under `&` at a member.
   * @param context as it goes to other members
   * @returns undefined for what runs at this site's own application like any other: reads, and what changes no resource as a whole
   * @throws CheopsError ERR_REPLICANT_*, ERR_SCOPE_COLLABORATION, ERR_BLOB_SPACE, what reading the body and the application may throw
   */
  async scoped(
    exchange: Exchange,
    members: readonly string[],
    context: RequestContext,
  ): Promise<ComposedAnswer | undefined> {
    const glue = this.#parts.glue(exchange.service)
    if (glue === undefined || SAFE_METHODS.has(exchange.head.method)) return undefined
    return this.#carryOut(glue, exchange, members, context)
  }

  /**
   * A request without a scope: an operation for all members where it changes what is replicated here. A create is always for the
   * local application alone, and so is what changes something else that has the name here.
   * @returns undefined for what is none of replication's business
   * @throws as `scoped`
   */
  async unscoped(exchange: Exchange): Promise<ComposedAnswer | undefined> {
    const { head, path, service } = exchange
    const glue = this.#parts.glue(service)
    if (glue === undefined || SAFE_METHODS.has(head.method)) return undefined
    // By the path alone: the body of what is not replicated passes unread.
    const byPath = glue.describe(head, path, undefined)
    if (byPath.is !== 'operation' || byPath.type === 'create') return undefined
    const { kind, name } = byPath
    const status = await this.#parts.replication.status({ service, kind, name })
    if (status !== undefined && isTheirs(status)) return undefined
    return this.#forAll(glue, exchange, byPath, status)
  }

  /** A change without members as an operation for all of them. */
  async #forAll(
    glue: Glue,
    exchange: Exchange,
    byPath: Description & { readonly is: 'operation' },
    status: ReplicaStatus | undefined,
  ): Promise<ComposedAnswer | undefined> {
    const { service } = exchange
    if (status === undefined || (status.level === 'none' && !status.isPresent)) return undefined
    // What is deleted everywhere is free for what is made without a scope, by PUT as by POST.
    if (!status.isPresent && byPath.creates && status.state !== 'busy') return undefined
    const context = { scope: `{${service}: ${this.#parts.site}}`, hops: 1 }
    return this.#carryOut(glue, exchange, undefined, context)
  }

  async #carryOut(
    glue: Glue,
    exchange: Exchange,
    members: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer | undefined> {
    const { head, path } = exchange
    const byPath = glue.describe(head, path, undefined)
    const needsBody = glue.needsBody(head, path)
    // What only the path decides, and is no operation, streams.
    if (byPath.is === 'local' && !needsBody) return this.#described(glue, exchange, byPath, EMPTY, members, context)
    if (!(await exchange.isBodyLarger(MAX_INLINE_BODY_BYTES))) {
      const body = await exchange.readBody(MAX_INLINE_BODY_BYTES)
      return this.#read(glue, exchange, body, members, context)
    }
    const level = byPath.is === 'operation' ? await this.#checkAhead(exchange, byPath, members) : undefined
    const isHeld = byPath.is !== 'operation' || needsBody || MERGES.has(byPath.type)
    if (isHeld || level === 'none')
      return this.#held.with(exchange, byPath, body => this.#read(glue, exchange, body, members, context))
    return this.#spooling.with(exchange.client, async () => {
      const spooled = await this.#parts.replication.spool(exchange.bodyStream())
      try {
        const { hash, length } = spooled
        return await this.#described(glue, exchange, byPath, { hash, length }, members, context)
      } finally {
        spooled.release()
      }
    })
  }

  /**
   * What the path alone says is wrong is said before a large body is read: whoever may not do it here fills neither memory nor disk.
   * @returns the level of the resource
   * @throws CheopsError ERR_REPLICANT_LEVEL, _MEMBERS, _NOT_FOUND, _UNBOUND
   */
  async #checkAhead(
    exchange: Exchange,
    description: Description & { readonly is: 'operation' },
    scope: readonly string[] | undefined,
  ): Promise<string> {
    const { kind, name } = description
    const { present, asked, level } = await this.#levelOf(exchange, description)
    if (present === undefined) {
      // A POST says its name in its body.
      if (description.type === 'create' || (description.creates && scope !== undefined)) return level
      throw notFound(kind, name)
    }
    if (asked !== undefined && asked !== present.level) throw otherLevel(name, present.level, asked)
    if (scope !== undefined && scope.toSorted().join() !== present.members.toSorted().join())
      throw otherMembers(name, present.members, scope)
    if (present.state === 'unbound')
      throw new CheopsError('ERR_REPLICANT_UNBOUND', `${name} here is not the one that is replicated.`)
    return level
  }

  #read(
    glue: Glue,
    exchange: Exchange,
    body: Uint8Array,
    members: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer | undefined> {
    const { head, path } = exchange
    const description = glue.describe(head, path, glue.parseBody(head.rawHeaders, body))
    return this.#described(glue, exchange, description, body, members, context)
  }

  async #described(
    glue: Glue,
    exchange: Exchange,
    description: Description,
    body: LocalWrite['body'],
    members: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer | undefined> {
    const isScoped = members !== undefined
    switch (description.is) {
      case 'operation':
        return this.#atLevel(glue, exchange, description, body, members, context)
      case 'unnamed':
        if (isScoped) throw new CheopsError('ERR_REPLICANT_UNNAMED', description.why)
        return undefined
      case 'local':
        if (isScoped && description.reason === 'sharing-only')
          throw new CheopsError('ERR_SCOPE_COLLABORATION', description.why)
        return undefined
      case 'read':
      case 'list':
        return undefined
    }
  }

  /** Why a change that was to run at several members runs at one; undefined for what changes nothing, or is for one in any case. */
  whyAtOne({ head, path, service }: Exchange): string | undefined {
    const said = SAFE_METHODS.has(head.method) ? undefined : this.#parts.glue(service)?.describe(head, path, undefined)
    return said?.is === 'local' && ONE_BY_MISTAKE.has(said.reason) ? said.why : undefined
  }

  /**
   * Why a request without a scope that may change what is replicated here, or has its name, is for this site's application alone; undefined for
   * any other. The others are not told of what it does, and what it does to the resource itself is undone as a change past Cheops.
   */
  async whyHereOnly({ head, path, service }: Exchange): Promise<string | undefined> {
    const said = SAFE_METHODS.has(head.method) ? undefined : this.#parts.glue(service)?.describe(head, path, undefined)
    if (said?.is === 'operation' && said.type !== 'create') {
      const status = await this.#parts.replication.status({ service, kind: said.kind, name: said.name })
      const isOther = status?.isPresent === true && isTheirs(status)
      return isOther ? `${said.name} here is not the one that is replicated (cheops conflict resolve)` : undefined
    }
    if (said?.is !== 'local' || !ONE_BY_MISTAKE.has(said.reason)) return undefined
    const { kind, name, why } = said
    if (kind === undefined || name === undefined) return undefined
    const status = await this.#parts.replication.status({ service, kind, name })
    return status?.isPresent === true && status.members.length > 1 ? why : undefined
  }

  /** The level of the resource, else what the request asks for, else its kind's. */
  async #levelOf({ service, head }: Exchange, { kind, name, level }: Description & { readonly is: 'operation' }) {
    const status = await this.#parts.replication.status({ service, kind, name })
    const asked = levelAsked(head.rawHeaders)
    const present = status?.isPresent === true ? status : undefined
    return { present, asked, level: present?.level ?? asked ?? level }
  }

  /**
   * A change under `&` at a site that the scope does not name: where this site knows the resource, it knows whether the scope fits.
   * @throws CheopsError ERR_REPLICANT_MEMBERS
   */
  async checkMembers({ head, path, service }: Exchange, scope: readonly string[]): Promise<void> {
    const said = SAFE_METHODS.has(head.method) ? undefined : this.#parts.glue(service)?.describe(head, path, undefined)
    if (said?.is !== 'operation' || said.type === 'create') return
    const { kind, name } = said
    const status = await this.#parts.replication.status({ service, kind, name })
    if (status?.isPresent === true) throw otherMembers(name, status.members, scope)
  }

  /**
   * A request of a site that looks for the resource: what this site has of its own by that name is not meant.
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND
   */
  async checkReplicated({ head, path, service }: Exchange): Promise<void> {
    const said = this.#parts.glue(service)?.describe(head, path, undefined)
    const status =
      said?.is === 'read'
        ? await this.#parts.replication.status({ service, kind: said.kind, name: said.name })
        : undefined
    if (status?.isPresent !== true)
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `${this.#parts.site} has no such replicated resource.`)
  }

  /**
   * A request whose scope sends it to this site, which is not "&". A change of what is replicated here would make it differ from its
   * siblings: with a choice of sites it is an operation for all members, accepted at the site that was chosen; else the site has to leave the members for it.
   * @param isChoice sites with "||" between them
   * @param context as it goes to the application
   * @returns undefined for what runs at this site's own application like any other
   * @throws CheopsError ERR_REPLICANT_MEMBERS; as `scoped`
   */
  async alone(exchange: Exchange, isChoice: boolean, context: RequestContext): Promise<ComposedAnswer | undefined> {
    const { head, path, service } = exchange
    const { replication, site } = this.#parts
    const said = SAFE_METHODS.has(head.method) ? undefined : this.#parts.glue(service)?.describe(head, path, undefined)
    if (said?.is !== 'operation' || said.type === 'create') return undefined
    const { kind, name } = said
    const status = await replication.status({ service, kind, name })
    if (status?.isPresent !== true || status.level === 'none') return undefined
    const { members } = status
    const glue = this.#parts.glue(service)
    if (glue !== undefined && (isChoice || members.length === 1)) return this.#forAll(glue, exchange, said, status)
    if (headerValue(head.rawHeaders, DETACH_HEADER)?.trim() !== 'true') {
      const message = `${name} is replicated on ${members.join(', ')}: a change at ${site} alone would make it differ.`
      throw new CheopsError('ERR_REPLICANT_MEMBERS', message, { members })
    }
    // Not before the application has taken it: who may not change the resource here may not take it from the others either.
    if (!exchange.hasBody) return this.#detach(exchange, { service, kind, name }, undefined, context)
    return this.#held.with(exchange, said, body => this.#detach(exchange, { service, kind, name }, body, context))
  }

  async #detach(
    exchange: Exchange,
    replicant: ReplicantName,
    body: Uint8Array | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer> {
    const { replication, site } = this.#parts
    const { head } = exchange
    const asked = {
      rawHeaders: without(head.rawHeaders, header => header.startsWith('cheops-')),
      body,
      maxAnswerBytes: MAX_UNLOGGED_ANSWER_BYTES,
      timeoutMs: UNLOGGED_ANSWER_MS,
    }
    const answer = await this.#parts.parts.ask(exchange, site, context, asked)
    if (isSuccess(answer.status)) await replication.changeMembers(replicant, [], [site])
    const headers = without(answer.rawHeaders, header => header.startsWith('cheops-'))
    return { ...answer, rawHeaders: [...headers, HEADER_NAMES.site, site] }
  }

  async #atLevel(
    glue: Glue,
    exchange: Exchange,
    description: Description & { readonly is: 'operation' },
    body: LocalWrite['body'],
    scope: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer> {
    const { kind, name } = description
    // What is wrong in them is said at each level, also where it asks for nothing.
    preferenceOf(exchange.head.rawHeaders)
    idempotencyOf(exchange.head.rawHeaders)
    const { present, asked, level } = await this.#levelOf(exchange, description)
    if (present !== undefined && asked !== undefined && asked !== present.level)
      throw otherLevel(name, present.level, asked)
    if (level === 'eventual') return this.#write(exchange, description, body, scope, context)
    if (level !== 'none')
      throw new CheopsError(
        'ERR_SCOPE_COLLABORATION',
        `the level ${level} is not there yet; there are none and eventual`,
      )
    const members = present?.members ?? scope
    if (members === undefined || (present === undefined && !description.creates)) throw notFound(kind, name)
    if (scope !== undefined && scope.toSorted().join() !== members.toSorted().join())
      throw otherMembers(name, members, scope)
    // It was at another level when the body was taken.
    if (!(body instanceof Uint8Array))
      throw new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', `${name} is at level none now.`)
    const isNew = present === undefined
    return this.#parts.unlogged.write({ exchange, glue, description, body, members, context, isNew })
  }

  async #write(
    exchange: Exchange,
    description: Description & { readonly is: 'operation' },
    body: LocalWrite['body'],
    members: readonly string[] | undefined,
    context: RequestContext,
  ): Promise<ComposedAnswer> {
    const { replication, site } = this.#parts
    const { head, path, service } = exchange
    const { waitSeconds, require } = preferenceOf(head.rawHeaders)
    const idempotency = idempotencyOf(head.rawHeaders)
    const write = { service, description, head, path, body, members, ...(idempotency && { idempotency }) }
    const seen = await this.#parts.contexts.before(exchange)
    const accepted = await replication.accept(write)
    const { replicant, operation } = accepted
    // What came of another site's operation is told to that site.
    const isOwn = operation?.site === site
    const waits = operation !== undefined && isOwn && waitSeconds > 0
    const known = waits ? await replication.wait(replicant, operation, waitSeconds, require) : accepted.sites
    const sites = isOwn ? known : []
    const earlier = accepted.isRepeated
      ? await repeatedAnswer(this.#parts.parts, site, exchange, description, context, accepted.status)
      : undefined
    const answer = composeAnswer(site, earlier === undefined ? accepted : { ...accepted, answer: earlier }, sites)
    if (operation === undefined) return answer
    const more = this.#parts.contexts.ofOperation(seen, { replicant, dot: operation })
    return { ...answer, rawHeaders: [...answer.rawHeaders, ...more] }
  }
}

/** They say what changes, by being looked into: nobody sends some megabytes of that. */
const MERGES: ReadonlySet<string> = new Set(['merge', 'patch'])

/** Who says `&` may have meant more; a dry run or an upgrade belongs to one site. */
const ONE_BY_MISTAKE: ReadonlySet<LocalReason> = new Set([
  'no-kind',
  'below',
  'collection-delete',
  'no-operation',
  'no-resource',
  'bad-name',
])

const EMPTY = new Uint8Array(0)

/** What has the name here is something else: whoever says no scope means that, as in any application. Not where nobody can tell what is there. */
function isTheirs({ state, detail }: ReplicaStatus): boolean {
  return state === 'unbound' && detail === undefined
}

function notFound(kind: string, name: string): CheopsError {
  return new CheopsError('ERR_REPLICANT_NOT_FOUND', `No replicated ${kind} is called ${name} here.`)
}

function otherLevel(name: string, level: string, asked: string): CheopsError {
  return new CheopsError('ERR_REPLICANT_LEVEL', `${name} is at level ${level}, not ${asked}.`)
}

function otherMembers(name: string, members: readonly string[], scope: readonly string[]): CheopsError {
  const message = `${name} has the members ${members.join(', ')}, not ${scope.join(', ')}.`
  return new CheopsError('ERR_REPLICANT_MEMBERS', message, { members })
}

import { HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { isSuccess } from '../core/resource/success.ts'
import type { ReplicantName } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import type { ComposedAnswer, Exchange } from '../ports/exchange.ts'
import type { Description, LocalReason } from '../ports/replication-glue.ts'
import type { Glue } from '../ports/glue.ts'
import { without } from './answer-headers.ts'
import { ClientOperations, otherMembers, type ClientOperationsParts } from './client-operations.ts'
import { HeldBodies } from './held-bodies.ts'
import { MAX_INLINE_BODY_BYTES } from './replication/limits.ts'
import type { ReplicaStanding } from './replication/operator/replica-status.ts'
import { MAX_UNLOGGED_ANSWER_BYTES, UNLOGGED_ANSWER_MS } from './unlogged-writes.ts'
import { detachAsked } from './operation-preference.ts'

export interface ReplicatedRequestsParts extends ClientOperationsParts {
  glue(service: string): Glue | undefined
  /** Why nobody has told this agent what is replicated, as a sentence about it without its subject; undefined where others have. */
  whyStranger?(): string | undefined
}

/** States of what this site's application has, or had when it was known last. */
const SHOWN: ReadonlySet<ReplicaStanding['state']> = new Set(['agrees', 'busy', 'uncertain'])

/** Says which requests are operations on replicants, and has those carried out. */
export class ReplicatedRequests {
  readonly #parts: ReplicatedRequestsParts
  readonly #held = new HeldBodies()
  readonly #operations: ClientOperations

  constructor(parts: ReplicatedRequestsParts) {
    this.#parts = parts
    this.#operations = new ClientOperations(parts, this.#held)
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
    if (glue === undefined || glue.isRead(exchange.head, exchange.path)) return undefined
    return this.#operations.carryOut(glue, exchange, members, context)
  }

  /**
   * A request without a scope: an operation for all members where it changes what is replicated here. A create of anything else is for the
   * local application alone, and so is what changes something else that has the name here.
   * @returns undefined for what is none of replication's business
   * @throws as `scoped`
   */
  async unscoped(exchange: Exchange): Promise<ComposedAnswer | undefined> {
    const { head, path, service } = exchange
    const glue = this.#parts.glue(service)
    if (glue === undefined || glue.isRead(head, path)) return undefined
    // By the path alone: the body of what is not replicated passes unread.
    const byPath = glue.describe(head, path, undefined)
    if (byPath.is === 'unnamed' && byPath.reason === 'no-body') return this.#ofBody(glue, exchange, byPath.kind)
    // It is refused where it is one of what is replicated.
    if (byPath.is === 'local' && byPath.reason === 'part')
      return this.#operations.carryOut(glue, exchange, undefined, {
        scope: `{${service}: ${this.#parts.site}}`,
        hops: 1,
      })
    if (byPath.is !== 'operation' || byPath.type === 'create') return undefined
    const { kind, name } = byPath
    const status = await this.#parts.replication.standingOnceKnown({ service, kind, name })
    if (status !== undefined && isTheirs(status)) return undefined
    return this.#forAll(glue, exchange, byPath, status)
  }

  /**
   * What would create something, and says in its body what is replicated here already: some applications take that for a change of it. Where nothing of
   * the kind is replicated, bodies pass unread, and so do large ones, and those that do not say how large they are.
   */
  async #ofBody(glue: Glue, exchange: Exchange, kind: string): Promise<ComposedAnswer | undefined> {
    const { head, path, service } = exchange
    const { replication, site } = this.#parts
    const length = Number(headerValue(head.rawHeaders, 'content-length') ?? Infinity)
    if (length > MAX_INLINE_BODY_BYTES || !(await replication.hasKind(service, kind))) return undefined
    const body = await exchange.readBody(MAX_INLINE_BODY_BYTES)
    const said = glue.describe(head, path, glue.parseBody(head.rawHeaders, body))
    if (said.is !== 'operation') return undefined
    const status = await replication.standingOnceKnown({ service, kind: said.kind, name: said.name })
    // What the application here has refused is not there: the name is its own.
    const isOurs = status?.isPresent === true && status.level !== 'none' && SHOWN.has(status.state)
    if (!isOurs || !status.members.includes(site)) return undefined
    return this.#operations.carryOut(glue, exchange, status.members, { scope: `{${service}: ${site}}`, hops: 1 })
  }

  /** A change without members as an operation for all of them. */
  async #forAll(
    glue: Glue,
    exchange: Exchange,
    byPath: Description & { readonly is: 'operation' },
    status: ReplicaStanding | undefined,
  ): Promise<ComposedAnswer | undefined> {
    const { service } = exchange
    if (status === undefined || (status.level === 'none' && !status.isPresent)) return undefined
    // What is deleted everywhere is free for what is made without a scope, by PUT as by POST.
    if (!status.isPresent && byPath.creates && status.state !== 'busy') return undefined
    const context = { scope: `{${service}: ${this.#parts.site}}`, hops: 1 }
    return this.#operations.carryOut(glue, exchange, undefined, context)
  }

  /** Why a change that was to run at several members runs at one; undefined for what changes nothing, or is for one in any case. */
  whyAtOne(exchange: Exchange): string | undefined {
    const said = this.#changeIn(exchange)
    return said?.is === 'local' && ONE_BY_MISTAKE.has(said.reason) ? said.why : undefined
  }

  /**
   * Why a request without a scope that may change what is replicated here, or has its name, is for this site's application alone; undefined for
   * any other. The others are not told of what it does, and what it does to the resource itself is undone as a change past Cheops.
   */
  async whyHereOnly(exchange: Exchange): Promise<string | undefined> {
    const said = this.#changeIn(exchange)
    const { service } = exchange
    if (said?.is === 'operation' && said.type !== 'create') {
      const status = await this.#parts.replication.standing({ service, kind: said.kind, name: said.name })
      const isOther = status?.isPresent === true && isTheirs(status)
      if (isOther) return `${said.name} here is not the one that is replicated (cheops conflict resolve)`
      const why = status === undefined ? this.#parts.whyStranger?.() : undefined
      return why && `its agent ${why}, and does not know what is replicated`
    }
    if (said?.is !== 'local' || !ONE_BY_MISTAKE.has(said.reason)) return undefined
    const { kind, name, why } = said
    if (kind === undefined || name === undefined) return undefined
    const status = await this.#parts.replication.standing({ service, kind, name })
    return status?.isPresent === true && status.members.length > 1 ? why : undefined
  }

  /**
   * A change under `&` at a site that the scope does not name: where this site knows the resource, it knows whether the scope fits.
   * @throws CheopsError ERR_REPLICANT_MEMBERS
   */
  async checkMembers(exchange: Exchange, scope: readonly string[]): Promise<void> {
    const said = this.#changeIn(exchange)
    if (said?.is !== 'operation' || said.type === 'create') return
    const { kind, name } = said
    const status = await this.#parts.replication.standing({ service: exchange.service, kind, name })
    if (status?.isPresent === true) throw otherMembers(name, status.members, scope)
  }

  /**
   * A request of a site that looks for the resource: what this site has of its own by that name is not meant.
   * @returns its members
   * @throws CheopsError ERR_REPLICANT_NOT_FOUND
   */
  async checkReplicated({ head, path, service }: Exchange): Promise<readonly string[]> {
    const said = this.#parts.glue(service)?.describe(head, path, undefined)
    const status =
      said?.is === 'read'
        ? await this.#parts.replication.standing({ service, kind: said.kind, name: said.name })
        : undefined
    if (status?.isPresent !== true)
      throw new CheopsError('ERR_REPLICANT_NOT_FOUND', `${this.#parts.site} has no such replicated resource.`)
    return status.members
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
    const { head, service } = exchange
    const { replication, site } = this.#parts
    const said = this.#changeIn(exchange)
    if (said?.is !== 'operation' || said.type === 'create') return undefined
    const { kind, name } = said
    const status = await replication.standingOnceKnown({ service, kind, name })
    if (status?.isPresent !== true || status.level === 'none') return undefined
    const { members } = status
    const glue = this.#parts.glue(service)
    if (glue !== undefined && (isChoice || members.length === 1)) return this.#forAll(glue, exchange, said, status)
    if (!detachAsked(head.rawHeaders)) {
      const message = `${name} is replicated on ${members.join(', ')}: a change at ${site} alone would make it differ.`
      throw new CheopsError('ERR_REPLICANT_MEMBERS', message, { members })
    }
    // Not before the application has taken it: who may not change the resource here may not take it from the others either.
    if (!exchange.hasBody) return this.#detach(exchange, { service, kind, name }, undefined, context)
    return this.#held.with(exchange, said, body => this.#detach(exchange, { service, kind, name }, body, context))
  }

  /** What a request that may change something is by its path; undefined for a read, and where there is no such service. */
  #changeIn({ head, path, service }: Exchange): Description | undefined {
    const glue = this.#parts.glue(service)
    return glue?.isRead(head, path) === true ? undefined : glue?.describe(head, path, undefined)
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
}

/** Who says `&` may have meant more; a dry run or an upgrade belongs to one site. */
const ONE_BY_MISTAKE: ReadonlySet<LocalReason> = new Set([
  'no-kind',
  'below',
  'part',
  'collection-delete',
  'no-operation',
  'no-resource',
  'bad-name',
])

/** What has the name here is something else: whoever says no scope means that, as in any application. Not where nobody can tell what is there. */
function isTheirs({ state, detail }: ReplicaStanding): boolean {
  return state === 'unbound' && detail === undefined
}

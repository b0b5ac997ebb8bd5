import type { RequestContext } from '../core/resource/request-context.ts'
import type { Dot, ReplicantName } from '../core/oplog/index.ts'
import { CheopsError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ComposedAnswer, Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/replication-glue.ts'
import type { Glue } from '../ports/glue.ts'
import type { ClientContexts } from './client-contexts.ts'
import { BodyPlaces, type HeldBodies } from './held-bodies.ts'
import { composeAnswer } from './operation-answer.ts'
import { idempotencyOf, levelAsked, preferenceOf } from './operation-preference.ts'
import type { Parts } from './parts.ts'
import type { ReplicantSearch } from './replicant-search.ts'
import { repeatedAnswer } from './repeated-answer.ts'
import { MAX_INLINE_BODY_BYTES, MAX_SPOOLED_BODIES } from './replication/limits.ts'
import type { ReplicaStanding } from './replication/operator/replica-status.ts'
import type { Require } from './replication/outcomes.ts'
import type { SiteOutcome } from './replication/replica.ts'
import type { Accepted } from './replication/replicator.ts'
import type { LocalWrite } from './replication/write/local-write.ts'
import type { SpooledBody } from './replication/write/payload.ts'
import type { RecordChange } from './replication/write/unlogged.ts'
import { checkWhole } from './replication/write/write-checks.ts'
import type { UnloggedWrites } from './unlogged-writes.ts'

/** What requests need of replication: a part of `replication/replicator.ts`. */
export interface Replication {
  accept(write: LocalWrite): Promise<Accepted>
  /** @throws CheopsError ERR_BLOB_SPACE, ERR_STORE_FAILED; what the body throws */
  spool(body: AsyncIterable<Uint8Array>): Promise<SpooledBody>
  wait(replicant: ReplicantName, operation: Dot, seconds: number, require: Require): Promise<readonly SiteOutcome[]>
  standing(replicant: ReplicantName): Promise<ReplicaStanding | undefined>
  /** @throws CheopsError ERR_REPLICANT_LOCKED, _BUSY */
  standingOnceKnown(replicant: ReplicantName): Promise<ReplicaStanding | undefined>
  hasKind(service: string, kind: string): Promise<boolean>
  changeMembers(replicant: ReplicantName, added: readonly string[], removed: readonly string[]): Promise<Dot>
  record(replicant: ReplicantName, change: RecordChange): Promise<Dot>
  /** @throws CheopsError ERR_STORE_SPACE */
  checkRoom(): void
}

export interface ClientOperationsParts {
  readonly site: string
  readonly replication: Replication
  readonly contexts: ClientContexts
  readonly unlogged: UnloggedWrites
  readonly parts: Parts
  readonly clock: Clock
  /** Undefined for an agent that asks nobody. */
  readonly search?: ReplicantSearch | undefined
}

/** Requests of clients that may be operations on replicants: their bodies are taken, held or as a file, and they are carried out as their level says. */
export class ClientOperations {
  readonly #parts: ClientOperationsParts
  readonly #held: HeldBodies
  readonly #spooling = new BodyPlaces(MAX_SPOOLED_BODIES)

  constructor(parts: ClientOperationsParts, held: HeldBodies) {
    this.#parts = parts
    this.#held = held
  }

  /**
   * @param members that the scope names; undefined without a scope
   * @param context as it goes to the application
   * @returns undefined for what is no operation after all
   * @throws CheopsError ERR_REPLICANT_*, ERR_SCOPE_COLLABORATION, ERR_BLOB_SPACE, what reading the body and the application may throw
   */
  async carryOut(
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
   * @throws CheopsError ERR_REPLICANT_LEVEL, _MEMBERS, _NOT_FOUND, _UNBOUND, ERR_REQUEST_PARTIAL
   */
  async #checkAhead(
    exchange: Exchange,
    description: Description & { readonly is: 'operation' },
    scope: readonly string[] | undefined,
  ): Promise<string> {
    const { kind, name } = description
    const { present, asked, level } = await this.#levelOf(exchange, description)
    if (level !== 'none') checkWhole(exchange.head)
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
        if (description.reason === 'part') await this.#checkPart(exchange, description)
        return undefined
      case 'read':
      case 'list':
        return undefined
    }
  }

  /**
   * What writes a part of what is replicated would be taken for a change past Cheops, and undone.
   * @throws CheopsError ERR_REQUEST_PARTIAL
   */
  async #checkPart({ service, head }: Exchange, { kind, name }: Description & { readonly is: 'local' }): Promise<void> {
    if (kind === undefined || name === undefined) return
    const status = await this.#parts.replication.standingOnceKnown({ service, kind, name })
    if (status?.isPresent !== true || status.level === 'none' || status.state === 'unbound') return
    throw new CheopsError('ERR_REQUEST_PARTIAL', `This ${head.method} writes a part of ${name} (parts of its glue).`)
  }

  /** The level of the resource, else what the request asks for, else its kind's. */
  async #levelOf({ service, head }: Exchange, { kind, name, level }: Description & { readonly is: 'operation' }) {
    const status = await this.#parts.replication.standing({ service, kind, name })
    const asked = levelAsked(head.rawHeaders)
    const present = status?.isPresent === true ? status : undefined
    return { present, asked, level: present?.level ?? asked ?? level }
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
    if (scope !== undefined) await this.#comeHere(exchange, description, scope)
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

  /**
   * What this site knows nothing of, though its scope names members, may be replicated all the same. Where these are the members, it is on its way here, and is
   * waited for: the request is one on it. A create here would begin a second life, of which one loses.
   * @throws CheopsError ERR_REPLICANT_MEMBERS, _LOCKED
   */
  async #comeHere(
    { head, path, service }: Exchange,
    { kind, name, resourcePath }: Description & { readonly is: 'operation' },
    scope: readonly string[],
  ): Promise<void> {
    const { replication, search, clock } = this.#parts
    const replicant = { service, kind, name }
    const isHere = async (): Promise<boolean> => (await replication.standing(replicant))?.isPresent === true
    // Of what was deleted here the others may not have heard yet.
    if (search === undefined || (await replication.standing(replicant)) !== undefined) return
    const found = await search.find({ replicant, resourcePath, method: head.method, path, scope, isHere })
    if (found === undefined) return
    const { site, members } = found
    if (members === undefined || scope.toSorted().join() !== members.toSorted().join())
      throw otherMembers(name, members ?? [site], scope, site)
    const until = clock.monotonic() + COMES_WITHIN_MS
    while (!(await isHere())) {
      if (clock.monotonic() >= until)
        throw new CheopsError('ERR_REPLICANT_LOCKED', `${name} is replicated at ${site}, and has not come here yet.`)
      await new Promise<void>(resolve => void clock.after(LOOK_AGAIN_MS, resolve))
    }
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

/** How long what is replicated elsewhere, with this site as a member, is waited for, milliseconds, and between two looks: it comes within some round trips. */
const COMES_WITHIN_MS = 5_000
const LOOK_AGAIN_MS = 20

/** They say what changes, by being looked into: nobody sends some megabytes of that. */
const MERGES: ReadonlySet<string> = new Set(['merge', 'patch'])

const EMPTY = new Uint8Array(0)

function notFound(kind: string, name: string): CheopsError {
  return new CheopsError('ERR_REPLICANT_NOT_FOUND', `No replicated ${kind} is called ${name} here.`)
}

function otherLevel(name: string, level: string, asked: string): CheopsError {
  return new CheopsError('ERR_REPLICANT_LEVEL', `${name} is at level ${level}, not ${asked}.`)
}

/**
 * A scope that names other members than there are.
 * @param teller who says so, where it is not known here
 */
export function otherMembers(
  name: string,
  members: readonly string[],
  scope: readonly string[],
  teller?: string,
): CheopsError {
  const said = teller === undefined ? '' : ` So says ${teller}; it is not here.`
  const message = `${name} has the members ${members.join(', ')}; the scope names ${scope.join(', ')}.${said}`
  return new CheopsError('ERR_REPLICANT_MEMBERS', message, { members })
}

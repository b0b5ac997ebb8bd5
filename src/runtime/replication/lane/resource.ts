/**
 * What a lane asks the application about one resource, always with the agent's own account, and what its answers mean. Also what the agent asks
 * for a client's write.
 */
import { isSuccess } from '../../../core/resource/success.ts'
import { CheopsError } from '../../../errors.ts'
import type { Body, Operation, Payload, ReplicantName } from '../../../core/oplog/index.ts'
import { PRECONDITION_REQUIRED, conditionOf, matching } from '../write/precondition.ts'
import { MAX_HELD_BODY_BYTES, MAX_SEEN_BYTES } from '../limits.ts'
import { Slashes, slashedPath, type PathRole } from './slashes.ts'
import type { LargeBody } from '../bodies/body-records.ts'
import type { Application, ApplicationAnswer, ApplicationRequest, RequestBody } from '../../../ports/application.ts'
import type { Blobs } from '../../../ports/blobs.ts'
import type { ParsedBody, ReplicationGlue, ResourceAction } from '../../../ports/glue.ts'
import type { ReplicationContext, ReplicationOptions } from '../context.ts'

/** A body as far as it can be looked into: one that is too large to be held is known by its hash. */
export type State = ParsedBody | (LargeBody & { readonly is: 'large' })

/** What the application has under the name. */
export type Reading =
  | { readonly is: 'absent' }
  | {
      readonly is: 'present'
      readonly rawHeaders: readonly string[]
      /** Empty where the body is too large to be held. */
      readonly bytes: Uint8Array
      readonly body: State
      readonly hash: string
    }
  /** It could not be read now. */
  | { readonly is: 'unknown'; readonly status: number | undefined }

/** A resource as the application answered a write. */
export type Seen = Reading & { readonly is: 'present' }

/** A request that makes the resource. */
interface CreateRequest {
  readonly method: string
  readonly path: string
  readonly body: ParsedBody
}

/** What came of something that was sent. */
export type Sent =
  | { readonly is: 'done'; readonly answer: ApplicationAnswer }
  /** Certainly nothing was changed, and it may be tried again. */
  | { readonly is: 'not-now'; readonly status: number | undefined }
  /** Certainly nothing was changed, and the application means it. */
  | { readonly is: 'refused'; readonly answer: ApplicationAnswer }
  /** Nobody knows. */
  | { readonly is: 'doubt'; readonly answer: ApplicationAnswer | undefined; readonly error: CheopsError | undefined }

const NOT_NOW: ReadonlySet<number> = new Set([401, 403, 408, 409, 423, 425, 429])

const NO_BODY = (): undefined => undefined

export class Resource {
  readonly name: ReplicantName
  readonly glue: ReplicationGlue
  readonly #options: ReplicationOptions
  #lastStatus: number | undefined
  readonly #application: Application
  readonly #slashes: Slashes

  /** @param asks a lane, which takes its turn; or a client's write, which does not wait for what others ask */
  constructor(
    options: ReplicationOptions & Partial<Pick<ReplicationContext, 'turns' | 'slashes'>>,
    name: ReplicantName,
    glue: ReplicationGlue,
    asks: 'lane' | 'client' = 'lane',
  ) {
    this.#options = options
    const { turns, application, slashes = new Slashes() } = options
    this.#slashes = slashes
    this.#application = asks === 'client' || turns === undefined ? application : turns.of(name)
    this.name = name
    this.glue = glue
  }

  /** What the application answered last; undefined: it did not, or was not asked. */
  get lastStatus(): number | undefined {
    return this.#lastStatus
  }

  read(): Promise<Reading> {
    return this.#read(this.name.name)
  }

  /**
   * What the application shows for a name beside this one that nobody has given: nothing (undefined), or the same as for whatever is not there.
   * Then nobody can tell what it has.
   */
  async readNobodys(): Promise<{ readonly name: string; readonly rule: string } | undefined> {
    const { name } = this.name
    const { site, incarnation, hash } = this.#options
    const digits = hash(new TextEncoder().encode(`${site} ${incarnation} ${name}`)).slice(0, 12)
    const nobodys = `${name.slice(0, name.lastIndexOf('/') + 1)}cheops-nobody-${digits}`
    const reading = await this.#read(nobodys)
    if (reading.is !== 'present') return undefined
    return { name: nobodys, rule: this.glue.absenceRule(reading.rawHeaders, reading.bytes, nobodys) }
  }

  async #read(name: string): Promise<Reading> {
    const request = this.glue.requestFor(this.name.kind, name, 'read')
    if (request === undefined) return { is: 'unknown', status: undefined }
    try {
      const answer = await this.#atPath('resource', request.path, path =>
        this.#request({
          service: this.name.service,
          method: request.method,
          path,
          // Of a body that is no JSON there is one form only.
          headers: ['accept', 'application/json, */*;q=0.5'],
          authority: 'agent',
          maxAnswerBytes: MAX_HELD_BODY_BYTES,
          hashesLarge: true,
        }),
      )
      const { rawHeaders, body: bytes, digest } = answer
      const status = this.#statusOf('GET', answer)
      if (status === 404 || status === 410) return { is: 'absent' }
      if (!isSuccess(status) || !answer.isComplete) return { is: 'unknown', status }
      const body = digest === undefined ? this.glue.parseBody(rawHeaders, bytes) : large(digest)
      return { is: 'present', rawHeaders, bytes, body, hash: this.hashOf(body) }
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      return { is: 'unknown', status: undefined }
    }
  }

  /**
   * Makes the resource with a body; undefined where nobody can say how. Where the application knows no such request (404, 405), and the kind
   * may be made by another one, by that.
   * @param headers that came with it, names and values in turn: what is no JSON is said to be what they say
   * @param begun the method by which the resource was made elsewhere, where that is known
   */
  async create(state: State, headers: readonly string[], begun: string | undefined): Promise<Sent | undefined> {
    const seen = seenOf(state)
    let sent: Sent | undefined
    for (const { method, path, body: whole } of this.waysToCreate(seen, begun)) {
      const body = whole === seen ? state : whole
      const role = method === 'POST' ? 'collection' : 'resource'
      sent = await this.#send(method, path, headersFor(whole, headers), () => this.#bodyOf(body), role)
      if (!isUnknownWay(sent)) return sent
    }
    return sent
  }

  /** Whether anybody can say how to make it with that body. */
  canCreate(state: State): boolean {
    return this.waysToCreate(seenOf(state), undefined).length > 0
  }

  /**
   * The requests by which the resource may be made with a body: the kind's own first, or that by which it was made elsewhere.
   * @param begun method of that one
   */
  waysToCreate(body: ParsedBody, begun: string | undefined): readonly CreateRequest[] {
    const { kind, name } = this.name
    const own = this.#requestFor('create')
    const whole = this.glue.createBody(kind, name, body)
    const ways: CreateRequest[] = own === undefined || whole === undefined ? [] : [{ ...own, body: whole }]
    const put = this.glue.kind(kind)?.createsBy.includes('PUT') === true ? this.#requestFor('replace') : undefined
    if (put !== undefined && own?.method !== 'PUT') ways.push({ ...put, body })
    return ways.toSorted((a, b) => Number(b.method === begun) - Number(a.method === begun))
  }

  /**
   * Gives the resource another state, if it still has what was read where the application can say so.
   * @param headers as for `create`
   */
  replace(
    state: State,
    headers: readonly string[],
    read: { readonly rawHeaders: readonly string[]; readonly body: State },
  ): Promise<Sent> | undefined {
    const request = this.#requestFor('replace')
    if (request === undefined) return undefined
    const seen = seenOf(state)
    const conditional = this.glue.withCondition(this.name.kind, seen, { ...read, body: seenOf(read.body) })
    const all = [...headersFor(conditional.body, headers), ...conditional.headers.flat()]
    const body = conditional.body === seen ? state : conditional.body
    return this.#send(request.method, request.path, all, () => this.#bodyOf(body), 'resource')
  }

  /** Takes it away, if it still is what was read where the application can say so: some refuse a delete that does not say which version is meant. */
  delete({ rawHeaders }: { readonly rawHeaders: readonly string[] }): Promise<Sent> | undefined {
    const request = this.#requestFor('delete')
    const conditions = this.glue.kind(this.name.kind)?.conditions.in ?? 'nothing'
    const headers = conditions === 'nothing' ? [] : matching(rawHeaders)
    return request && this.#send(request.method, request.path, headers, NO_BODY, 'resource')
  }

  /** An operation as it was written. */
  send({ method, path, headers, body }: Payload): Promise<Sent> {
    return this.#send(method, path, headers.flat(), () => body && requestBodyOf(this.#options.blobs, body))
  }

  /** The state that a reset says; undefined where it has no body. */
  async stateIn(operation: Operation): Promise<State | undefined> {
    const { payload } = operation
    if (payload?.body === undefined) return undefined
    const bytes = await heldBytes(this.#options.blobs, payload.body)
    if (bytes === undefined) return 'hash' in payload.body ? large(payload.body) : undefined
    return this.#stateOf(operation, payload, bytes)
  }

  /** As `stateIn`, undefined also where the body is a file. */
  inlineStateIn(operation: Operation): State | undefined {
    const { payload } = operation
    return payload?.body !== undefined && 'bytes' in payload.body
      ? this.#stateOf(operation, payload, payload.body.bytes)
      : undefined
  }

  /** Do both show the same? Of two of which only one can be looked into nobody can say so. */
  equal(a: State, b: State): boolean {
    if (a.is === 'large' || b.is === 'large') return a.is === b.is && 'hash' in a && 'hash' in b && a.hash === b.hash
    return this.glue.equal(this.name.kind, a, b)
  }

  /** Whether what was read shows a state that was sent: the same, or with more fields, which the application has added. */
  shows(read: State, sent: State): boolean {
    const { kind } = this.name
    if (this.equal(read, sent)) return true
    if (read.is === 'large' || sent.is === 'large') return false
    const [has, wants] = [this.glue.stateOf(kind, read), this.glue.stateOf(kind, sent)]
    return has.is === 'json' && wants.is === 'json' && contains(has.value, wants.value)
  }

  /**
   * Whether what was read shows the effect of a request, by the mark in it; undefined where that cannot be told so.
   * @param type of the operation
   */
  showsEffect(read: State, sent: State | undefined, type: string): boolean | undefined {
    if (sent === undefined || sent.is === 'large' || read.is === 'large') return undefined
    const mark = this.glue.markIn(this.name.kind, type, sent)
    return mark === undefined ? undefined : this.glue.showsMark(this.name.kind, type, read, mark)
  }

  /** What an answer to a write shows: its hash, and, of small ones, all of it. */
  shownIn({ rawHeaders, body: bytes, isComplete }: ApplicationAnswer): {
    readonly answered: string | undefined
    readonly seen: Seen | undefined
  } {
    const body = this.glue.parseBody(rawHeaders, bytes)
    if (!isComplete || body.is !== 'json') return { answered: undefined, seen: undefined }
    const hash = this.hashOf(body)
    const isKept = bytes.length <= MAX_SEEN_BYTES
    return { answered: hash, seen: isKept ? { is: 'present', rawHeaders, bytes, body, hash } : undefined }
  }

  /** What an answer to something that changes says of its effect, with the status that it means. */
  meaningOf(method: string, answer: ApplicationAnswer): Sent {
    return meaningOf({ ...answer, status: this.#statusOf(method, answer) })
  }

  #statusOf(method: string, { status, rawHeaders, body, isComplete, digest }: ApplicationAnswer): number {
    const bytes = isComplete && digest === undefined ? body : undefined
    return this.glue.statusOf(this.name.kind, method, status, rawHeaders, bytes)
  }

  hashOf(body: State): string {
    return body.is === 'large' ? body.hash : this.#options.hash(this.glue.comparable(this.name.kind, body))
  }

  #stateOf({ type }: Operation, { headers }: Payload, bytes: Uint8Array): State {
    const body = this.glue.parseBody(headers.flat(), bytes)
    return type === 'state' ? this.glue.stateOf(this.name.kind, body) : body
  }

  #bodyOf(state: State): RequestBody {
    return state.is === 'large' ? requestBodyOf(this.#options.blobs, state) : bytesOf(state)
  }

  #requestFor(action: ResourceAction): { readonly method: string; readonly path: string } | undefined {
    return this.glue.requestFor(this.name.kind, this.name.name, action)
  }

  /**
   * An application that takes nothing without a precondition (428) is told what it shows now.
   * @param body makes it anew for each request
   * @param role what the path is of; undefined for a request as a client has written it
   */
  async #send(
    method: string,
    path: string,
    headers: readonly string[],
    body: () => RequestBody | undefined,
    role?: PathRole,
  ): Promise<Sent> {
    const sent = await this.#sendOnce(method, path, headers, body, role)
    if (sent.is !== 'refused' || sent.answer.status !== PRECONDITION_REQUIRED) return sent
    const condition = conditionOf(await this.read())
    return condition === undefined ? sent : this.#sendOnce(method, path, [...headers, ...condition], body, role)
  }

  async #sendOnce(
    method: string,
    path: string,
    headers: readonly string[],
    body: () => RequestBody | undefined,
    role: PathRole | undefined,
  ): Promise<Sent> {
    try {
      const ask = (at: string): Promise<ApplicationAnswer> => this.#ask(method, at, headers, body())
      return this.meaningOf(method, await this.#atPath(role, path, ask))
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      if (error.code !== 'ERR_OUTCOME_UNKNOWN') return { is: 'not-now', status: undefined }
      return { is: 'doubt', answer: undefined, error }
    }
  }

  /** Asks at a path as the application wants it, and where it says that this has a slash at its end, or none, there once more. */
  async #atPath(
    role: PathRole | undefined,
    path: string,
    ask: (path: string) => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    const { service, kind } = this.name
    const at = role === undefined ? path : this.#slashes.path(service, kind, role, path)
    const answer = await ask(at)
    const other = slashedPath(at, answer)
    if (other === undefined) return answer
    const second = await ask(other)
    if (role !== undefined && slashedPath(other, second) === undefined) this.#slashes.learn(service, kind, role, other)
    return second
  }

  #ask(
    method: string,
    path: string,
    headers: readonly string[],
    body: RequestBody | undefined,
  ): Promise<ApplicationAnswer> {
    const { service } = this.name
    const asked: ApplicationRequest = { service, method, path, headers, body, authority: 'agent' }
    // Nobody waits for the answer's body; one that is held says whether answers show what is read.
    return this.#request({ ...asked, maxAnswerBytes: MAX_HELD_BODY_BYTES })
  }

  async #request(asked: ApplicationRequest): Promise<ApplicationAnswer> {
    this.#lastStatus = undefined
    const answer = await this.#application.request(asked)
    this.#lastStatus = answer.status
    return answer
  }
}

/**
 * What an answer to something that changes says of its effect. Only 2xx says that it was done: a redirection says to ask elsewhere, for
 * instance a login page, and is what somebody without credentials is answered as well.
 */
export function meaningOf(answer: ApplicationAnswer): Sent {
  const { status } = answer
  if (isSuccess(status)) return { is: 'done', answer }
  if ((status >= 300 && status < 400) || NOT_NOW.has(status)) return { is: 'not-now', status }
  if (status >= 400 && status < 500) return { is: 'refused', answer }
  return { is: 'doubt', answer, error: undefined }
}

/** The application has no such resource (any more). */
export function isGone(sent: Sent): boolean {
  return sent.is === 'refused' && (sent.answer.status === 404 || sent.answer.status === 410)
}

/** The application has nothing of the kind at that path: certainly nothing was made. */
export function isUnknownWay(sent: Sent): boolean {
  return sent.is === 'refused' && (sent.answer.status === 404 || sent.answer.status === 405)
}

export function bytesOf(body: ParsedBody): Uint8Array {
  return body.is === 'opaque' ? body.bytes : new TextEncoder().encode(JSON.stringify(body.value))
}

/** What says how a body that is no JSON is to be read. */
const DESCRIBING = /^content-(type|encoding|language)$/i

function headersFor(body: ParsedBody, given: readonly string[]): string[] {
  if (body.is === 'json') return ['content-type', 'application/json']
  return given.flatMap((name, place) =>
    place % 2 === 0 && DESCRIBING.test(name) ? [name, given[place + 1] ?? ''] : [],
  )
}

function large({ hash, length }: LargeBody): State {
  return { is: 'large', hash, length }
}

/** As a driver is shown it. */
function seenOf(state: State): ParsedBody {
  return state.is === 'large' ? UNSEEN : state
}

/** Stands for a body that is too large to be looked into. */
export const UNSEEN: ParsedBody = { is: 'opaque', bytes: new Uint8Array(0), why: 'is too large to be looked into' }

/** A body as it is sent: a file is read meanwhile. */
export function requestBodyOf(blobs: Blobs, body: Body): RequestBody {
  return 'bytes' in body ? body.bytes : { length: body.length, chunks: chunksOf(blobs, body.hash) }
}

/** The bytes of a body that is small enough to be held; undefined for a larger one, and one that is not here. */
export async function heldBytes(blobs: Blobs, body: Body): Promise<Uint8Array | undefined> {
  if ('bytes' in body) return body.bytes
  if (body.length > MAX_HELD_BODY_BYTES || blobs.find(body.hash).kind !== 'whole') return undefined
  const bytes = new Uint8Array(body.length)
  let at = 0
  try {
    for await (const chunk of chunksOf(blobs, body.hash)) {
      if (at + chunk.length > bytes.length) return undefined
      bytes.set(chunk, at)
      at += chunk.length
    }
  } catch (error) {
    if (error instanceof CheopsError && LOST.has(error.code)) return undefined
    throw error
  }
  return at === bytes.length ? bytes : undefined
}

const LOST: ReadonlySet<string> = new Set(['ERR_BLOB_CORRUPT', 'ERR_BLOB_NOT_FOUND'])

/** A damaged body is removed, so that it is fetched again. */
async function* chunksOf(blobs: Blobs, hash: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* blobs.read(hash)
  } catch (error) {
    if (error instanceof CheopsError && error.code === 'ERR_BLOB_CORRUPT') await blobs.delete(hash)
    throw error
  }
}

/** Whether every field of `part` stands in `whole` with the same value; null in `part` may be absent. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Object.is(whole, part)) return true
  if (typeof part !== 'object' || part === null) return part === null && whole === undefined
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && whole.length === part.length && part.every((item, place) => contains(whole[place], item))
    )
  const fields = whole as Readonly<Record<string, unknown>>
  return Object.entries(part).every(([name, value]) => contains(fields[name], value))
}

/**
 * What a lane asks the application about one resource, always with the agent's own account, and what its answers mean. Also what the agent asks
 * for a client's write.
 */
import { headerValue } from '../../../core/resource/http-head.ts'
import { isSuccess } from '../../../core/resource/success.ts'
import { CheopsError } from '../../../errors.ts'
import type { Operation, Payload, ReplicantName } from '../../../core/oplog/index.ts'
import { matching } from './precondition.ts'
import { MAX_SEEN_BYTES } from '../limits.ts'
import { contains, contradicts } from './contains.ts'
import { ResourceRequests } from './resource-requests.ts'
import { JSON_TYPE } from './json-type.ts'
import { Sending, isOfVersion, isUnread } from './sending.ts'
import { isUnknownWay, type Made, type Otherwise, type Sent } from './sent.ts'
import { GivenNames } from './given-names.ts'
import { Slashes } from './slashes.ts'
import { bytesOf, headersFor, large, seenOf, type Reading, type Seen, type State } from './state.ts'
import { heldBytes, requestBodyOf } from './stored-body.ts'
import type { ApplicationAnswer, RequestBody } from '../../../ports/application.ts'
import type { ParsedBody, ReplicationGlue, ResourceAction } from '../../../ports/replication-glue.ts'
import type { ReplicationContext, ReplicationOptions } from '../context.ts'

/**
 * A lane, which takes its turn; a client's write, which does not wait for what others ask; or an operator, for whom it is made once more where the application
 * has called it otherwise so far.
 */
type Asks = 'lane' | 'client' | 'operator'

/** A request that makes the resource. */
interface CreateRequest {
  readonly method: string
  readonly path: string
  readonly body: ParsedBody
}

function isCodedJson(rawHeaders: readonly string[]): boolean {
  const coding = headerValue(rawHeaders, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return false
  return /^(application|text)\/([^/;]+\+)?json\s*(;|$)/i.test(headerValue(rawHeaders, 'content-type')?.trim() ?? '')
}

const NOTHING: ParsedBody = { is: 'json', value: {} }
const NO_BODY = (): undefined => undefined
const MERGE_PATCH_TYPE = 'application/merge-patch+json'

export class Resource {
  readonly name: ReplicantName
  readonly glue: ReplicationGlue
  readonly #options: ReplicationOptions
  readonly #requests: ResourceRequests
  readonly #sending: Sending
  readonly #givenNames: GivenNames
  readonly #asks: Asks
  /** Whether what was to be made last has another name, or would have. */
  #isOtherwise = false

  /** @param asks for whom it is asked */
  constructor(
    options: ReplicationOptions & Partial<Pick<ReplicationContext, 'turns' | 'slashes' | 'givenNames'>>,
    name: ReplicantName,
    glue: ReplicationGlue,
    asks: Asks = 'lane',
  ) {
    this.#options = options
    const { turns, application, slashes = new Slashes(), givenNames = new GivenNames() } = options
    const asked =
      turns === undefined ? application : asks === 'client' ? turns.forClient(name, glue) : turns.of(name, glue)
    this.#requests = new ResourceRequests(asked, slashes, name, glue)
    this.#sending = new Sending(this.#requests, () => this.read())
    this.#givenNames = givenNames
    this.#asks = asks
    this.name = name
    this.glue = glue
  }

  /** What the application answered last; undefined: it did not, or was not asked. */
  get lastStatus(): number | undefined {
    return this.#requests.lastStatus
  }

  /** What it answered where it did not do what it was to; undefined: it did not answer. */
  get heldUpBy(): number | undefined {
    return this.#requests.heldUpBy
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
      const answer = await this.#requests.read(request.method, request.path)
      const { rawHeaders, body: bytes, digest } = answer
      const status = this.#requests.statusOf('GET', answer)
      if (status === 404 || status === 410) return { is: 'absent' }
      if (!isSuccess(status) || !answer.isComplete) return { is: 'unknown', status }
      const body = digest === undefined ? this.bodyIn(answer) : large(digest)
      // JSON in a coding that this agent cannot undo: taken for what the application has, it would be put into another one.
      if (body.is === 'opaque' && isCodedJson(rawHeaders)) return { is: 'unknown', status }
      return { is: 'present', rawHeaders, bytes, body, hash: this.hashOf(body) }
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      return { is: 'unknown', status: undefined }
    }
  }

  /**
   * Makes the resource with a body; undefined where nobody can say how. Where the application knows no such request (404, 405), and the kind
   * may be made by another one, by that. What it refuses perhaps for what another site's application has assigned is sent once more without that.
   * @param headers that came with it, names and values in turn: what is no JSON is said to be what they say
   * @param begun the method by which the resource was made elsewhere, where that is known
   * @param asked the request that it carries out, whose query goes along where it is sent in the same way
   */
  async create(
    state: State,
    headers: readonly string[],
    begun: string | undefined,
    asked?: Payload,
  ): Promise<Made | undefined> {
    const seen = seenOf(state)
    this.#isOtherwise = false
    const isStillMeant = async (): Promise<boolean> => (await this.read()).is === 'absent'
    let sent: Sent | undefined
    for (const { method, path, body: whole } of this.waysToCreate(seen, begun)) {
      const body = whole === seen ? state : whole
      const role = path === this.#requestFor('read')?.path ? 'resource' : 'collection'
      const known = method === 'POST' ? this.knownGivenName : undefined
      if (known !== undefined) return this.otherwise(known, false)
      const send = (said: State): Promise<Sent> =>
        this.#sending.sendAs(asked, {
          method,
          path,
          headers: headersFor(seenOf(said), headers),
          body: () => this.#bodyOf(said),
          role,
          // What comes at its own path would be put in the place of whatever stands there by then.
          ...(role === 'resource' && { isStillMeant }),
        })
      sent = await send(body)
      const others = isOfVersion(sent) ? this.#withoutOwn(whole) : whole
      if (others !== whole) sent = await send(others)
      if (isUnknownWay(sent)) continue
      const given = method === 'POST' && sent.is === 'done' ? await this.givenName(path, sent.answer) : undefined
      return given === undefined ? sent : this.otherwise(given, true)
    }
    // What makes it needs a body that says its name, and nobody can say where.
    const isUnsaid =
      this.#requestFor('create')?.method === 'POST' &&
      this.glue.createBody(this.name.kind, this.name.name, seen) === undefined
    return isUnsaid && sent !== undefined && isUnknownWay(sent) ? undefined : sent
  }

  /** What says an identity or an address that only another site's application has given, without it; the same object where it says none. */
  #withoutOwn(body: ParsedBody): ParsedBody {
    return this.glue.withOwnFields(this.name.kind, body, NOTHING)
  }

  /** As the application is known to call what is made under this name, if that is another name, and nobody wants it to be made all the same. */
  get knownGivenName(): string | undefined {
    return this.#asks === 'operator' ? undefined : this.#givenNames.of(this.name)
  }

  /** As it has called what was made under this name, as was written down before a start, and how often it has. */
  noteGivenName(given: string, times: number): void {
    this.#givenNames.remembered(this.name, given, times)
  }

  /** @param isMade whether anything was sent */
  otherwise(given: string, isMade: boolean): Otherwise {
    this.#isOtherwise = true
    return { is: 'otherwise', given, isMade }
  }

  /** For operators: that it is not made here, or as what; undefined where that is not what came of the last create. */
  get givenNameText(): string | undefined {
    return this.#isOtherwise ? this.#givenNames.textOf(this.name) : undefined
  }

  /**
   * As the application has called what it was to make under this name, where it says so and has nothing under this one.
   * @param path at which it was made
   */
  async givenName(path: string, answer: ApplicationAnswer): Promise<string | undefined> {
    // Of what will be there later nobody can say how it will be called.
    if (this.mayComeLater(answer)) return undefined
    const given = this.nameSaid(path, answer)
    if (given === undefined) return undefined
    // A second name of it, for instance a number, is none of our business.
    if (given !== this.name.name && (await this.read()).is === 'absent') {
      this.#givenNames.otherwise(this.name, given)
      return given
    }
    this.#givenNames.asAsked(this.name)
    return undefined
  }

  /** How an answer to a create calls what it has made, if it says so. */
  nameSaid(path: string, answer: ApplicationAnswer): string | undefined {
    return this.glue.nameInAnswer(this.name.kind, path, { rawHeaders: answer.rawHeaders, body: this.bodyIn(answer) })
  }

  /** The name that a body says of the resource that it is of; undefined where it says none, or nobody can tell. */
  nameIn(body: State): string | undefined {
    const path = this.#requestFor('create')?.path
    if (path === undefined || body.is !== 'json') return undefined
    return this.glue.nameInAnswer(this.name.kind, path, { rawHeaders: [], body })
  }

  /** What an answer shows of the resource, also one that another member's application has given. */
  bodyIn({ rawHeaders, body }: Pick<ApplicationAnswer, 'rawHeaders' | 'body'>): ParsedBody {
    return this.glue.parseAnswer(this.name.kind, rawHeaders, body)
  }

  /** Whether what was asked for may not be there yet. */
  mayComeLater({ status }: ApplicationAnswer): boolean {
    return status === 202 || (this.glue.kind(this.name.kind)?.settlesWithinMs ?? 0) > 0
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
   * Gives the resource another state, if it still has what was read where the application can say so. What it refuses perhaps for what another site's application has set
   * by itself (an identity, a counter), and a client has sent back, is sent once more with what it shows of that here.
   * @param headers as for `create`
   * @param asked as for `create`
   */
  replace(
    state: State,
    headers: readonly string[],
    read: { readonly rawHeaders: readonly string[]; readonly body: State },
    asked?: Payload,
  ): Promise<Sent> | undefined {
    const request = this.#requestFor('replace')
    if (request === undefined) return undefined
    const { kind } = this.name
    const [seen, has] = [seenOf(state), seenOf(read.body)]
    const send = (said: ParsedBody): Promise<Sent> => {
      const conditional = this.glue.withCondition(kind, said, { ...read, body: has })
      const all = [...headersFor(conditional.body, headers), ...conditional.headers.flat()]
      const body = conditional.body === seen ? state : conditional.body
      return this.#sending.sendAs(asked, { ...request, headers: all, body: () => this.#bodyOf(body), role: 'resource' })
    }
    const own = this.glue.withOwnFields(kind, seen, has)
    return own === seen ? send(seen) : send(seen).then(sent => (isOfVersion(sent) ? send(own) : sent))
  }

  /**
   * Changes what is there by a merge patch, where the application takes no PUT.
   * @param type media type of the patch, where it is known; else that of merge patches, and what may be refused for it is sent once more as plain JSON
   */
  merge(patch: Readonly<Record<string, unknown>>, type: string | undefined): Promise<Sent> | undefined {
    const request = this.#requestFor('replace')
    if (request === undefined) return undefined
    const { path } = request
    const body = (): RequestBody => this.#bodyOf({ is: 'json', value: patch })
    const send = (as: string): Promise<Sent> =>
      this.#sending.send({ method: 'PATCH', path, headers: ['Content-Type', as], body, role: 'resource' })
    if (type !== undefined) return send(type)
    return send(MERGE_PATCH_TYPE).then(sent => (isUnread(sent) ? send(JSON_TYPE) : sent))
  }

  /**
   * Takes it away, if it still is what was read where the application can say so: some refuse a delete that does not say which version is meant.
   * @param asked the request that it carries out: how it is to be taken away stands in its query, or its body
   */
  delete({ rawHeaders }: { readonly rawHeaders: readonly string[] }, asked?: Payload): Promise<Sent> | undefined {
    const request = this.#requestFor('delete')
    if (request === undefined) return undefined
    const conditions = this.glue.kind(this.name.kind)?.conditions.in ?? 'nothing'
    const said = asked?.method === request.method ? asked : undefined
    const headers = [...(said ? this.#told(said) : []), ...(conditions === 'nothing' ? [] : matching(rawHeaders))]
    const body = said?.body === undefined ? NO_BODY : this.#storedBody(said.body)
    return this.#sending.sendAs(asked, { ...request, headers, body, role: 'resource' })
  }

  /** An operation as it was written. */
  send(payload: Payload): Promise<Sent> {
    const { method, path, body } = payload
    const bodyOf = body === undefined ? NO_BODY : this.#storedBody(body)
    return this.#sending.send({ method, path, headers: this.#told(payload), body: bodyOf, role: undefined })
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

  /**
   * Whether what was read says all that a state says, so that nothing need be sent: what is never shown may be anything. What is not compared, but said (a port that somebody
   * has chosen, and the application else assigns), is the same too.
   */
  says(read: State, state: State): boolean {
    if (!this.equal(read, state)) return false
    if (state.is === 'large' || read.is === 'large') return true
    const { kind } = this.name
    return this.glue.shownOf(kind, state) === state && this.glue.withAssigned(kind, read, state) === read
  }

  /** Whether what was read shows all that a state says, none of which is never shown; the application may have added fields. */
  hasAll(read: State, state: State): boolean {
    return this.shows(read, state) && state.is !== 'large' && this.glue.shownOf(this.name.kind, state) === state
  }

  /** Whether what was read shows a state that was sent: the same but for what is never shown, or with more fields, which the application has added. */
  shows(read: State, sent: State): boolean {
    const { kind } = this.name
    if (this.equal(read, sent)) return true
    if (read.is === 'large' || sent.is === 'large') return false
    const [has, wants] = [this.glue.stateOf(kind, read), this.glue.shownOf(kind, this.glue.stateOf(kind, sent))]
    return has.is === 'json' && wants.is === 'json' && contains(has.value, wants.value)
  }

  /** Whether what was read shows something else than what was sent, in a field that both have. */
  contradicts(read: State, sent: State): boolean {
    const { kind } = this.name
    if (read.is === 'large' || sent.is === 'large') return false
    const [has, wants] = [this.glue.stateOf(kind, read), this.glue.shownOf(kind, this.glue.stateOf(kind, sent))]
    return has.is === 'json' && wants.is === 'json' && contradicts(has.value, wants.value)
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
  shownIn(answer: ApplicationAnswer): {
    readonly answered: string | undefined
    readonly seen: Seen | undefined
  } {
    const { status, rawHeaders, body: bytes, isComplete } = answer
    const body = this.bodyIn(answer)
    if (!isComplete || !isSuccess(status) || body.is !== 'json') return { answered: undefined, seen: undefined }
    const hash = this.hashOf(body)
    const isKept = bytes.length <= MAX_SEEN_BYTES
    return { answered: hash, seen: isKept ? { is: 'present', rawHeaders, bytes, body, hash } : undefined }
  }

  /** What an answer to something that changes says of its effect, with the status that it means. */
  meaningOf(method: string, answer: ApplicationAnswer): Sent {
    return this.#requests.meaningOf(method, answer)
  }

  hashOf(body: State): string {
    return body.is === 'large' ? body.hash : this.#options.hash(this.glue.comparable(this.name.kind, body))
  }

  #stateOf({ type }: Operation, { headers }: Payload, bytes: Uint8Array): State {
    const body = this.glue.parseBody(headers.flat(), bytes)
    return type === 'state' ? this.glue.saidOf(this.name.kind, body) : body
  }

  /**
   * Headers of an operation, as this site stores them: whoever has signed it may have put in what says who asks, and stands here beside the agent's own
   * account.
   */
  #told({ method, path, headers }: Payload): readonly string[] {
    return this.glue.storedHeaders({ method, target: path, rawHeaders: headers.flat() }).flat()
  }

  #storedBody(body: NonNullable<Payload['body']>): () => RequestBody {
    return () => requestBodyOf(this.#options.blobs, body)
  }

  #bodyOf(state: State): RequestBody {
    return state.is === 'large' ? requestBodyOf(this.#options.blobs, state) : bytesOf(state)
  }

  #requestFor(action: ResourceAction): { readonly method: string; readonly path: string } | undefined {
    return this.glue.requestFor(this.name.kind, this.name.name, action)
  }
}

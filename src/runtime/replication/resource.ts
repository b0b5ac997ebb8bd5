/**
 * What a lane asks the application about one resource, always with the agent's own account, and what its answers mean.
 */
import { CheopsError } from '../../errors.ts'
import type { Operation, Payload, ReplicantName } from '../../core/oplog/index.ts'
import type { ApplicationAnswer, ApplicationRequest } from '../../ports/application.ts'
import type { ParsedBody, ReadAnswer, ReplicationGlue, ResourceAction } from '../../ports/glue.ts'
import type { ReplicationOptions } from './context.ts'

/** What the application has under the name. */
export type Reading =
  | { readonly is: 'absent' }
  | {
      readonly is: 'present'
      readonly rawHeaders: readonly string[]
      readonly bytes: Uint8Array
      readonly body: ParsedBody
      readonly hash: string
    }
  /** It could not be read now. */
  | { readonly is: 'unknown'; readonly status: number | undefined }

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

export class Resource {
  readonly name: ReplicantName
  readonly glue: ReplicationGlue
  readonly #options: ReplicationOptions

  constructor(options: ReplicationOptions, name: ReplicantName, glue: ReplicationGlue) {
    this.#options = options
    this.name = name
    this.glue = glue
  }

  async read(): Promise<Reading> {
    const request = this.#requestFor('read')
    if (request === undefined) return { is: 'unknown', status: undefined }
    try {
      const answer = await this.#ask(request.method, request.path, ['accept', 'application/json'], undefined)
      const { status, rawHeaders, body: bytes } = answer
      if (status === 404 || status === 410) return { is: 'absent' }
      if (status < 200 || status >= 300 || !answer.isComplete) return { is: 'unknown', status }
      const body = this.glue.parseBody(rawHeaders, bytes)
      return { is: 'present', rawHeaders, bytes, body, hash: this.hashOf(body) }
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      return { is: 'unknown', status: undefined }
    }
  }

  /** Makes the resource with a body; undefined where nobody can say how. */
  create(body: ParsedBody): Promise<Sent> | undefined {
    const [request, whole] = [this.#requestFor('create'), this.glue.createBody(this.name.kind, this.name.name, body)]
    if (request === undefined || whole === undefined) return undefined
    return this.#send(request.method, request.path, headersFor(whole), bytesOf(whole))
  }

  /** Gives the resource another state, if it still has what was read where the application can say so. */
  replace(body: ParsedBody, read: ReadAnswer): Promise<Sent> | undefined {
    const request = this.#requestFor('replace')
    if (request === undefined) return undefined
    const conditional = this.glue.withCondition(this.name.kind, body, read)
    const headers = [...headersFor(conditional.body), ...conditional.headers.flat()]
    return this.#send(request.method, request.path, headers, bytesOf(conditional.body))
  }

  delete(): Promise<Sent> | undefined {
    const request = this.#requestFor('delete')
    return request && this.#send(request.method, request.path, [], undefined)
  }

  /** An operation as it was written. */
  send({ method, path, headers, body }: Payload): Promise<Sent> {
    return this.#send(method, path, headers.flat(), inline(body))
  }

  /** The state that a reset says; undefined where it has no body that can be looked into. */
  stateIn({ payload, type }: Operation): ParsedBody | undefined {
    const bytes = inline(payload?.body)
    if (payload === undefined || bytes === undefined) return undefined
    const body = this.glue.parseBody(payload.headers.flat(), bytes)
    return type === 'state' ? this.glue.stateOf(this.name.kind, body) : body
  }

  /** Whether what was read shows a state that was sent: the same, or with more fields, which the application has added. */
  shows(read: ParsedBody, sent: ParsedBody): boolean {
    const { kind } = this.name
    if (this.glue.equal(kind, read, sent)) return true
    const [has, wants] = [this.glue.stateOf(kind, read), this.glue.stateOf(kind, sent)]
    return has.is === 'json' && wants.is === 'json' && contains(has.value, wants.value)
  }

  hashOf(body: ParsedBody): string {
    return this.#options.hash(this.glue.comparable(this.name.kind, body))
  }

  #requestFor(action: ResourceAction): { readonly method: string; readonly path: string } | undefined {
    return this.glue.requestFor(this.name.kind, this.name.name, action)
  }

  async #send(method: string, path: string, headers: readonly string[], body: Uint8Array | undefined): Promise<Sent> {
    try {
      return meaningOf(await this.#ask(method, path, headers, body))
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      if (error.code !== 'ERR_OUTCOME_UNKNOWN') return { is: 'not-now', status: undefined }
      return { is: 'doubt', answer: undefined, error }
    }
  }

  #ask(
    method: string,
    path: string,
    headers: readonly string[],
    body: Uint8Array | undefined,
  ): Promise<ApplicationAnswer> {
    const request: ApplicationRequest = { service: this.name.service, method, path, headers, body, authority: 'agent' }
    return this.#options.application.request(request)
  }
}

/** What an answer to something that changes says of its effect. */
export function meaningOf(answer: ApplicationAnswer): Sent {
  const { status } = answer
  if (status >= 200 && status < 400) return { is: 'done', answer }
  if (NOT_NOW.has(status)) return { is: 'not-now', status }
  if (status >= 400 && status < 500) return { is: 'refused', answer }
  return { is: 'doubt', answer, error: undefined }
}

export function bytesOf(body: ParsedBody): Uint8Array {
  return body.is === 'opaque' ? body.bytes : new TextEncoder().encode(JSON.stringify(body.value))
}

function headersFor(body: ParsedBody): string[] {
  return body.is === 'json' ? ['content-type', 'application/json'] : []
}

function inline(body: Payload['body']): Uint8Array | undefined {
  return body !== undefined && 'bytes' in body ? body.bytes : undefined
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

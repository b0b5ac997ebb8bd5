import { SAFE_METHODS } from '../../src/core/resource/methods.ts'
import { headerValue } from '../../src/core/resource/http-head.ts'
import { CheopsError } from '../../src/errors.ts'
import type { Application, ApplicationAnswer, ApplicationRequest, RequestBody } from '../../src/ports/application.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Random } from '../../src/ports/random.ts'

/** What goes wrong with one request. */
export type Fault =
  /** Nothing is listening: certainly nothing is done. */
  | { readonly kind: 'unreachable' }
  /** It dies before its effect; the caller cannot know. */
  | { readonly kind: 'crash-before' }
  /** It dies after its effect and before its answer; the caller cannot know. */
  | { readonly kind: 'crash-after' }
  /** The effect comes at once, the answer after `delayMs`; beyond `answerMs` the caller has given up by then. */
  | { readonly kind: 'late-answer'; readonly delayMs: number }
  /** The caller gives up after `answerMs`; the effect lands after `delayMs` all the same. */
  | { readonly kind: 'late-effect'; readonly delayMs: number }
  /** It answers at once that it has taken it on (202), or says that it is done, and does it after `delayMs`; what it cannot do by then it does not do. */
  | { readonly kind: 'accepted'; readonly delayMs: number; readonly status?: number }
  /** It says no, and does nothing. */
  | { readonly kind: 'refuse'; readonly status: number; readonly body?: unknown }
  /** It does it, and its answer breaks off after the head. */
  | { readonly kind: 'cut-answer' }

export type JsonObject = Readonly<Record<string, unknown>>

/** One thing that happened to a resource, in the order of effects. */
export interface Effect {
  readonly at: number
  readonly method: string
  /** The resource's path, also for a POST to its collection. */
  readonly path: string
  readonly service: string
  /** Undefined after a deletion. */
  readonly value: JsonObject | undefined
  /** Written behind the agent's back. */
  readonly byOutsider: boolean
  /** It landed after its request was given up: when that was sent, by the same clock as `at`. */
  readonly late?: { readonly sentAt: number }
  /** What a POST below the resource has added to one of its lists, or counted. */
  readonly added?: unknown
}

/** A resource was read. */
export interface Look {
  readonly at: number
  readonly path: string
}

export interface FakeApplicationOptions {
  readonly clock: Clock
  readonly random: Random
  /** How long an answer takes, drawn from this range; at once where it is left out. Milliseconds. */
  readonly answerTakesMs?: { readonly min: number; readonly max: number }
  /** When the caller gives up. Milliseconds. */
  readonly answerMs?: number
  /** Whether a PUT to a name that does not exist makes it (201), as it does by default, or is 404. */
  readonly putCreates?: boolean
  /** Asked for each request that finds no planned fault. */
  readonly fault?: (request: ApplicationRequest) => Fault | undefined
}

/**
 * A REST application in memory, for one site: JSON objects under `/<collection>/<name>`, one space for each service. GET, HEAD,
 * PUT, POST, PATCH (RFC 7396), DELETE with If-Match and If-None-Match; 404, 409 and 412 as REST has them. POST to
 * `/<collection>/<name>/<list>` adds to a list of the resource, each time that it is sent; to `…/count` it adds what `by` says to a number, and to
 * `…/restore` it says all that the resource is. Whatever happens depends on nothing but its clock, its randomness and its faults. What it holds outlives its crashes.
 */
export class FakeApplication implements Application {
  /** All requests that reached it, in their order. */
  readonly requests: ApplicationRequest[] = []
  readonly effects: Effect[] = []
  /** Fields that it takes and never shows; with false, that only reads do not show. */
  readonly hides = new Map<string, boolean>()
  /** A change that says another id than the path has moves the resource there. */
  renames = false
  /** How it calls what is made by POST, by the ID that this says; undefined: by that. */
  names: ((said: unknown) => string | undefined) | undefined
  /** There are resources below resources (`/<collection>/<name>/<list>/<name>`), which are deleted with these. */
  cascades = false
  /** Whether PUT makes what is not there. */
  putCreates: boolean
  /** A PUT leaves what it does not name. */
  putMerges = false
  /** A POST of what is there answers 200 with that, and changes nothing. */
  givesWhatIsThere = false
  /** What was read of single resources, and when it was looked at; answers come later. */
  readonly looks: Look[] = []
  readonly #options: FakeApplicationOptions
  #resources = new Map<string, Resource>()
  readonly #planned: { readonly fault: Fault; readonly matches: (request: ApplicationRequest) => boolean }[] = []
  #versions = 0
  #isUp = true

  /** What it refuses by what it has already: a status, or undefined to go on. */
  rule: (request: ApplicationRequest, body: JsonObject, shown: JsonObject | undefined) => number | undefined = () =>
    undefined

  constructor(options: FakeApplicationOptions) {
    this.#options = options
    this.putCreates = options.putCreates ?? true
  }

  /** Plans a fault for the next request that matches. */
  failNext(fault: Fault, matches: (request: ApplicationRequest) => boolean = () => true): void {
    this.#planned.push({ fault, matches })
  }

  /** From now on nothing is listening. */
  stop(): void {
    this.#isUp = false
  }

  start(): void {
    this.#isUp = true
  }

  /** What an outsider sees. */
  read(service: string, path: string): JsonObject | undefined {
    return this.#resources.get(keyOf(service, path))?.value
  }

  /** Somebody writes, or with undefined deletes, without the agent. */
  write(service: string, path: string, value: JsonObject | undefined): void {
    this.#put(service, path, value, value === undefined ? 'DELETE' : 'PUT', true)
  }

  /** What a backup of it would hold that is made now. */
  copy(): ApplicationCopy {
    return { resources: new Map(this.#resources), effects: this.effects.length }
  }

  /** Puts back what a backup holds: what happened since has not. */
  restore({ resources, effects }: ApplicationCopy): void {
    this.#resources = new Map(resources)
    this.effects.length = Math.min(effects, this.effects.length)
  }

  /** Everything, by service and path in order. */
  contents(): readonly { readonly service: string; readonly path: string; readonly value: JsonObject }[] {
    return [...this.#resources.values()]
      .map(({ service, path, value }) => ({ service, path, value }))
      .toSorted((a, b) => compare(keyOf(a.service, a.path), keyOf(b.service, b.path)))
  }

  async request(request: ApplicationRequest): Promise<ApplicationAnswer> {
    const { service, signal, body } = request
    if (signal?.aborted === true)
      throw new CheopsError('ERR_APPLICATION_TIMEOUT', `the request to ${service} was given up`)
    const fault = this.#faultOf(request)
    if (!this.#isUp || fault?.kind === 'unreachable') {
      throw new CheopsError('ERR_APPLICATION_UNREACHABLE', `${service} cannot be reached (ECONNREFUSED)`)
    }
    const bytes = await collected(body)
    this.requests.push(request)
    const { answerTakesMs, random, answerMs = 120_000 } = this.#options
    if (fault?.kind === 'refuse') {
      return answer(fault.status, fault.body ?? { error: `refused with ${fault.status}` }, request.method)
    }
    if (fault?.kind === 'accepted') {
      // What was asked of it held when it took it on.
      this.#options.clock.after(fault.delayMs, () => void this.#serve({ ...request, headers: [] }, bytes))
      return answer(fault.status ?? 202, { state: 'accepted' }, request.method)
    }
    if (fault?.kind === 'crash-before') throw lost('ERR_APPLICATION_BROKEN', request)
    if (fault?.kind === 'crash-after') {
      this.#serve(request, bytes)
      throw lost('ERR_APPLICATION_BROKEN', request)
    }
    if (fault?.kind === 'late-effect') {
      const sentAt = this.#options.clock.monotonic()
      this.#options.clock.after(fault.delayMs, () => this.#serveLate(request, bytes, sentAt))
      await this.#wait(answerMs, signal)
      throw lost('ERR_APPLICATION_TIMEOUT', request)
    }
    const given = this.#serve(request, bytes)
    const takesMs = answerTakesMs === undefined ? 0 : between(random, answerTakesMs)
    const delayMs = fault?.kind === 'late-answer' ? fault.delayMs : takesMs
    if (delayMs > 0 && !(await this.#wait(Math.min(delayMs, answerMs), signal)))
      throw lost('ERR_APPLICATION_TIMEOUT', request)
    if (delayMs > answerMs) throw lost('ERR_APPLICATION_TIMEOUT', request)
    if (fault?.kind === 'cut-answer') return { ...given, body: EMPTY, isComplete: false }
    return given
  }

  #faultOf(request: ApplicationRequest): Fault | undefined {
    const index = this.#planned.findIndex(({ matches }) => matches(request))
    if (index < 0) return this.#options.fault?.(request)
    return this.#planned.splice(index, 1)[0]?.fault
  }

  /** False when the caller gave up first. */
  #wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise(resolve => {
      const timer = this.#options.clock.after(ms, () => resolve(true))
      signal?.addEventListener('abort', () => {
        timer.cancel()
        resolve(false)
      })
    })
  }

  // REST ------------------------------------------------------------------------------------------------------------

  #serveLate(request: ApplicationRequest, bytes: Uint8Array, sentAt: number): void {
    const before = this.effects.length
    this.#serve(request, bytes)
    this.effects.push(...this.effects.splice(before).map(effect => ({ ...effect, late: { sentAt } })))
  }

  #serve(request: ApplicationRequest, bytes: Uint8Array): ApplicationAnswer {
    const { service, method } = request
    const path = request.path.split('?', 1)[0] as string
    const segments = path.split('/').slice(1)
    const isBelow = this.cascades && segments.length > 2
    if (isBelow && this.read(service, `/${segments.slice(0, 2).join('/')}`) === undefined) return missing(path, method)
    const [collection, name, ...rest] = isBelow ? [segments.slice(0, 3).join('/'), segments[3]] : segments
    if (collection === undefined || collection === '') return missing(path, method)
    const [list, ...deeper] = rest
    if (list !== undefined) {
      if (deeper.length > 0 || method !== 'POST') return missing(path, method)
      return this.#act(service, `/${collection}/${name}`, list, bytes)
    }
    if (name === undefined || name === '') {
      if (method === 'POST') return this.#post(service, `/${collection}`, bytes)
      if (method !== 'GET' && method !== 'HEAD')
        return answer(405, { error: 'a collection takes GET and POST' }, method)
      const prefix = keyOf(service, `/${collection}/`)
      const found = [...this.#resources].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => compare(a, b))
      return answer(
        200,
        found.map(([, { value }]) => this.#shown(value, true)),
        method,
      )
    }
    const found = this.#resources.get(keyOf(service, path))
    const refusal = refusedBy(request.headers, found)
    if (refusal !== undefined) return refusal
    const ruled = this.rule(request, objectOf(bytes) ?? {}, found?.value)
    if (ruled !== undefined) return answer(ruled, { error: `refused with ${ruled}` }, method)
    switch (method) {
      case 'GET':
      case 'HEAD':
        this.looks.push({ at: this.#options.clock.monotonic(), path })
        return found === undefined
          ? missing(path, method)
          : answer(200, this.#shown(found.value, true), method, ['ETag', etag(found)])
      case 'PUT': {
        const value = objectOf(bytes)
        if (value === undefined) return answer(400, { error: 'the body is no JSON object' }, method)
        if (found === undefined && !this.putCreates) return missing(path, method)
        const kept = this.putMerges ? found?.value : undefined
        const made = this.#put(service, path, { ...kept, ...value, id: name }, method, false)
        return answer(
          found === undefined ? 201 : 200,
          this.#shown(made?.value),
          method,
          made === undefined ? [] : ['ETag', etag(made)],
        )
      }
      case 'PATCH': {
        const patch = objectOf(bytes)
        if (patch === undefined) return answer(400, { error: 'the body is no JSON object' }, method)
        if (found === undefined) return missing(path, method)
        const id = this.renames && typeof patch['id'] === 'string' ? patch['id'] : name
        const value = { ...(merged(found.value, patch) as JsonObject), id }
        if (id !== name) this.#put(service, path, undefined, 'DELETE', false)
        const made = this.#put(service, `/${collection}/${id}`, value, method, false)
        const place = id === name ? [] : ['Location', `/${collection}/${id}`]
        return answer(200, this.#shown(made?.value), method, made === undefined ? [] : ['ETag', etag(made), ...place])
      }
      case 'DELETE':
        if (found === undefined) return missing(path, method)
        this.#put(service, path, undefined, method, false)
        if (this.cascades)
          for (const below of this.contents().filter(other => other.path.startsWith(`${path}/`)))
            this.#put(service, below.path, undefined, method, false)
        return answer(204, undefined, method)
      default:
        return answer(405, { error: `${method} is not taken` }, method)
    }
  }

  #post(service: string, collection: string, bytes: Uint8Array): ApplicationAnswer {
    const value = objectOf(bytes)
    if (value === undefined) return answer(400, { error: 'the body is no JSON object' }, 'POST')
    const id = this.names?.(value['id']) ?? value['id']
    if (id !== undefined && (typeof id !== 'string' || !/^[\w.-]+$/.test(id))) {
      return answer(400, { error: 'an id is a word' }, 'POST')
    }
    const name = id ?? Array.from(this.#options.random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
    const path = `${collection}/${name}`
    const found = this.#resources.get(keyOf(service, path))
    if (found !== undefined && this.givesWhatIsThere) return answer(200, this.#shown(found.value), 'POST')
    if (found !== undefined) return answer(409, { error: `${path} exists` }, 'POST')
    const made = this.#put(service, path, { ...value, id: name }, 'POST', false)
    return answer(201, this.#shown(made?.value), 'POST', ['Location', path])
  }

  #act(service: string, path: string, action: string, bytes: Uint8Array): ApplicationAnswer {
    const body = objectOf(bytes)
    if (body === undefined) return answer(400, { error: 'the body is no JSON object' }, 'POST')
    const found = this.#resources.get(keyOf(service, path))
    if (found === undefined) return missing(path, 'POST')
    const isWhole = action === 'restore'
    const value = isWhole
      ? { ...body, id: found.value['id'] }
      : { ...found.value, ...changedBy(action, found.value, body) }
    const made = this.#put(service, path, value, 'POST', false, isWhole ? undefined : body)
    return answer(201, this.#shown(made?.value), 'POST')
  }

  #shown(value: JsonObject | undefined, isRead = false): JsonObject | undefined {
    if (value === undefined || this.hides.size === 0) return value
    const isHidden = (name: string): boolean => this.hides.get(name) === true || (isRead && this.hides.has(name))
    return Object.fromEntries(Object.entries(value).filter(([name]) => !isHidden(name)))
  }

  #put(
    service: string,
    path: string,
    value: JsonObject | undefined,
    method: string,
    byOutsider: boolean,
    added?: unknown,
  ): Resource | undefined {
    const at = this.#options.clock.monotonic()
    this.effects.push({ at, method, path, service, value, byOutsider, ...(added !== undefined && { added }) })
    if (value === undefined) {
      this.#resources.delete(keyOf(service, path))
      return undefined
    }
    const resource = { service, path, value, version: ++this.#versions }
    this.#resources.set(keyOf(service, path), resource)
    return resource
  }
}

/** A backup of an application. */
export interface ApplicationCopy {
  readonly resources: ReadonlyMap<string, Resource>
  /** How many effects there had been. */
  readonly effects: number
}

interface Resource {
  readonly service: string
  readonly path: string
  readonly value: JsonObject
  readonly version: number
}

const EMPTY = new Uint8Array()

function changedBy(action: string, before: JsonObject, body: JsonObject): JsonObject {
  const old = before[action]
  if (action === 'count') return { count: Number(old ?? 0) + Number(body['by']) }
  return { [action]: [...(Array.isArray(old) ? (old as unknown[]) : []), body] }
}

function keyOf(service: string, path: string): string {
  return `${service} ${path}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function between(random: Random, { min, max }: { readonly min: number; readonly max: number }): number {
  return min + random.uniform() * (max - min)
}

/** As the real client says it: in doubt only where the method may change something. */
function lost(
  code: 'ERR_APPLICATION_BROKEN' | 'ERR_APPLICATION_TIMEOUT',
  { service, method }: ApplicationRequest,
): CheopsError {
  const message = `${service} did not answer`
  if (SAFE_METHODS.has(method)) return new CheopsError(code, message)
  return new CheopsError('ERR_OUTCOME_UNKNOWN', `${message}; it may have carried out the request`, { reason: code })
}

function etag({ version }: Resource): string {
  return `"v${version}"`
}

function refusedBy(headers: readonly string[], found: Resource | undefined): ApplicationAnswer | undefined {
  const match = headerValue(headers, 'if-match')
  const noneMatch = headerValue(headers, 'if-none-match')
  const isMet =
    (match === undefined || (found !== undefined && (match === '*' || match === etag(found)))) &&
    (noneMatch === undefined || found === undefined || (noneMatch !== '*' && noneMatch !== etag(found)))
  return isMet ? undefined : answer(412, { error: 'the condition is not met' }, 'PUT')
}

function missing(path: string, method: string): ApplicationAnswer {
  return answer(404, { error: `there is no ${path}` }, method)
}

function answer(status: number, value: unknown, method: string, headers: readonly string[] = []): ApplicationAnswer {
  const body = value === undefined ? EMPTY : new TextEncoder().encode(JSON.stringify(value))
  const type = value === undefined ? [] : ['Content-Type', 'application/json']
  const length = status === 204 ? [] : ['Content-Length', String(body.length)]
  return {
    status,
    reason: REASONS[status] ?? '',
    rawHeaders: [...type, ...headers, ...length],
    body: method === 'HEAD' ? EMPTY : body,
    isComplete: true,
  }
}

const REASONS: { readonly [status in number]?: string } = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
}

function objectOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON Merge Patch, RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, merged(result.get(name), value))
  }
  return Object.fromEntries(result)
}

async function collected(body: RequestBody | undefined): Promise<Uint8Array> {
  if (body === undefined) return EMPTY
  if (body instanceof Uint8Array) return body
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body.chunks) {
    parts.push(part)
    length += part.length
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * A change is sent until the application takes it, or refuses it for good: with what it shows now where it demands a precondition, without the versions that only
 * another site has, in another media type. Each time it is certain that nothing was done before.
 */
import { headerValue } from '../../../core/resource/http-head.ts'
import { PRECONDITION_REQUIRED, conditionsOf, isOfCondition, type Conditions } from './precondition.ts'
import { JSON_TYPE, isJsonType, jsonTypeIn } from './json-type.ts'
import type { Payload } from '../../../core/oplog/index.ts'
import type { Change, ResourceRequests } from './resource-requests.ts'
import type { Sent } from './sent.ts'
import type { Reading } from './state.ts'

export class Sending {
  readonly #requests: ResourceRequests
  readonly #read: () => Promise<Reading>

  /** @param read what the application shows now */
  constructor(requests: ResourceRequests, read: () => Promise<Reading>) {
    this.#requests = requests
    this.#read = read
  }

  /** With the query of the request that it carries out; where that is refused, without the versions in it, which only its site has. */
  async sendAs(asked: Payload | undefined, change: Change): Promise<Sent> {
    const query = queryOf(asked, change.method)
    const sent = await this.send({ ...change, path: change.path + query })
    const others = withoutVersions(query)
    if (others === query || !isOfVersion(sent)) return sent
    return this.send({ ...change, path: change.path + others })
  }

  /**
   * An application that takes nothing without a precondition (428) is told what it shows now; one that does not know the media type of JSON that was
   * put together here (415), the plain one, or that in which it shows the resource.
   */
  async send(change: Change): Promise<Sent> {
    const sent = await this.#requests.change(change)
    const status = sent.is === 'refused' ? sent.answer.status : undefined
    if (status === PRECONDITION_REQUIRED) {
      const [first, ...others] = conditionsOf(await this.#read())
      return first === undefined ? sent : this.#sendWith(change, [first, ...others])
    }
    if (status !== UNSUPPORTED_TYPE || change.role === undefined) return sent
    return this.#sendAsOther(change, sent)
  }

  /** With each condition, until one holds: certainly nothing was done before. */
  async #sendWith(change: Change, [first, ...others]: Conditions): Promise<Sent> {
    const sent = await this.#requests.change({ ...change, headers: [...change.headers, ...first] })
    const [second, ...more] = others
    const isUnmet = sent.is === 'refused' && isOfCondition(sent.answer.status)
    return isUnmet && second !== undefined ? this.#sendWith(change, [second, ...more]) : sent
  }

  async #sendAsOther(change: Change, refused: Sent): Promise<Sent> {
    const said = headerValue(change.headers, 'content-type')
    if (said === undefined || !isJsonType(said)) return refused
    const reading = await this.#read()
    const shown = reading.is === 'present' ? [jsonTypeIn(reading.rawHeaders)] : []
    const others = new Set([JSON_TYPE, ...shown])
    others.delete(said)
    let sent = refused
    for (const type of others) {
      const headers = change.headers.map((value, place) => (isTypeAt(change.headers, place) ? type : value))
      sent = await this.#requests.change({ ...change, headers })
      if (sent.is !== 'refused' || sent.answer.status !== UNSUPPORTED_TYPE) return sent
    }
    return sent
  }
}

/** The application does not take bodies of that media type: certainly nothing was done. */
const UNSUPPORTED_TYPE = 415

/** Whether the value of the media type stands there. */
function isTypeAt(headers: readonly string[], place: number): boolean {
  return place % 2 === 1 && headers[place - 1]?.toLowerCase() === 'content-type'
}

/** Refusals of a version that is not the present one. */
const OF_A_VERSION: ReadonlySet<number> = new Set([400, 409, 412, 422])

/** Parameters that name a version, as `rev` and `resourceVersion`. */
const VERSION = /^_?(rev|revision|version|etag|cas|generation|resource[-_]?version|lock[-_]?version|if[-_].*)$/i

/** Refused for what may be a version, or an identity, that only another site has: certainly nothing was done. */
export function isOfVersion(sent: Sent): boolean {
  const status = sent.is === 'refused' ? sent.answer.status : sent.is === 'not-now' ? sent.status : undefined
  return status !== undefined && OF_A_VERSION.has(status)
}

/** Refused perhaps because nothing could be made of a body of its media type: certainly nothing was done. */
export function isUnread(sent: Sent): boolean {
  return sent.is === 'refused' && (sent.answer.status === 400 || sent.answer.status === 422)
}

export function withoutVersions(query: string): string {
  const parts = query.slice(1).split('&')
  const kept = parts.filter(part => !VERSION.test(part.split('=', 1)[0] ?? ''))
  return kept.length === parts.length ? query : kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** The query of a request, where that was one of this method. */
export function queryOf(asked: Payload | undefined, method: string): string {
  const place = asked?.method === method ? asked.path.indexOf('?') : -1
  return place < 0 ? '' : (asked?.path.slice(place) ?? '')
}

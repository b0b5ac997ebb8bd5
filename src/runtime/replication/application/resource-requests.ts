import type { ReplicantName } from '../../../core/oplog/index.ts'
import { headerValue } from '../../../core/resource/http-head.ts'
import { isOverride } from '../../../core/resource/override-headers.ts'
import { isSuccess } from '../../../core/resource/success.ts'
import { CheopsError } from '../../../errors.ts'
import type { ApplicationAnswer, RequestBody } from '../../../ports/application.ts'
import type { ReplicationGlue } from '../../../ports/replication-glue.ts'
import { MAX_HELD_BODY_BYTES } from '../limits.ts'
import type { PatientApplication, PatientRequest } from './application-turns.ts'
import { meaningOf, type Sent } from './sent.ts'
import { slashedPath, type PathRole, type Slashes } from './slashes.ts'

/** A request that changes something. */
export interface Change {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** Makes it anew for each request. */
  readonly body: () => RequestBody | undefined
  /** What the path is of; undefined for a request as a client has written it. */
  readonly role: PathRole | undefined
  /** As for `PatientRequest`. */
  readonly isStillMeant?: () => Promise<boolean>
}

/** How the application is asked about one resource, with the agent's own account: where its paths have their slashes, and what its answers mean. */
export class ResourceRequests {
  readonly #application: PatientApplication
  readonly #slashes: Slashes
  readonly #name: ReplicantName
  readonly #glue: ReplicationGlue
  #lastStatus: number | undefined
  /** The last answer to a change that did not take it. */
  #lastRefusal: number | undefined

  constructor(application: PatientApplication, slashes: Slashes, name: ReplicantName, glue: ReplicationGlue) {
    this.#application = application
    this.#slashes = slashes
    this.#name = name
    this.#glue = glue
  }

  /** What the application answered last; undefined: it did not, or was not asked. */
  get lastStatus(): number | undefined {
    return this.#lastStatus
  }

  /** What the application answered where it did not do what it was to: a reading after that says nothing of it. */
  get heldUpBy(): number | undefined {
    return this.#lastStatus !== undefined && isSuccess(this.#lastStatus)
      ? (this.#lastRefusal ?? this.#lastStatus)
      : this.#lastStatus
  }

  /** @throws CheopsError what `Application.request` says */
  read(method: string, path: string): Promise<ApplicationAnswer> {
    return this.#atPath('resource', path, at =>
      this.#request({
        service: this.#name.service,
        method,
        path: at,
        headers: this.#withOwn([]),
        authority: 'agent',
        maxAnswerBytes: MAX_HELD_BODY_BYTES,
        hashesLarge: true,
      }),
    )
  }

  async change({ method, path, headers, body, role, isStillMeant }: Change): Promise<Sent> {
    const { service } = this.#name
    try {
      const answer = await this.#atPath(role, path, at => {
        const all = this.#withOwn(headers)
        const asked = {
          service,
          method,
          path: at,
          headers: all,
          body: body(),
          authority: 'agent',
          isStillMeant,
        } as const
        // Nobody waits for the answer's body; one that is held says whether answers show what is read.
        return this.#request({ ...asked, maxAnswerBytes: MAX_HELD_BODY_BYTES })
      })
      const status = this.statusOf(method, answer)
      if (!isSuccess(status)) this.#lastRefusal = status
      return this.meaningOf(method, answer)
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      if (error.code !== 'ERR_OUTCOME_UNKNOWN') return { is: 'not-now', status: undefined }
      return { is: 'doubt', answer: undefined, error }
    }
  }

  /** What an answer to something that changes says of its effect, with the status that it means. */
  meaningOf(method: string, answer: ApplicationAnswer): Sent {
    return meaningOf({ ...answer, status: this.statusOf(method, answer) })
  }

  /** The status that an answer means, which the definition may say. */
  statusOf(method: string, answer: ApplicationAnswer): number {
    return statusOf(this.#glue, this.#name.kind, method, answer)
  }

  /** Asks at a path as the application wants it, and where it says that this has a slash at its end, or none, there once more. */
  async #atPath(
    role: PathRole | undefined,
    path: string,
    ask: (path: string) => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    const { service, kind } = this.#name
    // Where resources stand in folders the path with a slash is one of these: something else.
    if (role !== 'collection' && this.#glue.kind(kind)?.hasFolders === true) return ask(path)
    const at = role === undefined ? path : this.#slashes.path(service, kind, role, path)
    const answer = await ask(at)
    const other = slashedPath(at, answer)
    if (other === undefined) return answer
    const second = await ask(other)
    if (role !== undefined && slashedPath(other, second) === undefined) this.#slashes.learn(service, kind, role, other)
    return second
  }

  /**
   * With what the definition has the agent say by itself, but for what the request says; without what would make another request of it, since what is let
   * (`expose`) is let by method and path.
   */
  #withOwn(asked: readonly string[]): string[] {
    const headers = asked.filter((_, place) => !isOverride(asked[place - (place % 2)] ?? ''))
    const own = this.#glue.kind(this.#name.kind)?.agentHeaders ?? []
    return [
      ...headers,
      ...own.flatMap(([name, value]) => (headerValue(headers, name) === undefined ? [name, value] : [])),
    ]
  }

  async #request(asked: PatientRequest): Promise<ApplicationAnswer> {
    this.#lastStatus = undefined
    const answer = await this.#application.request(asked)
    this.#lastStatus = answer.status
    return answer
  }
}

/** The status that an answer means, which the definition may say. */
export function statusOf(
  glue: Pick<ReplicationGlue, 'statusOf'>,
  kind: string,
  method: string,
  { status, rawHeaders, body, isComplete, digest }: ApplicationAnswer,
): number {
  const bytes = isComplete && digest === undefined ? body : undefined
  return glue.statusOf(kind, method, status, rawHeaders, bytes)
}

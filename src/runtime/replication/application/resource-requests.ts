import type { ReplicantName } from '../../../core/oplog/index.ts'
import { CheopsError } from '../../../errors.ts'
import type { Application, ApplicationAnswer, ApplicationRequest, RequestBody } from '../../../ports/application.ts'
import type { ReplicationGlue } from '../../../ports/glue.ts'
import { MAX_HELD_BODY_BYTES } from '../limits.ts'
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
}

/** How the application is asked about one resource, with the agent's own account: where its paths have their slashes, and what its answers mean. */
export class ResourceRequests {
  readonly #application: Application
  readonly #slashes: Slashes
  readonly #name: ReplicantName
  readonly #glue: ReplicationGlue
  #lastStatus: number | undefined

  constructor(application: Application, slashes: Slashes, name: ReplicantName, glue: ReplicationGlue) {
    this.#application = application
    this.#slashes = slashes
    this.#name = name
    this.#glue = glue
  }

  /** What the application answered last; undefined: it did not, or was not asked. */
  get lastStatus(): number | undefined {
    return this.#lastStatus
  }

  /** @throws CheopsError what `Application.request` says */
  read(method: string, path: string): Promise<ApplicationAnswer> {
    return this.#atPath('resource', path, at =>
      this.#request({
        service: this.#name.service,
        method,
        path: at,
        // Of a body that is no JSON there is one form only.
        headers: ['accept', 'application/json, */*;q=0.5'],
        authority: 'agent',
        maxAnswerBytes: MAX_HELD_BODY_BYTES,
        hashesLarge: true,
      }),
    )
  }

  async change({ method, path, headers, body, role }: Change): Promise<Sent> {
    const { service } = this.#name
    try {
      const answer = await this.#atPath(role, path, at => {
        const asked: ApplicationRequest = { service, method, path: at, headers, body: body(), authority: 'agent' }
        // Nobody waits for the answer's body; one that is held says whether answers show what is read.
        return this.#request({ ...asked, maxAnswerBytes: MAX_HELD_BODY_BYTES })
      })
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
  statusOf(method: string, { status, rawHeaders, body, isComplete, digest }: ApplicationAnswer): number {
    const bytes = isComplete && digest === undefined ? body : undefined
    return this.#glue.statusOf(this.#name.kind, method, status, rawHeaders, bytes)
  }

  /** Asks at a path as the application wants it, and where it says that this has a slash at its end, or none, there once more. */
  async #atPath(
    role: PathRole | undefined,
    path: string,
    ask: (path: string) => Promise<ApplicationAnswer>,
  ): Promise<ApplicationAnswer> {
    const { service, kind } = this.#name
    const at = role === undefined ? path : this.#slashes.path(service, kind, role, path)
    const answer = await ask(at)
    const other = slashedPath(at, answer)
    if (other === undefined) return answer
    const second = await ask(other)
    if (role !== undefined && slashedPath(other, second) === undefined) this.#slashes.learn(service, kind, role, other)
    return second
  }

  async #request(asked: ApplicationRequest): Promise<ApplicationAnswer> {
    this.#lastStatus = undefined
    const answer = await this.#application.request(asked)
    this.#lastStatus = answer.status
    return answer
  }
}

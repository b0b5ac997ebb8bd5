import type { ReplicantName } from '../core/oplog/index.ts'
import { ERROR_HEADER, HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { isSuccess } from '../core/resource/success.ts'
import { CheopsError } from '../errors.ts'
import type { ApplicationAnswer } from '../ports/application.ts'
import type { ComposedAnswer, Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/replication-glue.ts'
import type { Glue } from '../ports/glue.ts'
import type { Membership } from '../ports/membership.ts'
import { partialHeader, siteItem, warning, without } from './answer-headers.ts'
import { nearestFirst } from './members.ts'
import { acceptOfParts, MULTI_MEDIA_TYPE, multiBody, wantsMulti } from './multi-answer.ts'
import type { Parts } from './parts.ts'
import { readBack } from './repeated-answer.ts'
import type { RecordChange } from './replication/write/unlogged.ts'

/** Bytes of each member's answer to a write at level `none`. */
export const MAX_UNLOGGED_ANSWER_BYTES = 1024 * 1024
/** How long each member is waited for: what it has done by then is unknown. */
export const UNLOGGED_ANSWER_MS = 30_000

export interface UnloggedWritesParts {
  readonly membership: Membership
  readonly parts: Parts
  /** Parts of `replication/replicator.ts`. */
  checkRoom(): void
  record(replicant: ReplicantName, change: RecordChange): Promise<unknown>
}

export interface UnloggedWrite {
  readonly exchange: Exchange
  readonly glue: Glue
  readonly description: Description & { readonly is: 'operation' }
  readonly body: Uint8Array
  readonly members: readonly string[]
  /** As it goes to other members. */
  readonly context: RequestContext
  /** There is no record yet: it begins with this request. */
  readonly isNew: boolean
}

/** `failed`: the application refused it, or its site. `unreachable`: certainly nothing was done. `uncertain`: nobody knows. */
type State = 'applied' | 'failed' | 'unreachable' | 'uncertain'

interface PartOutcome {
  readonly site: string
  readonly state: State
  readonly answer: ApplicationAnswer | undefined
  /** The status that the answer means. */
  readonly meant: number | undefined
  readonly error: CheopsError | undefined
}

/**
 * Writes at level `none`: to all members at once, each by itself. What a member misses it misses; only who the members are is remembered.
 */
export class UnloggedWrites {
  readonly #parts: UnloggedWritesParts

  constructor(parts: UnloggedWritesParts) {
    this.#parts = parts
  }

  /**
   * @returns the answer of this site if it has carried it out, else of the nearest member that has, else this site's; all of them where
   *   the client asks for that
   * @throws CheopsError of this site's part where no member has answered; ERR_REPLICANT_LEVEL, _BUSY, ERR_STORE_SPACE
   */
  async write(write: UnloggedWrite): Promise<ComposedAnswer> {
    const { exchange, description, glue } = write
    // Of what is recorded already nothing is written.
    if (write.isNew) this.#parts.checkRoom()
    const outcomes = await this.#toAll(write)
    await this.#record(write, outcomes)
    const applied = outcomes.find(({ state }) => state === 'applied')
    const common = [HEADER_NAMES.outcome, outcomeOf(outcomes), HEADER_NAMES.level, 'none']
    common.push(HEADER_NAMES.replicant, `${description.kind}/${encodeURIComponent(description.name)}`)
    common.push(HEADER_NAMES.sites, sitesText(outcomes))
    const { self } = this.#parts.membership
    if (wantsMulti(exchange.head.rawHeaders)) {
      const body = multiBody(outcomes, ({ answer }) => glue.parseBody(answer?.rawHeaders ?? [], answer?.body ?? EMPTY))
      const rawHeaders = ['Content-Type', MULTI_MEDIA_TYPE, HEADER_NAMES.site, self, ...common]
      return { status: 200, rawHeaders, body }
    }
    const shown = applied ?? outcomes.find(({ answer }) => answer !== undefined)
    if (shown?.answer === undefined) throw outcomes[0]?.error ?? new Error('there is at least one member')
    const missing = outcomes.filter(({ state }) => state !== 'applied').map(({ site }) => site)
    const partial = applied === undefined ? [] : [...partialHeader(missing), ...missedWarning(missing)]
    const { status, reason, rawHeaders, body } = shown.answer
    const headers = without(rawHeaders, name => name.startsWith('cheops-') && name !== ERROR_HEADER)
    return { status, reason, rawHeaders: [...headers, HEADER_NAMES.site, shown.site, ...common, ...partial], body }
  }

  #toAll({ exchange, glue, description, body, members, context }: UnloggedWrite): Promise<readonly PartOutcome[]> {
    const { membership, parts } = this.#parts
    const { self } = membership
    const { method, rawHeaders } = exchange.head
    const asked = {
      rawHeaders: [...without(rawHeaders, isNotForParts), 'Accept', acceptOfParts(rawHeaders)],
      body: exchange.hasBody ? body : undefined,
      maxAnswerBytes: MAX_UNLOGGED_ANSWER_BYTES,
      timeoutMs: UNLOGGED_ANSWER_MS,
    }
    const isOwn = (site: string): boolean => site === self
    const order = nearestFirst(members, membership)
    const sites = [...order.filter(isOwn), ...order.filter(site => !isOwn(site))]
    return Promise.all(
      sites.map(async site => {
        if (!isOwn(site) && (membership.site(site)?.liveness ?? 'down') === 'down')
          return failedPart(site, new CheopsError('ERR_SITE_UNREACHABLE', `${site} is down.`))
        try {
          const answer = await parts.ask(exchange, site, context, asked)
          const { status, rawHeaders: headers, body: bytes } = answer
          return answeredPart(site, answer, glue.statusOf(description.kind, method, status, headers, bytes))
        } catch (error) {
          if (!(error instanceof CheopsError)) throw error
          return failedPart(site, error)
        }
      }),
    )
  }

  /** The life begins with the first member that has it, and ends when every member has said that it is gone. */
  async #record(write: UnloggedWrite, outcomes: readonly PartOutcome[]): Promise<void> {
    const { exchange, description, members, isNew } = write
    const { service } = exchange
    const { kind, name, type } = description
    const replicant = { service, kind, name }
    if (isNew) {
      // Doubt releases nothing: where nobody says that it was made, it is looked for.
      if (outcomes.some(({ state }) => state === 'applied') || (await this.#isThere(write, outcomes)))
        await this.#parts.record(replicant, { is: 'created', members })
      return
    }
    const isGone = ({ state, meant }: PartOutcome): boolean =>
      state === 'applied' || (state === 'failed' && (meant === 404 || meant === 410))
    const isRefusal = ({ answer }: PartOutcome): boolean =>
      answer !== undefined && headerValue(answer.rawHeaders, ERROR_HEADER) !== undefined
    if (type === 'delete' && outcomes.every(outcome => isGone(outcome) && !isRefusal(outcome)))
      await this.#parts.record(replicant, { is: 'deleted' })
  }

  /** Whether one of those of which nobody knows what they have done shows the resource. */
  async #isThere(
    { exchange, glue, description, context }: UnloggedWrite,
    outcomes: readonly PartOutcome[],
  ): Promise<boolean> {
    const { parts } = this.#parts
    const doubtful = outcomes.filter(({ state }) => state === 'uncertain')
    const shown = await Promise.all(
      doubtful.map(({ site }) => readBack(parts, site, exchange, description.resourcePath, context)),
    )
    return shown.some(answer => {
      if (answer === undefined) return false
      return isSuccess(glue.statusOf(description.kind, 'GET', answer.status, answer.rawHeaders, answer.body))
    })
  }
}

const EMPTY = new Uint8Array(0)

/** Said to agents. */
function isNotForParts(name: string): boolean {
  return name.startsWith('cheops-') || name === 'accept' || name === 'accept-encoding' || name === 'prefer'
}

/** @param status that the answer means */
function answeredPart(site: string, answer: ApplicationAnswer, status: number): PartOutcome {
  const code = headerValue(answer.rawHeaders, ERROR_HEADER)
  const isUnknown = code === 'ERR_OUTCOME_UNKNOWN' || (code === undefined && status >= 500)
  const state = isUnknown ? 'uncertain' : code === undefined && isSuccess(status) ? 'applied' : 'failed'
  return { site, state, answer, meant: status, error: undefined }
}

function failedPart(site: string, error: CheopsError): PartOutcome {
  const { code } = error
  const state = code === 'ERR_OUTCOME_UNKNOWN' ? 'uncertain' : code.startsWith('ERR_SITE_') ? 'unreachable' : 'failed'
  return { site, state, answer: undefined, meant: undefined, error }
}

function outcomeOf(outcomes: readonly PartOutcome[]): string {
  if (outcomes.some(({ state }) => state === 'applied')) return 'applied'
  return outcomes.some(({ state }) => state === 'uncertain') ? 'uncertain' : 'void'
}

function missedWarning(missing: readonly string[]): readonly string[] {
  return missing.length === 0 ? [] : warning(`not carried out at ${missing.join(', ')}, and nobody will`)
}

/** `site1;s=applied;c=201, site2;s=unreachable;e=ERR_SITE_UNREACHABLE`, by name. */
function sitesText(outcomes: readonly PartOutcome[]): string {
  return outcomes
    .map(({ site, state, answer, error }) => {
      const code = error?.code ?? (answer && headerValue(answer.rawHeaders, ERROR_HEADER))
      const isToken = code !== undefined && /^[A-Z_]{1,64}$/.test(code)
      return `${siteItem(site)};s=${state}${answer ? `;c=${answer.status}` : ''}${isToken ? `;e=${code}` : ''}`
    })
    .toSorted()
    .join(', ')
}

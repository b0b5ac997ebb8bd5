import { NOTHING_SEEN } from '../core/oplog/index.ts'
import { asksToFollow } from '../core/resource/follows.ts'
import { HEADER_NAMES, REQUIRE_HEADER } from '../core/resource/headers.ts'
import { headerValue, headerValues } from '../core/resource/http-head.ts'
import type { RequestContext } from '../core/resource/request-context.ts'
import { isSuccess } from '../core/resource/success.ts'
import { CheopsError } from '../errors.ts'
import type { ApplicationAnswer } from '../ports/application.ts'
import type { ComposedAnswer, Exchange } from '../ports/exchange.ts'
import type { Description, MergedList } from '../ports/replication-glue.ts'
import type { Glue } from '../ports/glue.ts'
import type { Membership } from '../ports/membership.ts'
import { partialHeader, siteItem, warning, without } from './answer-headers.ts'
import type { ClientContexts } from './client-contexts.ts'
import { checkRequired, lookOf, sitesText, stateOf, type Look, type State } from './member-looks.ts'
import { nearestFirst } from './members.ts'
import { acceptOfParts, MULTI_MEDIA_TYPE, multiBody, wantsMulti } from './multi-answer.ts'
import { waitOf } from './operation-preference.ts'
import type { Parts } from './parts.ts'
import { mergedList, showSame, type WrittenReplicas } from './written-comparison.ts'

/** A resource is compared up to this size, bytes; what is larger streams from the nearest member. */
export const MAX_COMPARED_BYTES = 1024 * 1024
/** All answers to one read together: with many members each may have less. */
export const MAX_COMPARED_BYTES_TOGETHER = 16 * 1024 * 1024
/** Reads of this agent that are compared at a time; those beyond stream. Together they hold what a machine of a site can spare. */
export const MAX_COMPARED_TOGETHER = 32
/** How long the other members are waited for when `Prefer: wait` does not say: a slow one is named, not waited for, as one that is down. */
export const MEMBER_ANSWER_MS = 5_000
/** How long this site's own application is: what takes longer is too slow to be compared, or a watch that does not say so, and streams. */
export const OWN_ANSWER_MS = 10_000

export type MemberRead =
  | { readonly is: 'answer'; readonly answer: ComposedAnswer }
  /** It runs at this site's application, and streams. */
  | { readonly is: 'stream'; readonly answerHeaders: readonly string[] }

export interface MemberReadsParts {
  readonly membership: Membership
  readonly parts: Parts
  readonly contexts: ClientContexts
  readonly replicas: WrittenReplicas
  glue(service: string): Glue | undefined
}

/** What each site is asked for a further page of a merged list. */
type Further = ReadonlyMap<string, { readonly own: string; readonly path: string }>

/** What is read, and how. */
interface Reading {
  readonly exchange: Exchange
  readonly glue: Glue
  readonly said: ReadOrList
  readonly further: Further | undefined
}

type ReadOrList = Description & { readonly is: 'read' | 'list' }

/** Reads under `&` at a member: the nearest one's answer, compared with the others'; lists merged; or all of them in one document. */
export class MemberReads {
  readonly #parts: MemberReadsParts
  #underWay = 0

  constructor(parts: MemberReadsParts) {
    this.#parts = parts
  }

  /**
   * @param members this site among them
   * @param context as it goes to other members
   * @throws CheopsError ERR_CONTEXT_*, ERR_REQUEST_HEADER; ERR_SITE_UNREACHABLE where `Cheops-Require` asks for more members than can be
   *   read; what this site's application may throw where no member has an answer
   */
  async read(exchange: Exchange, members: readonly string[], context: RequestContext): Promise<MemberRead> {
    const { head, path, service } = exchange
    const glue = this.#parts.glue(service)
    const said = head.method === 'GET' && !exchange.hasBody ? glue?.describe(head, path, undefined) : undefined
    if (glue === undefined || (said?.is !== 'read' && said?.is !== 'list')) return { is: 'stream', answerHeaders: [] }
    // What it says first need not come before something changes, and its end need not come at all. Who asks for several members, or all their answers, does not watch.
    const isOfOne = headerValue(head.rawHeaders, REQUIRE_HEADER) === undefined && !wantsMulti(head.rawHeaders)
    if (isOfOne && asksToFollow(head, path)) return this.#streamed(members)
    const further = said.is === 'list' ? furtherPages(glue, said.kind, path, members) : undefined
    if (this.#underWay >= MAX_COMPARED_TOGETHER) {
      if (further === undefined) return this.#streamed(members)
      throw new CheopsError('ERR_SITE_BUSY', 'too many lists are merged at the moment')
    }
    this.#underWay++
    try {
      const seen = await this.#parts.contexts.before(exchange)
      const looks = await this.#lookAt(exchange, members, context, further)
      const missing = looks.filter(look => look.is !== 'answered' || isRefusing(glue, said, look, looks))
      checkRequired(
        exchange,
        looks,
        missing.map(({ site }) => site),
      )
      const contextHeaders = await this.#parts.contexts.ofRead(exchange, seen ?? NOTHING_SEEN)
      return await this.#answerOf({ exchange, glue, said, further }, looks, contextHeaders)
    } finally {
      this.#underWay--
    }
  }

  /** This site first, then the nearest. */
  #lookAt(
    exchange: Exchange,
    members: readonly string[],
    context: RequestContext,
    further: Further | undefined,
  ): Promise<readonly Look[]> {
    const { membership, parts } = this.#parts
    const { self } = membership
    const { rawHeaders } = exchange.head
    const asked = {
      rawHeaders: [...without(rawHeaders, isNotForParts), 'Accept', acceptOfParts(rawHeaders)],
      maxAnswerBytes: Math.min(MAX_COMPARED_BYTES, Math.floor(MAX_COMPARED_BYTES_TOGETHER / members.length)),
    }
    const wait = waitOf(rawHeaders)
    const othersMs = wait === undefined ? MEMBER_ANSWER_MS : Math.max(1, wait) * 1000
    const others = nearestFirst(
      members.filter(member => member !== self),
      membership,
    )
    return Promise.all(
      [self, ...others]
        .filter(site => further?.has(site) !== false)
        .map(async (site): Promise<Look> => {
          if (site !== self && (membership.site(site)?.liveness ?? 'down') === 'down')
            return {
              site,
              is: 'unreachable',
              error: new CheopsError('ERR_SITE_UNREACHABLE', `${site} is down.`),
            } as const
          try {
            const timeoutMs = site === self ? OWN_ANSWER_MS : othersMs
            const page = further?.get(site)
            const instead = page && { instead: { method: 'GET', path: page.path } }
            return lookOf(site, await parts.ask(exchange, site, context, { ...asked, timeoutMs, ...instead }))
          } catch (error) {
            if (!(error instanceof CheopsError)) throw error
            return { site, is: stateOf(error, site === self), error } as const
          }
        }),
    )
  }

  async #answerOf(
    { exchange, glue, said, further }: Reading,
    looks: readonly Look[],
    contextHeaders: readonly string[],
  ): Promise<MemberRead> {
    const [own] = looks
    const shown = looks.find(look => look.is === 'answered')
    const isMulti = wantsMulti(exchange.head.rawHeaders)
    if (!isMulti && own?.is === 'unread' && further === undefined) return this.#streamed(looks.map(({ site }) => site))
    if (shown === undefined && !isMulti && own !== undefined && own.is !== 'answered') throw own.error
    const isList = said.is === 'list' && shown !== undefined && (isMulti || isWell(glue, said, shown.answer))
    const page = isList && !isMulti ? await this.#merged(exchange, glue, said, looks) : undefined
    const states: (readonly [Look, State])[] = []
    for (const look of looks) {
      if (look.is !== 'answered') states.push([look, look.is])
      else if (isList && isWell(glue, said, look.answer)) {
        const isListed = isMulti || (page === undefined ? look === shown : !page.unreadable.includes(look.site))
        const isSame = !isListed && areSame(glue, said, look.answer, shown.answer)
        states.push([look, isListed ? 'listed' : isSame ? 'agrees' : 'unread'])
      } else {
        const agrees = shown !== undefined && (await this.#agree(exchange, glue, said, look.answer, shown.answer))
        const isRefused = !agrees && isRefusing(glue, said, look, looks)
        states.push([look, agrees ? 'agrees' : isRefused ? 'failed' : 'differs'])
      }
    }
    const common = [HEADER_NAMES.sites, sitesText(states), ...contextHeaders]
    const refusing = states.filter(([{ is }, state]) => is === 'answered' && state === 'failed').map(([look]) => look)
    const silent = looks.filter(({ is }) => is !== 'answered').map(({ site }) => site)
    const missing = [...silent, ...refusing.map(({ site }) => site)]
    const differing = states.filter(([, state]) => state === 'differs').map(([{ site }]) => site)
    const unlisted = states.flatMap(([{ site, is }, state]) => (is === 'answered' && state === 'unread' ? [site] : []))
    const warnings = [
      ...(silent.length === 0 ? [] : warning(`without ${silent.join(', ')}`)),
      ...(refusing.length === 0
        ? []
        : warning(`without ${refusing.map(look => refusalText(glue, said, look)).join(', ')}`)),
      ...(unlisted.length === 0 ? [] : warning(`without what ${unlisted.join(', ')} has: ${UNMERGED}`)),
      ...(differing.length === 0
        ? []
        : warning(`${differing.join(', ')} ${differing.length === 1 ? 'shows' : 'show'} something else`)),
    ]
    if (isMulti) {
      const parts = states.map(([look, state]) => ({
        site: look.site,
        state,
        answer: look.answer,
        error: look.is === 'answered' ? undefined : look.error,
      }))
      const body = multiBody(parts, ({ answer }) =>
        glue.parseBody(answer?.rawHeaders ?? [], answer?.body ?? new Uint8Array()),
      )
      const rawHeaders = ['Content-Type', MULTI_MEDIA_TYPE, HEADER_NAMES.site, this.#parts.membership.self, ...common]
      return { is: 'answer', answer: { status: 200, rawHeaders, body } }
    }
    if (shown === undefined) throw new Error('some member has answered')
    if (page !== undefined) {
      // Who could not be asked for this page is asked for it with the next.
      const kept = new Map(
        silent.flatMap(site => (further?.has(site) === true ? [[site, further.get(site)?.own ?? '']] : [])),
      )
      const merged = glue.continued(said.kind, exchange.path, page, kept)
      const isCut = merged.mayContinue || looks.some(({ answer }) => answer !== undefined && linksOn(answer))
      if (merged.incomplete.length > 0)
        warnings.push(...warning(`a page only of ${merged.incomplete.join(', ')}: ask it alone for more`))
      else if (isCut)
        warnings.push(
          ...warning('there may be more at each site: the definition does not say where a list goes on (list.next)'),
        )
      const partial = [...new Set([...missing, ...differing, ...merged.incomplete, ...unlisted])]
      const rawHeaders = ['Content-Type', 'application/json', HEADER_NAMES.site, shown.site, ...common]
      rawHeaders.push(...partialHeader(partial), ...warnings)
      const body = new TextEncoder().encode(JSON.stringify(merged.body))
      return { is: 'answer', answer: { status: 200, rawHeaders, body } }
    }
    const { status, reason, rawHeaders, body } = rewritten(exchange, glue, shown.answer)
    const headers = without(rawHeaders, name => name.startsWith('cheops-'))
    headers.push(HEADER_NAMES.site, shown.site, ...common, ...partialHeader([...missing, ...unlisted]), ...warnings)
    return { is: 'answer', answer: { status, reason, rawHeaders: headers, body } }
  }

  /** The lists of all that have answered one; undefined where nobody can tell their items, or they are none. */
  async #merged(
    { service, path }: Exchange,
    glue: Glue,
    said: ReadOrList,
    looks: readonly Look[],
  ): Promise<MergedList | undefined> {
    if (said.is !== 'list') return undefined
    const lists = looks.flatMap(({ site, is, answer }) =>
      is === 'answered' && isWell(glue, said, answer)
        ? [{ site, body: glue.parseBody(answer.rawHeaders, answer.body) }]
        : [],
    )
    return mergedList(this.#parts.replicas, glue, { service, kind: said.kind, path }, lists)
  }

  async #agree(
    { service }: Exchange,
    glue: Glue,
    said: ReadOrList,
    one: ApplicationAnswer,
    other: ApplicationAnswer,
  ): Promise<boolean> {
    if (one === other || (isGone(glue, said, one) && isGone(glue, said, other))) return true
    if (!isWell(glue, said, one) || !isWell(glue, said, other) || said.is === 'list')
      return meant(glue, said, one) === meant(glue, said, other)
    const { kind, name } = said
    const [a, b] = [one, other].map(({ rawHeaders, body }) => glue.parseAnswer(kind, rawHeaders, body))
    return a !== undefined && b !== undefined && showSame(this.#parts.replicas, glue, { service, kind, name }, a, b)
  }

  /** Too large, too slow or too many to be compared, or without an end: as it comes from this site's application. */
  #streamed(members: readonly string[]): MemberRead {
    const text = members.toSorted().map(site => `${siteItem(site)};s=unread`)
    return { is: 'stream', answerHeaders: [HEADER_NAMES.sites, text.join(', ')] }
  }
}

/** Why a list is not in the answer, and what to do. */
const UNMERGED =
  'nobody can tell the items of its list: let the definition say where they stand (list.items), or ask it alone'

/** What says something of one site's copy, or is for the agent. */
function isNotForParts(name: string): boolean {
  return name.startsWith('cheops-') || name.startsWith('if-') || NOT_FOR_PARTS.has(name)
}

const NOT_FOR_PARTS: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'range', 'prefer'])

/**
 * Undefined for a first page.
 * @throws CheopsError ERR_REQUEST_CONTINUE
 */
function furtherPages(glue: Glue, kind: string, path: string, members: readonly string[]): Further | undefined {
  const continuation = glue.continuationIn(kind, path)
  if (continuation.is === 'none') return undefined
  if (continuation.is === 'bad')
    throw new CheopsError('ERR_REQUEST_CONTINUE', 'The continuation is none that an agent has given.')
  const stranger = [...continuation.sites.keys()].find(site => !members.includes(site))
  if (stranger === undefined) return continuation.sites
  throw new CheopsError(
    'ERR_REQUEST_CONTINUE',
    `The continuation names a site that is not in the scope: ${stranger.slice(0, 80)}.`,
  )
}

/** RFC 8288: the answer is a page, and another one follows. */
function linksOn({ rawHeaders }: ApplicationAnswer): boolean {
  return headerValues(rawHeaders, 'link').some(value => /;\s*rel\s*=\s*"?(?:[^",;]*\s)?next\b/i.test(value))
}

/** The status that an answer means. */
function meant(glue: Glue, { kind }: ReadOrList, { status, rawHeaders, body }: ApplicationAnswer): number {
  return glue.statusOf(kind, 'GET', status, rawHeaders, body)
}

function isWell(glue: Glue, said: ReadOrList, answer: ApplicationAnswer): boolean {
  return isSuccess(meant(glue, said, answer))
}

/** Whether two lists that cannot be looked into, or have no items that anybody could tell, are the same. */
function areSame(glue: Glue, { kind }: ReadOrList, one: ApplicationAnswer, other: ApplicationAnswer): boolean {
  const [a, b] = [one, other].map(({ rawHeaders, body }) => glue.parseBody(rawHeaders, body))
  return a !== undefined && b !== undefined && glue.equal(kind, a, b)
}

function isGone(glue: Glue, said: ReadOrList, answer: ApplicationAnswer): boolean {
  const status = meant(glue, said, answer)
  return status === 404 || status === 410
}

/**
 * Whether a member shows neither what it has nor that it has nothing, beside one that shows it and is answered: who is not let see what is there cannot say that it is
 * something else.
 */
function isRefusing(glue: Glue, said: ReadOrList, look: Look, looks: readonly Look[]): boolean {
  const shown = looks.find(({ is }) => is === 'answered')
  if (look.is !== 'answered' || shown?.answer === undefined || !isWell(glue, said, shown.answer)) return false
  return !isWell(glue, said, look.answer) && !isGone(glue, said, look.answer)
}

function refusalText(glue: Glue, said: ReadOrList, { site, answer }: Look): string {
  return `${site}, whose application answers ${String(answer && meant(glue, said, answer))}`
}

/** With links that lead back here. */
function rewritten(exchange: Exchange, glue: Glue, answer: ApplicationAnswer): ApplicationAnswer {
  const links = exchange.links()
  const rewrite = links && glue.rewrite(exchange.head, exchange.path, answer, links)
  if (rewrite === undefined) return answer
  return { ...answer, rawHeaders: rewrite.rawHeaders, body: rewrite.body(answer.body) }
}

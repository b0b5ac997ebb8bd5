import type { IncomingMessage } from 'node:http'
import { readPackage } from '../../config/version.ts'
import { CheopsError } from '../../errors.ts'
import type { AgentStatus, Finding, Page } from '../../ports/control.ts'
import type { SiteCut } from '../../ports/membership.ts'
import type { ConflictInfo, ReplicantDetail, ReplicantInfo } from '../../ports/replicant-info.ts'
import type {
  Adopted,
  AttachedPage,
  DetachedPage,
  OperationBody,
  OperationDetail,
  RepairResult,
  ReplicantHistory,
  ReplicationPeer,
  SettleChoice,
} from '../../ports/replication-control.ts'
import type { ReplicantName } from '../../core/oplog/index.ts'
import type { Catalog } from '../../core/resource/catalog.ts'
import { nearestName } from '../../core/scope/index.ts'
import { AgentRefusal } from '../failure.ts'
import { SHAPES, fillAbsent, type Shape } from './absent-fields.ts'
import { connectionError, lateError, openRequest } from './http.ts'
import type { TlsFiles } from './http.ts'
import type { DhtPeerAnswer, DhtRecordAnswer, EventAnswer, PeerAnswer, ServiceAnswer, SiteAnswer } from './answers.ts'

export interface AdminClientOptions {
  readonly url: string
  readonly token: string | undefined
  readonly tls: TlsFiles
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
  /** Is told, once, what answers do not have that this command reads. */
  note?(text: string): void
}

/** Answers are small; what is larger comes from something that is no agent. */
const MAX_ANSWER_BYTES = 64 * 1024 ** 2

const NOTHING_TOLD: Partial<AgentStatus> = {}

/** As many as the admin API gives at once. */
const MAX_PAGE_ITEMS = 1_000

/**
 * The admin API as methods. Each throws CheopsError ERR_CLI_AGENT when nobody could be asked, AgentRefusal when the agent
 * answered with an error.
 */
export class AdminClient {
  readonly url: string
  readonly #options: AdminClientOptions
  #hasNoted = false

  constructor(options: AdminClientOptions) {
    this.url = options.url
    this.#options = options
  }

  status = () => this.#statusAnswer()
  check = () => this.#read<readonly Finding[]>('/v1/check', SHAPES.findings)
  sites = () => this.#read<readonly SiteAnswer[]>('/v1/sites', { is: 'list', of: SHAPES.site })
  site = (name: string) =>
    this.#ofSite(name, this.#read<SiteAnswer>(`/v1/sites/${encodeURIComponent(name)}`, SHAPES.site))
  ping = (name: string) =>
    this.#ofSite(name, this.#json<{ rttMs: number }>('POST', `/v1/sites/${encodeURIComponent(name)}/ping`))
  /** @param sites undefined: all */
  cut = (sites: readonly string[] | undefined, forMs: number) =>
    this.#json<readonly SiteCut[]>('POST', '/v1/cuts', { forMs, ...(sites === undefined ? { all: true } : { sites }) })
  /** @param site undefined: all */
  join = (site?: string) =>
    this.#json<readonly SiteCut[]>('DELETE', `/v1/cuts${site === undefined ? '' : `/${encodeURIComponent(site)}`}`)
  peers = () => this.#read<readonly PeerAnswer[]>('/v1/peers', SHAPES.connections)
  dial = (address: string) => this.#json<PeerAnswer>('POST', '/v1/peers', { address })
  dhtGet = (site: string) => this.#read<DhtRecordAnswer>(`/v1/dht/records/${encodeURIComponent(site)}`, SHAPES.record)
  dhtFind = (peer: string) => this.#read<DhtPeerAnswer>(`/v1/dht/peers/${encodeURIComponent(peer)}`, SHAPES.found)
  /** @param look also ask the applications of the agent's site whether they answer */
  services = (look = false) =>
    this.#read<readonly ServiceAnswer[]>(`/v1/services${look ? '?look=true' : ''}`, SHAPES.services)
  catalog = () => this.#json<Catalog>('GET', '/v1/catalog')
  /** @param change nested as in the configuration file; null takes a key back */
  changeService = (name: string, change: object, save: boolean) =>
    this.#json<ServiceAnswer>('PATCH', `/v1/services/${encodeURIComponent(name)}?save=${String(save)}`, change)
  /** @param isWanted of what is listed; all pages are asked for until there are enough */
  replicants = (limit: number, after?: string, isWanted?: (item: ReplicantInfo) => boolean) =>
    this.#pages('/v1/replicants', SHAPES.replicants, limit, after, isWanted)
  /** Likewise. */
  conflicts = (limit: number, after?: string, isWanted?: (item: ConflictInfo) => boolean) =>
    this.#pages('/v1/conflicts', SHAPES.conflicts, limit, after, isWanted)
  replicant = ({ service, kind, name }: ReplicantName) =>
    this.#read<ReplicantDetail>(pathOf({ service, kind, name }), SHAPES.replicant)

  history = (name: ReplicantName) => this.#read<ReplicantHistory>(`${pathOf(name)}/history`, SHAPES.history)
  repair = (name: ReplicantName, from: string | undefined) =>
    this.#json<RepairResult>(
      'POST',
      `${pathOf(name)}/repair${from === undefined ? '' : `?from=${encodeURIComponent(from)}`}`,
    )
  resolve = (name: ReplicantName, how: 'adopt' | 'replace' | 'leave') =>
    this.#json<object>('POST', `${pathOf(name)}/resolve?how=${how}`)
  adopt = (name: ReplicantName, scope: string, overwrite: boolean) =>
    this.#json<Adopted>('POST', `${pathOf(name)}/adopt`, { scope, overwrite })
  settle = (name: ReplicantName, choice: SettleChoice | { readonly how: 'done' | 'undone' }) =>
    this.#json<{ readonly settled: readonly string[] }>(
      'POST',
      `${pathOf(name)}/resolve?${new URLSearchParams({ ...choice }).toString()}`,
    )
  replicationPeers = () => this.#read<readonly ReplicationPeer[]>('/v1/replication/peers', SHAPES.peers)
  /** @param until waits so many seconds for another version than the one that is known */
  operationBody = (operation: string) =>
    this.#json<OperationBody>('GET', `/v1/operations/${operation.split('/').map(encodeURIComponent).join('/')}/body`)

  operation = (operation: string, until?: { readonly known: string; readonly seconds: number }) => {
    // What is no name of an operation is refused by the agent, with the reason.
    const path = operation.split('/').map(encodeURIComponent).join('/')
    const query =
      until === undefined
        ? ''
        : `?${new URLSearchParams({ known: until.known, wait: String(until.seconds) }).toString()}`
    return this.#read<OperationDetail>(`/v1/operations/${path}${query}`, SHAPES.operation)
  }
  /** @param replicants empty: all, a page from `after` on */
  detach = (site: string, replicants: readonly string[], force: boolean, after: string | undefined) => {
    const query = after === undefined ? '' : `?${new URLSearchParams({ after }).toString()}`
    const body = { force, ...(replicants.length > 0 && { replicants }) }
    return this.#json<DetachedPage>('POST', `/v1/sites/${encodeURIComponent(site)}/detach${query}`, body)
  }

  /** @param replicants empty: all from which it was removed, a page from `after` on */
  attach = (site: string, replicants: readonly string[], after: string | undefined) => {
    const query = after === undefined ? '' : `?${new URLSearchParams({ after }).toString()}`
    const body = replicants.length > 0 ? { replicants } : {}
    return this.#json<AttachedPage>('POST', `/v1/sites/${encodeURIComponent(site)}/attach${query}`, body)
  }

  /** Pages until there are `limit` items (a last page may hold some more), or no more. */
  async #pages<T>(
    path: string,
    shape: Shape,
    limit: number,
    after: string | undefined,
    isWanted: ((item: T) => boolean) | undefined,
  ): Promise<Page<T>> {
    const items: T[] = []
    let next = after
    do {
      // Most of what is looked through for a few is not wanted.
      const most = isWanted === undefined ? Math.min(limit - items.length, MAX_PAGE_ITEMS) : MAX_PAGE_ITEMS
      const query = new URLSearchParams({ limit: String(most) })
      if (next !== undefined) query.set('after', next)
      const page = await this.#read<Page<T>>(`${path}?${query.toString()}`, shape)
      items.push(...(isWanted === undefined ? page.items : page.items.filter(isWanted)))
      next = page.next
    } while (next !== undefined && items.length < limit && !this.#options.interrupted.aborted)
    return { items, next }
  }

  /** A site that nobody knows is most often one whose name was mistyped. */
  async #ofSite<T>(name: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof AgentRefusal) || error.code !== 'ERR_SITE_UNKNOWN') throw error
      const near = nearestName(
        name,
        (await this.sites()).map(site => site.name),
      )
      if (near === undefined) throw error
      const { status, code, message } = error
      throw new AgentRefusal(status, {
        code,
        detail: message,
        hint: `Did you mean "${near}"? "cheops site ls" lists all.`,
      })
    }
  }

  async removeService(name: string, save: boolean): Promise<void> {
    const path = `/v1/services/${encodeURIComponent(name)}?save=${String(save)}`
    await readText(await this.#request('DELETE', path, undefined, this.#limit()))
  }

  async forgetSite(name: string): Promise<void> {
    await readText(await this.#request('DELETE', `/v1/sites/${encodeURIComponent(name)}`, undefined, this.#limit()))
  }

  /**
   * Events, until the agent ends or the signal does.
   * @param last so many that the agent has kept come first
   * @param follow whether new ones come then, as they happen
   */
  async *events(signal: AbortSignal, last: number, follow: boolean): AsyncGenerator<EventAnswer> {
    const query = new URLSearchParams({ last: String(last), follow: String(follow) }).toString()
    const response = await this.#request('GET', `/v1/events?${query}`, undefined, this.#limit(), signal)
    response.setEncoding('utf8')
    let rest = ''
    for await (const chunk of response) {
      rest += String(chunk)
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as EventAnswer
      }
    }
  }

  async #statusAnswer(): Promise<AgentStatus> {
    const status = await this.#read<AgentStatus>('/v1/status', SHAPES.status)
    if (status.replication.state === 'counted') {
      const missing = fillAbsent(status.replication, SHAPES.counts, 'replication')
      this.#noteAbsent(missing, status.version)
    }
    return status
  }

  /** What is asked for, readable also where the agent is of another version. */
  async #read<T>(path: string, shape: Shape): Promise<T> {
    const answer = await this.#json<T>('GET', path)
    const missing = fillAbsent(answer, shape)
    if (missing.size > 0 && !this.#hasNoted) {
      const { version } = await this.#json<Partial<AgentStatus>>('GET', '/v1/status').catch(() => NOTHING_TOLD)
      this.#noteAbsent(missing, version)
    }
    return answer
  }

  #noteAbsent(missing: ReadonlySet<string>, version = 'unknown'): void {
    if (missing.size === 0 || this.#hasNoted) return
    this.#hasNoted = true
    const what = [...missing].join(', ')
    this.#options.note?.(
      `note: the agent at ${this.url}, of version ${version}, does not tell: ${what}. This command, of version ${readPackage().version}, shows none.`,
    )
  }

  // The agent describes its answers in its OpenAPI document, and a test holds them to it; they are taken as that here.
  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    const text = await readText(await this.#request(method, path, body, this.#limit()))
    try {
      return JSON.parse(text) as T
    } catch (error) {
      throw new CheopsError(
        'ERR_CLI_AGENT',
        `${this.url} answers, but not as the admin API of an agent does.`,
        {},
        { cause: error },
      )
    }
  }

  #limit(): AbortSignal {
    return AbortSignal.timeout(this.#options.timeoutMs)
  }

  /** @param untilHead ends the wait for the head only; `throughout` ends everything */
  async #request(
    method: string,
    path: string,
    body: object | undefined,
    untilHead: AbortSignal,
    throughout: AbortSignal = this.#options.interrupted,
  ): Promise<IncomingMessage> {
    const { token, timeoutMs, tls } = this.#options
    const content = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      // The agent gives up before we do, so that its reason arrives.
      'cheops-timeout': String(Math.max(1, Math.floor(timeoutMs * 0.9))),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(content === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }),
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = openRequest(new URL(this.url + path), { method, headers, signal: throughout }, tls)
    const onLate = () => request.destroy(lateError(request))
    untilHead.addEventListener('abort', onLate)
    request.once('response', resolve)
    request.once('error', reject)
    request.end(content)
    let response: IncomingMessage
    try {
      response = await promise
    } catch (error) {
      throw connectionError(error, this.url, timeoutMs)
    } finally {
      untilHead.removeEventListener('abort', onLate)
    }
    if ((response.statusCode ?? 0) >= 400) throw await refusal(response, this.url)
    return response
  }
}

const pathOf = ({ service, kind, name }: ReplicantName): string =>
  `/v1/replicants/${[service, kind, name].map(encodeURIComponent).join('/')}`

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw connectionError(new Error('too large'), 'The answer')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isIngress(url: string): CheopsError {
  const hint = 'Give the address of its admin API: port 8078 unless configured otherwise; "cheops up" prints it.'
  return new CheopsError('ERR_CLI_AGENT', `${url} is the ingress of an agent, where clients send requests.`, {
    url,
    hint,
  })
}

async function refusal(response: IncomingMessage, url: string): Promise<Error> {
  const status = response.statusCode ?? 0
  try {
    const problem: unknown = JSON.parse(await readText(response))
    if (typeof problem === 'object' && problem !== null && 'code' in problem && 'detail' in problem) {
      // The admin API knows its own paths: it is an ingress that looks for a service in them.
      if (problem.code === 'ERR_SERVICE_UNKNOWN') return isIngress(url)
      const hint = 'hint' in problem && typeof problem.hint === 'string' ? problem.hint : undefined
      return new AgentRefusal(status, { code: String(problem.code), detail: String(problem.detail), hint })
    }
  } catch {
    // Not ours: below.
  }
  return new CheopsError(
    'ERR_CLI_AGENT',
    `${url} answers as no admin API of an agent does (status ${String(status)}): is it the address of the ingress?`,
    { url, status },
  )
}

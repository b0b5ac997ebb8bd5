import {
  NOTHING_SEEN,
  clientContextText,
  readClientContext,
  replicantKey,
  withSeen,
  type ClientContext,
  type ClientMark,
  type Dot,
  type ReplicantName,
} from '../core/oplog/index.ts'
import { CONTEXT_HEADER, HEADER_NAMES } from '../core/resource/headers.ts'
import { headerValues } from '../core/resource/http-head.ts'
import { CheopsError } from '../errors.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/replication-glue.ts'
import type { Glue } from '../ports/glue.ts'
import { waitOf } from './operation-preference.ts'
import type { Settled } from './replication/write/settled.ts'

/** What is asked of replication: a part of `replication/replicator.ts`. */
export interface SeenReplicas {
  settled(replicant: ReplicantName, operations: readonly Dot[], waitMs: number): Promise<Settled>
  seen(replicant: ReplicantName): Promise<readonly Dot[]>
}

export interface ClientContextsParts {
  readonly site: string
  readonly replication: SeenReplicas
  glue(service: string): Glue | undefined
}

/** How long a request waits for what its client has seen when it does not say: what an operation takes between sites, some times over. */
export const CONTEXT_WAIT_SECONDS = 10

/** `Cheops-Context`: a client sees at each site at least what it has seen at others. */
export class ClientContexts {
  readonly #parts: ClientContextsParts

  constructor(parts: ClientContextsParts) {
    this.#parts = parts
  }

  /**
   * Waits until what the request is about is at least what its client has seen, for as long as `Prefer: wait` says.
   * @returns what it has seen; undefined where it does not say
   * @throws CheopsError ERR_CONTEXT_INVALID, ERR_CONTEXT_UNSETTLED, ERR_CONTEXT_LOST
   */
  async before(exchange: Exchange): Promise<ClientContext | undefined> {
    const values = headerValues(exchange.head.rawHeaders, CONTEXT_HEADER)
    if (values.length === 0) return undefined
    const context = readClientContext(values.join(', '))
    if (context === undefined)
      throw new CheopsError(
        'ERR_CONTEXT_INVALID',
        `${HEADER_NAMES.context} is a list of operations as answers give it.`,
      )
    const waitMs = (waitOf(exchange.head.rawHeaders) ?? CONTEXT_WAIT_SECONDS) * 1000
    const dots = new Map<string, { replicant: ReplicantName; dots: Dot[] }>()
    for (const { replicant, dot } of this.#about(exchange, context)) {
      const entry = dots.get(replicantKey(replicant)) ?? { replicant, dots: [] }
      entry.dots.push(dot)
      dots.set(replicantKey(replicant), entry)
    }
    await Promise.all(dots.values().map(entry => this.#settled(entry.replicant, entry.dots, waitMs)))
    return context
  }

  /**
   * Headers of the answer to a read: what the client has seen with it.
   * @param given what `before` said
   */
  async ofRead(exchange: Exchange, given: ClientContext): Promise<readonly string[]> {
    const { service } = exchange
    const said = this.#describe(exchange)
    if (said?.is !== 'read') return contextHeader(given)
    const replicant = { service, kind: said.kind, name: said.name }
    const dots = await this.#parts.replication.seen(replicant)
    return contextHeader(
      withSeen(
        given,
        dots.map(dot => ({ replicant, dot })),
      ),
    )
  }

  /** Headers of the answer to an operation. */
  ofOperation(given: ClientContext | undefined, mark: ClientMark): readonly string[] {
    return contextHeader(withSeen(given ?? NOTHING_SEEN, [mark]))
  }

  async #settled(replicant: ReplicantName, dots: readonly Dot[], waitMs: number): Promise<void> {
    const { site, replication } = this.#parts
    const settled = await replication.settled(replicant, dots, waitMs)
    const which = dots.map(dot => `${dot.site}/${dot.incarnation}/${dot.number}`).join(', ')
    if (settled === 'unsettled')
      throw new CheopsError('ERR_CONTEXT_UNSETTLED', `${which} on ${replicant.name} is not in effect at ${site} yet.`, {
        site,
        name: replicant.name,
      })
    if (settled === 'lost')
      throw new CheopsError('ERR_CONTEXT_LOST', `${which} on ${replicant.name} was lost; ${site} has all there is.`, {
        site,
        name: replicant.name,
      })
  }

  /** What of it is about the resource, or the list, that the request names. */
  #about(exchange: Exchange, context: ClientContext): readonly ClientMark[] {
    const said = this.#describe(exchange)
    if (said === undefined) return []
    const { service } = exchange
    const ofKind = context.filter(({ replicant }) => replicant.service === service && replicant.kind === said.kind)
    return 'name' in said && said.name !== undefined
      ? ofKind.filter(({ replicant }) => replicant.name === said.name)
      : ofKind
  }

  /** By the path alone. */
  #describe({ service, head, path }: Exchange): Description | undefined {
    return this.#parts.glue(service)?.describe(head, path, undefined)
  }
}

function contextHeader(context: ClientContext): readonly string[] {
  return context.length === 0 ? [] : [HEADER_NAMES.context, clientContextText(context)]
}

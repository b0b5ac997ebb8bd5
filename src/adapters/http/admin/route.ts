import type { ErrorCode } from '../../../errors.ts'
import type { AgentControl } from '../../../ports/control.ts'

/** One route of the admin API: how it is matched, what it does, and all that the OpenAPI document says of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/v1/sites/{site}`: a name in braces is one segment. */
  readonly path: string
  readonly summary: string
  /** Needs no token. */
  readonly open?: true
  readonly query?: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>
  /** Schema of the JSON body that it takes. */
  readonly body?: Schema
  readonly answer: {
    readonly status: number
    readonly description: string
    readonly type: string
    readonly schema: Schema
  }
  /** Errors of its own, beside those of every route. */
  readonly errors?: readonly ErrorCode[]
  handle(context: RouteContext): Answer | Promise<Answer>
}

/** A JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export type Schema = Readonly<Record<string, unknown>>

export interface RouteContext {
  readonly control: AgentControl
  /** Segments that stood for the names in braces, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The parsed body; undefined where the route takes none. */
  readonly body: unknown
  /** Ends when the client goes away or the time is over. */
  readonly signal: AbortSignal
}

export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'empty' }
  /** Server-sent events: the last `kept` ones, and, if it shall follow, new ones until the client goes away. */
  | { readonly kind: 'events'; readonly kept: number; readonly follow: boolean }

export const json = (body: unknown, status = 200): Answer => ({ kind: 'json', status, body })

/** What a route answers in JSON when all is well. */
export const ok = (description: string, schema: Schema): Route['answer'] => ({
  status: 200,
  description,
  type: 'application/json',
  schema,
})

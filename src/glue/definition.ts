import type { Resolution } from '../core/oplog/index.ts'
import type { Level } from '../core/resource/level.ts'

/**
 * A glue definition as the interpreter sees it: the YAML of one application, validated (schema.ts is the same in JSON
 * Schema; a test holds the two together). README.md says which fields are in force.
 */
export interface GlueDefinition {
  /** Version of this format. */
  readonly glue: 1
  /** Name of the application. */
  readonly application: string
  readonly correlate?: CorrelateDefinition | readonly (string | CorrelateDefinition)[]
  /** JSON Pointers of values that are never logged, in any kind. */
  readonly secrets?: readonly string[]
  /** Headers that are stored with an operation, besides those that describe the body. */
  readonly headers?: readonly string[]
  /** What the agent says of its own requests to the application, for all kinds; of a kind they take the place of these. */
  readonly 'agent-headers'?: Readonly<Record<string, string>>
  /** Paths of POSTs that change nothing: searches, queries. */
  readonly reads?: readonly string[]
  /** False where Cheops shall share the application's resources and not replicate them. */
  readonly replication?: boolean
  /** By name. The kind `*` stands for many: its name is what stands at `{kind}` of its templates. */
  readonly kinds: Readonly<Record<string, KindDefinition>>
}

/** The application's calls carry in header `out` what the request that caused them carried in header `in`. */
export interface CorrelateDefinition {
  readonly in: string
  readonly out: string
}

/** A parameter of the query, or a JSON Pointer into the body, that is there and not switched off. */
export type RequestPlace = { readonly query: string } | { readonly body: string }

export interface KindDefinition {
  /** URI template (template.ts) of the collection. */
  readonly collection: string
  /** URI template of one resource; has `{id}`. */
  readonly resource: string
  readonly id?: { readonly at?: string | readonly string[]; readonly from?: 'client' | 'server' | 'either' }
  /** How a resource is created: POST on the collection (default) or on the resource, or PUT on the resource; and by what else, perhaps, on the resource. */
  readonly create?: {
    readonly method?: 'POST' | 'PUT'
    readonly on?: 'collection' | 'resource'
    readonly also?: readonly ('PUT' | 'PATCH')[]
  }
  /** Answers with a status of success, or of 5xx, that mean another error: the first that fits says which. */
  readonly errors?: readonly ErrorDefinition[]
  /** A replace is a delete and a create: the application refuses PUT. */
  readonly immutable?: boolean
  /** What a PUT on what exists does with what it does not name: takes it away (default), or leaves it. */
  readonly put?: 'replaces' | 'merges'
  /** Where the array of a list stands, where its continuation, and where an item of a merged list says its sites. */
  readonly list?: {
    readonly items?: string
    readonly next?: string
    /** The query parameter that takes what stands at `next`; without it that is a link. */
    readonly token?: string
    readonly mark?: string
  }
  /** Where in an answer the resource stands, where it is shown in a frame that it is taken without: `/data`. */
  readonly content?: string
  readonly links?: readonly string[]
  readonly 'agent-headers'?: Readonly<Record<string, string>>
  /** Which fields of two replicas are compared: all but those named here as the application's own (default), or only what operations have set. */
  readonly compare?: 'all' | 'written'
  /** Seconds that the application may take until it shows what it has answered with success. */
  readonly 'settle-within'?: number
  readonly references?: readonly ReferenceDefinition[]
  readonly marker?: { readonly at: string }
  readonly conditions?: 'none' | 'if-match' | { readonly at: readonly string[] }
  readonly 'dry-run'?: readonly RequestPlace[]
  /** What makes a request one that writes a part of a resource. */
  readonly parts?: readonly RequestPlace[]
  readonly level?: Level
  readonly operations?: Readonly<Record<string, OperationDefinition>>
  readonly matrix?: readonly MatrixEntry[]
  readonly 'server-set'?: readonly string[]
  /** What clients may say, and the application assigns where they do not: each site its own. */
  readonly assigned?: readonly string[]
  /** Taken and never shown, or shown as something else: a password. */
  readonly 'write-only'?: readonly string[]
  readonly cross?: CrossDefinition
  /** A body with which the application creates one: what `cheops glue check --against` sends; text as it is. */
  readonly example?: Readonly<Record<string, unknown>> | string
}

/** An answer of success that has `is` at `at` (anything that is not empty, without `is`), and is of the media type `type`, means `status`. */
export interface ErrorDefinition {
  readonly at?: string
  readonly is?: unknown
  readonly type?: string
  /** For answers to reads (GET) alone. */
  readonly read?: boolean
  /** For answers of this status, and not for those of success. */
  readonly answered?: number
  readonly status: number
}

export interface ReferenceDefinition {
  readonly at: string
  readonly kind: string
  readonly dependency: 'requirement' | 'reliance' | 'composition'
}

export interface OperationDefinition {
  readonly method: string
  readonly path: string
  /** It says what the resource is, whatever it was before. */
  readonly reset?: boolean
  /** It may be sent twice. */
  readonly replay?: boolean
  /**
   * How it is found out whether it took effect: Cheops writes a mark into the request's body at `mark`, and the application keeps it at the
   * same place of an item of the resource's `list`.
   */
  readonly probe?: { readonly mark: string; readonly list: string }
}

export interface MatrixEntry {
  readonly before: string
  readonly after: string
  readonly resolve: Resolution
}

export type CrossDefinition =
  | { readonly container: true }
  | { readonly shard: true }
  | { readonly divide: readonly string[]; readonly sum?: readonly string[] }

/** Operations that Cheops issues itself: not to be taken by a definition either. */
export const OWN_OPERATIONS = ['state', 'members'] as const

/** Names of what HTTP does to a resource: there without a definition, and not to be taken by one. */
export const HTTP_OPERATIONS = ['create', 'replace', 'merge', 'patch', 'delete'] as const

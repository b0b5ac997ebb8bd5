import type { MatrixDefinition } from '../core/oplog/index.ts'
import type { Level } from '../core/resource/level.ts'
import type { RequestHead } from '../core/resource/http-head.ts'

/** What replication asks of a driver. A kind or name that comes from a peer may be anything: where it fits nothing, the answer is undefined. */
export interface ReplicationGlue {
  /** Must the body be read before `describe` can answer? True for creates by POST, and where a body may say that it is a dry run, or a part. */
  needsBody(head: RequestHead, path: string): boolean
  /** The body of a request or an answer, as far as the driver can look into it. Never throws. */
  parseBody(rawHeaders: readonly string[], bytes: Uint8Array): ParsedBody
  /** The same of an answer that shows a resource: without the frame that the definition names (`content`), where it is in one. */
  parseAnswer(kind: string, rawHeaders: readonly string[], bytes: Uint8Array): ParsedBody
  /** What a request does, and to which resource. `body` is undefined where it was not read. */
  describe(head: RequestHead, path: string, body: ParsedBody | undefined): Description
  /** What holds for all resources of a kind. */
  kind(name: string): KindTraits | undefined
  /** The status that an answer means: its own, but where it is one of success and the definition says that what is in it is an error. `bytes` is undefined where the body was not read whole. */
  statusOf(
    kind: string,
    method: string,
    status: number,
    rawHeaders: readonly string[],
    bytes: Uint8Array | undefined,
  ): number
  /** What a definition may say so that this answer of success to a read of what is not there (`name`) is understood: a rule of `errors`, as YAML. */
  absenceRule(rawHeaders: readonly string[], bytes: Uint8Array, name: string): string
  /** Where to send what puts a resource into a state, or reads it; undefined for a kind or a name that cannot be. */
  requestFor(kind: string, name: string, action: ResourceAction): ResourceRequest | undefined
  /**
   * The body with which a resource of this name is created, from one that was sent to create or to replace it, or that was read: a body for the
   * resource's own path may lack the name that a create by POST has to say. The same object where nothing is to be added. Undefined where
   * it cannot be made (no JSON object, or several places where the name might belong and none has it): then the state
   * must come from a replica that can be read.
   */
  createBody(kind: string, name: string, body: ParsedBody): ParsedBody | undefined
  /**
   * The name that the application gave, by its answer to a create at `path`: `Location`, else the body. What differs from the name that was asked for is an ID that the
   * application assigned. Undefined where the answer does not say.
   */
  nameInAnswer(kind: string, path: string, answer: ReadAnswer): string | undefined
  /** The headers that are stored with an operation, in their order, names in small letters: what describes the body, and what the definition lists. */
  storedHeaders(head: RequestHead): readonly (readonly [name: string, value: string])[]
  /**
   * A request for other members and for replays: without preconditions, in headers and in the body. The body is the same
   * object where nothing in it was one.
   */
  withoutConditions(kind: string, head: RequestHead, body: ParsedBody): UnconditionalRequest
  /**
   * A replace with the precondition that the application still has what was read: `If-Match` of its strong ETag, or the versions in the body, as
   * the kind says. Without headers and with the same body where the kind takes none, or the answer has none.
   */
  withCondition(kind: string, body: ParsedBody, read: ReadAnswer): ConditionalRequest
  /**
   * A body in which fields that the application sets by itself, or has assigned, are as it shows them here: what a client has read at another site and sent back with its change is that
   * site's. In lists they are those of the item that says the same, and left out where none does. The same body where it says nothing else of them.
   */
  withOwnFields(kind: string, body: ParsedBody, read: ParsedBody): ParsedBody
  /**
   * The body of a request of this type with a mark, by which its effect is found again in what the application shows; the same object where
   * the kind has no place for one, or the body is no JSON object.
   */
  marked(kind: string, type: string, body: ParsedBody, mark: string): ParsedBody
  /** The mark that a request has. */
  markIn(kind: string, type: string, body: ParsedBody): string | undefined
  /** Whether a resource shows the effect of the request with this mark: undefined where it cannot be told by that. */
  showsMark(kind: string, type: string, resource: ParsedBody, mark: string): boolean | undefined
  /** What one replica has and another may be given: without what the application sets and what belongs to one site's versions. */
  stateOf(kind: string, body: ParsedBody): ParsedBody
  /** As `stateOf`, of what was written or is to be: with what clients may say, and the application assigns where they do not (an address). */
  saidOf(kind: string, body: ParsedBody): ParsedBody
  /** What `stateOf` gives, with what the application assigns as it was written; of a list in those items that were written so. The same body where that says so already. */
  withAssigned(kind: string, body: ParsedBody, said: ParsedBody): ParsedBody
  /** What an application may show of a body that was written: without what the definition says is never shown. The same object where that is all. */
  shownOf(kind: string, body: ParsedBody): ParsedBody
  /** Canonical bytes of the fields that operations set: the same at all members that agree. For hashing. */
  comparable(kind: string, body: ParsedBody): Uint8Array
  /** Do two replicas agree? The same as equality of `comparable`. */
  equal(kind: string, a: ParsedBody, b: ParsedBody): boolean
  /** The kind's own resolution matrix, undefined where the default rule says it all. */
  matrixOf(kind: string): KindMatrix | undefined
  /** The items of a list, and its continuation; undefined for what is no list. */
  items(kind: string, body: ParsedBody): ListItems | undefined
  /**
   * One list of several; undefined where no answer is a list.
   * @param compared what of an item is compared; all of it unless given
   */
  mergeLists(
    kind: string,
    answers: readonly ListAnswer[],
    compared?: (item: unknown) => unknown,
  ): MergedList | undefined
  /** What a request for a list (path and query) asks of each site, where it continues a merged one. */
  continuationIn(kind: string, path: string): ListContinuation
  /**
   * A merged list with a continuation that leads to more at all sites which have more, as far as that can be said.
   * @param path of the request, with its query
   * @param kept what sites of the page before, which could not be asked now, were to be asked with: `own` of `ListContinuation`
   */
  continued(kind: string, path: string, merged: MergedList, kept: ReadonlyMap<string, string>): MergedList
  /** The name of the resource that an item of a list is; undefined where the path of the list and the item do not say it. */
  itemName(kind: string, path: string, item: unknown): string | undefined
}

/** `why` is a part of a sentence, about the body: "is no JSON (text/plain)". */
export type ParsedBody =
  | { readonly is: 'json'; readonly value: unknown }
  | { readonly is: 'opaque'; readonly bytes: Uint8Array; readonly why: string }

/** What HTTP does to a resource; a definition may name more (`operations`). */
export type HttpOperation = 'create' | 'replace' | 'merge' | 'patch' | 'delete'

/** What a request is for replication. Paths are percent-encoded, without query. */
export type Description =
  | {
      readonly is: 'operation'
      readonly kind: string
      /** Chosen by the client; with the values of its parents where the path has more variables (`default/web`), or with its folders (`a/b.txt`). */
      readonly name: string
      /** An `HttpOperation`, or a name of the definition. */
      readonly type: string
      /** It may make the resource where there is none: POST of a create, and PUT and PATCH where the definition says so (of their own types). */
      readonly creates: boolean
      /** It says what the resource is, whatever it was. */
      readonly isReset: boolean
      /** It may run again on top of an earlier state that was put back. */
      readonly mayReplay: boolean
      /** It may be sent again when nobody knows whether it took effect. */
      readonly maySendAgain: boolean
      /** Default level of the kind. */
      readonly level: Level
      readonly collectionPath: string
      readonly resourcePath: string
    }
  | {
      /** A create of which nobody can say beforehand how the resource will be called. */
      readonly is: 'unnamed'
      readonly kind: string
      readonly level: Level
      readonly collectionPath: string
      readonly reason: UnnamedReason
      /** A sentence for the client: what is missing, and what to do. */
      readonly why: string
    }
  | {
      readonly is: 'read'
      readonly kind: string
      readonly name: string
      readonly collectionPath: string
      readonly resourcePath: string
    }
  /** The collection, or a folder in it, whose path ends in a slash. */
  | { readonly is: 'list'; readonly kind: string; readonly collectionPath: string }
  | {
      /** It runs at one site and is not recorded. */
      readonly is: 'local'
      readonly reason: LocalReason
      /** A sentence for the client. */
      readonly why: string
      /** What it concerns, where that is known: it may have to run at a member. */
      readonly kind: string | undefined
      readonly name: string | undefined
    }

/**
 * `server-assigns`: the application chooses the ID. `no-body`: it was not read. `not-json`: nobody can look into it. `no-name`: no place of
 * `id.at` has one. `bad-name`: what stands there can be no name.
 */
export type UnnamedReason = 'server-assigns' | 'no-body' | 'not-json' | 'no-name' | 'bad-name'

/**
 * `no-kind`: no template fits. `below`: below a resource, and not named. `collection-delete`: one operation a replicant, not one. `no-operation`:
 * the method means nothing here, or changes nothing. `no-resource`: a named operation whose path names no resource. `bad-name`: the path's ID
 * can be no name. `sharing-only`: the definition says `replication: false`. `part`: it writes a part of a resource, as the definition says.
 */
export type LocalReason =
  | 'no-kind'
  | 'below'
  | 'collection-delete'
  | 'dry-run'
  | 'part'
  | 'upgrade'
  | 'no-operation'
  | 'no-resource'
  | 'bad-name'
  | 'sharing-only'

export interface KindTraits {
  readonly level: Level
  /** Who chooses the ID. */
  readonly idFrom: 'client' | 'server' | 'either'
  /** JSON Pointers of the places where an ID may stand, the first that has one says it. */
  readonly idAt: readonly string[]
  readonly createMethod: 'POST' | 'PUT'
  /** It is made by a request on its own path, which says its name; else on the collection, and the body says it. */
  readonly isMadeByPath: boolean
  /** All requests that may make one where there is none, `createMethod` first: PUT and PATCH on the resource's own path. */
  readonly createsBy: readonly ('POST' | 'PUT' | 'PATCH')[]
  /** A replace is a delete and a create: the application refuses PUT. */
  readonly isImmutable: boolean
  /** A PUT on what exists leaves what it does not name: it is a `merge`, and no `replace`. */
  readonly putMerges: boolean
  /** They stand in folders of any depth: a resource's path with a slash at its end is a folder, not the resource. */
  readonly hasFolders: boolean
  /** The definition names all fields that the application sets by itself: whatever else it shows must be the same at all members. */
  readonly comparesAll: boolean
  /** What the agent says of its own requests to the application, names in small letters, Accept among them; what a request says goes first. */
  readonly agentHeaders: readonly (readonly [name: string, value: string])[]
  /** JSON Pointers of fields that the application takes and never shows. */
  readonly writeOnly: readonly string[]
  /** JSON Pointer of the place where the identity of a create can be written and searched for. */
  readonly markerAt: string | undefined
  /** Whether writes take preconditions, and where: `body` has them at pointers. */
  readonly conditions: { readonly in: 'nothing' | 'if-match' } | { readonly in: 'body'; readonly at: readonly string[] }
  /** How long it may take until the application shows what it has answered with success, milliseconds; undefined: what its answers say, see `settling.ts`. */
  readonly settlesWithinMs: number | undefined
  /** By name, those of HTTP and `state` included. */
  readonly operations: Readonly<Record<string, OperationTraits>>
}

export interface OperationTraits {
  readonly isReset: boolean
  readonly mayReplay: boolean
  readonly maySendAgain: boolean
}

export type ResourceAction = 'create' | 'replace' | 'delete' | 'read'

export interface ResourceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
}

/** An answer whose body was read. */
export interface ReadAnswer {
  readonly rawHeaders: readonly string[]
  readonly body: ParsedBody
}

export interface ConditionalRequest {
  /** Headers to add, names in small letters. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: ParsedBody
}

export interface UnconditionalRequest {
  /** All other headers, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: ParsedBody
}

/**
 * A kind's resolution matrix in one form: resets sorted; only cells that differ from the default, sorted by `before`, then `after`.
 * Operations name it by a hash of `text`.
 */
export interface KindMatrix extends MatrixDefinition {
  /** Canonical: equal texts, equal matrices. */
  readonly text: string
}

export interface ListItems {
  readonly items: readonly unknown[]
  /** What stands at the place of the continuation; undefined at the end of the list. It belongs to the site that gave it. */
  readonly next: unknown
}

export interface ListAnswer {
  readonly site: string
  readonly body: ParsedBody
}

/** `bad`: it claims to continue a merged list, and no agent has made it. */
export type ListContinuation =
  | { readonly is: 'none' }
  | { readonly is: 'bad' }
  /** Sites that are not named had all of theirs on earlier pages. `own` is what the site has given, `path` what it is asked. */
  | {
      readonly is: 'continues'
      readonly sites: ReadonlyMap<string, { readonly own: string; readonly path: string }>
    }

export interface MergedList {
  /** JSON of the first answer that is a list, with the items of all, each marked with its sites; without continuation unless it was `continued`. */
  readonly body: unknown
  /** What stands at the place of the continuation, by site. */
  readonly nexts: ReadonlyMap<string, unknown>
  /** Sites that have more than they said, and to which no continuation leads. */
  readonly incomplete: readonly string[]
  /** There may be more: something looks like a continuation, and the definition names no place of one. */
  readonly mayContinue: boolean
  /** Sites whose answer is no list. */
  readonly unreadable: readonly string[]
}

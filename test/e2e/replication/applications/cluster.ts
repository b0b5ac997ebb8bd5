import { randomUUID } from 'node:crypto'
import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

interface Stored {
  readonly version: number
  readonly uid: string
  readonly created: string
  readonly generation: number
  readonly deleted?: string
  readonly labels: Fields
  readonly finalizers: readonly string[]
  readonly spec: Fields
  readonly status: Fields
}

/** How long a controller takes for what a finalizer asks of it. */
const FINALIZED_AFTER_MS = 1_500

/**
 * As an API server of Kubernetes does it: one counter for all resourceVersions, which begins elsewhere in each cluster; a stale one is 409; generation counts changes of
 * the spec; a controller writes the status, another at each site; a DELETE of what has finalizers answers 200 and takes effect when its controller is done, and until then
 * the name is taken; merge patches, JSON patches of some operations, and server-side apply. Of a namespace's kinds each is served at
 * `/api/v1/namespaces/{namespace}/{kind}`.
 */
export class Cluster extends Served {
  readonly objects: Map<string, Stored>

  constructor(node: string) {
    const cluster = new Objects(node)
    super(asked => cluster.serve(asked))
    this.objects = cluster.objects
  }

  /** The controller of an object that is going is done at once. */
  finalize(name: string): void {
    this.objects.delete(name)
  }

  /** What clients have set of an object; `namespace/kind/name`. */
  item(name: string): Fields | undefined {
    const stored = this.objects.get(name)
    return (
      stored && { labels: stored.labels, spec: stored.spec, ...(stored.deleted !== undefined && { isGoing: true }) }
    )
  }
}

/** As a user writes it by the README of the glue. */
export const CLUSTER_GLUE = `
glue: 1
application: cluster
kinds:
  '*':
    collection: /api/v1/namespaces/{namespace}/{kind}
    resource: /api/v1/namespaces/{namespace}/{kind}/{id}
    id: {at: /metadata/name, from: client}
    create: {method: POST, also: [PATCH]}
    list: {items: /items, next: /metadata/continue, token: continue, mark: /metadata/annotations/sites}
    conditions: {at: [/metadata/resourceVersion]}
    dry-run: [{query: dryRun}]
    server-set:
      - /metadata/uid
      - /metadata/creationTimestamp
      - /metadata/generation
      - /metadata/managedFields
      - /metadata/deletionTimestamp
      - /status
`

const status = (code: number, reason: string, message: string): Answered => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
})

const record = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

class Objects {
  readonly objects = new Map<string, Stored>()
  readonly #node: string
  #version = Math.floor(Math.random() * 1e6)

  constructor(node: string) {
    this.#node = node
  }

  serve(asked: Asked): Answered {
    const { method, path, headers, query } = asked
    const [, , , namespace = '', kind = '', name, below] = path
    if (name === undefined) return this.#collection(asked, namespace, kind)
    const key = `${namespace}/${kind}/${name}`
    const stored = this.objects.get(key)
    const isApply = headers['content-type']?.startsWith('application/apply-patch+') === true
    if (stored === undefined && method === 'PATCH' && isApply)
      return query.has('dryRun') ? { status: 201, body: json(asked) } : this.#put(key, undefined, json(asked), 201)
    if (stored === undefined) return status(404, 'NotFound', `${kind} "${name}" not found`)
    if (below === 'status' && method !== 'GET') {
      const changed = { ...stored, version: ++this.#version, status: record(json(asked)['status']) }
      this.objects.set(key, changed)
      return { status: 200, body: this.#shown(key, changed) }
    }
    switch (method) {
      case 'GET':
        return { status: 200, body: this.#shown(key, stored) }
      case 'DELETE':
        return this.#delete(key, stored)
      case 'PUT':
        return this.#put(key, stored, json(asked), 200, query.has('dryRun'))
      default: {
        const patch = JSON.parse(asked.bytes.toString()) as unknown
        const before = this.#shown(key, stored)
        const isSteps = headers['content-type'] === 'application/json-patch+json'
        const after = isSteps ? stepped(before, patch as readonly Fields[]) : record(merged(before, patch))
        const { metadata } = record(patch)
        const { resourceVersion: _, ...own } = record(after['metadata'])
        const asks = record(metadata)['resourceVersion']
        const body = { ...after, metadata: { ...own, ...(asks !== undefined && { resourceVersion: asks }) } }
        return this.#put(key, stored, body, 200, query.has('dryRun'))
      }
    }
  }

  #collection(asked: Asked, namespace: string, kind: string): Answered {
    const prefix = `${namespace}/${kind}/`
    if (asked.method === 'GET') {
      const keys = [...this.objects.keys()].filter(key => key.startsWith(prefix)).toSorted()
      const items = keys.map(key => this.#shown(key, this.objects.get(key) as Stored))
      return { status: 200, body: { kind: 'List', metadata: { resourceVersion: String(this.#version) }, items } }
    }
    const body = json(asked)
    const name = String(record(body['metadata'])['name'])
    const there = this.objects.get(prefix + name)
    if (there?.deleted !== undefined) return status(409, 'AlreadyExists', `object is being deleted: ${name}`)
    if (there !== undefined) return status(409, 'AlreadyExists', `${kind} "${name}" already exists`)
    return this.#put(prefix + name, undefined, body, 201, asked.query.has('dryRun'))
  }

  #put(key: string, before: Stored | undefined, body: Fields, code: number, isDry = false): Answered {
    const metadata = record(body['metadata'])
    const asks = metadata['resourceVersion']
    if (before !== undefined && asks !== undefined && asks !== String(before.version))
      return status(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version')
    if (before === undefined && asks !== undefined)
      return status(400, 'BadRequest', 'resourceVersion should not be set on objects to be created')
    const spec = record(body['spec'])
    const isSame = before !== undefined && JSON.stringify(before.spec) === JSON.stringify(spec)
    const stored: Stored = {
      version: this.#version + 1,
      uid: before?.uid ?? randomUUID(),
      created: before?.created ?? new Date().toISOString(),
      generation: (before?.generation ?? 0) + (isSame ? 0 : 1),
      labels: record(metadata['labels']),
      finalizers: (metadata['finalizers'] as readonly string[] | undefined) ?? [],
      spec,
      status: before?.status ?? {},
      ...(before?.deleted !== undefined && { deleted: before.deleted }),
    }
    if (!isDry) {
      this.#version++
      this.objects.set(key, stored)
      // A controller of this cluster: what it finds is its own.
      setTimeout(() => this.#observe(key, stored), 50)
    }
    return { status: code, body: this.#shown(key, stored) }
  }

  #observe(key: string, stored: Stored): void {
    if (this.objects.get(key) !== stored) return
    const observed = { observedGeneration: stored.generation, node: this.#node }
    this.objects.set(key, { ...stored, version: ++this.#version, status: observed })
  }

  #delete(key: string, stored: Stored): Answered {
    if (stored.finalizers.length === 0) {
      this.objects.delete(key)
      return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } }
    }
    const going = { ...stored, version: ++this.#version, deleted: stored.deleted ?? new Date().toISOString() }
    this.objects.set(key, going)
    setTimeout(() => {
      if (this.objects.get(key)?.uid === stored.uid) this.objects.delete(key)
    }, FINALIZED_AFTER_MS)
    return { status: 200, body: this.#shown(key, going) }
  }

  #shown(key: string, stored: Stored): Fields {
    const [namespace, kind, name] = key.split('/')
    const { version, uid, created, generation, deleted, labels, finalizers, spec } = stored
    return {
      apiVersion: 'v1',
      kind,
      metadata: {
        name,
        namespace,
        uid,
        resourceVersion: String(version),
        generation,
        creationTimestamp: created,
        ...(Object.keys(labels).length > 0 && { labels }),
        ...(finalizers.length > 0 && { finalizers }),
        ...(deleted !== undefined && { deletionTimestamp: deleted }),
        managedFields: [{ manager: 'kubectl', operation: 'Update', time: created }],
      },
      spec,
      status: stored.status,
    }
  }
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = new Map(Object.entries(record(target)))
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name)
    else result.set(name, merged(result.get(name), value))
  return Object.fromEntries(result)
}

/** RFC 6902, as far as `kubectl patch --type=json` is used with it here: to set a member of the spec. */
function stepped(target: Fields, steps: readonly Fields[]): Fields {
  return steps.reduce<Fields>((before, { path, value }) => {
    const patch = String(path)
      .split('/')
      .slice(1)
      .reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
    return record(merged(before, patch))
  }, target)
}

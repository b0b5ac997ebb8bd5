import { createHash } from 'node:crypto'
import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

interface Revised {
  readonly revision: string
  readonly fields: Fields
}

/**
 * As CouchDB does it: what there is says its revision, in the body and as ETag, and is replaced or deleted by whoever says it too (in the body,
 * in the query, or by `If-Match`); whoever does not is told 409, as is a stale one. Answers to writes have the revision and no document. Nobody else gives a
 * document the same revision.
 */
export class RevisedDocuments extends Served {
  readonly documents: Map<string, Revised>

  constructor(site: string) {
    const documents = new Map<string, Revised>()
    super(asked => serve(documents, site, asked))
    this.documents = documents
  }

  item(name: string): Fields | undefined {
    return this.documents.get(name)?.fields
  }
}

/** As a user writes it. */
export const REVISED_GLUE = `
glue: 1
application: documents
kinds:
  document:
    collection: /{db}
    resource: /{db}/{id}
    id: {at: /_id, from: client}
    create: {method: PUT}
    conditions: {at: [/_rev]}
`

const CONFLICT: Answered = { status: 409, body: { error: 'conflict', reason: 'Document update conflict.' } }
const NONE: Answered = { status: 404, body: { error: 'not_found', reason: 'missing' } }

function serve(documents: Map<string, Revised>, site: string, asked: Asked): Answered {
  const { method, path, headers, query } = asked
  const [, name] = path
  if (name === undefined) return { status: 405, body: { error: 'method_not_allowed' } }
  const there = documents.get(name)
  if (method === 'GET') {
    if (there === undefined) return NONE
    const { revision, fields } = there
    return { status: 200, headers: { etag: `"${revision}"` }, body: { ...fields, _id: name, _rev: revision } }
  }
  if (method !== 'PUT' && method !== 'DELETE') return { status: 405, body: { error: 'method_not_allowed' } }
  if (method === 'DELETE' && there === undefined) return NONE
  const { _rev: said, _id: _, ...fields } = method === 'PUT' ? json(asked) : {}
  const revision = said ?? query.get('rev') ?? headers['if-match']?.replaceAll('"', '')
  if (revision !== there?.revision) return CONFLICT
  const next = Number(there?.revision.split('-')[0] ?? 0) + 1
  const made = `${next}-${createHash('md5')
    .update(`${site} ${JSON.stringify(fields)}`)
    .digest('hex')}`
  if (method === 'PUT') documents.set(name, { revision: made, fields })
  else documents.delete(name)
  return { status: method === 'PUT' ? 201 : 200, body: { ok: true, id: name, rev: made } }
}

import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

interface Document {
  readonly version: number
  readonly fields: Fields
}

/**
 * Documents that are changed on a precondition only: PUT, PATCH (RFC 7396) and DELETE without `If-Match` are 428, with another ETag 412.
 * Nothing that changes something has a body in its answer.
 */
export class StrictDocuments extends Served {
  readonly documents: Map<string, Document>

  constructor() {
    const documents = new Map<string, Document>()
    super(asked => serve(documents, asked))
    this.documents = documents
  }

  item(name: string): Fields | undefined {
    return this.documents.get(name)?.fields
  }
}

/** As a user writes it. */
export const STRICT_GLUE = `
glue: 1
application: documents
kinds:
  document:
    collection: /documents
    resource: /documents/{id}
    id: {at: /id, from: client}
    conditions: if-match
`

const tagOf = ({ version, fields }: Document): string => `"${JSON.stringify(fields).length}-${version}"`

function serve(documents: Map<string, Document>, asked: Asked): Answered {
  const { method, path, headers } = asked
  const [, name] = path
  if (name === undefined) {
    if (method === 'GET') return { status: 200, body: [...documents.values()].map(({ fields }) => fields) }
    const fields = json(asked)
    const id = String(fields['id'])
    if (documents.has(id)) return { status: 409, body: { message: 'exists' } }
    // Instances count from different numbers.
    documents.set(id, { version: Math.floor(Math.random() * 1e9), fields })
    return { status: 201, headers: { location: `/documents/${id}` } }
  }
  const document = documents.get(name)
  if (document === undefined) return { status: 404, body: { message: 'not found' } }
  if (method === 'GET') return { status: 200, headers: { etag: tagOf(document) }, body: document.fields }
  if (headers['if-match'] === undefined) return { status: 428, body: { message: 'If-Match is required' } }
  if (headers['if-match'] !== tagOf(document)) return { status: 412, body: { message: 'changed meanwhile' } }
  if (method === 'DELETE') documents.delete(name)
  else {
    const sent = json(asked)
    const fields = method === 'PUT' ? { ...sent, id: name } : { ...document.fields, ...sent }
    documents.set(name, { version: document.version + 1, fields })
  }
  return { status: 204 }
}

import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

/** Labels are created by POST, named by what the body calls `title`, and changed by PATCH; PUT is 405, and paths are below a prefix. */
export class Labels extends Served {
  readonly labels: Map<string, Fields>

  constructor() {
    const labels = new Map<string, Fields>()
    super(asked => serve(labels, asked))
    this.labels = labels
  }

  item(name: string): Fields | undefined {
    return this.labels.get(name)
  }
}

/** As a user writes it. */
export const LABELS_GLUE = `
glue: 1
application: labels
kinds:
  label:
    collection: /api/v1/labels
    resource: /api/v1/labels/{id}
    id: {at: /title, from: client}
    list: {items: /labels}
`

function serve(labels: Map<string, Fields>, asked: Asked): Answered {
  const { method, path } = asked
  const [, , , name] = path
  if (name === undefined) {
    if (method === 'GET') return { status: 200, body: { total: labels.size, labels: [...labels.values()] } }
    const label = json(asked)
    const title = String(label['title'])
    if (labels.has(title)) return { status: 409, body: { error: `there is a label ${title}` } }
    labels.set(title, label)
    return { status: 201, headers: { location: `/api/v1/labels/${encodeURIComponent(title)}` }, body: { ok: true } }
  }
  const label = labels.get(name)
  if (label === undefined) return { status: 404, body: { error: 'no such label' } }
  if (method === 'GET') return { status: 200, body: label }
  if (method === 'DELETE') {
    labels.delete(name)
    return { status: 204 }
  }
  if (method !== 'PATCH') return { status: 405, headers: { allow: 'GET, PATCH, DELETE' } }
  labels.set(name, { ...label, ...json(asked) })
  return { status: 200, body: { ok: true } }
}

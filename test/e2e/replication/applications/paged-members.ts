import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

const PAGE = 3

/** Lists come in pages: `GET /members?after=…` gives `{items, next}`, where `next` is a path. What is created is shown with its place in line. */
export class PagedMembers extends Served {
  readonly members: Map<string, Fields>

  constructor() {
    const members = new Map<string, Fields>()
    super(asked => serve(members, asked))
    this.members = members
  }

  item(name: string): Fields | undefined {
    return this.members.get(name)
  }
}

/** As a user writes it. */
export const PAGED_GLUE = `
glue: 1
application: members
kinds:
  member:
    collection: /members
    resource: /members/{id}
    id: {at: /name, from: client}
    list: {items: /items, next: /next}
`

function serve(members: Map<string, Fields>, asked: Asked): Answered {
  const { method, path, query } = asked
  const [, name] = path
  if (name === undefined) {
    if (method === 'POST') {
      const member = json(asked)
      const id = String(member['name'])
      if (members.has(id)) return { status: 409, body: { error: 'exists' } }
      members.set(id, member)
      return { status: 201, body: member }
    }
    const names = [...members.keys()].toSorted()
    const after = query.get('after') ?? ''
    const rest = names.filter(each => each > after)
    const page = rest.slice(0, PAGE)
    const next = rest.length > PAGE ? `/members?after=${page.at(-1) ?? ''}` : null
    return { status: 200, body: { items: page.map(each => members.get(each)), next } }
  }
  const member = members.get(name)
  if (member === undefined) return { status: 404, body: { error: 'unknown' } }
  if (method === 'GET') return { status: 200, body: member }
  if (method === 'DELETE') {
    members.delete(name)
    return { status: 204 }
  }
  const changed = method === 'PUT' ? { ...json(asked), name } : { ...member, ...json(asked) }
  members.set(name, changed)
  return { status: 200, body: changed }
}

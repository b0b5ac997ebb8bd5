import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

/** Leaves under names, made and replaced by PUT; what is not there is `null`, and so is what a DELETE leaves, with 200 each. */
export class NullTree extends Served {
  readonly leaves: Map<string, Fields>

  constructor() {
    const leaves = new Map<string, Fields>()
    super(asked => ({ status: 200, body: serve(leaves, asked) }))
    this.leaves = leaves
  }

  item(name: string): Fields | undefined {
    return this.leaves.get(name)
  }
}

/** As a user writes it by what the refusal of a create says. */
export const NULL_GLUE = `
glue: 1
application: tree
kinds:
  leaf:
    collection: /leaves
    resource: /leaves/{id}
    create: {method: PUT}
    errors: [{at: "", is: null, read: true, status: 404}]
`

function serve(leaves: Map<string, Fields>, asked: Asked): Answered['body'] {
  const { method, path } = asked
  const [, name] = path
  if (name === undefined) return Object.fromEntries(leaves)
  if (method === 'PUT') leaves.set(name, json(asked))
  if (method === 'DELETE') leaves.delete(name)
  return leaves.get(name) ?? null
}

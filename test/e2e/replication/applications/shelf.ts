import { randomUUID } from 'node:crypto'
import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

interface Thing {
  readonly fields: Fields
  readonly tag: string
  readonly shelvedAt: number
  readonly moves: number
}

/**
 * Things under names that clients choose, made and replaced by PUT alone (POST is 405), whose bodies do not say the name. It takes preconditions:
 * `If-Match`, `If-None-Match: *`, `If-Unmodified-Since`; tags and times are each instance's own, and so is what it adds: a slip with a
 * number, when a thing was shelved, and how often it was moved.
 */
export class Shelf extends Served {
  readonly things: Map<string, Thing>

  constructor() {
    const things = new Map<string, Thing>()
    super(asked => serve(things, asked))
    this.things = things
  }

  item(name: string): Fields | undefined {
    return this.things.get(name)?.fields
  }
}

function serve(things: Map<string, Thing>, asked: Asked): Answered {
  const { method, path } = asked
  const [, name] = path
  if (name === undefined) {
    if (method !== 'GET') return { status: 405, headers: { allow: 'GET' }, body: { error: 'put it' } }
    return { status: 200, body: { things: [...things].map(([id, thing]) => shown(id, thing)) } }
  }
  const thing = things.get(name)
  if (method === 'GET')
    return thing === undefined
      ? { status: 404, body: { error: 'none' } }
      : {
          status: 200,
          headers: { etag: thing.tag, 'last-modified': new Date(thing.shelvedAt).toUTCString() },
          body: shown(name, thing),
        }
  if (!holds(thing, asked)) return { status: 412, body: { error: 'not as you think' } }
  if (method === 'DELETE') {
    if (!things.delete(name)) return { status: 404, body: { error: 'none' } }
    return { status: 204 }
  }
  if (method !== 'PUT') return { status: 405, headers: { allow: 'GET, PUT, DELETE' }, body: { error: 'put it' } }
  const shelvedAt = Math.floor(Date.now() / 1000) * 1000
  const next = { fields: json(asked), tag: `"${randomUUID()}"`, shelvedAt, moves: (thing?.moves ?? -1) + 1 }
  things.set(name, next)
  return { status: thing === undefined ? 201 : 200, body: shown(name, next) }
}

function shown(name: string, { fields, tag, shelvedAt, moves }: Thing): Fields {
  return { name, ...fields, slip: tag.slice(1, 9), shelvedAt: new Date(shelvedAt).toISOString(), moves }
}

function holds(thing: Thing | undefined, { headers }: Asked): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch, 'if-unmodified-since': since } = headers
  if (match !== undefined && match !== thing?.tag) return false
  if (noneMatch !== undefined && thing !== undefined && (noneMatch === '*' || noneMatch === thing.tag)) return false
  return since === undefined || (thing !== undefined && thing.shelvedAt <= Date.parse(since))
}

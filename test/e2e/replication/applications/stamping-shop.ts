import { randomUUID } from 'node:crypto'
import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

/**
 * Products that are not stored as they were sent: text is trimmed, codes are in capitals, prices have two digits, unknown fields go; what it adds is
 * its own at each instance: times, a revision, a UUID, its own address.
 */
export class StampingShop extends Served {
  readonly products: Map<string, Fields>

  constructor(instance: string) {
    const products = new Map<string, Fields>()
    super(asked => serve(products, instance, asked))
    this.products = products
  }

  /** What clients have set of it, as it is stored. */
  item(name: string): Fields | undefined {
    const product = this.products.get(name)
    if (product === undefined) return undefined
    const { code, title, price, tags } = product
    return JSON.parse(JSON.stringify({ code, title, price, tags })) as Fields
  }
}

function serve(products: Map<string, Fields>, instance: string, asked: Asked): Answered {
  const { method, path } = asked
  const [, name] = path
  const store = (fields: Fields, before: Fields | undefined): Fields => {
    const now = new Date().toISOString()
    const id = String(name ?? fields['id'])
    const { code, title, price, tags } = fields
    const product = {
      id,
      ...(typeof code === 'string' && { code: code.toUpperCase() }),
      ...(typeof title === 'string' && { title: title.trim() }),
      ...(price !== undefined && { price: Number(price).toFixed(2) }),
      ...(Array.isArray(tags) && { tags: [...new Set(tags.map(String))].toSorted() }),
      uuid: before?.['uuid'] ?? randomUUID(),
      firstSeen: before?.['firstSeen'] ?? now,
      lastChanged: now,
      revision: Number(before?.['revision'] ?? 0) + 1,
      links: { self: `http://${instance}/products/${id}` },
    }
    products.set(id, product)
    return product
  }
  if (name === undefined) {
    if (method === 'GET') return { status: 200, body: { products: [...products.values()] } }
    const fields = json(asked)
    if (products.has(String(fields['id']))) return { status: 409, body: { error: 'taken' } }
    return { status: 201, body: store(fields, undefined) }
  }
  const product = products.get(name)
  if (product === undefined) return { status: 404, body: { error: 'unknown' } }
  if (method === 'GET') return { status: 200, body: product }
  if (method === 'DELETE') {
    products.delete(name)
    return { status: 200, body: product }
  }
  return { status: 200, body: store(method === 'PUT' ? json(asked) : { ...product, ...json(asked) }, product) }
}

/** A definition with all that says how bodies are stored, sent, compared and merged, and bodies of its resources. */
import fc from 'fast-check'
import { checkDefinition } from '../../../src/glue/check.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import type { ParsedBody } from '../../../src/ports/replication-glue.ts'

const { definition } = checkDefinition(`
glue: 1
application: warehouse
headers: [X-Tenant]
kinds:
  item:
    collection: /shops/{shop}/items
    resource: /shops/{shop}/items/{id}
    id: {at: /meta/sku, from: client}
    immutable: true
    list: {items: /items, next: /page/next, mark: /meta/sites}
    links: [/self]
    marker: {at: /labels/cheops}
    operations:
      add: {method: POST, path: "/shops/{shop}/items/{id}/lines", replay: false, probe: {mark: /ref, list: /lines}}
      tag: {method: POST, path: "/shops/{shop}/items/{id}/tags"}
    conditions: {at: [/meta/version, /precondition]}
    level: strong
    server-set: [/updated, /status/seen]
  line:
    collection: /lines
    resource: /lines/{id}
    assigned: [/shelf]
    server-set: [/lines/-/seq]
  named:
    collection: /named
    resource: /named/{id}
    id: {at: [/meta/id, /id]}
    server-set: [/id, /meta]
  setting:
    collection: /settings
    resource: /settings/{id}
    create: {method: PUT}
    conditions: if-match
`)
if (definition === undefined) throw new Error('the definition of this test is not valid')
export const glue = interpret(definition)
export const rest = await loadGlue('rest')

export const json = (value: unknown): ParsedBody => ({ is: 'json', value })
export const opaque: ParsedBody = { is: 'opaque', bytes: new Uint8Array([1, 2]), why: 'is not JSON' }
export const encode = (text: string) => new TextEncoder().encode(text)
export const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
export const patchHead = (type: string) => ({ method: 'PATCH', target: '/', rawHeaders: ['Content-Type', type] })

/** JSON whose fields are mostly those that the definition is about. */
const place = fc.constantFrom('updated', 'status', 'seen', 'meta', 'version', 'self', 'labels', 'cheops', 'price', 'x')
export const value = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(place, tie('value'), { maxKeys: 4 }),
  ),
})).value

/**
 * What a request is for replication: one table for the built-in `rest` and one for a definition of our own (more of them
 * in readme.test.ts), each with absolute results; then, as properties, that names and paths are each other's inverse and that no
 * name, path or body leads out of its collection.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestHead } from '../../../src/core/resource/http-head.ts'
import { checkDefinition } from '../../../src/glue/check.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import type { Glue } from '../../../src/ports/glue.ts'

const JSON_TYPE = ['Content-Type', 'application/json']

function head(method: string, rawHeaders: readonly string[] = JSON_TYPE): RequestHead {
  return { method, target: '/ignored', rawHeaders }
}

function define(text: string): Glue {
  const { definition, findings } = checkDefinition(text)
  if (definition === undefined) throw new Error(JSON.stringify(findings))
  return interpret(definition)
}

function describeText(glue: Glue, request: string, body?: string, rawHeaders?: readonly string[]) {
  const [method, path] = request.split(' ') as [string, string]
  const parsed =
    body === undefined ? undefined : glue.parseBody(rawHeaders ?? JSON_TYPE, new TextEncoder().encode(body))
  return glue.describe(head(method, rawHeaders), path, parsed)
}

describe('POSTs that change nothing', () => {
  const glue = define(
    'glue: 1\napplication: a\nreads: [/items/_search, "/{kind}/{id}/_find", "/all/{+path}"]\nkinds:\n  item: {collection: /items, resource: "/items/{id}", create: {method: POST, on: resource}}\n',
  )

  it.each([
    ['POST /items/_search', true],
    ['POST /items/_search/?size=5', true],
    ['POST /items/%5Fsearch', true],
    ['POST /things/7/_find', true],
    ['POST /all/of/them', true],
    ['POST /items/_search/x', false],
    ['POST /items/x', false],
    ['POST /all', false],
    ['POST /', false],
    ['PUT /items/_search', false],
    ['DELETE /items/_search', false],
    ['SEARCH /items/x', true],
    ['GET /items/x', true],
  ])('%s: %s', (request, reads) => {
    const [method, path] = request.split(' ') as [string, string]
    expect(glue.isRead(head(method), path)).toBe(reads)
  })

  it('are no operations', () => {
    expect(describeText(glue, 'POST /items/_search', '{}')).toMatchObject({ is: 'local', reason: 'no-operation' })
    expect(describeText(glue, 'POST /items/x', '{}')).toMatchObject({ is: 'operation', type: 'create' })
  })
})

describe('what is made by POST on its own path', () => {
  const paths = 'collection: /users\n    resource: /users/{id}'
  const glue = define(
    `glue: 1\napplication: a\nkinds:\n  user:\n    ${paths}\n    create: {method: POST, on: resource}\n    parts: [{body: /chunk}]\n`,
  )

  it('is a create by the name in the path, whatever its body', () => {
    const operation = {
      is: 'operation',
      type: 'create',
      creates: true,
      isReset: true,
      name: 'ann',
      resourcePath: '/users/ann',
    }
    for (const body of [undefined, '{"id":"bob"}', '{"admin":true}'])
      expect(describeText(glue, 'POST /users/ann', body)).toMatchObject(operation)
    expect(describeText(glue, 'POST /users/ann', '{"chunk":1}')).toMatchObject({ is: 'local', reason: 'part' })
    expect(glue.analyse(head('POST'), '/users/ann')).toMatchObject({ verb: 'create', id: 'ann' })
    expect(glue.requestFor('user', 'ann', 'create')).toEqual({ method: 'POST', path: '/users/ann' })
    expect(glue.createBody('user', 'ann', { is: 'json', value: { admin: true } })).toEqual({
      is: 'json',
      value: { admin: true },
    })
    expect(glue.kind('user')?.idFrom).toBe('client')
  })

  it('and not by POST on the collection, or PUT', () => {
    expect(describeText(glue, 'POST /users', '{"id":"ann"}')).toMatchObject({ is: 'local', reason: 'no-operation' })
    expect(describeText(glue, 'PUT /users/ann', '{}')).toMatchObject({ type: 'replace', creates: false })
    expect(glue.analyse(head('POST'), '/users')).toMatchObject({ verb: 'other' })
  })
})

it('takes a PUT that leaves what it does not name for a merge, which may create', () => {
  const paths = 'collection: /items\n    resource: /items/{id}'
  const glue = define(
    `glue: 1\napplication: a\nkinds:\n  item:\n    ${paths}\n    create: {also: [PUT]}\n    put: merges\n`,
  )
  const operation = { type: 'merge', creates: true, isReset: false, mayReplay: true, maySendAgain: true }
  expect(describeText(glue, 'PUT /items/x')).toMatchObject(operation)
  expect(describeText(glue, 'POST /items', '{"id":"x"}')).toMatchObject({ type: 'create', isReset: true })
})

describe('the built-in rest', async () => {
  const glue = await loadGlue('rest')
  const pod = { kind: 'pods', name: 'web', collectionPath: '/pods', resourcePath: '/pods/web' }
  const operation = { is: 'operation', ...pod, creates: false, level: 'eventual' }

  it.each([['{"id":"web"}'], ['{"name":"web"}'], ['{"id":"web","name":"Web server"}'], ['{"id":null,"name":"web"}']])(
    'POST /pods %s creates web',
    body => {
      expect(describeText(glue, 'POST /pods?pretty', body)).toEqual({
        ...operation,
        type: 'create',
        creates: true,
        isReset: true,
        mayReplay: true,
        maySendAgain: false,
      })
    },
  )

  it.each([
    ['PUT', JSON_TYPE, 'replace', true, true, true],
    ['PATCH', ['Content-Type', 'application/merge-patch+json'], 'merge', false, true, true],
    ['PATCH', ['Content-Type', 'application/json-patch+json'], 'patch', false, true, false],
    ['PATCH', ['Content-Type', 'application/apply-patch+yaml'], 'patch', false, true, true],
    ['DELETE', [], 'delete', true, true, true],
  ])('%s (%s) of a resource is %s', (method, rawHeaders, type, isReset, mayReplay, maySendAgain) => {
    const found = glue.describe(head(method, rawHeaders), '/pods/web', undefined)
    // Whether a PUT creates, the application says.
    expect(found).toEqual({ ...operation, type, creates: method === 'PUT', isReset, mayReplay, maySendAgain })
  })

  it('takes numbers as IDs, whatever their size', () => {
    expect(describeText(glue, 'POST /pods', '{"id":7}')).toMatchObject({ name: '7' })
    expect(describeText(glue, 'POST /pods', '{"id":12345678901234567891}')).toMatchObject({
      name: '12345678901234567891',
    })
  })

  it('reads and lists', () => {
    expect(describeText(glue, 'GET /pods/web?x=1')).toEqual({ is: 'read', ...pod })
    expect(describeText(glue, 'HEAD /pods/')).toEqual({ is: 'list', kind: 'pods', collectionPath: '/pods' })
  })

  it.each([
    ['{}', 'no-name', 'The body does not say how the new pods is called: give it a name at /id or /name.'],
    ['[1]', 'no-name', 'The body does not say how'],
    ['{"id":{}}', 'bad-name', 'What the body has at /id cannot be the name of a resource of the kind pods.'],
    ['{"id":""}', 'bad-name', 'What the body has at /id'],
    ['{"id":1.5}', 'bad-name', 'What the body has at /id'],
    ['{"id":"."}', 'bad-name', 'cannot be the name'],
    ['{"id":".."}', 'bad-name', 'cannot be the name'],
    ['{"id":"\\ud800"}', 'bad-name', 'cannot be the name'],
    [JSON.stringify({ id: 'x'.repeat(1025) }), 'bad-name', 'cannot be the name'],
    ['{"id":', 'not-json', 'The body is not valid JSON, so nobody can say how the new pods is called'],
    ['', 'not-json', 'The body is empty'],
  ])('POST /pods %s has no name: %s', (body, reason, why) => {
    expect(describeText(glue, 'POST /pods', body)).toEqual({
      is: 'unnamed',
      kind: 'pods',
      level: 'eventual',
      collectionPath: '/pods',
      reason,
      why: expect.stringContaining(why),
    })
  })

  it.each([
    [['Content-Type', 'text/plain; charset=utf-8'], 'The body is not JSON (text/plain)'],
    [['Content-Type', 'application/json', 'Content-Encoding', 'gzip'], 'The body is compressed (gzip)'],
  ])('says of a body of %s what to send instead', (rawHeaders, why) => {
    expect(describeText(glue, 'POST /pods', '{"id":"web"}', rawHeaders)).toMatchObject({
      reason: 'not-json',
      why: expect.stringMatching(
        new RegExp(
          `^${why.replaceAll(/[()]/g, '\\$&')}.*: send JSON .* at /id or /name, not compressed, as application/json\\.$`,
        ),
      ),
    })
  })

  it('reads JSON of other names, and what has none', () => {
    for (const type of [['Content-Type', 'application/vnd.app+json'], ['content-type', 'Text/JSON'], []]) {
      expect(describeText(glue, 'POST /pods', '{"id":"web"}', type)).toMatchObject({ name: 'web' })
    }
  })

  it.each([
    ['GET /', 'no-kind', undefined, undefined],
    ['POST /pods/web/exec', 'below', 'pods', 'web'],
    ['GET /pods/web/log', 'below', 'pods', 'web'],
    ['DELETE /pods', 'collection-delete', 'pods', undefined],
    ['PUT /pods', 'no-operation', 'pods', undefined],
    ['POST /pods/web', 'no-operation', 'pods', 'web'],
    ['OPTIONS /pods/web', 'no-operation', 'pods', 'web'],
    ['PUT /pods/%2e%2e', 'bad-name', 'pods', '..'],
  ])('%s stays local: %s', (request, reason, kind, name) => {
    const why: unknown = expect.stringMatching(/^[A-Z].*\.$/)
    expect(describeText(glue, request)).toEqual({ is: 'local', reason, why, kind, name })
  })

  it('leaves upgrades alone, whatever they address', () => {
    const upgrade = head('GET', ['Connection', 'Upgrade', 'Upgrade', 'websocket'])
    expect(glue.describe(upgrade, '/pods/web', undefined)).toMatchObject({
      is: 'local',
      reason: 'upgrade',
      name: 'web',
    })
  })

  it('needs a body for creates, and for nothing else', () => {
    expect(glue.needsBody(head('POST'), '/pods')).toBe(true)
    for (const request of [
      'PUT /pods/web',
      'PATCH /pods/web',
      'DELETE /pods/web',
      'GET /pods',
      'POST /pods/web/exec',
      'POST /',
    ]) {
      const [method, path] = request.split(' ') as [string, string]
      expect([request, glue.needsBody(head(method), path)]).toEqual([request, false])
    }
  })

  it('says where the body is needed and was not read', () => {
    expect(describeText(glue, 'POST /pods')).toMatchObject({ is: 'unnamed', reason: 'no-body' })
  })
})

const DEFINITION = `
glue: 1
application: warehouse
kinds:
  item:
    collection: /items
    resource: /items/{id}
    id: {at: /meta/sku, from: client}
    dry-run: [{query: dry}]
    level: none
    operations:
      add: {method: POST, path: "/items/{id}/lines"}
      tag: {method: PUT, path: "/items/{id}/tags/{tag}"}
      empty: {method: POST, path: "/items/{id}/empty", reset: true}
      find: {method: POST, path: /items/find}
      peek: {method: GET, path: "/items/{id}/peek"}
  special: {collection: /items/special, resource: "/items/special/{id}"}
  pin: {collection: /pins, resource: "/shops/{shop}/pins/{id}"}
  '*': {collection: "/any/{kind}", resource: "/any/{kind}/{id}"}
`

describe('a definition', () => {
  const glue = define(DEFINITION)

  it.each([
    ['POST /items/7/lines', 'add', false, false],
    ['PUT /items/7/tags/new', 'tag', false, true],
    ['POST /items/7/empty', 'empty', true, true],
  ])('%s is its own operation %s', (request, type, isReset, mayReplay) => {
    expect(describeText(glue, request)).toEqual({
      is: 'operation',
      kind: 'item',
      name: '7',
      type,
      creates: false,
      isReset,
      mayReplay,
      maySendAgain: mayReplay,
      level: 'none',
      collectionPath: '/items',
      resourcePath: '/items/7',
    })
  })

  it.each([
    ['PUT', JSON_TYPE, true],
    ['PATCH', ['Content-Type', 'application/apply-patch+yaml'], true],
    ['PATCH', ['Content-Type', 'application/merge-patch+json'], true],
    ['PATCH', JSON_TYPE, true],
    ['PATCH', ['Content-Type', 'application/json-patch+json'], false],
    ['DELETE', [], false],
  ])('%s %s may create where it says so: %s', (method, rawHeaders, creates) => {
    const all = define(DEFINITION.replace('level: none', 'create: {also: [PATCH, PUT]}'))
    expect(all.kind('item')).toMatchObject({ createMethod: 'POST', createsBy: ['POST', 'PATCH', 'PUT'] })
    expect(all.describe(head(method, rawHeaders), '/items/7', undefined)).toMatchObject({ name: '7', creates })
    expect(all.describe(head(method, rawHeaders), '/items/7/tags/x', undefined)).not.toMatchObject({ creates: true })
    expect(glue.describe(head(method, rawHeaders), '/items/7', undefined)).toMatchObject({ creates: false })
  })

  it('an operation that names no resource, or changes nothing, stays local', () => {
    expect(describeText(glue, 'POST /items/find')).toMatchObject({ reason: 'no-resource', kind: 'item' })
    expect(describeText(glue, 'GET /items/7/peek')).toMatchObject({ reason: 'no-operation', kind: 'item' })
  })

  it('a name whose path means something else is none', () => {
    expect(describeText(glue, 'POST /items', '{"meta":{"sku":"special"}}')).toMatchObject({ reason: 'bad-name' })
    expect(describeText(glue, 'POST /items', '{"meta":{"sku":"find"}}')).toMatchObject({ name: 'find' })
    expect(glue.requestFor('item', 'special', 'delete')).toBeUndefined()
  })

  it('a kind that stands for many does not take the name of another', () => {
    expect(describeText(glue, 'PUT /any/item/7')).toMatchObject({ is: 'local', reason: 'no-kind' })
    expect(describeText(glue, 'PUT /any/thing/7')).toMatchObject({ is: 'operation', kind: 'thing', name: '7' })
  })

  it('a collection that does not say the parents gives no name', () => {
    expect(describeText(glue, 'POST /pins', '{"id":"7"}')).toMatchObject({ is: 'unnamed', reason: 'no-name' })
    expect(glue.needsBody(head('POST'), '/pins')).toBe(false)
    expect(describeText(glue, 'PUT /shops/a%2Fb/pins/7')).toMatchObject({
      name: 'a%2Fb/7',
      resourcePath: '/shops/a%2Fb/pins/7',
    })
  })

  it.each([
    ['?dry', true],
    ['?dry=', true],
    ['?dry=All&x=1', true],
    ['?x=1&dry=true', true],
    ['?dry=false', false],
    ['?dry=0', false],
    ['?DRY=1', false],
    ['?xdry=1', false],
    ['', false],
  ])('PUT /items/7%s is a dry run: %s', (query, is) => {
    const found = describeText(glue, `PUT /items/7${query}`)
    expect(found).toMatchObject(
      is ? { is: 'local', reason: 'dry-run', name: '7' } : { is: 'operation', type: 'replace' },
    )
  })

  it('whose replication is off records nothing', () => {
    const shared = define(DEFINITION.replace('kinds:', 'replication: false\nkinds:'))
    for (const request of ['POST /items', 'PUT /items/7', 'POST /items/7/lines']) {
      expect(describeText(shared, request, '{}')).toMatchObject({ is: 'local', reason: 'sharing-only', kind: 'item' })
    }
    expect(shared.needsBody(head('POST'), '/items')).toBe(false)
    expect(describeText(shared, 'GET /items/7')).toMatchObject({ is: 'read' })
  })

  it('of OpenStack records nothing', async () => {
    const openstack = await loadGlue('openstack')
    expect(describeText(openstack, 'PATCH /v2/images/7', '{}')).toMatchObject({ reason: 'sharing-only' })
    expect(describeText(openstack, 'POST /v3/regions', '{"region":{"id":"a"}}')).toMatchObject({
      reason: 'sharing-only',
    })
  })
})

describe('properties', () => {
  const glue = define(`
glue: 1
application: a
kinds:
  one: {collection: /one, resource: "/one/{id}.json"}
  two: {collection: "/two/{p}", resource: "/two/{p}/x/{id}"}
  '*': {collection: "/any/{kind}", resource: "/any/{kind}/{id}"}
`)
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('.', '..', 'a/b', '%2e', 'x'))

  it('what a path names is at that path', () => {
    fc.assert(
      fc.property(fc.constantFrom('/one/', '/two/p%20/x/', '/any/thing/'), text, (prefix, id) => {
        const path = prefix + encodeURIComponent(id.toWellFormed()) + (prefix === '/one/' ? '.json' : '')
        const found = glue.describe(head('PUT'), path, undefined)
        fc.pre(found.is === 'operation')
        const { kind, name, resourcePath } = found as typeof found & { is: 'operation' }
        expect(glue.requestFor(kind, name, 'read')).toEqual({ method: 'GET', path: resourcePath })
        expect(glue.describe(head('PUT'), resourcePath, undefined)).toEqual(found)
      }),
      { numRuns: 500 },
    )
  })

  it('what a peer calls a kind or a name leads nowhere but to a resource of that kind and name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom('one', 'two', '*'), text), text, (kind, name) => {
        const request = glue.requestFor(kind, name, 'delete')
        fc.pre(request !== undefined)
        const path = request?.path ?? ''
        expect(new URL(path, 'http://h').pathname).toBe(path)
        expect(glue.describe(head('DELETE'), path, undefined)).toMatchObject({ is: 'operation', kind, name })
      }),
      { numRuns: 1000 },
    )
  })

  it('no body makes it throw, and a name that it gives can be addressed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.record({ id: fc.oneof(text, fc.jsonValue()) }).map(v => JSON.stringify(v)),
        ),
        body => {
          const found = describeText(glue, 'POST /two/p', body)
          expect(['operation', 'unnamed']).toContain(found.is)
          const name = found.is === 'operation' ? found.name : 'p/x'
          expect(glue.requestFor('two', name, 'create')).toEqual({ method: 'POST', path: '/two/p' })
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('resources in folders', () => {
  const files = define(`
glue: 1
application: files
kinds:
  file:
    collection: /files
    resource: /files/{+id}
    create: {method: PUT}
    operations:
      lock: {method: POST, path: "/files/{+id}/lock"}
  search: {collection: /files/search, resource: "/files/search/{id}"}
  object:
    collection: /s3/{bucket}
    resource: /s3/{bucket}/{+id}
    create: {method: PUT}
  manifest:
    collection: /v2/{+name}/manifests
    resource: /v2/{+name}/manifests/{id}
    create: {method: PUT}
`)

  it.each([
    ['PUT /files/a', 'operation', 'file', 'a', '/files/a'],
    ['PUT /files/a/b.txt', 'operation', 'file', 'a/b.txt', '/files/a/b.txt'],
    // An encoded slash is one; whatever else is encoded stands for itself, and is written in one way.
    ['PUT /files/a%2fb.txt', 'operation', 'file', 'a/b.txt', '/files/a/b.txt'],
    ['PUT /files/%40scope%2fname', 'operation', 'file', '@scope/name', '/files/@scope/name'],
    ['PUT /files/a/b%3Fc+d%25', 'operation', 'file', 'a/b?c+d%', '/files/a/b%3Fc%2Bd%25'],
    ['PUT /files/a;b/c;d', 'operation', 'file', 'a;b/c;d', '/files/a%3Bb/c%3Bd'],
    ['DELETE /files/a/b', 'operation', 'file', 'a/b', '/files/a/b'],
    ['GET /files/a/b', 'read', 'file', 'a/b', '/files/a/b'],
    ['PUT /s3/b/k', 'operation', 'object', 'b/k', '/s3/b/k'],
    ['PUT /s3/b%2Fc/k/l%2Fm', 'operation', 'object', 'b%2Fc/k/l/m', '/s3/b%2Fc/k/l/m'],
    ['PUT /v2/library/nginx/manifests/1', 'operation', 'manifest', 'library/nginx/1', '/v2/library/nginx/manifests/1'],
    // Text goes before one segment, that before several; and what fits wholly before what something stands below.
    ['PUT /files/search/x', 'operation', 'search', 'x', '/files/search/x'],
    ['PUT /files/search/x/y', 'operation', 'file', 'search/x/y', '/files/search/x/y'],
    ['POST /files/a/b/lock', 'operation', 'file', 'a/b', '/files/a/b'],
    ['PUT /files/a/b/lock', 'operation', 'file', 'a/b/lock', '/files/a/b/lock'],
  ])('%s', (request, is, kind, name, resourcePath) => {
    expect(describeText(files, request)).toMatchObject({ is, kind, name, resourcePath })
  })

  it.each([
    ['GET /files', '/files'],
    ['GET /files/', '/files'],
    ['GET /files/a/b/?x=1', '/files/a/b/'],
    ['GET /s3/b/', '/s3/b'],
    ['GET /s3/b/k/', '/s3/b/k/'],
  ])('%s is a list', (request, collectionPath) => {
    expect(describeText(files, request)).toMatchObject({ is: 'list', collectionPath })
  })

  it.each([
    ['DELETE /files/a/', 'collection-delete', 'a folder of file'],
    ['PUT /files/a/', 'no-operation', 'a folder of file'],
    ['MKCOL /files/a/', 'no-operation', 'a folder of file'],
    // Names that servers read in several ways are none.
    ['PUT /files/a//b', 'bad-name', 'no resource'],
    ['PUT /files//a', 'bad-name', 'no resource'],
    ['PUT /files/a%2F', 'bad-name', 'no resource'],
    ['PUT /files/a%2F%2Fb', 'bad-name', 'no resource'],
    ['PUT /files/a/../b', 'bad-name', 'no resource'],
    ['PUT /files/a%2F..%2Fb', 'bad-name', 'no resource'],
    // Some servers read parameters behind a semicolon, and take the rest for `..`.
    ['PUT /files/a/..%3Bx/b', 'bad-name', 'no resource'],
    ['PUT /files/a/..;x/b', 'bad-name', 'no resource'],
    ['GET /files/a//b/', 'bad-name', 'no folder'],
    ['PUT /files/caf%E9', 'bad-name', 'no UTF-8'],
  ])('%s stays local', (request, reason, why) => {
    const found = describeText(files, request)
    expect(found).toMatchObject({ is: 'local', reason })
    expect('why' in found ? found.why : '').toContain(why)
  })

  it('a name leads to one path, and that to the name', () => {
    const part = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).map(text => text.toWellFormed())
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), parts => {
        const path = parts.map(encodeURIComponent).join('/')
        for (const [kind, prefix] of [
          ['file', '/files/'],
          ['object', '/s3/b/'],
        ] as const) {
          const found = describeText(files, `PUT ${prefix}${path}`)
          if (found.is !== 'operation' || found.kind !== kind) continue
          const again = describeText(files, `PUT ${found.resourcePath}`)
          expect(again).toEqual(found)
          expect(files.requestFor(kind, found.name, 'read')?.path).toBe(found.resourcePath)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('an item of a folder is known by its whole name, and nobody takes what is left of it for another', () => {
    expect(files.itemName('file', '/files', { id: 'a/b' })).toBe('a/b')
    expect(files.itemName('file', '/files/a/', { id: 'a/b' })).toBe('a/b')
    expect(files.itemName('file', '/files/a/', { id: 'b' })).toBeUndefined()
  })
})

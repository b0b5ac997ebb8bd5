/**
 * What is stored, sent and compared: absolute examples for each, and as properties that what is compared does not depend on the
 * order of keys, and that stripping twice is stripping once.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { glue, rest, json, opaque, decode, patchHead, value } from './body-fixture.ts'

describe('marks', () => {
  it.each([
    ['item', 'create', { n: 1 }, { n: 1, labels: { cheops: 'm' } }],
    ['item', 'replace', { labels: { a: 'b', cheops: 'old' } }, { labels: { a: 'b', cheops: 'm' } }],
    ['item', 'add', { n: 1 }, { n: 1, ref: 'm' }],
  ])('of a %s, %s has one', (kind, type, body, marked) => {
    const made = glue.marked(kind, type, json(body), 'm')
    expect(made).toEqual(json(marked))
    expect(glue.markIn(kind, type, made)).toBe('m')
  })

  it.each([
    ['item', 'merge', json({ n: 1 })],
    ['item', 'delete', json({})],
    ['item', 'tag', json({ n: 1 })],
    ['item', 'constructor', json({ n: 1 })],
    ['item', 'create', json([1])],
    ['item', 'create', opaque],
    ['setting', 'replace', json({})],
    ['nothing', 'create', json({})],
  ])('of a %s, %s with %j has none', (kind, type, body) => {
    expect(glue.marked(kind, type, body, 'm')).toBe(body)
    expect(glue.markIn(kind, type, body)).toBeUndefined()
    expect(glue.showsMark(kind, type, body, 'm')).toBeUndefined()
  })

  it.each([
    ['create', { labels: { cheops: 'm' } }, true],
    ['create', { labels: { cheops: 'other' } }, undefined],
    ['create', {}, undefined],
    ['add', { lines: [{ ref: 'other' }, { ref: 'm' }] }, true],
    ['add', { lines: [{ ref: 'other' }] }, false],
    ['add', {}, false],
    ['add', { lines: 'm' }, undefined],
  ])('%s: %j tells %s', (type, resource, shown) => {
    expect(glue.showsMark('item', type, json(resource), 'm')).toBe(shown)
  })

  it('are compared at no member where they are the identity of a create', () => {
    expect(glue.equal('item', json({ n: 1, labels: { cheops: 'a' } }), json({ n: 1, labels: { cheops: 'b' } }))).toBe(
      true,
    )
  })
})

describe('kind', () => {
  it('has all that a definition leaves open', () => {
    expect(rest.kind('pods')).toMatchObject({
      level: 'eventual',
      idFrom: 'either',
      idAt: ['/id', '/name'],
      createMethod: 'POST',
      createsBy: ['POST', 'PUT'],
      isImmutable: false,
      comparesAll: false,
      markerAt: undefined,
      conditions: { in: 'nothing' },
    })
    expect(glue.kind('item')).toMatchObject({
      level: 'strong',
      idFrom: 'client',
      idAt: ['/meta/sku'],
      isImmutable: true,
      comparesAll: true,
      markerAt: '/labels/cheops',
      conditions: {
        in: 'body',
        at: ['/meta/version', '/precondition'],
      },
    })
    expect(glue.kind('setting')).toMatchObject({
      createMethod: 'PUT',
      createsBy: ['PUT'],
      idFrom: 'client',
      conditions: { in: 'if-match' },
    })
    expect(glue.kind('other')).toBeUndefined()
    expect(rest.kind('*')).toBeUndefined()
  })
})

describe('requestFor', () => {
  it.each([
    ['item', 'a/7', 'create', 'POST', '/shops/a/items'],
    ['item', 'a%2Fb/7%207', 'replace', 'PUT', '/shops/a%2Fb/items/7%207'],
    ['item', 'a/7', 'delete', 'DELETE', '/shops/a/items/7'],
    ['item', 'a/7', 'read', 'GET', '/shops/a/items/7'],
    ['setting', 'a/b', 'create', 'PUT', '/settings/a%2Fb'],
  ] as const)('%s %s: %s', (kind, name, action, method, path) => {
    expect(glue.requestFor(kind, name, action)).toEqual({ method, path })
  })

  it.each([
    ['item', '7'],
    ['item', 'a/b/7'],
    ['item', 'a /7'],
    ['item', 'a/'],
    ['item', '../7'],
    ['setting', '..'],
    ['setting', ''],
    ['unknown', '7'],
  ])('%s %s cannot be', (kind, name) => {
    expect(glue.requestFor(kind, name, 'read')).toBeUndefined()
  })
})

describe('createBody', () => {
  it('says the name where a POST has to, and leaves alone what says it', () => {
    expect(glue.createBody('item', 'a/7', json({ price: 1, meta: { x: 1 } }))).toEqual(
      json({ price: 1, meta: { x: 1, sku: '7' } }),
    )
    expect(glue.createBody('item', 'a/7', json({ meta: { sku: '8' } }))).toEqual(json({ meta: { sku: '7' } }))
    for (const body of [json({ meta: { sku: '7' } }), json({ meta: { sku: 7 } })]) {
      expect(glue.createBody('item', 'a/7', body)).toBe(body)
    }
  })

  it('leaves the body of a PUT alone, whatever it is', () => {
    expect(glue.createBody('setting', 'x', opaque)).toBe(opaque)
  })

  it('does not guess', () => {
    expect(glue.createBody('item', 'a/7', opaque)).toBeUndefined()
    expect(glue.createBody('item', 'a/7', json([1]))).toBeUndefined()
    expect(glue.createBody('item', 'seven', json({}))).toBeUndefined()
    expect(glue.createBody('item', 'a /7', json({}))).toBeUndefined()
    // Whether this application calls it id or name, only a body that has been there can tell.
    expect(rest.createBody('pods', 'web', json({ size: 1 }))).toBeUndefined()
    const named = json({ name: 'web', id: 'x' })
    expect(rest.createBody('pods', 'web', named)).toBe(named)
  })
})

describe('nameInAnswer', () => {
  const location = (value: string) => ['Location', value]
  it.each([
    ['/shops/a/items', location('/shops/a/items/7'), {}, 'a/7'],
    ['/shops/a/items', location('http://h:1/prefix/shops/a/items/7?x'), {}, 'a/7'],
    ['/shops/a/items', location('items/7'), {}, 'a/7'],
    ['/shops/a/items', location('/elsewhere'), { meta: { sku: 8 } }, 'a/8'],
    ['/shops/a/items', [], { meta: { sku: '8' } }, 'a/8'],
    ['/shops/a/items', [], { id: 8 }, undefined],
    ['/shops/a/items', location('http://['), {}, undefined],
  ])('%s %s %o', (path, rawHeaders, body, name) => {
    expect(glue.nameInAnswer('item', path, { rawHeaders, body: json(body) })).toBe(name)
  })

  it('tells an ID that the application chose from the name that was asked for', () => {
    expect(rest.nameInAnswer('pods', '/pods', { rawHeaders: [], body: json({ id: 17, name: 'web' }) })).toBe('17')
    expect(rest.nameInAnswer('pods', '/pods', { rawHeaders: ['location', '/pods/17'], body: opaque })).toBe('17')
    expect(rest.nameInAnswer('pods', '/pods', { rawHeaders: ['location', '/nodes/17'], body: opaque })).toBeUndefined()
  })
})

describe('what is stored and sent', () => {
  const rawHeaders = [
    'Authorization',
    'x',
    'Cookie',
    'x',
    'CONTENT-TYPE',
    'a/b',
    'X-Tenant',
    't1',
    'If-Match',
    '"1"',
    'x-tenant',
    't2',
    'Content-Encoding',
    'gzip',
    'X-Other',
    'x',
    'if-none-match',
    '*',
    'Cheops-Scope',
    'x',
  ]

  it('is Content-Type and what the definition lists, in order', () => {
    expect(glue.storedHeaders({ method: 'PUT', target: '/', rawHeaders })).toEqual([
      ['content-type', 'a/b'],
      ['x-tenant', 't1'],
      ['x-tenant', 't2'],
      ['content-encoding', 'gzip'],
    ])
  })

  it('has no preconditions in headers', () => {
    const { rawHeaders: left } = rest.withoutConditions('pods', { method: 'PUT', target: '/', rawHeaders }, opaque)
    expect(left).toEqual(rawHeaders.filter((_, i) => !/^if-/i.test(rawHeaders[i - (i % 2)] ?? '')))
  })

  it.each([
    ['application/json', { price: 1, meta: { version: 3, x: 1 } }, { price: 1, meta: { x: 1 } }],
    ['application/json', { precondition: { uid: 'x' } }, {}],
    [
      'application/json-patch+json',
      [
        { op: 'test', path: '/meta/version', value: 3 },
        { op: 'test', path: '/precondition/uid', value: 3 },
        { op: 'replace', path: '/meta/versions', value: 1 },
      ],
      [{ op: 'replace', path: '/meta/versions', value: 1 }],
    ],
  ])('has none in a body of %s', (type, value, left) => {
    expect(glue.withoutConditions('item', patchHead(type), json(value)).body).toEqual(json(left))
  })

  it('is the same body where it had none', () => {
    const body = json({ meta: { versions: 1 } })
    expect(glue.withoutConditions('item', patchHead('application/json'), body).body).toBe(body)
    const patch = json([{ op: 'test', path: '/price', value: 1 }])
    expect(glue.withoutConditions('item', patchHead('application/json-patch+json'), patch).body).toBe(patch)
    const version = json({ meta: { version: 1 } })
    expect(glue.withoutConditions('setting', patchHead('application/json'), version).body).toBe(version)
  })
})

describe('withCondition', () => {
  const body = json({ price: 2, meta: { version: 1 } })
  const read = (etag: string, value: unknown) => ({ rawHeaders: ['ETag', etag], body: json(value) })

  it('asks for what was read, in the place that the kind has for it', () => {
    expect(glue.withCondition('item', body, read('"e"', { meta: { version: 7 }, price: 1 }))).toEqual({
      headers: [],
      body: json({ price: 2, meta: { version: 7 } }),
    })
    expect(glue.withCondition('setting', opaque, read('"e"', {}))).toEqual({
      headers: [['if-match', '"e"']],
      body: opaque,
    })
  })

  it('asks for nothing where there is nothing to ask for', () => {
    expect(glue.withCondition('setting', body, read('W/"e"', {}))).toEqual({ headers: [], body })
    expect(glue.withCondition('item', body, { rawHeaders: [], body: opaque }).body).toBe(body)
    expect(glue.withCondition('item', body, read('"e"', { price: 1 })).body).toBe(body)
    expect(rest.withCondition('pods', body, read('"e"', {}))).toEqual({ headers: [], body })
  })
})

describe('withOwnFields', () => {
  const read = json({ updated: 'here', status: { seen: 4 }, price: 1 })

  it('puts what the application sets by itself as it shows it here in place of what a body says of it', () => {
    const body = json({ updated: 'there', price: 2, status: { seen: 9, a: 1 } })
    expect(glue.withOwnFields('item', body, read)).toEqual(
      json({ price: 2, status: { a: 1, seen: 4 }, updated: 'here' }),
    )
    // What it does not show is left out.
    expect(glue.withOwnFields('item', body, json({ price: 1 }))).toEqual(json({ price: 2, status: { a: 1 } }))
  })

  it('does so in each item of a list, and with what is assigned', () => {
    const body = json({ lines: [{ n: 1, seq: 7 }, { n: 2 }, { n: 3, seq: 9 }], '-': 1, shelf: 'there' })
    const has = json({
      lines: [
        { n: 1, seq: 4 },
        { n: 2, seq: 5 },
      ],
      shelf: 'here',
    })
    expect(glue.withOwnFields('line', body, has)).toEqual(
      json({ lines: [{ n: 1, seq: 4 }, { n: 2 }, { n: 3 }], '-': 1, shelf: 'here' }),
    )
    expect(glue.equal('line', body, json({ lines: [{ n: 1 }, { n: 2, seq: 1 }, { n: 3 }], '-': 1 }))).toBe(true)
    expect(glue.stateOf('line', body)).toEqual(json({ lines: [{ n: 1 }, { n: 2 }, { n: 3 }], '-': 1 }))
    expect(glue.saidOf('line', body)).toEqual(json({ lines: [{ n: 1 }, { n: 2 }, { n: 3 }], '-': 1, shelf: 'there' }))
    // An object that has a field of this name has that.
    expect(glue.stateOf('line', json({ lines: { '-': { seq: 1, n: 1 }, a: { seq: 1 } } }))).toEqual(
      json({ lines: { '-': { n: 1 }, a: { seq: 1 } } }),
    )
  })

  it('says its name all the same, whatever stands above that', () => {
    const has = json({ meta: { id: 'x', version: 4, uid: 'here' } })
    const body = json({ n: 1, meta: { id: 'x', version: 7, uid: 'there' } })
    expect(glue.withOwnFields('named', body, json({}))).toEqual(json({ n: 1, meta: { id: 'x' } }))
    expect(glue.withOwnFields('named', body, has)).toEqual(json({ n: 1, meta: { id: 'x', version: 4, uid: 'here' } }))
    // The first place that has one says it; another one may be a number of the application's own.
    const numbered = json({ id: 7, meta: { id: 'x' } })
    expect(glue.withOwnFields('named', numbered, json({}))).toEqual(json({ meta: { id: 'x' } }))
    expect(glue.withOwnFields('named', json({ id: 'x', meta: { uid: 'there' } }), json({}))).toEqual(json({ id: 'x' }))
    const same = json({ meta: { id: 'x' }, n: 1 })
    expect(glue.withOwnFields('named', same, json({}))).toBe(same)
  })

  it('is the same body where that says nothing else of it, or nobody can tell', () => {
    for (const same of [json({ updated: 'here', price: 2 }), json({ price: 2 }), opaque])
      expect(glue.withOwnFields('item', same, read)).toBe(same)
    const body = json({ updated: 'there' })
    expect(glue.withOwnFields('item', body, opaque)).toBe(body)
    expect(glue.withOwnFields('nothing', body, read)).toBe(body)
  })
})

describe('comparing', () => {
  it('leaves out what differs from site to site', () => {
    const at = (site: string) =>
      json({
        price: 1,
        self: `http://${site}/7`,
        updated: site,
        meta: { version: site },
        status: {
          seen: site,
          ok: true,
        },
        labels: { cheops: site },
      })
    expect(decode(glue.comparable('item', at('a')))).toBe('{"price":1,"status":{"ok":true}}')
    expect(glue.equal('item', at('a'), at('b'))).toBe(true)
    expect(glue.equal('item', at('a'), json({ price: 2, status: { ok: true } }))).toBe(false)
    // Nothing seen yet.
    expect(glue.equal('item', json({ price: 1, status: { seen: 1 } }), json({ price: 1 }))).toBe(true)
  })

  it('copies what a replica has, less what its application sets', () => {
    const state = glue.stateOf('item', json({ price: 1, self: 'x', updated: 1, meta: { sku: '7', version: 2 } }))
    expect(state).toEqual(json({ price: 1, meta: { sku: '7' } }))
    expect(glue.stateOf('item', opaque)).toBe(opaque)
  })

  it('of what is no JSON compares bytes', () => {
    expect(glue.comparable('item', opaque)).toEqual(new Uint8Array([1, 2]))
  })

  it('the built-in rest leaves out what nearly every application sets', () => {
    const a = json({ id: 'web', size: 1, version: 3, updated_at: 'x' })
    expect(decode(rest.comparable('pods', a))).toBe('{"id":"web","size":1}')
  })
})

describe('properties', () => {
  function reordered(item: unknown): unknown {
    if (typeof item !== 'object' || item === null) return item
    if (Array.isArray(item)) return item.map(reordered)
    return Object.fromEntries(
      Object.entries(item)
        .toReversed()
        .map(([key, below]) => [key, reordered(below)]),
    )
  }

  it('what is compared does not depend on the order of keys', () => {
    fc.assert(
      fc.property(value, item => {
        expect(glue.equal('item', json(item), json(reordered(item)))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('stripping twice is stripping once, and what was stripped compares as before', () => {
    fc.assert(
      fc.property(value, item => {
        const state = glue.stateOf('item', json(item))
        expect(glue.stateOf('item', state)).toEqual(state)
        expect(glue.equal('item', json(item), state)).toBe(true)
        const { body } = glue.withoutConditions('item', patchHead('application/json'), json(item))
        expect(glue.withoutConditions('item', patchHead('application/json'), body).body).toBe(body)
      }),
      { numRuns: 500 },
    )
  })
})

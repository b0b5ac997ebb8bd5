/**
 * What a request is, by definition and by default: one table of requests for a definition that uses every form of path,
 * one for the built-in `rest`.
 */
import { describe, expect, it } from 'vitest'
import type { RequestHead } from '../../../src/core/resource/http-head.ts'
import { checkDefinition } from '../../../src/glue/check.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import { interpret } from '../../../src/glue/interpreter.ts'

const DEFINITION = `
glue: 1
application: inventory
correlate: [X-Request-ID, {in: X-Auth-Token, out: X-Subject-Token}]
secrets: [/password]
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      add: {method: POST, path: "/items/{id}/lines"}
      search: {method: POST, path: /items/search}
  line:
    collection: /items/{item}/rows
    resource: /items/{item}/rows/{id}
  setting:
    collection: /settings
    resource: /settings/{id}.json
    create: {method: PUT}
`

function head(method: string, headers: readonly string[] = []): RequestHead {
  return { method, target: '/ignored', rawHeaders: headers }
}

function define(text: string) {
  const { definition, findings } = checkDefinition(text)
  if (definition === undefined) throw new Error(JSON.stringify(findings))
  return interpret(definition)
}

describe('a definition', () => {
  const glue = define(DEFINITION)

  it.each([
    ['POST /items', 'item', 'create', undefined, undefined],
    ['GET /items', 'item', 'list', undefined, undefined],
    ['GET /items?limit=1', 'item', 'list', undefined, undefined],
    ['DELETE /items', 'item', 'delete', undefined, undefined],
    ['PUT /items', 'item', 'other', undefined, undefined],
    ['GET /items/a%20b', 'item', 'get', 'a b', undefined],
    ['HEAD /items/7', 'item', 'get', '7', undefined],
    ['PUT /items/7', 'item', 'replace', '7', undefined],
    ['PATCH /items/7', 'item', 'patch', '7', undefined],
    ['DELETE /items/7', 'item', 'delete', '7', undefined],
    ['POST /items/7', 'item', 'other', '7', undefined],
    ['OPTIONS /items/7', 'item', 'other', '7', undefined],
    // A named operation, for its own method only.
    ['POST /items/7/lines', 'item', 'other', '7', 'add'],
    ['GET /items/7/lines', 'item', 'other', '7', 'lines'],
    ['POST /items/search', 'item', 'other', undefined, 'search'],
    ['GET /items/search', 'item', 'get', 'search', undefined],
    // Below a resource, as it stood there.
    ['PUT /items/7/status', 'item', 'other', '7', 'status'],
    ['GET /items/7/files/a%2Fb', 'item', 'other', '7', 'files/a%2Fb'],
    // The longer template is meant.
    ['POST /items/7/rows', 'line', 'create', undefined, undefined],
    ['GET /items/7/rows/3', 'line', 'get', '3', undefined],
    ['GET /items/7/rows/3/x', 'line', 'other', '3', 'x'],
    // PUT that creates, text around the variable.
    ['PUT /settings/a.json', 'setting', 'create', 'a', undefined],
    ['POST /settings', 'setting', 'other', undefined, undefined],
    ['GET /settings/a', undefined, 'other', undefined, undefined],
    // The default is local.
    ['GET /', undefined, 'other', undefined, undefined],
    ['POST /else', undefined, 'other', undefined, undefined],
    ['GET *', undefined, 'other', undefined, undefined],
  ])('%s', (request, kind, verb, id, operation) => {
    const [method, path] = request.split(' ') as [string, string]
    expect(glue.analyse(head(method), path)).toEqual({ kind, verb, id, operation })
  })

  it.each([
    ['application/merge-patch+json', 'merge'],
    ['Application/Merge-Patch+JSON; charset=utf-8', 'merge'],
    ['application/json-patch+json', 'patch'],
    ['application/strategic-merge-patch+json', 'patch'],
  ])('PATCH of %s is %s', (type, verb) => {
    expect(glue.analyse(head('PATCH', ['Content-Type', type]), '/items/7').verb).toBe(verb)
  })

  it('gives correlation headers in small letters, and secrets as they are written', () => {
    expect(glue.correlate).toEqual([
      { in: 'x-request-id', out: 'x-request-id' },
      { in: 'x-auth-token', out: 'x-subject-token' },
    ])
    expect(glue.secrets).toEqual(['/password'])
  })

  it('does not depend on the order in which kinds are written', () => {
    const [top, ...kinds] = DEFINITION.split(/\n(?= {2}\w)/)
    const reversed = define([top, ...kinds.toReversed().map(kind => kind.trimEnd())].join('\n'))
    for (const request of ['POST /items/7/rows', 'POST /items/search', 'GET /items/7/rows/3/x', 'GET /items/search']) {
      const [method, path] = request.split(' ') as [string, string]
      expect(reversed.analyse(head(method), path)).toEqual(glue.analyse(head(method), path))
    }
  })
})

describe('the built-in rest', async () => {
  const glue = await loadGlue('rest')

  it.each([
    ['POST /pods', 'pods', 'create', undefined, undefined],
    ['GET /pods', 'pods', 'list', undefined, undefined],
    ['GET /pods/purple', 'pods', 'get', 'purple', undefined],
    ['PUT /pods/purple', 'pods', 'replace', 'purple', undefined],
    ['DELETE /pods/purple', 'pods', 'delete', 'purple', undefined],
    ['POST /pods/purple/exec', 'pods', 'other', 'purple', 'exec'],
    ['GET /', undefined, 'other', undefined, undefined],
  ])('%s', (request, kind, verb, id, operation) => {
    const [method, path] = request.split(' ') as [string, string]
    expect(glue.analyse(head(method), path)).toEqual({ kind, verb, id, operation })
  })

  it('correlates by the two headers that applications pass on, and leaves errors and answers alone', () => {
    expect(glue.correlate.map(rule => rule.in)).toEqual(['x-request-id', 'x-correlation-id'])
    const links = { service: 'a', base: 'http://h', baseOf: () => undefined, endpoints: {} }
    expect(glue.rewrite(head('GET'), '/', { status: 200, reason: '', rawHeaders: [] }, links)).toBeUndefined()
  })
})

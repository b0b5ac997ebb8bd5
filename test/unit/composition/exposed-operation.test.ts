/**
 * What another site wrote runs here only if this site exposes to it what that comes to: absolute examples over the built-in glue
 * `rest`, those included in which an operation says one thing and its request another.
 */
import { expect, test } from 'vitest'
import { isExposed } from '../../../src/composition/exposed-operation.ts'
import type { Service } from '../../../src/composition/services.ts'
import type { Operation, Payload } from '../../../src/core/oplog/index.ts'
import { loadGlue } from '../../../src/glue/index.ts'
import type { Exposure } from '../../../protocols/forward/exposure.ts'

const glue = await loadGlue('rest', 'inventory')

function service(expose: Exposure | undefined): Service {
  return { config: { name: 'inventory', endpoint: 'http://127.0.0.1:1', expose }, glue } as unknown as Service
}

function operation(type: string, payload?: Payload, name = 'bolt'): Operation {
  const dot = { site: 'site2', incarnation: '1-0000000000000000', number: 1 }
  const stamp = { ms: 1, counter: 0 }
  const replicant = { service: 'inventory', kind: 'items', name }
  return { dot, stamp, replicant, life: { dot, stamp }, type, context: [], ...(payload && { payload }) }
}

const JSON_BODY = { bytes: new TextEncoder().encode('{"n":1}') }
const merge = (path: string): Operation =>
  operation('merge', {
    method: 'PATCH',
    path,
    headers: [['content-type', 'application/merge-patch+json']],
    body: JSON_BODY,
  })
const ALL: Exposure = { sites: ['*'], methods: ['*'], paths: ['/**'] }
const ITEMS: Exposure = { sites: ['site2'], methods: ['*'], paths: ['/items', '/items/*'] }

test.each([
  ['nothing is exposed', undefined, operation('replace'), false],
  ['everything', ALL, operation('create'), true],
  ['to that site, on these paths', ITEMS, operation('create'), true],
  ['to another site', { ...ALL, sites: ['site3'] }, operation('create'), false],
  ['reading alone', { ...ALL, methods: ['GET'] }, operation('replace'), false],
  ['creating alone does not let replace', { ...ALL, methods: ['POST'] }, operation('create'), false],
  ['deleting alone', { ...ALL, methods: ['DELETE'] }, operation('delete'), true],
  ['another path', { ...ALL, paths: ['/orders/**'] }, operation('delete'), false],
  ['a merge of that resource', ITEMS, merge('/items/bolt'), true],
  ['a merge that is sent to another resource', ALL, merge('/items/nut'), false],
  ['a merge that is sent below a resource', ALL, merge('/items/bolt/secret'), false],
  ['a merge that is a delete', ALL, operation('merge', { method: 'DELETE', path: '/items/bolt', headers: [] }), false],
  ['a name that might leave its collection', ITEMS, operation('delete', undefined, '../admin'), false],
  ['who the members are, which is nothing that runs', ALL, operation('members'), false],
  ['a merge that says nothing, where nothing is exposed', undefined, operation('merge'), false],
  ['a merge that says nothing', ALL, operation('merge'), false],
  ['an operation of its own that says nothing', ALL, operation('start'), false],
])('%s', (_what, expose, written, allowed) => {
  expect(isExposed(written, service(expose))).toBe(allowed)
})

test('a service that is not offered runs nothing', () => {
  expect(isExposed(operation('create'), undefined)).toBe(false)
})

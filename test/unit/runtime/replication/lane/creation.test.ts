/**
 * How a resource is made where there is none, by what an application of the test answers: as it was made elsewhere, else as the kind says, and in
 * the kind's other way where the application does not know the first. Absolute examples.
 */
import { expect, test } from 'vitest'
import { loadGlue } from '../../../../../src/glue/index.ts'
import { createBy } from '../../../../../src/runtime/replication/lane/creation.ts'
import { Resource } from '../../../../../src/runtime/replication/application/resource.ts'
import type { State } from '../../../../../src/runtime/replication/application/state.ts'
import { newCore } from '../../../../../src/runtime/replication/replica.ts'
import type { Operation } from '../../../../../src/core/oplog/index.ts'
import type { ApplicationRequest } from '../../../../../src/ports/application.ts'
import type { ReplicationOptions } from '../../../../../src/runtime/replication/context.ts'
import type { Replica } from '../../../../../src/runtime/replication/replica.ts'

const glue = await loadGlue('rest')
const NAME = { service: 'shelf', kind: 'things', name: 'mug' }
const STAMP = { ms: 1, counter: 0 }
const DOT = { site: 'there', incarnation: '1-0', number: 1 } as unknown as Operation['dot']

/** The requests that were sent for an operation, with an application that knows those of `known` only. */
async function sentFor(operation: Partial<Operation>, value: unknown, known: readonly string[], begun?: string) {
  const sent: string[] = []
  const request = async ({ method, path, headers }: ApplicationRequest) => {
    sent.push(`${method} ${path} ${pairs(headers).join(', ')}`)
    return {
      status: known.includes(method) ? 201 : 405,
      reason: '',
      rawHeaders: [],
      body: new Uint8Array(),
      isComplete: true,
    }
  }
  const options = { application: { request }, hash: () => '' } as unknown as ReplicationOptions
  const core = newCore(NAME, 'here')
  const life = { stamp: STAMP, dot: DOT }
  const create = { dot: DOT, type: 'create', life, payload: { method: begun, path: '/things/mug', headers: [] } }
  if (begun !== undefined)
    core.replicant = {
      ...core.replicant,
      lives: [{ life, live: [], membership: [create] }],
    } as unknown as typeof core.replicant
  const state = { is: 'json', value } satisfies State
  const replica = { core } as unknown as Replica
  const answer = await createBy(new Resource(options, NAME, glue), replica, operation as Operation, state)
  return [answer?.is, ...sent]
}

const pairs = (headers: readonly string[]): string[] =>
  headers.flatMap((name, place) => (place % 2 === 0 ? `${name}: ${headers[place + 1] ?? ''}` : []))

const payload = (method: string, path: string, type: string) => ({
  method,
  path,
  headers: [['content-type', type] as const],
})
const ACCEPT = 'accept: application/json, */*;q=0.5'
const JSON_TYPE = `content-type: application/json, ${ACCEPT}`

test('a create is made by the request that its client has used', async () => {
  const put = { type: 'create', payload: payload('PUT', '/things/mug', 'application/json') }
  expect(await sentFor(put, { n: 1 }, ['PUT', 'POST'])).toEqual(['done', `PUT /things/mug ${JSON_TYPE}`])
  const post = { type: 'create', payload: payload('POST', '/things', 'application/json') }
  expect(await sentFor(post, { id: 'mug' }, ['PUT', 'POST'])).toEqual(['done', `POST /things ${JSON_TYPE}`])
  const type = 'application/apply-patch+yaml'
  const patch = { type: 'create', payload: payload('PATCH', '/things/mug?by=me', type) }
  expect(await sentFor(patch, { id: 'mug' }, ['PATCH'])).toEqual([
    'done',
    `PATCH /things/mug?by=me content-type: ${type}, ${ACCEPT}`,
  ])
  // An application of another version may know it in another way.
  expect(await sentFor(patch, { id: 'mug' }, ['PUT'])).toEqual([
    'done',
    `PATCH /things/mug?by=me content-type: ${type}, ${ACCEPT}`,
    `POST /things ${JSON_TYPE}`,
    `PUT /things/mug ${JSON_TYPE}`,
  ])
})

test('a later write makes it as its life was begun; where nobody knows that any more, the application says which it takes', async () => {
  const replace = { type: 'replace', payload: payload('PUT', '/things/mug', 'application/json') }
  const named = { id: 'mug', n: 1 }
  expect(await sentFor(replace, named, ['PUT', 'POST'], 'PUT')).toEqual(['done', `PUT /things/mug ${JSON_TYPE}`])
  expect(await sentFor(replace, named, ['PUT', 'POST'], 'POST')).toEqual(['done', `POST /things ${JSON_TYPE}`])
  expect(await sentFor(replace, named, ['PUT'])).toEqual([
    'done',
    `POST /things ${JSON_TYPE}`,
    `PUT /things/mug ${JSON_TYPE}`,
  ])
  // Nobody can say how a POST would name it.
  expect(await sentFor(replace, { n: 1 }, ['PUT', 'POST'])).toEqual(['done', `PUT /things/mug ${JSON_TYPE}`])
  expect(await sentFor(replace, named, [])).toEqual([
    'refused',
    `POST /things ${JSON_TYPE}`,
    `PUT /things/mug ${JSON_TYPE}`,
  ])
})

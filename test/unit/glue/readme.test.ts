/**
 * The examples of src/glue/README.md: all definitions are valid, and the first two make of each request what the tables say; the larger
 * one has every key of the format, and each key has its line in the table of keys.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDefinition } from '../../../src/glue/check.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import { GLUE_SCHEMA, KIND_SCHEMA } from '../../../src/glue/schema.ts'

const readme = await readFile(join(import.meta.dirname, '../../../src/glue/README.md'), 'utf8')
const blocks = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(match => match[1] ?? '')
// One is of an agent's configuration.
const examples = blocks.filter(text => !text.startsWith('services:'))
const parsed = examples.map(checkDefinition)
const [small, large] = parsed

/** Cells of the lines that begin with a request, by the number of columns. */
function rows(columns: number): string[][] {
  return readme
    .split('\n')
    .filter(line => /^\| `[A-Z]+ \//.test(line))
    .map(line => line.split('|').slice(1, -1))
    .map(cells => cells.map(cell => cell.trim().replaceAll('`', '')))
    .filter(cells => cells.length === columns)
}

function glueOf(checked: typeof small) {
  if (checked?.definition === undefined)
    throw new Error(`the example is not valid: ${JSON.stringify(checked?.findings)}`)
  return interpret(checked.definition)
}

it('has definitions of which nothing is to be said but which keys are not in force', () => {
  expect(parsed.map(({ definition }) => definition?.application)).toEqual([
    'inventory',
    'warehouse',
    'couchdb',
    'radicale',
    'files',
    'objects',
    'tickets',
    'rabbitmq',
    'kubernetes',
    'pocketbase',
    'kinto',
    'jupyter',
    'opa',
    'caddy',
    'django',
    'strict',
    'toxiproxy',
    'jupyterhub',
    'consul',
    'icinga',
    'parse',
    'vault',
    'syncthing',
    'airflow',
  ])
  expect(parsed.flatMap(({ findings }) => findings).filter(f => f.severity !== 'note')).toEqual([])
})

it('takes what kubectl sends for a dry run of a delete for none', () => {
  const glue = glueOf(parsed.find(({ definition }) => definition?.application === 'kubernetes'))
  const path = '/apis/apps/v1/namespaces/default/deployments/web'
  const head = { method: 'DELETE', target: path, rawHeaders: ['Content-Type', 'application/json'] }
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' }
  const described = (more: object) =>
    glue.describe(head, path, glue.parseBody(head.rawHeaders, Buffer.from(JSON.stringify({ ...options, ...more }))))
  expect(described({})).toMatchObject({ is: 'operation', type: 'delete' })
  expect(described({ dryRun: ['All'] })).toMatchObject({ is: 'local', reason: 'dry-run' })
})

it.each(['acl', 'tagging', 'uploadId=7&partNumber=2'])(
  'takes a PUT of an object with ?%s for no new body of it',
  query => {
    const glue = glueOf(parsed.find(({ definition }) => definition?.application === 'objects'))
    const described = (path: string) => {
      const head = { method: 'PUT', target: path, rawHeaders: ['Content-Type', 'application/xml'] }
      return glue.describe(head, path, undefined)
    }
    expect(described('/shop/a/b.png')).toMatchObject({ is: 'operation', type: 'replace' })
    expect(described(`/shop/a/b.png?${query}`)).toMatchObject({ is: 'local' })
  },
)

describe('the table of requests', () => {
  it('is there', () => {
    expect(rows(5).length).toBeGreaterThan(5)
  })

  it.each(rows(5))('%s', (request = '', kind, verb, id, operation) => {
    const [method, path] = request.split(' ') as [string, string]
    const found = glueOf(small).analyse({ method, target: path, rawHeaders: [] }, path)
    expect([found.kind ?? '', found.verb, found.id ?? '', found.operation ?? '']).toEqual([kind, verb, id, operation])
  })
})

describe('the table of what replication makes of requests', () => {
  it('is there', () => {
    expect(rows(4).length).toBeGreaterThan(10)
  })

  it.each(rows(4))('%s', (request = '', is, type, name) => {
    const glue = glueOf(large)
    const [method, path, body = ''] = request.split(' ') as [string, string, string?]
    const mediaType = body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded'
    const head = { method, target: path, rawHeaders: ['Content-Type', mediaType] }
    // As the ingress does: the body is read only where it is needed.
    const read = glue.needsBody(head, path)
      ? glue.parseBody(head.rawHeaders, new TextEncoder().encode(body))
      : undefined
    const found = glue.describe(head, path, read)
    const told = 'type' in found ? found.type : 'reason' in found ? found.reason : ''
    expect([found.is, told, ('name' in found ? found.name : undefined) ?? '']).toEqual([is, type, name])
  })
})

describe('each key of the format', () => {
  const { operations, ...ofKind } = KIND_SCHEMA.properties
  const keys = [
    ...Object.keys(GLUE_SCHEMA.properties),
    ...Object.keys(ofKind),
    'operations',
    'id.at',
    'id.from',
    'create.method',
    'list.items',
    'list.next',
    'list.mark',
    'marker.at',
    ...Object.keys(operations.additionalProperties.properties)
      .filter(key => key !== 'method' && key !== 'path')
      .map(key => `operations.*.${key}`),
  ].filter(key => !['id', 'create', 'list', 'marker'].includes(key))

  it.each(keys)('%s stands in the table', key => {
    const first = readme
      .split('\n')
      .filter(line => /^\| `[a-z]/.test(line))
      .map(line => line.split('|')[1] ?? '')
    expect(first.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]))).toContain(key)
  })

  it('stands in the larger example', () => {
    expect(Object.keys(large?.definition ?? {}).toSorted()).toEqual(Object.keys(GLUE_SCHEMA.properties).toSorted())
    const item = large?.definition?.kinds['item'] ?? {}
    expect(Object.keys(item).toSorted()).toEqual(Object.keys(KIND_SCHEMA.properties).toSorted())
  })
})

/** What answers of success mean that say something else, and what is proposed for a definition that does not say it. Absolute examples. */
import { expect, test } from 'vitest'
import { absenceRule, statusMeant } from '../../../src/glue/errors.ts'
import { checkDefinition } from '../../../src/glue/check.ts'

const JSON_TYPE = ['Content-Type', 'application/json']
const HTML = ['Content-Type', 'text/html; charset=utf-8']
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

const RULES = [
  { at: '/error', is: 'not found', status: 404 },
  { at: '/error', status: 422 },
  { at: '/ok', is: false, status: 409 },
  { type: 'text/HTML', status: 410 },
  { type: 'application/json', at: '/code', is: 7, status: 503 },
]

test.each<[number, readonly string[], unknown, number]>([
  [200, JSON_TYPE, { error: 'not found' }, 404],
  [201, JSON_TYPE, { error: 'no beds' }, 422],
  [200, JSON_TYPE, { error: '', ok: false }, 409],
  [200, JSON_TYPE, { error: null, ok: 0 }, 200],
  [200, JSON_TYPE, { error: [], code: 7 }, 503],
  [200, JSON_TYPE, { code: '7' }, 200],
  [200, HTML, '<html>', 410],
  [200, ['Content-Type', 'text/plain'], 'not found', 200],
  [204, [], '', 204],
  // What says so itself is believed.
  [500, JSON_TYPE, { error: 'not found' }, 500],
  [302, HTML, '', 302],
])('%i %j %j means %i', (status, rawHeaders, body, meant) => {
  expect(statusMeant(RULES, 'PUT', status, rawHeaders, bytes(body))).toBe(meant)
  expect(statusMeant([], 'PUT', status, rawHeaders, bytes(body))).toBe(status)
})

test('a rule for a status of 5xx is for answers of that status alone, and says nothing where the body does not say it', () => {
  const rules = [
    { answered: 500, at: '/results/0/errors', status: 422 },
    { at: '/error', status: 409 },
  ]
  const meant = (status: number, body: unknown, rawHeaders = JSON_TYPE) =>
    statusMeant(rules, 'PUT', status, rawHeaders, bytes(body))
  const refused = { results: [{ code: 500, errors: ["Object 'web' already exists."] }] }
  expect([meant(500, refused), meant(503, refused), meant(200, refused)]).toEqual([422, 503, 200])
  expect([meant(500, { error: 'x' }), meant(500, '<h1>', HTML), meant(200, { error: 'x' })]).toEqual([500, 500, 409])
  expect(statusMeant(rules, 'PUT', 500, JSON_TYPE, undefined)).toBe(500)
})

test('a rule for reads says nothing of writes, and none says anything of a body that was not read whole', () => {
  const rules = [
    { at: '', is: null, read: true, status: 404 },
    { type: 'text/html', status: 410 },
  ]
  const meant = (method: string, rawHeaders: readonly string[], body: Uint8Array | undefined) =>
    statusMeant(rules, method, 200, rawHeaders, body)
  const reads = [
    meant('GET', JSON_TYPE, bytes('null')),
    meant('GET', [], bytes('')),
    meant('GET', JSON_TYPE, bytes({})),
  ]
  expect(reads).toEqual([404, 404, 200])
  expect([meant('DELETE', JSON_TYPE, bytes('null')), meant('PUT', [], bytes(''))]).toEqual([200, 200])
  expect([meant('GET', JSON_TYPE, undefined), meant('GET', HTML, undefined)]).toEqual([200, 410])
})

test.each<[readonly string[], unknown, string]>([
  [JSON_TYPE, { ok: false, error: 'not found' }, '{at: /error, is: "not found", status: 404}'],
  [JSON_TYPE, { found: false, data: [] }, '{at: /found, is: false, status: 404}'],
  // What has the name in it is another text for each.
  [JSON_TYPE, { error: 'x-1 was not found' }, '{at: /error, status: 404}'],
  [JSON_TYPE, { value: null }, '{at: /PLACE, is: VALUE, status: 404}'],
  [JSON_TYPE, [7], '{at: /PLACE, is: VALUE, status: 404}'],
  // What key-value stores show of what they have not.
  [JSON_TYPE, null, '{at: "", is: null, read: true, status: 404}'],
  [JSON_TYPE, [], '{at: "", is: [], read: true, status: 404}'],
  [JSON_TYPE, {}, '{at: "", is: {}, read: true, status: 404}'],
  [HTML, '<html>', '{type: text/html, status: 404}'],
  [[], '', '{at: "", is: null, read: true, status: 404}'],
])('%j %j: %s', (rawHeaders, body, rule) => {
  expect(absenceRule(rawHeaders, bytes(body), 'x-1')).toBe(rule)
  if (rule.includes('PLACE')) return
  const definition = (errors: string) =>
    `glue: 1\napplication: a\nkinds:\n  k: {collection: /k, resource: "/k/{id}", errors: [${errors}]}\n`
  const { definition: read, findings } = checkDefinition(definition(rule))
  expect(findings).toEqual([])
  expect(statusMeant(read?.kinds['k']?.errors ?? [], 'GET', 200, rawHeaders, bytes(body))).toBe(404)
  for (const wrong of [
    '{status: 404}',
    '{at: /x, read: 1, status: 404}',
    '{type: a/b, is: 1, status: 404}',
    '{at: /x, status: 200}',
    '{at: x, status: 404}',
  ])
    expect(checkDefinition(definition(wrong)).findings, wrong).toMatchObject([{ severity: 'error' }])
})

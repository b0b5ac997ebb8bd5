/**
 * Errors as answers: RFC 9457 for each entry of the table, `Retry-After` exactly where certainly nothing happened, never 409,
 * and what the glue says in its application's dialect in place of it.
 */
import { describe, expect, test } from 'vitest'
import { problemAnswer, problemBytes } from '../../../../src/adapters/http/problem.ts'
import { CheopsError, ERRORS } from '../../../../src/errors.ts'
import type { ErrorCode } from '../../../../src/errors.ts'
import type { Glue } from '../../../../src/ports/glue.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

function headersOf(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    expect(headers.has(name), `${name} twice`).toBe(false)
    headers.set(name, rawHeaders[i + 1] as string)
  }
  return headers
}

describe.each(CODES)('%s', code => {
  const error = new CheopsError(code, 'What went wrong.', { service: 'app' })
  const answer = problemAnswer(error, 'site1', undefined, undefined)
  const headers = headersOf(answer.rawHeaders)

  test('is a problem of RFC 9457', () => {
    const body = JSON.parse(Buffer.from(answer.body).toString()) as Record<string, unknown>
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('content-length')).toBe(String(answer.body.length))
    expect(headers.get('cheops-error')).toBe(code)
    expect(headers.get('cheops-site')).toBe('site1')
    expect(body).toEqual({
      type: `urn:cheops:problem:${code}`,
      title: ERRORS[code].title,
      status: answer.status,
      detail: 'What went wrong.',
      code,
      hint: ERRORS[code].hint,
      site: 'site1',
      service: 'app',
    })
  })

  test('has a status of an error that no client loops on', () => {
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(600)
    expect(answer.status).not.toBe(409)
    expect(answer.reason).not.toBe('')
  })

  test('carries Retry-After exactly where certainly nothing has happened', () => {
    expect(headers.has('retry-after')).toBe('retry' in ERRORS[code])
    // A client may send again what it is told so with one of these; what may have happened has a status that says nothing of it.
    if ('retry' in ERRORS[code]) expect([503, 423]).toContain(answer.status)
  })
})

test('an outcome that is not known invites nobody to try again', () => {
  expect(ERRORS.ERR_OUTCOME_UNKNOWN).toMatchObject({ status: 500 })
  expect('retry' in ERRORS.ERR_OUTCOME_UNKNOWN).toBe(false)
})

test('what is known beside cannot take the place of the standard members', () => {
  const meta = { site: 'site9', status: 200, type: 'x', code: 'y', title: 'z', detail: 'd' }
  const { body } = problemAnswer(new CheopsError('ERR_SITE_UNREACHABLE', 'No.', meta), 'site1', undefined, undefined)
  expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
    site: 'site1',
    status: 503,
    code: 'ERR_SITE_UNREACHABLE',
    detail: 'No.',
  })
})

test.each([
  ['ERR_REQUEST_TOKEN', 'proxy-authenticate'],
  ['ERR_REQUEST_CONNECT', 'allow'],
] as const)('%s carries the header that its status asks for', (code, header) => {
  expect(headersOf(problemAnswer(new CheopsError(code, 'x'), 's', undefined, undefined).rawHeaders).has(header)).toBe(
    true,
  )
})

test("the application's dialect: its status, headers and body, with the headers of Cheops beside them", () => {
  const glue = {
    refuse: () => ({ status: 418, rawHeaders: ['Content-Type', 'text/x'], body: Buffer.from('no') }),
  } as unknown as Glue
  const head = { method: 'GET', target: '/', rawHeaders: [] }
  const answer = problemAnswer(new CheopsError('ERR_SITE_UNREACHABLE', 'x'), 'site1', glue, head)
  const headers = headersOf(answer.rawHeaders)
  expect(answer).toMatchObject({ status: 418, reason: "I'm a Teapot" })
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/x',
    'content-length': '2',
    'cheops-error': 'ERR_SITE_UNREACHABLE',
    'retry-after': '1',
  })
})

test('as bytes it is one whole answer that ends the connection', () => {
  const text = problemBytes(new CheopsError('ERR_REQUEST_INVALID', 'café'), 'site1').toString()
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(head).toMatch(/\r\nConnection: close$/)
  expect(Number(/Content-Length: (\d+)/.exec(head)?.[1])).toBe(Buffer.byteLength(body))
  expect(JSON.parse(body)).toMatchObject({ detail: 'café' })
})

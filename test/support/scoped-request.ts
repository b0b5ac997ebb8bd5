import { expect } from 'vitest'
import { bodyOfMessage, headOfMessage, isWhole } from './raw-http.ts'
import type { RawAnswer } from './raw-http.ts'

/** Answers each request with 200 and "ok". */
export const ok: RawAnswer = (socket, got) => {
  if (isWhole(got)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

/** What a test asks of a problem. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly site: string
}

/** Reads an answer that must be a problem, said by one site. */
export function problemOf(answer: string): Problem {
  const { code, site } = JSON.parse(bodyOfMessage(answer)) as { code: string; site: string }
  expect(headOfMessage(answer)).toMatch(/\r\nContent-Type: application\/problem\+json\r\n/)
  expect(headOfMessage(answer).match(/\r\nCheops-Site: /g)).toHaveLength(1)
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), code, site }
}

/** A request with a scope for the application `app`. */
export const request = (
  scope: string,
  { method = 'GET', path = '/app/items/1', body = '', headers = '' } = {},
): string =>
  `${method} ${path} HTTP/1.1\r\nHost: h\r\nCheops-Scope: ${scope}\r\n${headers}${
    body === '' ? '' : `Content-Length: ${body.length}\r\n`
  }\r\n${body}`

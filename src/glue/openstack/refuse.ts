import { STATUS_CODES } from 'node:http'
import { headerValue, type RequestHead } from '../../core/resource/http-head.ts'
import type { CheopsError } from '../../errors.ts'
import type { Refusal } from '../../ports/glue.ts'

/**
 * A problem of Cheops as Keystone or Glance would say it, so that clients show its sentence. Both forms were recorded
 * from the services of Debian 12 (Keystone 22, Glance 25); the services' errors also carry no field of their own code,
 * so Cheops' code stands at the end of the sentence.
 */
export function refuse(error: CheopsError, head: RequestHead): Refusal {
  const { status, hint } = error.spec
  const sentence = `${error.message} ${hint} (${error.code})`
  const title = STATUS_CODES[status] ?? 'Error'
  return isForGlance(head) ? glance(status, title, sentence, head) : keystone(status, title, sentence)
}

/**
 * Glance serves /v2 and Keystone /v3; a target without a version begins with the service's name, unless it came in on a
 * listener of its own: then it is Keystone's form, which clients of both understand.
 */
function isForGlance(head: RequestHead): boolean {
  const target = head.target.split('?', 1)[0] as string
  return /\/(v[12](\.\d+)?|image)(\/|$)/.test(target) && !/\/v3(\/|$)/.test(target)
}

function keystone(status: number, title: string, message: string): Refusal {
  return refusal(status, 'application/json', JSON.stringify({ error: { code: status, message, title } }) + '\n')
}

/** Glance's errors are those of WebOb: HTML, unless the client asks for JSON. */
function glance(status: number, title: string, message: string, head: RequestHead): Refusal {
  const line = `${status} ${title}`
  if ((headerValue(head.rawHeaders, 'accept') ?? '').toLowerCase().includes('application/json')) {
    // WebOb leaves "<br /><br />" behind the message here; clients show it as it is, so we leave it out.
    const body = { message, code: line, title }
    return refusal(status, 'application/json', JSON.stringify(body))
  }
  const html = [
    '<html>',
    ' <head>',
    `  <title>${line}</title>`,
    ' </head>',
    ' <body>',
    `  <h1>${line}</h1>`,
    `  ${escapeHtml(message)}<br /><br />`,
    '',
    '',
    '',
    ' </body>',
    '</html>',
  ].join('\n')
  return refusal(status, 'text/html; charset=UTF-8', html)
}

function refusal(status: number, contentType: string, body: string): Refusal {
  return { status, rawHeaders: ['Content-Type', contentType], body: new TextEncoder().encode(body) }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

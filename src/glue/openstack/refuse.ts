import { STATUS_CODES } from 'node:http'
import { headerValue, type RequestHead } from '../../core/resource/http-head.ts'
import type { CheopsError } from '../../errors.ts'
import type { Refusal } from '../../ports/glue.ts'

/**
 * A problem of Cheops as Keystone or Glance would say it, so that clients show its sentence. Both forms were recorded
 * from the services of Debian 12 (Keystone 22, Glance 25). They have no field for a code, so Cheops' stands at the end of
 * the sentence.
 * @param service name of the service in the mesh, where it is known
 */
export function refuse(error: CheopsError, head: RequestHead, service: string | undefined): Refusal {
  const { status, hint } = error.spec
  const sentence = `${error.message} ${hint} (${error.code})`
  const title = STATUS_CODES[status] ?? 'Error'
  if (!isForGlance(head, service)) return keystone(status, title, sentence)
  return isHiddenByClient(head) ? signpost() : glance(status, title, sentence, head)
}

/**
 * By the service where it is called as catalogs call it. Else Glance serves /v2 and Keystone /v3; a target without a
 * version may begin with the service's name; and where nothing tells, Keystone's form is understood by clients of both.
 */
function isForGlance(head: RequestHead, service: string | undefined): boolean {
  if (service === 'image' || service === 'glance') return true
  if (service === 'identity' || service === 'keystone') return false
  const path = pathOf(head)
  return /\/(v[12](\.\d+)?|image)(\/|$)/.test(path) && !/\/v3(\/|$)/.test(path)
}

/**
 * keystoneauth asks Glance for its versions before anything else, throws away what an error says, and ends with "exists but
 * does not have any supported versions". So it is shown the way to /v2, which every Glance since 2012 has, and gets the
 * error itself for what it really asks for. (Of Keystone it asks for a token next, and shows what that says.)
 */
function isHiddenByClient(head: RequestHead): boolean {
  const client = headerValue(head.rawHeaders, 'user-agent') ?? ''
  return head.method === 'GET' && client.includes('keystoneauth') && !/\/v\d/.test(pathOf(head))
}

/** Relative, since only the client knows how it came here; keystoneauth takes it as below the address that it asked. */
function signpost(): Refusal {
  const versions = [{ id: 'v2.0', status: 'SUPPORTED', links: [{ rel: 'self', href: 'v2/' }] }]
  return refusal(300, 'application/json', JSON.stringify({ versions }))
}

function pathOf(head: RequestHead): string {
  return head.target.split('?', 1)[0] as string
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

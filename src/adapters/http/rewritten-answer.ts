import type { IncomingMessage } from 'node:http'
import { decodedBody, tooLarge } from './decoded-body.ts'
import type { Rewrite } from '../../ports/glue.ts'

/** What described the body as it was; the new one is described anew. */
const BODY_HEADERS = new Set([
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'content-md5',
  'etag',
  'digest',
])

/**
 * Reads the whole answer, decodes it, has it rewritten, and gives head and body to send instead.
 * @throws CheopsError ERR_APPLICATION_ANSWER_TOO_LARGE above `rewrite.maxBytes`, ERR_APPLICATION_INVALID for an encoding that
 * cannot be undone; any other error if the answer breaks off
 */
export async function rewrittenAnswer(
  answer: IncomingMessage,
  rewrite: Rewrite,
  isHead: boolean,
): Promise<{ rawHeaders: string[]; body: Buffer }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > rewrite.maxBytes) throw tooLarge(rewrite.maxBytes)
    chunks.push(chunk)
  }
  if (!answer.complete) throw new Error('the answer broke off')
  const rawHeaders: string[] = []
  for (let i = 0; i < rewrite.rawHeaders.length; i += 2) {
    const name = rewrite.rawHeaders[i] as string
    if (isHead || length === 0 || !BODY_HEADERS.has(name.toLowerCase())) {
      rawHeaders.push(name, rewrite.rawHeaders[i + 1] as string)
    }
  }
  if (isHead || length === 0) return { rawHeaders, body: Buffer.alloc(0) }
  const decoded = await decodedBody(Buffer.concat(chunks), answer.headers['content-encoding'], rewrite.maxBytes)
  const body = Buffer.from(rewrite.body(decoded))
  rawHeaders.push('Content-Length', String(body.length))
  return { rawHeaders, body }
}

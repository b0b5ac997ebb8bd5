import { headerValue } from '../../../core/resource/http-head.ts'
import { CheopsError } from '../../../errors.ts'
import { decodedBody } from '../decoded-body.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'

/** What described the body as it came. */
const BODY_HEADERS: ReadonlySet<string> = new Set(['content-length', 'content-encoding', 'content-md5', 'digest'])

/** JSON, and what is built on it. */
const JSON_TYPE = /^(application|text)\/([^/;]+\+)?json\s*(;|$)/i

/**
 * An answer without its Content-Encoding, where it is JSON: some applications compress whatever is asked. Anything else that is compressed though
 * nobody wants it so is a file that was stored like that. What cannot be undone, or would be larger than `maxBytes`, stays as it is, and says so in its head.
 */
export async function decodedAnswer(answer: ApplicationAnswer, maxBytes: number): Promise<ApplicationAnswer> {
  const { rawHeaders, body, isComplete, digest } = answer
  const encodings = headerValue(rawHeaders, 'content-encoding')
  if (encodings === undefined || body.length === 0 || !isComplete || digest !== undefined) return answer
  if (!JSON_TYPE.test(headerValue(rawHeaders, 'content-type')?.trim() ?? '')) return answer
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
    const decoded = await decodedBody(bytes, encodings, maxBytes)
    const kept = rawHeaders.flatMap((name, place) =>
      place % 2 === 0 && !BODY_HEADERS.has(name.toLowerCase()) ? [name, rawHeaders[place + 1] ?? ''] : [],
    )
    return { ...answer, rawHeaders: [...kept, 'Content-Length', String(decoded.length)], body: decoded }
  } catch (error) {
    if (!(error instanceof CheopsError)) throw error
    return answer
  }
}

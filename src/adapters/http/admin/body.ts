import type { IncomingMessage } from 'node:http'
import { CheopsError } from '../../../errors.ts'

/**
 * Reads a JSON body.
 * @throws CheopsError ERR_ADMIN_BODY_SIZE above `maxBytes`, ERR_ADMIN_INPUT for what is no JSON
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not destroy the connection: the client is to read why its body was refused.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Buffer)) continue
    size += chunk.length
    if (size > maxBytes) {
      throw new CheopsError('ERR_ADMIN_BODY_SIZE', `The body has more than ${String(maxBytes)} bytes.`, { maxBytes })
    }
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return value
  } catch (error) {
    throw new CheopsError('ERR_ADMIN_INPUT', 'The body is no JSON.', {}, { cause: error })
  }
}

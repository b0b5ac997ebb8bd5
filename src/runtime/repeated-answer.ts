import type { RequestContext } from '../core/resource/request-context.ts'
import { CheopsError } from '../errors.ts'
import type { ApplicationAnswer } from '../ports/application.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/replication-glue.ts'
import { without } from './answer-headers.ts'
import type { Parts } from './parts.ts'

/** Bytes of a resource that is read back for a repeated request; a larger one is answered without a body. */
export const MAX_READ_BACK_BYTES = 1024 * 1024
/** How long reading it back may take. */
export const READ_BACK_MS = 10_000

/**
 * The answer to a request that was here before, by its idempotency key: the status that the application answered with then, as far as it is
 * known here, and what the resource is now, read with this client's own authority. So a key alone shows nobody what he may not read.
 *
 * @param site this site
 * @param status with which it was answered, where that is known
 * @returns undefined where nothing is to be said but that it was done
 */
export async function repeatedAnswer(
  parts: Parts,
  site: string,
  exchange: Exchange,
  description: Description & { readonly is: 'operation' },
  context: RequestContext,
  status: number | undefined,
): Promise<ApplicationAnswer | undefined> {
  if (description.type === 'delete' || status === 204) return undefined
  const read = await readBack(parts, site, exchange, description.resourcePath, context)
  const isRefused = read?.status === 401 || read?.status === 403
  if (read !== undefined && isRefused) return read
  if (read === undefined || read.status >= 300) return status === undefined ? undefined : { ...EMPTY, status }
  return { ...read, status: status ?? read.status, reason: '' }
}

const EMPTY = { reason: '', rawHeaders: [], body: new Uint8Array(0), isComplete: true }

/** What a site shows of a resource, read with the client's own authority; undefined where it could not be read as a whole. */
export async function readBack(
  parts: Parts,
  site: string,
  exchange: Exchange,
  path: string,
  context: RequestContext,
): Promise<ApplicationAnswer | undefined> {
  try {
    const answer = await parts.ask(exchange, site, context, {
      rawHeaders: without(exchange.head.rawHeaders, isOfTheWrite),
      maxAnswerBytes: MAX_READ_BACK_BYTES,
      timeoutMs: READ_BACK_MS,
      instead: { method: 'GET', path },
    })
    return answer.isComplete ? answer : undefined
  } catch (error) {
    if (error instanceof CheopsError) return undefined
    throw error
  }
}

/** What speaks of the request that was repeated, not of who asks. */
function isOfTheWrite(name: string): boolean {
  if (name.startsWith('cheops-') || name.startsWith('content-') || name.startsWith('if-')) return true
  return name === 'idempotency-key' || name === 'prefer' || name === 'range' || name === 'accept-encoding'
}

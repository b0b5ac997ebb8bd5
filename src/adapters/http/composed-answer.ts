import type { ComposedAnswer } from '../../ports/exchange.ts'
import { answerHeaders } from './message-heads.ts'
import { endGently, linger } from './pump.ts'
import type { ClientSide } from './client-side.ts'

/** Bytes that are written at once: a client that takes nothing is noticed between two pieces. */
const PIECE_BYTES = 65_536

/**
 * Sends an answer that the agent has composed, or holds as a whole. Nothing may have been sent before. If the client is still
 * sending its body, it gets the answer and the connection ends.
 * @param stuckMs for how long the client may take nothing of it; the connection is destroyed then
 * @throws TypeError if HTTP cannot say the head; nothing was sent then
 */
export function sendComposed(side: ClientSide, composed: ComposedAnswer, stuckMs: number): void {
  const { request, answer, upgrade } = side
  const unread = side.hasBody && !request.complete
  const headers = framed(composed, request.method === 'HEAD', request.httpVersionMinor === 0)
  if (unread) headers.push('Connection', 'close')
  const reason = composed.reason
  if (reason === undefined || reason === '') answer.writeHead(composed.status, headers)
  else answer.writeHead(composed.status, reason, headers)
  if (unread) linger(request, answer)
  if (upgrade !== undefined) answer.once('finish', () => endGently(upgrade.socket.resume()))
  const body = request.method === 'HEAD' || hasNoBody(composed.status) ? EMPTY : composed.body
  const timer = setTimeout(() => answer.destroy(), stuckMs).unref()
  answer.once('close', () => clearTimeout(timer))
  let at = 0
  const more = (): void => {
    timer.refresh()
    while (at < body.length - PIECE_BYTES) {
      const piece = body.subarray(at, (at += PIECE_BYTES))
      if (answer.write(piece)) continue
      answer.once('drain', more)
      return
    }
    answer.end(body.subarray(at))
  }
  more()
}

/** The framing is that of the body which is sent, whatever framing the headers speak of. */
function framed({ status, rawHeaders, body }: ComposedAnswer, isHead: boolean, toHttp10: boolean): string[] {
  const headers: string[] = []
  // What answers a HEAD, or says "not modified", tells of a body that is elsewhere: nobody here could count it.
  const keepsLength = status === 304 || (isHead && body.length === 0)
  let hasLength = false
  const given = answerHeaders(rawHeaders, () => false, [], toHttp10)
  for (let i = 0; i < given.length; i += 2) {
    const lower = (given[i] as string).toLowerCase()
    if (lower === 'transfer-encoding' || lower === 'trailer') continue
    if (lower === 'content-length') {
      if (!keepsLength) continue
      hasLength = true
    }
    headers.push(given[i] as string, given[i + 1] as string)
  }
  if (!hasLength && !hasNoBody(status)) headers.push('Content-Length', String(body.length))
  return headers
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

const EMPTY = Buffer.alloc(0)

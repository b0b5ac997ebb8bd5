import type { IncomingMessage, ServerResponse } from 'node:http'
import net from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { youngGarbage } from '../system/young-garbage.ts'
import { fairShare } from './fair-share.ts'

/**
 * Moves what `from` gives into `to` as fast as `to` takes it and others let it. It ends neither: how a message ends is for the caller to say,
 * since `pipe` would turn a body that broke off into one that is complete.
 * @param onChunk sees each chunk before it is written; false ends the pump without writing it
 * @param stuckMs for how long `to` may take nothing of what there is for it; it is destroyed then. A silent `from` is no reason
 */
export function pump(from: Readable, to: Writable, onChunk?: (chunk: Buffer) => boolean, stuckMs?: number): void {
  let timer: NodeJS.Timeout | undefined
  const resume = (): void => {
    clearTimeout(timer)
    from.resume()
  }
  from.on('data', (chunk: Buffer) => {
    if (onChunk !== undefined && !onChunk(chunk)) return
    youngGarbage.add(chunk.length)
    const givesWay = fairShare.givesWay(from, chunk.length)
    if (!to.write(chunk)) {
      from.pause()
      to.once('drain', resume)
      if (stuckMs !== undefined) timer = setTimeout(() => to.destroy(), stuckMs).unref()
    } else if (givesWay) {
      from.pause()
      setImmediate(resume)
    }
  })
}

/**
 * Joins two connections after an upgrade: bytes both ways, a half-close as a half-close, a break of one as a break of the
 * other. Resolves when both are closed; true if both ended cleanly.
 */
export function splice(a: Duplex, b: Duplex): Promise<boolean> {
  return new Promise(resolve => {
    let clean = true
    let open = 2
    const join = (from: Duplex, to: Duplex): void => {
      pump(from, to)
      from.on('end', () => to.end())
      from.on('error', () => {
        clean = false
        cut(to)
      })
      from.on('close', () => {
        if (!from.readableEnded || !from.writableFinished) {
          clean = false
          cut(to)
        }
        if (--open === 0) resolve(clean)
      })
    }
    join(a, b)
    join(b, a)
  })
}

/** Ends a connection so that the other side cannot take it for a clean end. Closing a TCP socket would say just that. */
export function cut(connection: Duplex): void {
  if (connection instanceof net.Socket && !(connection instanceof TLSSocket)) connection.resetAndDestroy()
  else connection.destroy()
}

/**
 * Breaks off an answer that has begun. Where the connection's end is the body's end (HTTP/1.0), only a reset tells the two
 * apart; elsewhere the framing does, and what was sent so far still arrives.
 */
export function breakOff(answer: ServerResponse): void {
  if (answer.req.httpVersionMinor === 0 && answer.socket !== null) cut(answer.socket)
  answer.destroy()
}

/**
 * Ends a connection on which the other side may still be sending. What lies unread when a TCP socket is closed makes the
 * kernel reset the connection, and the last answer may be lost with it: so read on for a moment.
 */
export function endGently(connection: Duplex): void {
  if (connection.destroyed) return
  if (!connection.writableEnded) connection.end()
  const timer = setTimeout(() => connection.destroy(), LINGER_MS).unref()
  connection.once('close', () => clearTimeout(timer))
}

/** For an answer that came before the request's body was complete: lets the client see it, then ends the connection. */
export function linger(request: IncomingMessage, answer: ServerResponse): void {
  const { socket } = request
  let left = LINGER_BYTES
  request.removeAllListeners('data')
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.pause()
  })
  request.resume()
  // node:http would call it as soon as an answer with "Connection: close" is written.
  if ('destroySoon' in socket) socket.destroySoon = () => endGently(socket)
  answer.once('finish', () => endGently(socket))
}

/** As long as a slow link needs to bring the answer back, and as much as it then still holds. */
export const LINGER_MS = 2_000
const LINGER_BYTES = 4 * 1024 * 1024

/** An answer that nobody wants: read to its end if that is near, so that the connection can be used again. */
export function discard(answer: IncomingMessage): void {
  let left = DISCARD_BYTES
  const timer = setTimeout(() => answer.destroy(), DISCARD_MS).unref()
  answer.once('close', () => clearTimeout(timer))
  answer.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) answer.destroy()
  })
  answer.on('error', () => {})
}

/** What is worth reading to save a connection: a small answer, or the rest of a larger one that has come already. */
const DISCARD_BYTES = 65_536
const DISCARD_MS = 1_000

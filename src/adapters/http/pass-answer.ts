/** How an answer of an upstream goes to the client. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ClientSide } from './client-side.ts'
import { answerHeaders, trailersOf, upgradeAnswerHeaders } from './message-heads.ts'
import { breakOff, pump } from './pump.ts'
import type { Upstream } from './upstream.ts'

/** Headers and trailers that an answer does not have for its client. */
export type Passing = Pick<Upstream, 'strips'>

/**
 * The head, with what the agent adds. It throws what node:http throws for one that cannot be said; nothing was written then.
 * @param rawHeaders the upstream's, or what a rewrite has made of them
 */
export function writeHead(
  answer: IncomingMessage,
  rawHeaders: readonly string[],
  { answer: out, request, hasBody }: ClientSide,
  { strips }: Passing,
  add: readonly string[],
): void {
  const headers = answerHeaders(rawHeaders, strips, add, request.httpVersionMinor === 0)
  out.sendDate = false
  // An error that comes before the body is complete: what is still to come is not asked for.
  if (hasBody && !request.complete && (answer.statusCode ?? 0) >= 400) out.shouldKeepAlive = false
  out.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers)
}

/**
 * The body behind the head, as it comes; it breaks off at the client where it breaks off at the upstream.
 * @param stuckMs for how long the client may take nothing
 * @param onEnd told when all of it was given, with the status
 */
export function streamBody(
  answer: IncomingMessage,
  { answer: out, upgrade }: ClientSide,
  { strips }: Passing,
  stuckMs: number,
  onEnd: (status: number) => void,
): void {
  if (upgrade !== undefined) {
    // The upgrade was refused: what the client says now is not for anybody, but that it goes away must be noticed.
    upgrade.socket.once('end', () => upgrade.socket.destroy()).resume()
  }
  let started = false
  pump(answer, out, () => (started = true), stuckMs)
  // The head goes out with the first bytes of the body if they came together with it, and alone if they did not.
  process.nextTick(() => {
    if (!started && !out.writableEnded && !out.destroyed) out.write(EMPTY)
  })
  answer.on('end', () => {
    started = true
    if (!answer.complete) return
    if (answer.rawTrailers.length > 0) out.addTrailers(trailersOf(answer, strips))
    out.end()
    onEnd(answer.statusCode ?? 502)
  })
  answer.on('error', () => breakOff(out))
  answer.on('close', () => {
    if (!answer.complete) breakOff(out)
  })
}

/** The head of an answer that gives the upgrade: from here on the connection is the two ends' own. */
export function writeUpgradeHead(
  answer: IncomingMessage,
  socket: Duplex,
  { strips }: Passing,
  add: readonly string[],
): void {
  let raw = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
  const headers = upgradeAnswerHeaders(answer.rawHeaders, strips, add)
  for (let i = 0; i < headers.length; i += 2) raw += `${headers[i]}: ${headers[i + 1]}\r\n`
  socket.write(`${raw}\r\n`, 'latin1')
}

const EMPTY = Buffer.alloc(0)

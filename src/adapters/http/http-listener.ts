import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { refusedBeside, type HostPort, type Limits, type Timeouts, type TlsServer } from '../../config.ts'
import { CheopsError } from '../../errors.ts'
import { clientSide, refuseRequest, upgradeSide } from './http-exchange.ts'
import { problemBytes } from './problem.ts'
import { breakOff, endGently } from './pump.ts'
import type { ClientSide } from './client-side.ts'
import { checkRequest, isUpgrade } from './request-checks.ts'

/** What is done with each request that is well-formed. `socket` is the connection on which it came. */
export type RequestHandler = (side: ClientSide, socket: Duplex) => void

export type ListenerLimits = Pick<Limits, 'headerBytes' | 'urlBytes' | 'connections'> &
  Pick<Timeouts, 'headMs' | 'keepAliveMs'>

export interface ListenerOptions {
  /** Name of this site, for problems. */
  readonly site: string
  readonly limits: ListenerLimits
  readonly tls: TlsServer | undefined
  /**
   * Connections come from another agent, over streams: they are closed by the side that opened them alone, so that no request
   * meets a connection which is just being closed.
   */
  readonly isPeerSide: boolean
}

/**
 * A node:http server that hands on every request alike: plain, with `Expect`, upgrades by whatever method. What node:http
 * would decide by itself (100-continue, dates, upgrades to anything) is left to the application behind.
 */
export class HttpListener {
  readonly #server: http.Server
  readonly #options: ListenerOptions
  readonly #connections = new Set<Duplex>()
  #closing = false
  /** Connections with a request under way, and what waits behind it on each. */
  readonly #underWay = new WeakMap<Duplex, (() => void)[]>()
  /** Connections that have had their last answer: what still comes on them is dropped. */
  readonly #ending = new WeakSet<Duplex>()

  constructor(options: ListenerOptions, handle: RequestHandler) {
    this.#options = options
    const { limits, tls, isPeerSide } = options
    const settings: http.ServerOptions = {
      maxHeaderSize: limits.headerBytes + (isPeerSide ? PEER_HEADER_ALLOWANCE_BYTES : 0),
      // A stream that was opened ahead carries its first request later: the opener closes it, long before this.
      headersTimeout: isPeerSide ? PEER_SILENCE_MS : limits.headMs,
      // It would include the body, and uploads may take hours; bodies have an idle time-out in the relay.
      requestTimeout: 0,
      keepAliveTimeout: isPeerSide ? 0 : limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headMs),
      noDelay: true,
      // Notices a client that vanished while a watch was silent.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      insecureHTTPParser: false,
      // Its own answer would be no problem: checkRequest asks for it.
      requireHostHeader: false,
      shouldUpgradeCallback: isUpgrade,
    }
    this.#server =
      tls === undefined
        ? http.createServer(settings)
        : https.createServer({ ...settings, ...tlsFiles(tls), handshakeTimeout: limits.headMs })
    // Beyond the bound each is told why, and lingers for a moment: those are bounded too, and what comes beyond is dropped.
    if (!isPeerSide) this.#server.maxConnections = limits.connections + refusedBeside(limits.connections)
    // Node's own answer to too many headers would be to drop the rest.
    this.#server.maxHeadersCount = 0
    const serve = (request: IncomingMessage, answer: ServerResponse): void =>
      this.#serve(clientSide(request, answer), handle)
    this.#server.on('request', serve)
    this.#server.on('checkContinue', serve)
    this.#server.on('checkExpectation', serve)
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#serve(upgradeSide(request, socket, head), handle),
    )
    this.#server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      this.#end(socket, new CheopsError('ERR_REQUEST_CONNECT', 'CONNECT is not served here'))
    })
    this.#server.on('clientError', (error: Error, socket: Duplex) => this.#onClientError(error, socket))
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Duplex) =>
      this.#onConnection(socket),
    )
  }

  /**
   * One request at a time on each connection. What a client sends ahead of its answers waits, and is not even read beyond the
   * first: else one connection could take all there is, and what it asks for in order would be done at once.
   */
  #serve(side: ClientSide, handle: RequestHandler): void {
    const { socket } = side.request
    const waiting = this.#underWay.get(socket)
    if (waiting !== undefined) {
      waiting.push(() => this.#serve(side, handle))
      socket.pause()
      return
    }
    const next: (() => void)[] = []
    this.#underWay.set(socket, next)
    side.answer.once('close', () => {
      this.#underWay.delete(socket)
      // Nothing more is to come on it, and the client would keep it.
      if (this.#closing) setImmediate(() => this.#server.closeIdleConnections())
      const [first, ...others] = next
      if (socket.destroyed || first === undefined) return
      first()
      // What waited behind it waits again; the client is read on once nothing waits.
      if (others.length === 0) socket.resume()
      else this.#underWay.get(socket)?.push(...others)
    })
    this.#handle(side, handle)
  }

  #handle(side: ClientSide, handle: RequestHandler): void {
    const { socket } = side.request
    if (this.#ending.has(socket)) return
    try {
      checkRequest(side.request, this.#options.limits)
    } catch (error) {
      if (!(error instanceof CheopsError)) throw error
      // What is malformed may have been meant as two requests: nothing more is read from this connection.
      side.answer.shouldKeepAlive = false
      this.#ending.add(socket)
      refuseRequest(side, error, this.#options.site, undefined)
      return
    }
    handle(side, side.upgrade?.socket ?? socket)
  }

  #onConnection(socket: Duplex): void {
    if (this.#connections.size >= this.#options.limits.connections) {
      this.#end(socket, tooManyConnections(this.#options.limits.connections))
      return
    }
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
  }

  #onClientError(error: Error, socket: Duplex): void {
    if (this.#ending.has(socket)) return
    const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null }
    if (!socket.writable) socket.destroy()
    else if (answer === undefined || answer === null) this.#end(socket, problemOfParser(error, this.#options.limits))
    else if (answer.req.complete) {
      // What came behind a request that is being answered: a problem now would be taken for that answer.
      this.#ending.add(socket)
      answer.shouldKeepAlive = false
      answer.once('finish', () => endGently(socket))
    } else if (answer.headersSent) breakOff(answer)
    else this.#end(socket, problemOfParser(error, this.#options.limits))
  }

  /** Says a last word on a connection and ends it. */
  #end(socket: Duplex, error: CheopsError): void {
    this.#ending.add(socket)
    socket.on('error', () => {})
    socket.write(problemBytes(error, this.#options.site))
    endGently(socket)
    socket.resume()
  }

  /** Serves HTTP on a connection that came another way than by listening. */
  accept(connection: Duplex): void {
    connection.on('error', () => {})
    this.#server.emit('connection', connection)
  }

  /** @returns the address really listened on */
  async listen(address: HostPort): Promise<HostPort> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(address.port, address.host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const { address: host, port } = this.#server.address() as AddressInfo
    return { host, port }
  }

  /** Takes no more connections, lets requests end for `drainMs`, then cuts what is left. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#cut(), drainMs)
    if (this.#options.isPeerSide) await this.#endStreams()
    await closed
    clearTimeout(timer)
  }

  /** Streams are no sockets that the server knows: those that are idle are ended, behind what is still to be sent on them. */
  async #endStreams(): Promise<void> {
    const ended = [...this.#connections].map(connection => {
      const closed = new Promise<void>(resolve => void connection.once('close', () => resolve()))
      connection.end()
      return closed
    })
    const timer = setTimeout(() => this.#cut(), END_STREAMS_MS)
    await Promise.all(ended)
    clearTimeout(timer)
  }

  #cut(): void {
    for (const connection of this.#connections) connection.destroy()
    this.#server.closeAllConnections()
  }
}

/** For the last bytes of the last answers to leave, and for the other side to close its end. */
const END_STREAMS_MS = 1_000

/** For what agents add to a head: the scope (at most 4 KiB), the service, the hops. */
export const PEER_HEADER_ALLOWANCE_BYTES = 8_192

/** Twice as long as the opener keeps a stream idle (protocols/forward/limits.ts). */
export const PEER_SILENCE_MS = 120_000

function tooManyConnections(bound: number): CheopsError {
  return new CheopsError('ERR_REQUEST_CONNECTIONS', `there are ${bound} connections to this listener already`)
}

function problemOfParser(error: Error, limits: ListenerLimits): CheopsError {
  const code = 'code' in error ? error.code : undefined
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new CheopsError('ERR_REQUEST_HEADERS_TOO_LARGE', `the head has more than ${limits.headerBytes} bytes`)
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new CheopsError('ERR_REQUEST_TIMEOUT', `the head of the request did not come within ${limits.headMs} ms`)
  }
  return new CheopsError('ERR_REQUEST_INVALID', 'the request cannot be read as HTTP/1.1')
}

function tlsFiles(tls: TlsServer): https.ServerOptions {
  return {
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    ...(tls.clientCA === undefined
      ? {}
      : { ca: readFileSync(tls.clientCA), requestCert: true, rejectUnauthorized: true }),
    // The relay carries HTTP/1.1.
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  }
}

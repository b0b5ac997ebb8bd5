import { Agent } from 'node:http'
import type { ClientRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { CheopsError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'

export interface PoolOptions {
  /** Opens a connection. It must settle soon after `signal` aborts. */
  connect(signal: AbortSignal): Promise<Duplex>
  /** Connections at a time, upgraded ones included. */
  readonly maxConnections: number
  /** Requests that wait for a connection at a time. */
  readonly maxQueued: number
  /** Attempts to open one that are under way at a time. */
  readonly maxConnecting: number
  /** How long `connect` may take, and how long a request waits where none comes about. */
  readonly connectMs: number
  /** How long a request waits for its turn where connections are in use, and answers come. */
  readonly queueMs: number
  /** Idle connections kept, and for how long. */
  readonly maxIdle: number
  readonly idleMs: number
  /** Connections opened ahead while there are fewer idle ones than this and requests have to wait. */
  readonly spare: number
  /** What a request is told when no connection came about in time: nothing was sent. */
  readonly unreachable: PoolError
  /** What a request is told that found the queue full: nothing was sent. */
  readonly busy: PoolError
  /** What a request is told that had no turn in time: nothing was sent. */
  readonly overdue: PoolError
}

export interface PoolError {
  readonly code: ErrorCode
  readonly message: string
}

export interface PoolCounts {
  readonly open: number
  readonly idle: number
  readonly upgraded: number
  readonly queued: number
}

interface Idle {
  readonly connection: Duplex
  readonly since: number
}

/** What an attempt ends by where the other end lives and takes no more connections: its backlog is full. */
const FULL: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ECONNRESET'])

/** How soon it is tried again whether it takes more: seldom beside the seconds that a full backlog costs each attempt. */
const TRY_MORE_MS = 1_000

/**
 * Connections to one destination, used like keep-alive connections: one request at a time on each, the most recently used
 * one first. It stands where node:http expects an Agent, and serves applications (TCP, TLS) and other sites (streams) alike.
 *
 * Where the other end takes fewer connections than may be opened, requests wait for those that it has taken, and one more is tried now and
 * then: attempts that pile up would only take the place of others.
 *
 * Node's own Agent has no bound on its queue, no time-out in it, opens nothing ahead, and gives a new connection only to the
 * request that asked for it, even when another becomes free first.
 */
export class ConnectionPool extends Agent {
  readonly #options: PoolOptions
  readonly #idle: Idle[] = []
  readonly #waiting = new Map<ClientRequest, NodeJS.Timeout>()
  readonly #connections = new Set<Duplex>()
  readonly #cutReasons = new WeakMap<Duplex, string>()
  readonly #connecting = new Set<AbortController>()
  #upgraded = 0
  /** So many the other end takes, as far as is known; more than `maxConnections` where it has not refused any. */
  #ceiling = Infinity
  #tryMore: NodeJS.Timeout | undefined
  /** When a connection was opened or became free last. */
  #lastOffer = -Infinity
  #sweeper: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PoolOptions) {
    super({ keepAlive: true })
    this.#options = options
  }

  counts(): PoolCounts {
    return {
      open: this.#connections.size,
      idle: this.#idle.length,
      upgraded: this.#upgraded,
      queued: this.#waiting.size,
    }
  }

  /** Called by node:http for every request. */
  addRequest(request: ClientRequest): void {
    const connection = this.#takeIdle()
    if (connection !== undefined) {
      request.reusedSocket = true
      assign(request, connection)
      return
    }
    if (this.#closed || this.#isQueueFull()) {
      refuse(request, poolError(this.#options.busy))
      return
    }
    this.#waitOn(request, 0)
    this.#openMore()
  }

  /** @param waited milliseconds so far */
  #waitOn(request: ClientRequest, waited: number): void {
    const { connectMs, queueMs } = this.#options
    const until = Math.min(...[connectMs, queueMs].filter(ms => ms > waited))
    const timer = setTimeout(() => this.#onWaited(request, until), until - waited).unref()
    this.#waiting.set(request, timer)
  }

  #onWaited(request: ClientRequest, waited: number): void {
    const { connectMs, queueMs, unreachable, overdue } = this.#options
    const isServing = this.#isServing()
    if (waited >= connectMs && !isServing) this.#giveUp(request, unreachable)
    else if (waited >= queueMs && isServing) this.#giveUp(request, overdue)
    // In its place in the line: setting a key that is there keeps it.
    else this.#waitOn(request, waited)
  }

  #giveUp(request: ClientRequest, error: PoolError): void {
    this.#waiting.delete(request)
    refuse(request, poolError(error))
  }

  /** All connections are in use, or those that there are serve one request after the other: who waits has a turn some time. */
  #isServing(): boolean {
    const { maxConnections, connectMs, queueMs } = this.#options
    if (this.#connections.size >= maxConnections) return true
    return queueMs > connectMs && this.#connections.size > 0 && performance.now() - this.#lastOffer < connectMs
  }

  #isQueueFull(): boolean {
    // Those for which a connection can still be opened do not count: they wait for it, not for others.
    const room = Math.max(0, this.#options.maxConnections - this.#connections.size)
    const bound = this.#options.maxQueued + room
    if (this.#waiting.size < bound) return false
    // Clients that have gone away make room. node:http says nothing when a request without a connection is destroyed.
    for (const [request, timer] of this.#waiting) {
      if (!request.destroyed) continue
      clearTimeout(timer)
      this.#waiting.delete(request)
    }
    return this.#waiting.size >= bound
  }

  /**
   * Gives up what lies idle, because the other end is not heard any more: a request that took such a connection would wait
   * for an answer that cannot come. The next one opens a connection, or learns within `connectMs` that it cannot.
   */
  dropIdle(): void {
    for (const { connection } of this.#idle.splice(0)) {
      stopGuarding(connection)
      connection.destroy()
    }
  }

  /** Why a connection was ended here, as what is to be said of the other end; undefined where it was not, or without a reason. */
  cutReasonOf(connection: Duplex | null): string | undefined {
    return connection === null ? undefined : this.#cutReasons.get(connection)
  }

  /**
   * Ends all connections, those with a request under way included; new requests open new ones.
   * @param reason a part of a sentence about the other end: "is down: no beat for 12 s"
   */
  cut(reason?: string): void {
    this.dropIdle()
    for (const connection of this.#connections) {
      if (reason !== undefined) this.#cutReasons.set(connection, reason)
      connection.destroy()
    }
  }

  #takeIdle(): Duplex | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      stopGuarding(idle.connection)
      if (isUsable(idle.connection)) return idle.connection
      idle.connection.destroy()
    }
    return undefined
  }

  /** One connection for each request that waits, and a few ahead of those to come. */
  #openMore(spare = this.#options.spare): void {
    const { maxConnections, maxConnecting } = this.#options
    const wanted = this.#waiting.size === 0 ? 0 : this.#waiting.size + spare
    const room = Math.min(maxConnections, this.#ceiling) - this.#connections.size - this.#connecting.size
    const missing = Math.min(wanted, maxConnecting) - this.#connecting.size
    const opened = Math.min(missing, room)
    if (missing > 0 && room <= 0 && this.#ceiling < maxConnections) this.#tryMoreLater()
    for (let i = 0; i < opened; i++) void this.#open()
  }

  async #open(): Promise<void> {
    const controller = new AbortController()
    this.#connecting.add(controller)
    const timer = setTimeout(() => controller.abort(), this.#options.connectMs).unref()
    try {
      const connection = await this.#options.connect(controller.signal)
      this.#connecting.delete(controller)
      if (this.#closed) connection.destroy()
      else this.#welcome(connection)
    } catch (error) {
      this.#connecting.delete(controller)
      if (this.#takesNoMore(error)) this.#tryMoreLater()
      else this.#failOne(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether the other end serves those that it has taken: then who waits waits for one of these. */
  #takesNoMore(error: unknown): boolean {
    const isFull = error instanceof Error && 'code' in error && FULL.has(String(error.code))
    if (!isFull || this.#connections.size === 0 || !this.#isServing()) return false
    this.#ceiling = this.#connections.size
    return true
  }

  #tryMoreLater(): void {
    this.#tryMore ??= setTimeout(() => {
      this.#tryMore = undefined
      if (this.#waiting.size === 0) return
      this.#ceiling = Math.max(this.#ceiling, this.#connections.size) + 1
      this.#openMore(0)
    }, TRY_MORE_MS).unref()
  }

  /** A request fails with this error only when no attempt that is still under way could serve it. */
  #failOne(error: unknown): void {
    if (this.#waiting.size <= this.#connecting.size) return
    const request = this.#nextWaiting()
    if (request !== undefined) refuse(request, error instanceof Error ? error : poolError(this.#options.unreachable))
    // The bound may have kept others from an attempt of their own. Each attempt that fails takes one of them along.
    if (this.#waiting.size > this.#connecting.size) this.#openMore(0)
  }

  #welcome(connection: Duplex): void {
    this.#connections.add(connection)
    let upgraded = false
    connection.on('free', () => this.#offer(connection, true))
    connection.once('agentRemove', () => {
      upgraded = true
      this.#upgraded++
    })
    connection.once('close', () => {
      this.#connections.delete(connection)
      if (upgraded) this.#upgraded--
      if (this.#connections.size === 0) this.#ceiling = Infinity
      this.#openMore()
    })
    // While a request has it, node:http listens for errors; in between nobody would, and it would end the process.
    connection.on('error', () => {})
    this.#offer(connection, false)
  }

  #offer(connection: Duplex, isReused: boolean): void {
    if (this.#closed || !isUsable(connection)) {
      connection.destroy()
      return
    }
    this.#lastOffer = performance.now()
    const request = this.#nextWaiting()
    if (request !== undefined) {
      request.reusedSocket = isReused
      assign(request, connection)
      return
    }
    if (this.#idle.length >= this.#options.maxIdle) {
      connection.destroy()
      return
    }
    guard(connection)
    this.#idle.push({ connection, since: performance.now() })
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.max(50, this.#options.idleMs / 4)).unref()
  }

  #nextWaiting(): ClientRequest | undefined {
    for (const [request, timer] of this.#waiting) {
      this.#waiting.delete(request)
      clearTimeout(timer)
      if (!request.destroyed) return request
    }
    return undefined
  }

  #sweep(): void {
    const oldest = performance.now() - this.#options.idleMs
    while (this.#idle[0] !== undefined && (this.#idle[0].since < oldest || !isUsable(this.#idle[0].connection))) {
      this.#idle.shift()?.connection.destroy()
    }
    if (this.#idle.length === 0) {
      clearInterval(this.#sweeper)
      this.#sweeper = undefined
    }
  }

  /** Ends everything, requests under way included. */
  override destroy(): void {
    this.#closed = true
    clearInterval(this.#sweeper)
    clearTimeout(this.#tryMore)
    for (const controller of this.#connecting) controller.abort()
    for (let request = this.#nextWaiting(); request !== undefined; request = this.#nextWaiting()) {
      refuse(request, poolError(this.#options.busy))
    }
    for (const connection of this.#connections) connection.destroy()
    super.destroy()
  }
}

// @types/node does not list onSocket, which is how an Agent hands a request its socket (node:http, "Custom Agent").
interface AgentSide {
  onSocket(socket: Duplex | null, error?: Error): void
}

function poolError({ code, message }: PoolError): CheopsError {
  return new CheopsError(code, message)
}

function assign(request: ClientRequest, connection: Duplex): void {
  ;(request as unknown as AgentSide).onSocket(connection)
}

function refuse(request: ClientRequest, error: Error): void {
  ;(request as unknown as AgentSide).onSocket(null, error)
}

function isUsable(connection: Duplex): boolean {
  return !connection.destroyed && connection.writable && !connection.readableEnded
}

/** Bytes that nobody asked for on an idle connection would be taken for the next request's answer. */
function guard(connection: Duplex): void {
  connection.on('data', destroySelf)
  connection.on('end', destroySelf)
}

function stopGuarding(connection: Duplex): void {
  connection.off('data', destroySelf)
  connection.off('end', destroySelf)
}

function destroySelf(this: Duplex): void {
  this.destroy()
}

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
  /** How long `connect` may take, and how long a request may wait for a connection. */
  readonly waitMs: number
  /** Idle connections kept, and for how long. */
  readonly maxIdle: number
  readonly idleMs: number
  /** Connections opened ahead while there are fewer idle ones than this and requests have to wait. */
  readonly spare: number
  /** What a request is told when no connection came about in time: nothing was sent. */
  readonly unreachable: PoolError
  /** What a request is told that found the queue full, or all connections in use for too long: nothing was sent. */
  readonly busy: PoolError
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

/**
 * Connections to one destination, used like keep-alive connections: one request at a time on each, the most recently used
 * one first. It stands where node:http expects an Agent, and serves applications (TCP, TLS) and other sites (streams) alike.
 *
 * Node's own Agent has no bound on its queue, no time-out in it, opens nothing ahead, and gives a new connection only to the
 * request that asked for it, even when another becomes free first.
 */
export class ConnectionPool extends Agent {
  readonly #options: PoolOptions
  readonly #idle: Idle[] = []
  readonly #waiting = new Map<ClientRequest, NodeJS.Timeout>()
  readonly #connections = new Set<Duplex>()
  readonly #connecting = new Set<AbortController>()
  #upgraded = 0
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
    const timer = setTimeout(() => {
      this.#waiting.delete(request)
      const { busy, unreachable, maxConnections } = this.#options
      refuse(request, poolError(this.#connections.size < maxConnections ? unreachable : busy))
    }, this.#options.waitMs).unref()
    this.#waiting.set(request, timer)
    this.#openMore()
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
   * for an answer that cannot come. The next one opens a connection, or learns within `waitMs` that it cannot.
   */
  dropIdle(): void {
    for (const { connection } of this.#idle.splice(0)) {
      stopGuarding(connection)
      connection.destroy()
    }
  }

  /** Ends all connections, those with a request under way included; new requests open new ones. */
  cut(): void {
    this.dropIdle()
    for (const connection of this.#connections) connection.destroy()
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
    const { maxConnections } = this.#options
    const wanted = this.#waiting.size === 0 ? 0 : this.#waiting.size + spare
    const room = maxConnections - this.#connections.size - this.#connecting.size
    const missing = Math.min(wanted - this.#connecting.size, room)
    for (let i = 0; i < missing; i++) void this.#open()
  }

  async #open(): Promise<void> {
    const controller = new AbortController()
    this.#connecting.add(controller)
    const timer = setTimeout(() => controller.abort(), this.#options.waitMs).unref()
    try {
      const connection = await this.#options.connect(controller.signal)
      this.#connecting.delete(controller)
      if (this.#closed) connection.destroy()
      else this.#welcome(connection)
    } catch (error) {
      this.#connecting.delete(controller)
      this.#failOne(error)
    } finally {
      clearTimeout(timer)
    }
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

import { socketOf } from './corked-tcp.ts'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

/** An agent speaks first on both sides: even over links of two seconds its first bytes come with the connection. */
const FIRST_BYTES_MS = 5_000
/** Handshakes under way with one address; each takes some round trips, and a whole mesh may stand behind one address. */
export const MAX_PENDING_OF_ADDRESS = 128
/**
 * A transport whose handshakes under way cannot be used up by those who do not finish theirs, for which one needs no key.
 * The library counts them all together and refuses newcomers at its bound. Here the oldest has to go instead, of the same
 * address or else of all: an agent is done within some round trips, and whoever keeps it out must be faster than these.
 * @param maxPending with all addresses together
 */
export function boundedInbound<C>(
  make: (components: C) => Transport,
  maxPending: number,
): (components: C) => Transport {
  return components => {
    const transport = make(components)
    const createListener = transport.createListener.bind(transport)
    const pending = new PendingInbound(maxPending)
    transport.createListener = options => createListener({ ...options, upgrader: pending.watch(options.upgrader) })
    return transport
  }
}

class PendingInbound {
  /** In the order in which they came, with their addresses. */
  readonly #pending = new Map<MultiaddrConnection, string>()
  readonly #maxPending: number

  constructor(maxPending: number) {
    this.#maxPending = maxPending
  }

  /** The upgrader, which brings a raw connection through its handshake, with its inbound ones counted. */
  watch(upgrader: Upgrader): Upgrader {
    return new Proxy(upgrader, {
      get: (target, name): unknown => {
        if (name === 'upgradeInbound') return this.#upgrade(target)
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  }

  #upgrade(upgrader: Upgrader): Upgrader['upgradeInbound'] {
    return async (connection, options) => {
      this.#add(connection)
      const timer = setTimeout(() => {
        if (socketOf(connection)?.bytesRead === 0) connection.abort(new Error('nothing was said on the connection'))
      }, FIRST_BYTES_MS)
      try {
        await upgrader.upgradeInbound(connection, options)
      } finally {
        clearTimeout(timer)
        this.#pending.delete(connection)
      }
    }
  }

  #add(connection: MultiaddrConnection): void {
    const address = networkOf(connection)
    const ofAddress = [...this.#pending].filter(([, other]) => other === address)
    const oldest = ofAddress.length >= MAX_PENDING_OF_ADDRESS ? ofAddress[0]?.[0] : undefined
    if (oldest !== undefined) this.#end(oldest)
    else if (this.#pending.size >= this.#maxPending) this.#end(this.#pending.keys().next().value as MultiaddrConnection)
    this.#pending.set(connection, address)
  }

  #end(connection: MultiaddrConnection): void {
    this.#pending.delete(connection)
    connection.abort(new Error('too many handshakes are under way'))
  }
}

/** The code of the protocol and the IPv4 address, or the half of the IPv6 address that one customer has for itself. */
function networkOf({ remoteAddr }: MultiaddrConnection): string {
  const { bytes } = remoteAddr
  return Buffer.from(bytes.subarray(0, bytes[0] === IP4 ? 5 : 9)).toString('hex')
}

/** Code of `/ip4` in a binary multiaddress. */
const IP4 = 4

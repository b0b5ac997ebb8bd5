import { tcp } from '@libp2p/tcp'
import { Socket } from 'node:net'
import { unheardEventsLeftOut } from './unheard-events.ts'
import type { TCPComponents, TCPOptions } from '@libp2p/tcp'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

/**
 * libp2p's TCP transport with the writes of one tick sent as one. Noise and yamux write each small frame by itself, and
 * `write` calls are what an agent spends most of its time on: corked, it forwards a third more requests a second.
 *
 * The socket is caught where the transport hands its connection to the upgrader, before anything is written.
 */
export function corkedTcp(init: TCPOptions = {}): (components: TCPComponents) => Transport {
  return components => {
    const transport = tcp(init)(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: corking(options.upgrader) })
    transport.createListener = options => createListener({ ...options, upgrader: corking(options.upgrader) })
    return transport
  }
}

/** The upgrader, but for sockets that are corked before they are used. */
function corking(upgrader: Upgrader): Upgrader {
  return new Proxy(upgrader, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (!isFunction(value)) return value
      if (name !== 'upgradeInbound' && name !== 'upgradeOutbound') return value.bind(target) as unknown
      return (connection: MultiaddrConnection, ...rest: unknown[]): unknown => {
        const socket = socketOf(connection)
        if (socket !== undefined) corkPerTick(socket)
        unheardEventsLeftOut(connection)
        return Reflect.apply(value, target, [connection, ...rest])
      }
    },
  })
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

/** The transport keeps the socket in a field that is not in its types; without it all works, only slower. */
export function socketOf(connection: MultiaddrConnection): Socket | undefined {
  const socket: unknown = 'socket' in connection ? connection.socket : undefined
  return socket instanceof Socket ? socket : undefined
}

/** Holds back what is written within one tick and sends it at its end. */
export function corkPerTick(socket: Socket): void {
  let corked = false
  const uncork = (): void => {
    corked = false
    socket.uncork()
  }
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  socket.write = (...args: unknown[]): boolean => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(uncork)
    }
    return write(...args)
  }
}

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Bounds the connections of a server without letting idle ones shut others out: at the bound the one that has been idle for
 * longest makes room. A new one is turned away only where all carry a request.
 */
export function boundConnections(server: Server, bound: number): void {
  /** By their far end, which a request on TLS knows too; those idle for longest come first. */
  const open = new Map<string, Socket>()
  const idle = new Set<string>()
  server.on('connection', (socket: Socket) => {
    if (open.size >= bound) {
      const [oldest] = idle
      if (oldest === undefined) {
        socket.destroy()
        return
      }
      open.get(oldest)?.destroy()
      forget(oldest)
    }
    const key = farEnd(socket)
    open.set(key, socket)
    idle.add(key)
    socket.once('close', () => {
      if (open.get(key) === socket) forget(key)
    })
  })
  server.on('request', ({ socket }, response) => {
    const key = farEnd(socket)
    idle.delete(key)
    response.once('close', () => {
      if (open.has(key)) idle.add(key)
    })
  })
  const forget = (key: string): void => {
    open.delete(key)
    idle.delete(key)
  }
}

const farEnd = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${String(remotePort)}`

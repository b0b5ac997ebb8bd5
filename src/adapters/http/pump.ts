import type { Readable, Writable } from 'node:stream'
import type { Duplex } from 'node:stream'

/**
 * Moves what `from` gives into `to` as fast as `to` takes it. It ends neither: how a message ends is for the caller to say,
 * since `pipe` would turn a body that broke off into one that is complete.
 * @param onChunk sees each chunk before it is written; false ends the pump without writing it
 */
export function pump(from: Readable, to: Writable, onChunk?: (chunk: Buffer) => boolean): void {
  const resume = (): void => void from.resume()
  from.on('data', (chunk: Buffer) => {
    if (onChunk !== undefined && !onChunk(chunk)) return
    if (!to.write(chunk)) {
      from.pause()
      to.once('drain', resume)
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
        to.destroy()
      })
      from.on('close', () => {
        if (!from.readableEnded || !from.writableFinished) {
          clean = false
          to.destroy()
        }
        if (--open === 0) resolve(clean)
      })
    }
    join(a, b)
    join(b, a)
  })
}

/** Reads on for a moment, so that a client which is still sending sees the answer before the connection ends. */
export function linger(from: Readable & { socket: Duplex }): void {
  const socket = from.socket
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  let left = LINGER_BYTES
  from.removeAllListeners('data')
  from.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
  from.on('end', () => socket.end())
  socket.once('close', () => clearTimeout(timer))
  from.resume()
}

/** As long as a slow link needs to bring the answer back, and as much as it then still holds. */
const LINGER_MS = 2_000
const LINGER_BYTES = 4 * 1024 * 1024

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { ephemeralRange } from '../../sims/demo/ports.ts'

const HIGHEST = 65_535
/** Below those that the system gives out where it leaves too few above; the well-known ones are below 10,000. */
const LOWEST = 10_000
/** Pairs; a test takes some dozens at a time. */
const ENOUGH = 500
/** Nobody else takes these ports by itself, so most are free. */
const MAX_TRIES = 1_000

/** What holds the ports of this process until it ends. */
const locks: Server[] = []

/**
 * A port of the loopback address on which nobody listens, and which stays the test's own: for who has to know it before it listens, or listens there again
 * and again. It is none that the system gives out (port 0, outgoing connections), or it would be somebody else's in the moment between. Of each
 * pair of ports the even one is given, and the odd one is listened on until the process ends, which tells all other tests that it is taken.
 */
export async function reservePort(): Promise<number> {
  const [low, high] = await ephemeralRange()
  const [from, to] = HIGHEST - high >= 2 * ENOUGH ? [high + 1, HIGHEST] : [LOWEST, low - 1]
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = 2 * randomInt(Math.ceil(from / 2), Math.floor(to / 2))
    const lock = await listenOn(port + 1)
    if (lock === undefined) continue
    const probe = await listenOn(port)
    if (probe === undefined) {
      lock.close()
      continue
    }
    await new Promise(resolve => probe.close(resolve))
    locks.push(lock.unref())
    return port
  }
  throw new Error('This machine has no free pair of ports left.')
}

export function reservePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, reservePort))
}

/** Undefined for a port that is taken. */
function listenOn(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    // Whoever meets a lock by mistake is refused as far as that goes.
    const server = createServer(socket => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

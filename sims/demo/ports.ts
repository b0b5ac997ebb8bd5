import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/** Where Linux takes ports of outgoing connections from, and the default should it not say. */
const EPHEMERAL_RANGE_FILE = '/proc/sys/net/ipv4/ip_local_port_range'
const DEFAULT_EPHEMERAL_RANGE = [32_768, 60_999] as const
/** Above well-known services of developers' machines. */
const LOWEST = 10_000
const HIGHEST = 65_535
/** Fewer are too few to choose nine at random from. */
const ENOUGH = 1_000
/** Of thousands that nobody gives out, nearly every one is free. */
const MAX_TRIES = 1_000

/**
 * Free ports of the loopback address, all different. A site keeps its ports over a restart, so that what was pasted once works again;
 * that is why they are chosen here and not by each listener (port 0). They are none that the system gives to outgoing connections:
 * such a one could be taken again before a site listens there.
 * @param preferred tried first, in this order; what is taken is replaced by any free port
 */
export async function choosePorts(count: number, preferred: readonly number[] = []): Promise<readonly number[]> {
  const range = await ephemeralRange()
  const chosen: number[] = []
  const usable = async (port: number) => !chosen.includes(port) && (await isFree(port))
  for (let n = 0; n < count; n++) {
    let port = preferred[n] ?? quietPort(range)
    for (let tries = 0; !(await usable(port)); tries++) {
      if (tries === MAX_TRIES) throw new Error('This machine has no free port left.')
      port = quietPort(range)
    }
    chosen.push(port)
  }
  return chosen
}

/** A port at random that the system gives to nobody by itself. */
export function quietPort([low, high]: readonly [number, number]): number {
  if (low - LOWEST >= ENOUGH) return randomInt(LOWEST, low)
  if (HIGHEST - high >= ENOUGH) return randomInt(high + 1, HIGHEST + 1)
  // Nearly all are given out here: any may be taken again, and who starts sites tries others then.
  return randomInt(LOWEST, HIGHEST + 1)
}

/** The first and the last port that the system gives to outgoing connections, and for port 0. */
export async function ephemeralRange(): Promise<readonly [number, number]> {
  const text = await readFile(EPHEMERAL_RANGE_FILE, 'utf8').catch(() => '')
  const [low, high] = text.trim().split(/\s+/).map(Number)
  return low !== undefined && high !== undefined && low < high ? [low, high] : DEFAULT_EPHEMERAL_RANGE
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

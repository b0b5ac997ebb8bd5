import { createServer, type Server } from 'node:net'

/**
 * Free ports of the loopback address, all different. A site keeps its ports over a restart, so that what was pasted once
 * works again; that is why they are chosen here and not by each listener (port 0).
 * @param preferred tried first, in this order; what is taken is replaced by any free port
 */
export async function choosePorts(count: number, preferred: readonly number[] = []): Promise<readonly number[]> {
  // All are held until all are chosen: otherwise the system may give one of them twice.
  const held: Server[] = []
  try {
    for (let n = 0; n < count; n++) {
      const wanted = preferred[n]
      const server = (wanted === undefined ? undefined : await listen(wanted)) ?? (await listen(0))
      if (server === undefined) throw new Error('This machine has no free port left.')
      held.push(server)
    }
    return held.map(portOf)
  } finally {
    await Promise.all(held.map(server => new Promise(resolve => server.close(resolve))))
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

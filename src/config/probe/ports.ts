import { connect, createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { Config, HostPort } from '../../config.ts'
import type { BootstrapFact, ListenerFact } from '../../core/check/index.ts'
import { httpListeners, isLoopback, meet, shownHostPort } from '../rules.ts'

/** Long enough for the far side of the world with one lost packet; people wait for the result. */
const CONNECT_TIMEOUT_MS = 3_000

/** Tries each configured port by listening on it for a moment. */
export async function probeListeners(config: Config): Promise<readonly ListenerFact[]> {
  const http = httpListeners(config).map(({ name, listen, tls }) => ({
    name,
    ...listen,
    shown: shownHostPort(listen),
    clear: name !== 'ingress' && name !== 'admin' ? false : !tls && !isLoopback(listen.host),
  }))
  const peers = config.listen.map(address => {
    return { name: 'peers', ...hostPortOf(address), shown: address, clear: false }
  })
  const facts: ListenerFact[] = []
  // One after the other: two that want the same port must not meet each other here.
  for (const { name, host, port, shown, clear } of [...peers, ...http]) {
    facts.push({ name, address: shown, clear, state: await tryListen(host, port) })
  }
  return facts
}

function tryListen(host: string, port: number): Promise<ListenerFact['state']> {
  const { promise, resolve } = Promise.withResolvers<ListenerFact['state']>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => {
    resolve(error.code === 'EADDRINUSE' ? 'taken' : error.code === 'EACCES' ? 'denied' : 'bad-address')
  })
  server.listen({ host, port, exclusive: true }, () => {
    server.close(() => {
      resolve('free')
    })
  })
  return promise
}

/**
 * Opens a TCP connection to each bootstrap address. Whether an agent of this mesh answers there only a running agent can tell. Who gives the same list to all sites names this one
 * in it too: nobody listens there now, or somebody who tries the port.
 */
export function probeBootstrap(
  { bootstrap, listen, announce }: Pick<Config, 'bootstrap' | 'listen' | 'announce'>,
  signal: AbortSignal,
): Promise<readonly BootstrapFact[]> {
  const own = [...listen, ...announce].map(hostPortOf)
  return Promise.all(
    bootstrap.map(async (address): Promise<BootstrapFact> => {
      const target = hostPortOf(address)
      if (own.some(each => meet(each, target))) return { address, result: 'self', detail: 'it is this agent itself' }
      return { address, ...(await tryConnect(target, signal)) }
    }),
  )
}

function hostPortOf(address: string): HostPort {
  const [host, transport] = multiaddr(address).getComponents()
  return { host: host?.value ?? '', port: Number(transport?.value) }
}

function tryConnect({ host, port }: HostPort, signal: AbortSignal): Promise<Omit<BootstrapFact, 'address'>> {
  const { promise, resolve } = Promise.withResolvers<Omit<BootstrapFact, 'address'>>()
  const socket = connect({
    host,
    port,
    signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]),
  })
  socket.once('connect', () => {
    socket.destroy()
    resolve({ result: 'open', detail: 'it takes TCP connections' })
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    const known = error.code === undefined ? undefined : CONNECT_ERRORS[error.code]
    resolve(known ?? { result: 'unreachable', detail: `there is no way to it (${error.code ?? 'unknown'})` })
  })
  return promise
}

const NO_ANSWER = { result: 'timeout', detail: `no answer within ${String(CONNECT_TIMEOUT_MS / 1000)} s` } as const
const NO_NAME = { result: 'unreachable', detail: 'its name has no address' } as const
const CONNECT_ERRORS: { readonly [code in string]?: Omit<BootstrapFact, 'address'> } = {
  ECONNREFUSED: { result: 'refused', detail: 'the connection was refused' },
  ABORT_ERR: NO_ANSWER,
  ETIMEDOUT: NO_ANSWER,
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
}

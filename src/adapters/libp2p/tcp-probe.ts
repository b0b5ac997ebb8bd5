import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'

/** Host and port of a multiaddress that plain TCP can reach; undefined for relayed and other ones. */
export function tcpTarget(address: string): { host: string; port: number } | undefined {
  const parts = multiaddr(address).getComponents()
  if (parts.some(part => part.name === 'p2p-circuit')) return undefined
  const host = parts.find(part => ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(part.name))?.value
  const port = parts.find(part => part.name === 'tcp')?.value
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) }
}

/** Whether somebody accepts a TCP connection there within the time. */
export function acceptsTcp(target: { host: string; port: number }, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ ...target, timeout: timeoutMs })
    const end = (accepted: boolean): void => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

/** Whether any of the addresses accepts TCP; undefined when none of them is one that plain TCP can reach. */
export async function anyAcceptsTcp(addresses: readonly string[], timeoutMs: number): Promise<boolean | undefined> {
  const targets = addresses.map(tcpTarget).filter(target => target !== undefined)
  if (targets.length === 0) return undefined
  const results = await Promise.all(targets.map(target => acceptsTcp(target, timeoutMs)))
  return results.includes(true)
}

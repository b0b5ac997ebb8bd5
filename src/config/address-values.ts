import { isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { HostPort } from '../config.ts'
import { fail, type ValueType } from './value-type.ts'
import { text } from './values.ts'

export const hostName = text(
  'a host name',
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/,
  'HOST',
)

const AUTHORITY =
  /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/

/** What a Host header says: a name or an address, with a port or without; or by a word, whose. */
export const saidHost = text('client, endpoint, or a host name with or without a port', AUTHORITY, 'HOST')

export const hostPort: ValueType<HostPort> = {
  expects: 'host:port (port 0 takes any free one)',
  argument: 'HOST:PORT',
  parse(value) {
    const parsed = typeof value === 'string' ? splitHostPort(value) : undefined
    return parsed ?? fail(hostPort, value)
  },
}

/** `127.0.0.1:80`, `[::1]:80`, `example.org:80`; undefined for anything else. */
export function splitHostPort(value: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:/\s]+)):(\d{1,5})$/.exec(value)
  if (match === null) return undefined
  const port = Number(match[3])
  const six = match[1]
  if (six !== undefined) return isIP(six) === 6 && port <= 65_535 ? { host: six, port } : undefined
  const host = match[2] ?? ''
  const known = isIP(host) === 4 || (/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(host) && !/^[\d.]+$/.test(host))
  return known && port <= 65_535 ? { host, port } : undefined
}

/** What a peer address is for: only one that is listened on may have port 0, and it must be an IP address. */
type AddressUse = 'listen' | 'reach'

function peerAddress(use: AddressUse): ValueType<string> {
  const type: ValueType<string> = {
    expects: use === 'listen' ? 'an IP multiaddress (/ip4/0.0.0.0/tcp/4078) or ip:port' : 'a multiaddress or host:port',
    argument: 'ADDRESS',
    parse(value) {
      if (typeof value !== 'string') return fail(type, value)
      const short = splitHostPort(value)
      const full = short === undefined ? value : multiaddressOf(short)
      let components
      try {
        components = multiaddr(full).getComponents()
      } catch {
        return fail(type, value)
      }
      const [host, transport] = components
      if (host === undefined || transport === undefined) return fail(type, value)
      if (transport.name !== 'tcp') return fail(type, value, ' (peers speak TCP)')
      if (use === 'listen' && !(host.name === 'ip4' || host.name === 'ip6')) {
        return fail(type, value, ' (name an address of this machine, or 0.0.0.0)')
      }
      if (use === 'reach' && transport.value === '0') return fail(type, value, ' (port 0 cannot be reached)')
      return full
    },
  }
  return type
}

/** The multiaddress of `host:port`. `localhost` is 127.0.0.1, so that it can be listened on. */
export function multiaddressOf({ host, port }: HostPort): string {
  const name = host === 'localhost' ? '127.0.0.1' : host
  const family = isIP(name)
  return `/${family === 4 ? 'ip4' : family === 6 ? 'ip6' : 'dns'}/${name}/tcp/${String(port)}`
}

export const listenAddress = peerAddress('listen')
export const reachableAddress = peerAddress('reach')

/** Base URL of an application: http or https, no query, no fragment, no user info; no slash at the end of what is given back. */
export const baseUrl: ValueType<string> = {
  expects: 'an http:// or https:// URL without user, query and fragment',
  argument: 'URL',
  parse(value) {
    if (typeof value !== 'string' || /[\s\\]/.test(value) || !URL.canParse(value)) return fail(baseUrl, value)
    const url = new URL(value)
    const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
    if (!/^https?:$/.test(url.protocol) || !bare || value.includes('?') || value.includes('#')) {
      return fail(baseUrl, value)
    }
    if (url.port === '0') return fail(baseUrl, value, ' (port 0 cannot be reached)')
    return url.href.replace(/\/+$/, '')
  },
}

import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Config, HostPort } from '../config.ts'
import type { Place } from './load.ts'
import type { Problems } from './given.ts'

/** Whether only programs of this machine reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  const plain = normalHost(host)
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::'

/**
 * The one way to write a host, of the many that lead to the same address: `127.1`, `0x7f.1`, `[::ffff:127.0.0.1]` and
 * `127.0.0.1.` are 127.0.0.1, `LOCALHOST.` is localhost. No brackets.
 */
export function normalHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '')
  const url = `http://${isIP(bare) === 6 ? `[${bare}]` : bare}/`
  // What a URL cannot hold (an address with a zone) has one way only.
  const normal = URL.canParse(url) ? new URL(url).hostname : bare.toLowerCase()
  const plain = normal.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain)
  if (mapped === null) return plain
  const bits = mapped.slice(1).map(part => parseInt(part, 16))
  return bits.flatMap(part => [part >> 8, part & 0xff]).join('.')
}

export interface NamedListener {
  readonly name: string
  readonly listen: HostPort
  readonly tls: boolean
}

/** HTTP listeners of a configuration, by the names that `AgentStatus.listeners` uses. */
export function httpListeners(config: Config): NamedListener[] {
  return [
    { name: 'ingress', listen: config.ingress.listen, tls: config.ingress.tls !== undefined },
    { name: 'admin', listen: config.admin.listen, tls: config.admin.tls !== undefined },
    ...config.services.flatMap(service =>
      service.listen === undefined
        ? []
        : [{ name: `service/${service.name}`, listen: service.listen, tls: service.tls !== undefined }],
    ),
  ]
}

/** What no single key can get wrong: security of listeners, names that must be unique, loops. */
export function checkRules(config: Config, place: Place, problems: Problems): void {
  const { ingress, services } = config
  if (!isLoopback(ingress.listen.host) && ingress.tokenFile === undefined && ingress.tls?.clientCA === undefined) {
    problems.add(
      place('ingress.listen'),
      `ingress.listen ${shownHostPort(ingress.listen)} can be reached from other machines: it needs ingress.tokenFile or ingress.tls.clientCA`,
    )
  }

  const seen = new Map<string, string>()
  for (const [index, { name }] of services.entries()) {
    const before = seen.get(name)
    if (before !== undefined) problems.add(place('name', index), `the service "${name}" stands twice${at(before)}`)
    seen.set(name, place('name', index))
  }
  const hosts = new Map<string, string>()
  for (const [index, service] of services.entries()) {
    for (const host of service.hosts.map(each => each.toLowerCase())) {
      const before = hosts.get(host)
      if (before !== undefined) problems.add(place('hosts', index), `the host ${host} is that of "${before}" already`)
      hosts.set(host, service.name)
    }
  }

  const listeners = httpListeners(config)
  const where = (name: string) =>
    name === 'ingress'
      ? place('ingress.listen')
      : name === 'admin'
        ? place('admin.listen')
        : place(
            'listen',
            services.findIndex(service => `service/${service.name}` === name),
          )
  for (const [index, one] of listeners.entries()) {
    const clash = listeners.slice(0, index).find(other => meet(one.listen, other.listen))
    if (clash !== undefined) {
      problems.add(where(one.name), `${one.name} and ${clash.name} listen on the same port ${String(one.listen.port)}`)
    }
  }

  for (const [index, service] of services.entries()) {
    const loop = loopOf(service.endpoint, listeners)
    if (loop !== undefined) {
      problems.add(
        place('endpoint', index),
        `the endpoint of "${service.name}" is this agent's own listener ${loop}: requests would run in a circle`,
      )
    }
  }
}

/** Name of the agent's own listener that an endpoint would lead back to, undefined as it should be. */
export function loopOf(endpoint: string, listeners: readonly NamedListener[]): string | undefined {
  const url = new URL(endpoint)
  const target: HostPort = {
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
  }
  return listeners.find(({ listen }) => meet(target, listen))?.name
}

/** Whether a connection to one reaches the other, as far as addresses tell. Port 0 is never known before. */
function meet(a: HostPort, b: HostPort): boolean {
  if (a.port === 0 || a.port !== b.port) return false
  const [one, other] = [normalHost(a.host), normalHost(b.host)]
  if (one === other) return true
  // Which of the loopback addresses the name stands for is the resolver's choice.
  if (one === 'localhost' || other === 'localhost') return isOwnForName(one) && isOwnForName(other)
  return (isWildcard(one) && isOwn(other)) || (isWildcard(other) && isOwn(one))
}

const isOwnForName = (host: string) => isWildcard(host) || ['localhost', '127.0.0.1', '::1'].includes(host)

function isOwn(host: string): boolean {
  if (isLoopback(host) || isWildcard(host) || host === hostname().toLowerCase()) return true
  return Object.values(networkInterfaces()).some(list => list?.some(each => normalHost(each.address) === host))
}

const at = (where: string) => (where === '' ? '' : `, first at ${where}`)

/** `127.0.0.1:80`, `[::1]:80`. */
export const shownHostPort = ({ host, port }: HostPort): string =>
  `${host.includes(':') ? `[${host}]` : host}:${String(port)}`

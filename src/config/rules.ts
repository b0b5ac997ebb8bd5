import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Config, HostPort } from '../config.ts'
import type { Places } from './load.ts'
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

/** What no single key can get wrong: security of listeners, names that must be unique, loops. What is bad by itself takes no part. */
export function checkRules(config: Config, places: Places, problems: Problems): void {
  checkIngress(config, places, problems)
  checkNames(config, places, problems)
  checkListeners(config, places, problems)
}

/** What decides who may use the ingress. */
const INGRESS_KEYS = ['ingress.listen', 'ingress.tokenFile', 'ingress.tls.cert', 'ingress.tls.key'] as const

function checkIngress({ ingress }: Config, { where, isKnown }: Places, problems: Problems): void {
  if (isLoopback(ingress.listen.host) || ingress.tokenFile !== undefined || ingress.tls?.clientCA !== undefined) return
  // One that is given all the same lacks something, which is said.
  const isMeant = where('ingress.tls.clientCA') !== ''
  if (isMeant || !INGRESS_KEYS.every(key => isKnown(key))) return
  problems.add(
    where('ingress.listen'),
    `ingress.listen ${shownHostPort(ingress.listen)} can be reached from other machines: it needs ingress.tokenFile or ingress.tls.clientCA`,
  )
}

function checkNames({ services }: Config, { where }: Places, problems: Problems): void {
  const seen = new Map<string, string>()
  for (const [index, { name }] of services.entries()) {
    const before = seen.get(name)
    if (before !== undefined) problems.add(where('name', index), `the service "${name}" stands twice${at(before)}`)
    if (name !== '') seen.set(name, where('name', index))
  }
  const hosts = new Map<string, string>()
  for (const [index, service] of services.entries()) {
    for (const host of service.hosts.map(each => each.toLowerCase())) {
      const before = hosts.get(host)
      const shown = before === '' ? 'another service' : `"${before ?? ''}"`
      if (before !== undefined) problems.add(where('hosts', index), `the host ${host} is that of ${shown} already`)
      hosts.set(host, service.name)
    }
  }
}

function checkListeners(config: Config, places: Places, problems: Problems): void {
  const { services } = config
  const indexOf = (name: string): number => services.findIndex(service => `service/${service.name}` === name)
  const isShared = (name: string): name is 'ingress' | 'admin' => name === 'ingress' || name === 'admin'
  // A service's own port is left out where it is bad; of these two there is a default in its place.
  const listeners = httpListeners(config).filter(({ name }) => !isShared(name) || places.isKnown(`${name}.listen`))
  for (const [index, { name, listen }] of listeners.entries()) {
    const clash = listeners.slice(0, index).find(other => meet(listen, other.listen))
    if (clash === undefined) continue
    const where = isShared(name) ? places.where(`${name}.listen`) : places.where('listen', indexOf(name))
    problems.add(where, `${name} and ${clash.name} listen on the same port ${String(listen.port)}`)
  }
  for (const [index, { name, endpoint }] of services.entries()) {
    const loop = endpoint === '' ? undefined : loopOf(endpoint, listeners)
    if (loop === undefined) continue
    problems.add(
      places.where('endpoint', index),
      `the endpoint of ${name === '' ? 'this service' : `"${name}"`} is this agent's own listener ${loop}: requests would run in a circle`,
    )
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
export function meet(a: HostPort, b: HostPort): boolean {
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

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config, HostPort } from '../config.ts'
import type { Place } from './load.ts'
import type { Problems } from './source.ts'

/** Whether only programs of this machine reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::'

/** HTTP listeners of a configuration, by the names that `AgentStatus.listeners` uses. */
export function httpListeners(
  config: Config,
): { readonly name: string; readonly listen: HostPort; readonly tls: boolean }[] {
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
    const loop = loopOf(service.endpoint, config)
    if (loop !== undefined) {
      problems.add(
        place('endpoint', index),
        `the endpoint of "${service.name}" is this agent's own listener ${loop}: requests would run in a circle`,
      )
    }
  }
}

/** Name of the agent's own fixed listener that an endpoint would lead back to, undefined as it should be. */
export function loopOf(endpoint: string, config: Config): string | undefined {
  const url = new URL(endpoint)
  const target: HostPort = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
  }
  return httpListeners(config).find(({ listen }) => meet(target, listen))?.name
}

/** Whether a connection to one reaches the other, as far as addresses tell. Port 0 is never known before. */
function meet(a: HostPort, b: HostPort): boolean {
  if (a.port === 0 || a.port !== b.port) return false
  if (normal(a.host) === normal(b.host)) return true
  return (isWildcard(a.host) && isOwn(b.host)) || (isWildcard(b.host) && isOwn(a.host))
}

const normal = (host: string) => (host === 'localhost' ? '127.0.0.1' : host.toLowerCase())

function isOwn(host: string): boolean {
  if (isLoopback(host) || isWildcard(host)) return true
  return Object.values(networkInterfaces()).some(list => list?.some(each => each.address === host))
}

const at = (where: string) => (where === '' ? '' : `, first at ${where}`)

/** `127.0.0.1:80`, `[::1]:80`. */
export const shownHostPort = ({ host, port }: HostPort): string =>
  `${host.includes(':') ? `[${host}]` : host}:${String(port)}`

import { readFile } from 'node:fs/promises'
import type { Config } from '../../config.ts'
import type { CheckFacts } from '../../core/check/index.ts'
import { httpListeners } from '../rules.ts'

/** Connections of the admin API (its own bound), and files of the program itself: stores, logs, epoll, libraries. */
const ADMIN_AND_OWN = 256 + 128
/** Connections between agents, where there are files enough: sites of a mesh twice (both may dial at once), and strangers beside them. */
const PEER_CONNECTIONS = 2_048
/** Those that are just being made are bounded by as many (adapters/libp2p). */
const OF_EACH_PEER_CONNECTION = 2
/** Fewer than these serve nobody. */
const MIN_CONNECTIONS = 16

/** So many connections at a time as files may be open for. */
export interface FittedConnections {
  /** With lower `limits` where there are too few files, otherwise as it was given. */
  readonly config: Config
  /** Between agents, at a time. */
  readonly peers: number
}

/**
 * Lets all connections together be no more than files may be open: each is one, and a store that can open none has failed, which ends the agent. Whoever opens
 * connections could end it so.
 * @param limit as `openFilesLimit` says
 */
export function fittedConnections(config: Config, limit: number | undefined): FittedConnections {
  const wanted = wantedFiles(config)
  if (limit === undefined || limit >= wanted) return { config, peers: PEER_CONNECTIONS }
  const { limits, services } = config
  const kinds = ingressesOf(config) + services.length + OF_EACH_PEER_CONNECTION
  const share = Math.max(0, limit - ADMIN_AND_OWN - kinds * MIN_CONNECTIONS) / (wanted - ADMIN_AND_OWN)
  const fit = (connections: number): number => Math.min(connections, MIN_CONNECTIONS + Math.floor(connections * share))
  const fewer = {
    connections: fit(limits.connections),
    connectionsPerEndpoint: fit(limits.connectionsPerEndpoint),
  }
  return {
    config: {
      ...config,
      limits: { ...limits, ...fewer },
      services: services.map(service =>
        service.connections === undefined ? service : { ...service, connections: fit(service.connections) },
      ),
    },
    peers: fit(PEER_CONNECTIONS),
  }
}

/** What the configured limits add up to, against what may be open; undefined where the system does not tell. */
export async function probeOpenFiles(config: Config): Promise<CheckFacts['openFiles']> {
  const limit = await openFilesLimit()
  if (limit === undefined) return undefined
  return { limit: limit === Infinity ? undefined : limit, wanted: wantedFiles(config) }
}

/**
 * Files that this process may have open, as far as the system tells (Linux); a process started elsewhere, by systemd for one, may have other limits than this
 * one. Node raises its soft limit to the hard one when it starts.
 */
export async function openFilesLimit(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  if (hard === undefined) return undefined
  return hard === 'unlimited' ? Infinity : Number(hard)
}

function wantedFiles(config: Config): number {
  const { connections, connectionsPerEndpoint } = config.limits
  const toApplications = config.services.reduce(
    (sum, service) => sum + (service.connections ?? connectionsPerEndpoint),
    0,
  )
  return ingressesOf(config) * connections + toApplications + OF_EACH_PEER_CONNECTION * PEER_CONNECTIONS + ADMIN_AND_OWN
}

function ingressesOf(config: Config): number {
  return httpListeners(config).filter(({ name }) => name !== 'admin').length
}

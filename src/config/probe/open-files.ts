import { readFile } from 'node:fs/promises'
import { MAX_REFUSED_CONNECTIONS, refusedBeside, type Config } from '../../config.ts'
import type { CheckFacts } from '../../core/check/index.ts'
import { httpListeners } from '../rules.ts'

/** Files of the program itself: stores (which map most of theirs into memory), logs, epoll, libraries. */
const OWN_FILES = 96
/** Connections of the admin API, where there are files enough. */
const ADMIN_CONNECTIONS = 256
/** Connections between agents, where there are files enough: sites of a mesh twice (both may dial at once), and strangers beside them. */
const PEER_CONNECTIONS = 2_048
/** Those that are just being made are bounded by as many (adapters/libp2p). */
const OF_EACH_PEER_CONNECTION = 2
/** What operators and the mesh get of the files where there are too few: their connections are few, and all others are of no use without them. */
const PART = 1 / 8
/** Fewer than these serve nobody. */
const MIN_CONNECTIONS = 4

/** So many connections at a time as files may be open for. */
export interface FittedConnections {
  /** With lower `limits` where there are too few files, otherwise as it was given. What services say is theirs, and is written back into the file. */
  readonly config: Config
  /** To an application whose service says how many, at a time. */
  readonly toApplication: (connections: number) => number
  /** Between agents, at a time. */
  readonly peers: number
  /** Of the admin API, at a time. */
  readonly admin: number
}

/**
 * Lets all connections together be no more than files may be open: each is one, and a store that can open none has failed, which ends the agent. Whoever opens
 * connections could end it so. It is sure from 256 files on, for the services that there are at the start.
 * @param limit as `openFilesLimit` says
 */
export function fittedConnections(config: Config, limit: number | undefined): FittedConnections {
  if (limit === undefined || limit >= wantedFiles(config))
    return { config, toApplication: count => count, peers: PEER_CONNECTIONS, admin: ADMIN_CONNECTIONS }
  const part = Math.floor(limit * PART)
  const admin = Math.min(ADMIN_CONNECTIONS, part)
  const peers = Math.min(PEER_CONNECTIONS, part)
  const left = limit - OWN_FILES - admin - OF_EACH_PEER_CONNECTION * peers
  const share = left / (ingressFiles(config) + applicationFiles(config))
  const fit = (count: number): number => Math.min(count, Math.max(MIN_CONNECTIONS, Math.floor(count * share)))
  const { limits } = config
  const ofIngress = (limits.connections + refusedBeside(limits.connections)) * share
  const connections = Math.floor(Math.max(ofIngress / 2, ofIngress - MAX_REFUSED_CONNECTIONS))
  const fewer = {
    connections: Math.min(limits.connections, Math.max(MIN_CONNECTIONS, connections)),
    connectionsPerEndpoint: fit(limits.connectionsPerEndpoint),
  }
  return { config: { ...config, limits: { ...limits, ...fewer } }, toApplication: fit, peers, admin }
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
  const always = OWN_FILES + ADMIN_CONNECTIONS + OF_EACH_PEER_CONNECTION * PEER_CONNECTIONS
  return always + ingressFiles(config) + applicationFiles(config)
}

function ingressFiles(config: Config): number {
  const { connections } = config.limits
  const ingresses = httpListeners(config).filter(({ name }) => name !== 'admin').length
  return ingresses * (connections + refusedBeside(connections))
}

function applicationFiles({ services, limits }: Config): number {
  return services.reduce((sum, service) => sum + (service.connections ?? limits.connectionsPerEndpoint), 0)
}

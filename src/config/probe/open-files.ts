import { readFile } from 'node:fs/promises'
import type { Config } from '../../config.ts'
import type { CheckFacts } from '../../core/check/index.ts'
import { httpListeners } from '../rules.ts'

/** Connections of the admin API (its own bound), and files of the program itself: stores, logs, epoll, libraries. */
const ADMIN_AND_OWN = 256 + 128
/** Connections between agents: those that stand, and those that are just being made (both bounds of adapters/libp2p). */
const PEERS = 2_048 + 2_048

/**
 * Files that may be open against what the configured limits add up to: each connection is one. Only where the system tells
 * (Linux); a process started elsewhere, by systemd for one, may have other limits than this one.
 */
export async function probeOpenFiles(config: Config): Promise<CheckFacts['openFiles']> {
  const limit = hardLimit(await readFile('/proc/self/limits', 'utf8').catch(() => ''))
  if (limit === undefined) return undefined
  const ingresses = httpListeners(config).filter(({ name }) => name !== 'admin').length
  const { connections, connectionsPerEndpoint } = config.limits
  const toApplications = config.services.reduce(
    (sum, service) => sum + (service.connections ?? connectionsPerEndpoint),
    0,
  )
  const wanted = ingresses * connections + toApplications + PEERS + ADMIN_AND_OWN
  return { limit: limit === Infinity ? undefined : limit, wanted }
}

/** Node raises its soft limit to the hard one when it starts. */
function hardLimit(limits: string): number | undefined {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  if (hard === undefined) return undefined
  return hard === 'unlimited' ? Infinity : Number(hard)
}

import path from 'node:path'
import type { Config } from '../../config.ts'
import type { BootstrapFact, CheckFacts, EndpointFact, ListenerFact } from '../../core/check/index.ts'
import { isLoopback } from '../rules.ts'
import { readPackage } from '../version.ts'
import { probeEndpoint } from './endpoint.ts'
import { probeCertificates, probeFiles, probeFolder } from './files.ts'
import { probeOpenFiles } from './open-files.ts'
import { probeBootstrap, probeListeners } from './ports.ts'

export interface ProbeOptions {
  /** Ends everything that is still waited for: what was not told by then counts as a time-out. */
  readonly signal: AbortSignal
  /**
   * Whether this agent runs: its ports are its own then and are not tried, and its peers know more about bootstrap
   * addresses than an opened TCP connection does.
   */
  readonly running: boolean
  /** The file that the configuration came from. */
  readonly file?: string | undefined
}

/**
 * Looks at what a configuration says about its machine: files, data folder, ports, applications, bootstrap addresses.
 * Nothing is changed; listeners are opened for a moment and closed again.
 */
export async function probe(config: Config, { signal, running, file }: ProbeOptions): Promise<CheckFacts> {
  const isWithin = !path.relative(config.data, config.bodies.folder).startsWith('..')
  const [files, certificates, data, bodies, openFiles, endpoints, listeners, bootstrap] = await Promise.all([
    probeFiles(config),
    probeCertificates(config),
    probeFolder(config.data, config.limits),
    isWithin ? undefined : probeFolder(config.bodies.folder, config.limits),
    probeOpenFiles(config),
    Promise.all(config.services.map((service): Promise<EndpointFact> => probeEndpoint(service, signal))),
    running ? undefined : (probeListeners(config) satisfies Promise<readonly ListenerFact[]>),
    running ? undefined : (probeBootstrap(config, signal) satisfies Promise<readonly BootstrapFact[]>),
  ])
  return {
    node: { version: process.version, range: readPackage().node },
    configuration: { file, problems: [] },
    files,
    certificates,
    data,
    ...(bodies === undefined ? {} : { bodies }),
    endpoints,
    meshKey: { configured: config.meshKey !== undefined, reachable: config.listen.some(reachable) },
    ...(openFiles === undefined ? {} : { openFiles }),
    ...(listeners === undefined ? {} : { listeners }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
  }
}

const reachable = (address: string) => !isLoopback(address.split('/')[2] ?? '')

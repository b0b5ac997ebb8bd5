import { isLoopback } from '../../config/rules.ts'
import type { Listener } from '../../ports/control.ts'
import { CheopsError } from '../../errors.ts'
import type { Call } from '../command.ts'
import type { TlsFiles } from './http.ts'
import { caFileOf, connectAgent, fileOption, namedCaFile, readTlsFiles, readToken } from './resolve.ts'

export interface Ingress {
  /** No slash at the end. */
  readonly url: string
  /** For `Proxy-Authorization`, as `Authorization` belongs to the application. */
  readonly proxyToken: string | undefined
  readonly tls: TlsFiles
  /** The authority of its certificate, where that is named. */
  readonly caFile: string | undefined
  /** Everything that the agent listens on, as far as it was asked. */
  readonly listeners: readonly Listener[]
}

/** Where an agent takes requests: `--ingress`, else what the agent itself says. */
export async function ingressOf(call: Call): Promise<Ingress> {
  const { io, options } = call
  const tokenFile =
    fileOption(io, options.text('ingressTokenFile')) ?? fileOption(io, io.env['CHEOPS_INGRESS_TOKEN_FILE'])
  const proxyToken = tokenFile === undefined ? undefined : await readToken(tokenFile)
  const given = options.text('ingress')
  // Where another address is named, what the context says is of another server.
  const caFile = given === undefined ? await caFileOf(call) : namedCaFile(call)
  const tls = await readTlsFiles(io, options, caFile)
  if (given !== undefined) {
    if (!/^https?:\/\//.test(given) || !URL.canParse(given)) {
      throw new CheopsError('ERR_CLI_USAGE', `--ingress takes a URL, not "${given}".`)
    }
    return { url: given.replace(/\/+$/, ''), proxyToken, tls, caFile, listeners: [] }
  }
  const agent = await connectAgent(call)
  const { listeners } = await agent.status()
  const ingress = listeners.find(({ name }) => name === 'ingress')
  if (ingress === undefined) throw new CheopsError('ERR_CLI_AGENT', 'The agent has no ingress (yet).')
  return {
    url: reachableUrl(ingress.address, agent.url),
    proxyToken,
    tls,
    caFile,
    listeners: listeners
      .filter(({ address }) => address.startsWith('http'))
      .map(({ name, address }) => ({ name, address: reachableUrl(address, agent.url) })),
  }
}

/** An agent that listens on all addresses is reached under the one at which its admin API was. */
export function reachableUrl(address: string, adminUrl: string): string {
  const url = new URL(address)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host !== '0.0.0.0' && host !== '::') return address
  const admin = new URL(adminUrl).hostname
  url.hostname = isLoopback(admin.replace(/^\[|\]$/g, '')) ? '127.0.0.1' : admin
  return url.href.replace(/\/$/, '')
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { DEFAULT_ADMIN_PORT } from '../../config.ts'
import { milliseconds } from '../../config/values.ts'
import { nearestName } from '../../core/scope/index.ts'
import { CheopsError } from '../../errors.ts'
import type { Call, Options } from '../command.ts'
import { writeLine } from '../io.ts'
import type { Io } from '../io.ts'
import { printable } from '../output/visible.ts'
import { AdminClient } from './client.ts'
import type { TlsFiles } from './http.ts'
import { readContexts } from './contexts.ts'
import { localAgents } from './local.ts'

interface Target {
  readonly url: string
  readonly tokenFile: string | undefined
  readonly caFile: string | undefined
}

/**
 * The agent that a command asks: `--agent`, else `CHEOPS_ADMIN`, else the current context, else the one agent that runs on
 * this machine, else the default port. Its token: `--token-file`, else `CHEOPS_TOKEN_FILE`, else what the context or the
 * local agent's own file says.
 * @throws CheopsError ERR_CLI_USAGE, ERR_CLI_AGENT
 */
export async function connectAgent({ io, options }: Call): Promise<AdminClient> {
  const target = await findTarget(io, options.text('agent') ?? nonEmpty(io.env['CHEOPS_ADMIN']))
  const tokenFile =
    fileOption(io, options.text('tokenFile')) ?? fileOption(io, io.env['CHEOPS_TOKEN_FILE']) ?? target.tokenFile
  return new AdminClient({
    url: target.url,
    token: tokenFile === undefined ? undefined : await readToken(tokenFile),
    tls: await readTlsFiles(io, options, target.caFile),
    timeoutMs: timeoutOf(options),
    interrupted: io.interrupted,
    note: text => writeLine(io.stderr, printable(text)),
  })
}

/** As a command is told: `--ca-file`, else `CHEOPS_CA_FILE`. */
export function namedCaFile({ io, options }: Pick<Call, 'io' | 'options'>): string | undefined {
  return fileOption(io, options.text('caFile')) ?? fileOption(io, io.env['CHEOPS_CA_FILE'])
}

/**
 * The authority of the certificates of the agent that a command asks: `--ca-file`, else `CHEOPS_CA_FILE`, else what the context says.
 * @throws CheopsError ERR_CLI_USAGE
 */
export async function caFileOf(call: Pick<Call, 'io' | 'options'>): Promise<string | undefined> {
  const { io, options } = call
  return namedCaFile(call) ?? (await findTarget(io, options.text('agent') ?? nonEmpty(io.env['CHEOPS_ADMIN']))).caFile
}

/** An address without its scheme; no name has a colon. */
const HOST_PORT = /^[^\s/]+:\d+(\/|$)/

async function findTarget(io: Io, wanted: string | undefined): Promise<Target> {
  if (wanted !== undefined && /^https?:\/\//.test(wanted)) {
    if (!URL.canParse(wanted)) throw new CheopsError('ERR_CLI_USAGE', `"${wanted}" is no URL.`)
    const url = wanted.replace(/\/+$/, '')
    const known = (await localAgents(io)).find(agent => agent.admin === url)
    return { url, tokenFile: known?.adminTokenFile, caFile: undefined }
  }
  if (wanted !== undefined && HOST_PORT.test(wanted)) {
    throw new CheopsError('ERR_CLI_USAGE', `"${wanted}" is no name and no URL: did you mean "http://${wanted}"?`)
  }
  const { current, contexts } = await readContexts(io)
  const name = wanted ?? current
  if (name !== undefined) {
    const context = contexts[name]
    if (context !== undefined) return { url: context.agent, tokenFile: context.tokenFile, caFile: context.caFile }
    const agents = await localAgents(io)
    const local = agents.find(agent => agent.site === name)
    if (local !== undefined) return { url: local.admin, tokenFile: local.adminTokenFile, caFile: undefined }
    const near = nearestName(name, [...Object.keys(contexts), ...agents.map(agent => agent.site)])
    const help = near === undefined ? 'give a URL, or see "cheops context ls".' : `did you mean "${near}"?`
    throw new CheopsError('ERR_CLI_USAGE', `No context and no local agent is called "${name}"; ${help}`)
  }
  const local = await localAgents(io)
  const [only] = local
  if (only !== undefined && local.length === 1) {
    return { url: only.admin, tokenFile: only.adminTokenFile, caFile: undefined }
  }
  if (local.length > 1) {
    const names = local.map(agent => agent.site).join(', ')
    throw new CheopsError(
      'ERR_CLI_USAGE',
      `Several agents run here (${names}): say which with --agent NAME, or once for all with "cheops context use NAME".`,
    )
  }
  return { url: `http://127.0.0.1:${String(DEFAULT_ADMIN_PORT)}`, tokenFile: undefined, caFile: undefined }
}

/** @throws CheopsError ERR_CLI_AGENT; the content never stands in the message */
export async function readToken(file: string): Promise<string> {
  let token: string
  try {
    token = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw unreadable('token file', file, error)
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CheopsError('ERR_CLI_AGENT', `${file} holds no token.`, { file })
  return token
}

/** Nothing was asked yet: it says what is wrong with the file, and nothing of the agent. */
function unreadable(what: string, file: string, cause: unknown): CheopsError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const isDenied = code === 'EACCES' || code === 'EPERM'
  const why = isDenied ? 'it may not be read' : code === 'ENOENT' ? 'it does not exist' : code
  const hint = isDenied
    ? 'It is for the user of the agent and for root: use "sudo", or name a copy that you may read.'
    : 'Name one that is there: --token-file, --ca-file, --cert-file, --key-file, or the variable of it.'
  return new CheopsError('ERR_CLI_AGENT', `The ${what} ${file} cannot be read: ${why}.`, { file, hint }, { cause })
}

/** Files for TLS connections to the agent. @throws CheopsError ERR_CLI_AGENT */
export async function readTlsFiles(io: Io, options: Options, contextCa?: string): Promise<TlsFiles> {
  const file = (option: string, variable: string) =>
    fileOption(io, options.text(option)) ?? fileOption(io, io.env[variable])
  const read = async (name: string | undefined) => (name === undefined ? undefined : readNamed(name))
  const [ca, cert, key] = await Promise.all([
    read(file('caFile', 'CHEOPS_CA_FILE') ?? contextCa),
    read(file('certFile', 'CHEOPS_CERT_FILE')),
    read(file('keyFile', 'CHEOPS_KEY_FILE')),
  ])
  return { ca, cert, key }
}

/** @throws CheopsError ERR_CLI_AGENT */
export async function readNamed(name: string): Promise<Buffer> {
  try {
    return await readFile(name)
  } catch (error) {
    throw unreadable('file', name, error)
  }
}

/** @throws CheopsError ERR_CLI_USAGE */
export function timeoutOf(options: Options): number {
  const given = options.text('timeout') ?? '10s'
  try {
    // Ten minutes are longer than anybody waits in front of a terminal, and the agent gives up after two.
    return milliseconds(1, 600_000).parse(given, '')
  } catch (error) {
    const why = error instanceof Error ? error.message : 'is bad'
    throw new CheopsError('ERR_CLI_USAGE', `--timeout ${why}.`, {}, { cause: error })
  }
}

const nonEmpty = (text: string | undefined) => (text === '' ? undefined : text)
export const fileOption = (io: Io, name: string | undefined): string | undefined =>
  name === undefined || name === '' ? undefined : path.resolve(io.cwd, name)

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CheopsError } from '../../errors.ts'
import { ingressOf, type Ingress } from '../agent/ingress.ts'
import { SCOPE_OPTIONS } from '../command.ts'
import type { Call, CommandSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { scopeOption, scopePrefix } from '../scope-option.ts'
import { clientOutput, runClient } from '../wrapper.ts'

const INSTALL = 'See https://kubernetes.io/docs/tasks/tools/.'

export const kubectlCommand: CommandSpec = {
  name: 'kubectl',
  summary: 'Run kubectl with a scope',
  details:
    "kubectl runs with a copy of its own configuration (context, user, namespace) whose server is the agent, under a path that carries the scope. The copy is readable by you only and removed afterwards. The exit code is kubectl's own.\n" +
    'kubectl sends no credentials to http:// servers: give the kubernetes service a listener with TLS.',
  arguments: [{ name: '[args...]', help: 'arguments of kubectl' }],
  agent: true,
  passThrough: true,
  options: [
    ...SCOPE_OPTIONS,
    { flags: '--kubernetes <service>', help: 'what the mesh calls the API server', fallback: 'kubernetes' },
    {
      flags: '--ingress <url>',
      help: "where to send requests (default: the service's own port, else the ingress of the agent)",
    },
  ],
  examples: [
    ['cheops kubectl --sites site2 -- get pods', 'pods of site2'],
    ["cheops kubectl --scope 'site1 or site2' -- get nodes", 'of the first that can be reached'],
  ],
  run: kubectl,
}

async function kubectl(call: Call): Promise<number> {
  const { io, options, args } = call
  const scope = scopeOption(options)
  const ingress = await ingressOf(call)
  const server = serverOf(call, ingress, scopePrefix(scope))
  if (server.startsWith('http://')) {
    writeLine(
      io.stderr,
      'cheops: kubectl sends no credentials to an http:// server; give the service a listener with tls',
    )
  }
  const { selectors, rest } = takeSelectors(args)
  const current = await clientOutput(io, 'kubectl', [
    'config',
    'view',
    '--raw',
    '--minify',
    '--flatten',
    '--output=json',
    ...selectors,
  ])
  if (current.kind === 'missing') {
    writeLine(io.stderr, `cheops: the client "kubectl" is not installed or not in PATH.\n  ${INSTALL}`)
    return EXIT.notInstalled
  }
  if (current.kind === 'failed') {
    throw new CheopsError('ERR_CLI_USAGE', `kubectl has no usable configuration: ${current.text.trim()}`)
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'cheops-kubectl-'))
  try {
    const file = path.join(folder, 'config')
    await writeFile(file, redirect(current.text, server, ingress.caFile), { mode: 0o600 })
    return await runClient(io, 'kubectl', rest, { ...io.env, KUBECONFIG: file }, INSTALL)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function serverOf({ options }: Call, { url, listeners }: Ingress, prefix: string): string {
  const service = options.text('kubernetes') ?? 'kubernetes'
  const own = listeners.find(({ name }) => name === `service/${service}`)
  return own === undefined ? `${url}${prefix}/${service}` : `${own.address}${prefix}`
}

/** Options that choose the configuration: they are for the copy that is made of it. */
function takeSelectors(args: readonly string[]): { readonly selectors: string[]; readonly rest: string[] } {
  const selectors: string[] = []
  const rest: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    // What stands behind "--" is for a program in a pod.
    if (arg === '--') return { selectors, rest: [...rest, ...args.slice(i)] }
    const match = /^--(kubeconfig|context|cluster|user)(=.*)?$/.exec(arg)
    if (match === null) rest.push(arg)
    else selectors.push(match[2] === undefined ? `${arg}=${args[++i] ?? ''}` : arg)
  }
  return { selectors, rest }
}

/** The configuration with another server. JSON is YAML, so kubectl reads it. */
function redirect(text: string, server: string, ca: string | undefined): string {
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null || !('clusters' in content) || !Array.isArray(content.clusters)) {
    throw new CheopsError('ERR_CLI_USAGE', 'kubectl has no cluster in its configuration: see "kubectl config view".')
  }
  const clusters = content.clusters.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('cluster' in entry)) return entry
    const cluster: Record<string, unknown> = { ...(entry.cluster as object), server }
    // The agent's certificate is not the API server's. Where no authority is named for it, it may still be the same.
    if (ca !== undefined) {
      delete cluster['certificate-authority-data']
      // kubectl takes no authority beside it, and the name is that of the API server.
      delete cluster['insecure-skip-tls-verify']
      delete cluster['tls-server-name']
      cluster['certificate-authority'] = ca
    }
    if (server.startsWith('http://')) delete cluster['certificate-authority-data']
    return { ...entry, cluster }
  })
  return JSON.stringify({ ...content, clusters })
}

import { CheopsError } from '../../errors.ts'
import { ingressOf } from '../agent/ingress.ts'
import { SCOPE_OPTIONS } from '../command.ts'
import type { Call, CommandSpec } from '../command.ts'
import { writeLine } from '../io.ts'
import { scopeOption, scopePrefix } from '../scope-option.ts'
import { runClient } from '../wrapper.ts'

export const openstackCommand: CommandSpec = {
  name: 'openstack',
  summary: 'Run the openstack client with a scope',
  details:
    "The client runs with its own environment, but asks Keystone through the agent, under a path that carries the scope; the agent writes that path into Keystone's catalog, so that each request of the command has the scope. The exit code is the client's own.",
  arguments: [{ name: '[args...]', help: 'arguments of the client' }],
  agent: true,
  passThrough: true,
  options: [
    ...SCOPE_OPTIONS,
    { flags: '--identity <service>', help: 'what the mesh calls Keystone', fallback: 'identity' },
    { flags: '--ingress <url>', help: 'where to send requests (default: the ingress of the agent)' },
  ],
  examples: [
    ["cheops openstack --scope '{image: site2}' -- image list", 'images of site2'],
    ["cheops openstack --scope '{image: site1 || site2}' -- image list", 'the first of them that can be reached'],
    ['cheops openstack --sites site2 -- token issue', 'every service at site2'],
  ],
  run: openstack,
}

async function openstack(call: Call): Promise<number> {
  const { io, options, args } = call
  const scope = scopeOption(options)
  const ingress = await ingressOf(call)
  if (io.env['CHEOPS_INGRESS_TOKEN_FILE'] !== undefined) {
    writeLine(
      io.stderr,
      'cheops: the openstack client cannot send the token of the ingress; use an ingress on loopback, or client certificates',
    )
  }
  const { url: given, rest } = takeAuthUrl(args)
  const version = versionOf(given ?? io.env['OS_AUTH_URL'])
  const authUrl = `${ingress.url}${scopePrefix(scope)}/${options.text('identity') ?? 'identity'}${version}`
  const ca = ingress.caFile
  // The option is stronger than clouds.yaml and variables; the variable is for what the client itself runs.
  return runClient(
    io,
    'openstack',
    ['--os-auth-url', authUrl, ...rest],
    { ...io.env, OS_AUTH_URL: authUrl, ...(ca === undefined ? {} : { OS_CACERT: ca }) },
    'Debian: apt-get install python3-openstackclient; elsewhere: pip install python-openstackclient.',
  )
}

/** Takes `--os-auth-url X` or `--os-auth-url=X` out of the arguments. */
function takeAuthUrl(args: readonly string[]): { readonly url: string | undefined; readonly rest: readonly string[] } {
  const option = '--os-auth-url'
  const index = args.findIndex(arg => arg === option || arg.startsWith(`${option}=`))
  if (index === -1) return { url: undefined, rest: args }
  const arg = args[index] ?? ''
  const joined = arg.startsWith(`${option}=`)
  const url = joined ? arg.slice(option.length + 1) : args[index + 1]
  if (url === undefined) throw new CheopsError('ERR_CLI_USAGE', `${option} needs a URL.`)
  return { url, rest: args.toSpliced(index, joined ? 1 : 2) }
}

/** The version that the user's own URL ends with (`/v3`); Keystone has had no other for years. */
const versionOf = (url: string | undefined): string =>
  url === undefined ? '/v3' : (/\/v\d+(\.\d+)?(?=\/?$)/.exec(url)?.[0] ?? '/v3')

import path from 'node:path'
import { flagOf, SERVICE_KEYS } from '../../config/keys.ts'
import type { KeySpec } from '../../config/keys.ts'
import { checkServiceChange } from '../../config/service-change.ts'
import { otherGlue } from '../../core/check/index.ts'
import { nearestName } from '../../core/scope/index.ts'
import { CheopsError } from '../../errors.ts'
import { fromText } from '../../config/given-text.ts'
import type { ServiceAnswer } from '../agent/answers.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { Call, GroupSpec, OptionSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { render } from '../output/render.ts'
import { table } from '../output/table.ts'

/** Flags for all keys of a service but its name, made from their table. */
const KEYS_BUT_NAME = Object.entries<KeySpec>(SERVICE_KEYS).filter(([key]) => key !== 'name')
const SERVICE_OPTIONS: readonly OptionSpec[] = KEYS_BUT_NAME.map(([key, { type, help }]) => ({
  flags: `${flagOf(key)} <${(type.argument ?? 'value').toLowerCase()}>`,
  help: help.replace(/\.$/, ''),
  ...(type.list === true ? { list: true as const } : {}),
}))
const SAVE: OptionSpec = { flags: '--save', help: "also change the agent's configuration file" }
const UNSET: OptionSpec = {
  flags: '--unset <key>',
  help: 'take a key back, with all below it, as it stands in the file: hosts, expose, expose.paths',
  list: true,
}
const NAME = { name: '<name>', help: 'name of the service' } as const

export const serviceGroup: GroupSpec = {
  name: 'service',
  summary: 'The services of the mesh, and those of this site',
  commands: [
    {
      name: 'ls',
      summary: 'List which site offers what',
      agent: true,
      output: true,
      examples: [['cheops service ls', 'all sites; endpoints of this one']],
      async run(call) {
        const services = await (await connectAgent(call)).services()
        render(call.io, call.options.format, services, () =>
          table(
            ['SERVICE', 'SITE', 'LIVENESS', 'APPLICATION', 'ENDPOINT', 'HERE AT', 'EXPOSED TO'],
            services
              .toSorted((a, b) => a.name.localeCompare(b.name) || a.site.localeCompare(b.site))
              .map(each => [
                each.name,
                each.site,
                each.liveness,
                each.application,
                each.endpoint,
                each.address,
                each.endpoint === undefined ? undefined : (each.expose?.sites.join(', ') ?? 'nobody'),
              ]),
          ),
        )
        return EXIT.ok
      },
    },
    {
      name: 'add',
      summary: 'Offer a service at this site, or offer it differently',
      details:
        'Of a service that this site offers already, what is not named stays as it is: --expose-sites alone changes nothing else, and needs no --endpoint. A list takes the place of the one before. --unset KEY takes a key back.\n\n' +
        'The change holds until the agent stops; with --save the service also goes into the configuration file that the agent was started with, whose comments stay. Files are read by the agent: name them as it sees them.',
      arguments: [NAME],
      agent: true,
      output: true,
      options: [...SERVICE_OPTIONS, UNSET, SAVE],
      examples: [
        ['cheops service add inventory --endpoint http://127.0.0.1:9001', 'for this site only'],
        [
          'cheops service add inventory --expose-sites "*" --expose-methods GET --save',
          'other sites may read it; kept over restarts',
        ],
        ['cheops service add inventory --unset expose --save', 'no other site may use it any more'],
      ],
      run: addService,
    },
    {
      name: 'rm',
      summary: 'Offer a service no longer at this site',
      arguments: [NAME],
      agent: true,
      options: [SAVE],
      examples: [['cheops service rm inventory --save', 'and take it out of the configuration file']],
      async run(call) {
        const name = call.args[0] ?? ''
        await (await connectAgent(call)).removeService(name, call.options.flag('save'))
        writeLine(call.io.stdout, `${name} is no longer offered here`)
        return EXIT.ok
      },
    },
  ],
}

async function addService(call: Call): Promise<number> {
  const { io, options } = call
  const name = call.args[0] ?? ''
  const service: Record<string, unknown> = {}
  for (const [key, spec] of KEYS_BUT_NAME) {
    const given = options.given(camelCase(key))
    if (given === undefined) continue
    const texts = typeof given === 'object' ? given : [String(given)]
    const value =
      spec.type.list === true ? texts.flatMap(text => fromText(text, spec)) : absolute(io.cwd, spec, String(given))
    nest(service, key.split('.'), value)
  }
  for (const key of options.list('unset')) nest(service, unsetKey(key).split('.'), null)
  // Wrong values are found before anybody is asked.
  checkServiceChange({ ...service, name }, io.cwd)
  const agent = await connectAgent(call)
  const added = await agent.changeService(name, service, options.flag('save'))
  const others = otherGlue(await agent.services(), added.site).get(name)
  render(io, options.format, added, () => [offeredText(added), ...otherGlueText(name, others)].join('\n'))
  return EXIT.ok
}

function offeredText({ name, address, site, expose }: ServiceAnswer): string {
  const others =
    expose === undefined
      ? 'no other site may use it'
      : `exposed to ${expose.sites.join(', ')}: ${expose.methods.join(', ')} of ${expose.paths.join(', ')}`
  return `${name} is offered at ${address ?? site}; ${others}`
}

function otherGlueText(name: string, sites: readonly string[] | undefined): string[] {
  if (sites === undefined) return []
  return [
    `At ${sites.join(', ')} ${name} is described by other glue: what is replicated there and here needs the same definition at each`,
  ]
}

/** @throws CheopsError ERR_CLI_USAGE */
function unsetKey(key: string): string {
  const keys = KEYS_BUT_NAME.map(([each]) => each)
  const known = new Set([...keys, ...keys.map(each => each.split('.')[0] ?? '')])
  // A service has one.
  known.delete('endpoint')
  if (known.has(key)) return key
  const near = nearestName(key, known)
  const meant = near === undefined ? `it takes one of ${[...known].join(', ')}` : `did you mean "${near}"?`
  throw new CheopsError('ERR_CLI_USAGE', `--unset takes no "${key}": ${meant}`)
}

const camelCase = (key: string) =>
  flagOf(key)
    .slice(2)
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The agent has another working folder than this command. */
function absolute(cwd: string, { type }: KeySpec, value: string): string {
  const isPath = type.argument === 'PATH' || (type.argument === 'GLUE' && /\/|\.(ya?ml|json)$/.test(value))
  return isPath ? path.resolve(cwd, value) : value
}

function nest(into: Record<string, unknown>, names: readonly string[], value: unknown): void {
  const [first = '', ...rest] = names
  if (rest.length === 0) {
    into[first] = value
    return
  }
  const inner: Record<string, unknown> = { ...(typeof into[first] === 'object' ? into[first] : {}) }
  nest(inner, rest, value)
  into[first] = inner
}

import path from 'node:path'
import { flagOf, SERVICE_KEYS } from '../../config/keys.ts'
import type { KeySpec } from '../../config/keys.ts'
import { parseService } from '../../config/load.ts'
import { fromText } from '../../config/given-text.ts'
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
        'The change holds until the agent stops; with --save it also goes into the configuration file that the agent was started with,\nwhose comments stay. Files are read by the agent: name them as it sees them.',
      arguments: [NAME],
      agent: true,
      output: true,
      options: [...SERVICE_OPTIONS, SAVE],
      examples: [
        ['cheops service add inventory --endpoint http://127.0.0.1:9001', 'for this site only'],
        [
          'cheops service add inventory --endpoint http://127.0.0.1:9001 --expose-sites "*" --expose-methods GET --save',
          'other sites may read it; kept over restarts',
        ],
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
  // Wrong values are found before anybody is asked.
  parseService({ ...service, name }, io.cwd)
  const agent = await connectAgent(call)
  const added = await agent.addService(name, service, options.flag('save'))
  render(io, options.format, added, () => `${added.name} is offered at ${added.address ?? added.site}`)
  return EXIT.ok
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

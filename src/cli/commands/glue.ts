import path from 'node:path'
import { CheopsError } from '../../errors.ts'
import { BUILT_IN_GLUE } from '../../config.ts'
import type { GroupSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { fileOption, readNamed } from '../agent/resolve.ts'
import { render } from '../output/render.ts'
import { headersOf } from './request.ts'

/** Loaded only where it is asked: what holds definitions against their schema takes longer to start than all of the other commands. */
const loadGlueTools = () => import('../../glue/index.ts')

export const glueGroup: GroupSpec = {
  name: 'glue',
  summary: 'Definitions that teach Cheops an application',
  commands: [
    {
      name: 'check',
      summary: 'Explain what is wrong with a definition',
      details:
        'With --against a running instance is tried: a probe of each kind is created, read, listed, updated and deleted.',
      arguments: [{ name: '<file>', help: `a definition, or a built-in one (${BUILT_IN_GLUE.join(', ')})` }],
      output: true,
      options: [
        { flags: '--against <url>', help: 'base URL of a running instance to try it on' },
        { flags: '-H, --header <header>', help: "a header for each of its requests, as 'Name: value'", list: true },
        { flags: '--kind <kind>', help: 'try this kind only', list: true },
        { flags: '--ca-file <file>', help: "authority (PEM) of the instance's certificate" },
        { flags: '--set <name=value>', help: "what stands for a variable of the kinds' paths", list: true },
      ],
      examples: [
        ['cheops glue check inventory.glue.yaml', 'line, column, suggestion'],
        ['cheops glue check inventory.glue.yaml --against http://127.0.0.1:9001', 'on a running instance'],
        ['cheops glue check couch.glue.yaml --against http://127.0.0.1:5984 --set db=test', 'in the database test'],
      ],
      async run({ io, args, options }) {
        const [name = ''] = args
        const against = options.text('against')
        const kinds = options.list('kind')
        const variables = Object.fromEntries(options.list('set').map(variableOf))
        const caFile = fileOption(io, options.text('caFile'))
        const ca = caFile === undefined ? undefined : await readNamed(caFile)
        const { checkGlueFile, renderGlueReport } = await loadGlueTools()
        const report = await checkGlueFile(
          BUILT_IN_GLUE.some(known => known === name) ? name : path.resolve(io.cwd, name),
          {
            ...(against === undefined ? {} : { against }),
            ...(kinds.length === 0 ? {} : { kinds }),
            ...(ca === undefined ? {} : { ca }),
            variables,
            interrupted: io.interrupted,
            headers: Object.fromEntries(headersOf(options.list('header'))),
          },
        )
        render(io, options.format, report, () => renderGlueReport(report).trimEnd())
        return report.ok ? EXIT.ok : EXIT.failed
      },
    },
    {
      name: 'schema',
      summary: 'Print the JSON Schema of a definition, for editors',
      examples: [['cheops glue schema > glue.schema.json', '']],
      async run({ io }) {
        const { glueSchema } = await loadGlueTools()
        writeLine(io.stdout, JSON.stringify(glueSchema(), undefined, 2))
        return EXIT.ok
      },
    },
  ],
}

/** @throws CheopsError ERR_CLI_USAGE */
function variableOf(text: string): [string, string] {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text)
  if (match === null) throw new CheopsError('ERR_CLI_USAGE', `A variable of a path is name=value, not "${text}".`)
  return [match[1] ?? '', match[2] ?? '']
}

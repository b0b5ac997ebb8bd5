import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { explainScope, parseScope, renderExplanation } from '../../core/scope/index.ts'
import type { Catalog } from '../../core/resource/catalog.ts'
import { CheopsError } from '../../errors.ts'
import { connectAgent } from '../agent/resolve.ts'
import type { Call, GroupSpec } from '../command.ts'
import { EXIT } from '../io.ts'
import { render } from '../output/render.ts'

export const scopeGroup: GroupSpec = {
  name: 'scope',
  summary: 'The scope language',
  commands: [
    {
      name: 'explain',
      summary: 'Show what a scope would run where, and why; nothing is sent anywhere',
      details:
        'Sites, services and distances are those that the agent knows now; with --catalog those of a file, and no agent is asked.',
      arguments: [{ name: '<scope>', help: "quoted, as '{inventory: site1 & site2}', or in words" }],
      agent: true,
      output: true,
      options: [
        { flags: '--service <name>', help: 'the service that the request would address' },
        { flags: '--catalog <file>', help: 'a catalog as JSON (GET /v1/catalog of an agent)' },
      ],
      examples: [
        ["cheops scope explain '{orders: site1, inventory: site2}'", 'sharing: figure 2a of the paper'],
        ["cheops scope explain 'around(site1, 50ms)' --service inventory", 'which sites are near enough'],
        ['cheops scope explain site1 or site2 --service inventory', 'words need no quotes'],
      ],
      async run(call) {
        const scope = parseScope(call.args.join(' '))
        const explanation = explainScope(scope, await catalogOf(call), call.options.text('service'))
        render(call.io, call.options.format, explanation, () => renderExplanation(explanation))
        const refused =
          explanation.problem !== undefined || explanation.services.some(each => each.problem !== undefined)
        return refused ? EXIT.failed : EXIT.ok
      },
    },
  ],
}

async function catalogOf(call: Call): Promise<Catalog> {
  const file = call.options.text('catalog')
  if (file === undefined) return (await connectAgent(call)).catalog()
  let content: unknown
  try {
    content = JSON.parse(await readFile(path.resolve(call.io.cwd, file), 'utf8'))
  } catch (error) {
    throw new CheopsError('ERR_CLI_USAGE', `${file} cannot be read as JSON.`, { file }, { cause: error })
  }
  if (!isCatalog(content))
    throw new CheopsError('ERR_CLI_USAGE', `${file} is no catalog: it needs "self" and "sites".`, { file })
  return content
}

function isCatalog(content: unknown): content is Catalog {
  if (typeof content !== 'object' || content === null || !('self' in content && 'sites' in content)) return false
  const { self, sites } = content
  return (
    typeof self === 'string' &&
    Array.isArray(sites) &&
    sites.every((site: unknown) => {
      if (typeof site !== 'object' || site === null) return false
      return 'name' in site && 'services' in site && 'labels' in site && 'liveness' in site && 'announcedRttMs' in site
    })
  )
}

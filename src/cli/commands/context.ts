import path from 'node:path'
import { CheopsError } from '../../errors.ts'
import { nearestName } from '../../core/scope/index.ts'
import { contextsFile, readContexts, writeContexts } from '../agent/contexts.ts'
import { localAgents } from '../agent/local.ts'
import type { GroupSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import { render } from '../output/render.ts'
import { table } from '../output/table.ts'

export const contextGroup: GroupSpec = {
  name: 'context',
  summary: 'Names for agents, and the one that commands ask',
  commands: [
    {
      name: 'ls',
      summary: 'List the contexts, and agents that run on this machine',
      output: true,
      examples: [['cheops context ls', 'the current one has a star']],
      async run({ io, options }) {
        const { current, contexts } = await readContexts(io)
        const local = await localAgents(io)
        const list = [
          ...Object.entries(contexts).map(([name, context]) => ({ name, current: name === current, ...context })),
          ...local
            .filter(agent => !Object.values(contexts).some(context => context.agent === agent.admin))
            .map(agent => ({
              name: agent.site,
              current: false,
              agent: agent.admin,
              tokenFile: agent.adminTokenFile,
              caFile: undefined,
            })),
        ]
        render(io, options.format, list, () =>
          table(
            ['', 'NAME', 'AGENT', 'TOKEN FILE'],
            list.map(each => [each.current ? '*' : ' ', each.name, each.agent, each.tokenFile]),
          ),
        )
        return EXIT.ok
      },
    },
    {
      name: 'add',
      summary: 'Give an agent a name',
      arguments: [{ name: '<name>', help: 'the name' }],
      options: [
        { flags: '--agent <url>', help: 'URL of its admin API' },
        { flags: '--token-file <file>', help: 'file with its token' },
        { flags: '--ca-file <file>', help: 'authority (PEM) of its certificate' },
      ],
      examples: [['cheops context add edge2 --agent https://10.0.0.2:8078 --token-file edge2.token', '']],
      async run({ io, args, options }) {
        const [name = ''] = args
        const agent = options.text('agent')
        if (agent === undefined || !/^https?:\/\//.test(agent) || !URL.canParse(agent)) {
          throw new CheopsError('ERR_CLI_USAGE', 'A context needs --agent URL.')
        }
        if (!/^[\w.-]{1,63}$/.test(name))
          throw new CheopsError('ERR_CLI_USAGE', `"${name}" cannot be the name of a context.`)
        const file = (option: string) => {
          const value = options.text(option)
          return value === undefined ? undefined : path.resolve(io.cwd, value)
        }
        const { current, contexts } = await readContexts(io)
        const context = { agent: agent.replace(/\/+$/, ''), tokenFile: file('tokenFile'), caFile: file('caFile') }
        await writeContexts(io, { current: current ?? name, contexts: { ...contexts, [name]: context } })
        writeLine(
          io.stdout,
          `${name} is kept in ${contextsFile(io)}${current === undefined ? ', and is the current one' : ''}`,
        )
        return EXIT.ok
      },
    },
    {
      name: 'use',
      summary: 'Choose the agent that commands ask; without a name, whichever runs here',
      arguments: [{ name: '[name]', help: 'a context, or the site of an agent on this machine' }],
      examples: [['cheops context use edge2', 'from now on']],
      async run({ io, args }) {
        const [name] = args
        const { contexts } = await readContexts(io)
        if (name === undefined) {
          await writeContexts(io, { current: undefined, contexts })
          writeLine(io.stdout, 'no context is current any more')
          return EXIT.ok
        }
        const agents = await localAgents(io)
        const local = agents.find(agent => agent.site === name)
        if (contexts[name] === undefined && local === undefined) {
          const near = nearestName(name, [...Object.keys(contexts), ...agents.map(agent => agent.site)])
          const help = near === undefined ? 'make it with "cheops context add".' : `did you mean "${near}"?`
          throw new CheopsError('ERR_CLI_USAGE', `No context is called "${name}"; ${help}`)
        }
        const kept =
          contexts[name] ??
          (local === undefined ? undefined : { agent: local.admin, tokenFile: local.adminTokenFile, caFile: undefined })
        await writeContexts(io, {
          current: name,
          contexts: kept === undefined ? contexts : { ...contexts, [name]: kept },
        })
        writeLine(io.stdout, `commands ask ${name} (${kept?.agent ?? ''})`)
        return EXIT.ok
      },
    },
    {
      name: 'rm',
      summary: 'Forget a context',
      arguments: [{ name: '<name>', help: 'the name' }],
      examples: [['cheops context rm edge2', 'its token file stays']],
      async run({ io, args }) {
        const [name = ''] = args
        const { current, contexts } = await readContexts(io)
        if (contexts[name] === undefined) throw new CheopsError('ERR_CLI_USAGE', `No context is called "${name}".`)
        const rest = Object.fromEntries(Object.entries(contexts).filter(([each]) => each !== name))
        await writeContexts(io, { current: current === name ? undefined : current, contexts: rest })
        writeLine(io.stdout, `${name} is forgotten`)
        return EXIT.ok
      },
    },
  ],
}

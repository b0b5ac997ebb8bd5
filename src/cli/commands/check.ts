import { loadConfig } from '../../config/load.ts'
import { readPackage } from '../../config/version.ts'
import { probe } from '../../config/probe/index.ts'
import { evaluateCheck } from '../../core/check/index.ts'
import { CheopsError } from '../../errors.ts'
import type { Finding } from '../../ports/control.ts'
import { connectAgent, timeoutOf } from '../agent/resolve.ts'
import type { Call, CommandSpec } from '../command.ts'
import { EXIT, wantsColour } from '../io.ts'
import { painter, render } from '../output/render.ts'
import { printable } from '../output/visible.ts'
import { screenWidth, wrapped } from '../output/wrap.ts'

export const checkCommand: CommandSpec = {
  name: 'check',
  summary: 'Find what is wrong with an agent, or with a configuration before the agent runs',
  details:
    'Without --config a running agent is asked; with it, this machine is looked at: the file, ports, files, certificates, the data folder, ' +
    'the applications, and whether bootstrap addresses take connections. Each finding has a stable identifier and says what to do. ' +
    'The exit code is 2 when there is an error; warnings do not count.',
  agent: true,
  output: true,
  options: [{ flags: '-c, --config <file>', help: 'check this file and its machine; no agent is asked' }],
  examples: [
    ['cheops check --config cheops.yaml', 'before "cheops up"'],
    ['cheops check', 'the running agent and its mesh'],
    ['cheops check -o json', 'for scripts'],
  ],
  async run(call) {
    const file = call.options.text('config')
    const findings = file === undefined ? await askAgent(call) : await checkFile(call, file)
    render(call.io, call.options.format, findings, () =>
      findingsText(findings, wantsColour(call.io), screenWidth(call.io)),
    )
    return findings.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.ok
  },
}

async function askAgent(call: Call): Promise<readonly Finding[]> {
  const own = evaluateCheck({ node: { version: process.version, range: readPackage().node } })
  const agent = await connectAgent(call)
  const findings = await agent.check()
  // The agent's own Node is what counts, where it told.
  return findings.some(({ id }) => id === 'node-version') ? findings : [...own, ...findings]
}

async function checkFile({ io, options }: Call, file: string): Promise<readonly Finding[]> {
  try {
    const config = loadConfig({ file, env: io.env, cwd: io.cwd })
    const signal = AbortSignal.any([io.interrupted, AbortSignal.timeout(timeoutOf(options))])
    return evaluateCheck(await probe(config, { signal, running: false, file }))
  } catch (error) {
    if (!(error instanceof CheopsError && error.code === 'ERR_CONFIG_INVALID')) throw error
    const problems = error.meta['problems']
    return evaluateCheck({
      node: { version: process.version, range: readPackage().node },
      configuration: { file, problems: Array.isArray(problems) ? problems.map(String) : [error.message] },
    })
  }
}

const MARKS = { ok: ['√', 'green'], warning: ['‼', 'yellow'], error: ['×', 'red'] } as const

/** In sections, as "linkerd check" does: a mark, a sentence, for complaints the identifier and what to do. */
export function findingsText(findings: readonly Finding[], colour: boolean, width = Infinity): string {
  const paint = painter(colour)
  const lines: string[] = []
  for (const [section, members] of Map.groupBy(findings, finding => finding.section)) {
    if (lines.length > 0) lines.push('')
    lines.push(paint(section, 'bold'))
    for (const { level, message, id, hint } of members) {
      const [mark, style] = MARKS[level]
      const [suffix, text] = [`  [${id}]`, printable(message)]
      const told = wrapped(level === 'ok' ? text : text + suffix, width - 2)
        .map(line => line.trimEnd())
        .join('\n  ')
      // The identifier is one word, and the last.
      const shown = level === 'ok' ? told : told.slice(0, -suffix.trim().length) + paint(suffix.trim(), 'dim')
      lines.push(`${paint(mark, style)} ${shown}`)
      if (hint !== undefined) lines.push(...wrapped(printable(hint), width - 4).map(line => `    ${line}`))
    }
  }
  const count = (level: Finding['level']) => findings.filter(finding => finding.level === level).length
  const [errors, warnings] = [count('error'), count('warning')]
  const verdict = [
    errors > 0 ? `${String(errors)} ${errors === 1 ? 'error' : 'errors'}` : '',
    warnings > 0 ? `${String(warnings)} ${warnings === 1 ? 'warning' : 'warnings'}` : '',
  ].filter(part => part !== '')
  return [...lines, '', verdict.length === 0 ? paint('All is well.', 'green') : verdict.join(', ')].join('\n')
}

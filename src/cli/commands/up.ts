import { rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { flagOf, KEYS, variableOf } from '../../config/keys.ts'
import type { KeySpec } from '../../config/keys.ts'
import type { Flags } from '../../config/load.ts'
import { probeFiles } from '../../config/probe/files.ts'
import { probeListeners } from '../../config/probe/ports.ts'
import { evaluateCheck } from '../../core/check/index.ts'
import { CheopsError } from '../../errors.ts'
import type { ReadyInfo, RunningAgent, StartOptions } from '../../ports/running-agent.ts'
import type { Config } from '../../config.ts'
import { READY_FILE } from '../agent/local.ts'
import type { Call, CommandSpec, OptionSpec } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import type { Io } from '../io.ts'
import { makeFolder } from '../../config/make-folder.ts'

/** Starts an agent; the composition root, or a test's own. */
export type StartAgent = (config: Config, options: StartOptions) => Promise<RunningAgent>

/** Flags for all keys, made from their table. A boolean flag may stand alone or carry a value. */
const KEY_OPTIONS: readonly OptionSpec[] = [
  ...Object.entries<KeySpec>(KEYS).map(([key, { type, help, fallback }]): OptionSpec => ({
    flags: `${flagOf(key)} ${type.argument === undefined ? '[true|false]' : `<${type.argument.toLowerCase()}>`}`,
    help: help.replace(/\.$/, '') + (fallback === undefined ? '' : ` (default: ${fallback})`),
    variable: variableOf(key),
    ...(type.list === true ? { list: true as const } : {}),
  })),
  {
    flags: '--services <service>',
    help: 'a service of this site: name=URL, or YAML as in the file',
    list: true,
    variable: variableOf('services'),
  },
]

export const upCommand = (startAgent: StartAgent): CommandSpec => ({
  name: 'up',
  summary: 'Run the agent of this site until it is interrupted',
  details:
    'The configuration comes from a file, from variables, and from flags; a flag is stronger than a variable, a variable than the file. ' +
    'Ctrl-C (or SIGTERM) lets requests under way finish and stops; a second one stops at once.',
  options: [
    {
      flags: '-c, --config <file>',
      help: 'the configuration',
      variable: 'CHEOPS_CONFIG',
    },
    {
      flags: '--ready-file <file>',
      help: 'write the addresses there as JSON once the agent serves; removed when it stops',
      variable: 'CHEOPS_READY_FILE',
    },
    ...KEY_OPTIONS,
  ],
  examples: [
    ['cheops up --config cheops.yaml', 'run with a file (make one with "cheops init")'],
    [
      'cheops up --mesh demo --site site1 --services inventory=http://127.0.0.1:9001',
      'run without a file, on the default ports',
    ],
    ['cheops up -c a.yaml --ingress-listen 127.0.0.1:0 --ready-file a.json', 'any free port; a.json says which'],
    ['CHEOPS_BOOTSTRAP=10.0.0.2:4078 cheops up -c a.yaml', 'a key by its variable'],
  ],
  run: call => up(call, startAgent),
})

async function up({ io, options }: Call, startAgent: StartAgent): Promise<number> {
  const file = options.text('config') ?? io.env['CHEOPS_CONFIG']
  const flags: Record<string, Flags[string]> = {}
  for (const key of [...Object.keys(KEYS), 'services']) flags[key] = options.given(camelCase(flagOf(key)))
  const config = loadConfig({ file, env: io.env, flags, cwd: io.cwd, terminal: io.stderrIsTerminal })
  await refuseMissingFiles(config)

  const readyFiles = [path.join(config.data, READY_FILE), ...readyFile(io, options.text('readyFile'))]
  const running = await startUnlessInterrupted(io, () =>
    startAgent(config, {
      signal: io.interrupted,
      // One that a killed agent left behind would tell waiting scripts of addresses that nobody serves. Not before the data
      // folder is ours: until then it may be that of an agent that runs.
      onDataFolder: () => removeAll(readyFiles),
      ...(file === undefined ? {} : { configFile: path.resolve(io.cwd, file) }),
    }).catch(async (error: unknown) => {
      throw await withAllPorts(error, config)
    }),
  )
  if (running === undefined) return EXIT.ok
  try {
    announce(io, config, running.ready)
    for (const each of readyFiles) await writeReady(each, running.ready)
    const failure = await Promise.race([interruption(io), running.failed])
    if (failure !== undefined) throw failure
    writeLine(io.stdout, 'stopping')
  } finally {
    await removeAll(readyFiles)
    await running.stop()
  }
  return EXIT.ok
}

/** An agent ends at the first port that is taken; who has to find others wants to know of all. */
async function withAllPorts(error: unknown, config: Config): Promise<unknown> {
  if (!(error instanceof CheopsError && error.code.startsWith('ERR_LISTEN_'))) return error
  const taken = (await probeListeners(config)).filter(({ state }) => state === 'taken')
  if (taken.length < 2) return error
  const all = taken.map(({ name, address }) => `${address}, where ${name} should listen, is taken`).join('; ')
  return new CheopsError('ERR_LISTEN_TAKEN', all, error.meta, { cause: error })
}

async function removeAll(files: readonly string[]): Promise<void> {
  await Promise.all(files.map(file => rm(file, { force: true })))
}

async function startUnlessInterrupted(io: Io, start: () => Promise<RunningAgent>): Promise<RunningAgent | undefined> {
  try {
    return await start()
  } catch (error) {
    if (io.interrupted.aborted) return undefined
    throw error
  }
}

async function interruption({ interrupted }: Io): Promise<void> {
  if (interrupted.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  interrupted.addEventListener('abort', () => {
    resolve()
  })
  await promise
}

/** `--ingress-listen` → `ingressListen`: how the parser calls it. */
const camelCase = (flag: string) => flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Says at once and together which files are missing or wrong; each part would otherwise fail on its own, one at a time. */
async function refuseMissingFiles(config: Config): Promise<void> {
  const bad = evaluateCheck({ files: await probeFiles(config) }).filter(({ level }) => level === 'error')
  if (bad.length === 0) return
  throw new CheopsError(
    'ERR_CONFIG_INVALID',
    `${bad.length === 1 ? 'A file' : `${String(bad.length)} files`} that the configuration names cannot be used:\n${bad
      .map(({ message, hint }) => `  ${message}. ${hint ?? ''}`)
      .join('\n')}`,
    { problems: bad.map(({ message }) => message) },
  )
}

const readyFile = (io: Io, option: string | undefined): string[] => {
  const name = option ?? io.env['CHEOPS_READY_FILE']
  return name === undefined || name === '' ? [] : [path.resolve(io.cwd, name)]
}

/** Written in one step: who waits for the file never reads half of it. */
async function writeReady(file: string, ready: ReadyInfo): Promise<void> {
  const temporary = `${file}.${String(ready.pid)}.new`
  try {
    await makeFolder(path.dirname(file))
    await writeFile(temporary, `${JSON.stringify(ready, undefined, 2)}\n`)
    await rename(temporary, file)
  } catch (error) {
    throw new CheopsError('ERR_CLI_USAGE', `The ready file ${file} cannot be written.`, { file }, { cause: error })
  }
}

function announce(io: Io, config: Config, ready: ReadyInfo): void {
  const rows: [string, string][] = [
    ...ready.addresses.map((address): [string, string] => ['peers', address]),
    ['ingress', ready.ingress],
    ['admin', `${ready.admin}  (token in ${ready.adminTokenFile})`],
    ...Object.entries(ready.services),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  writeLine(io.stdout, `site ${ready.site} of mesh ${config.mesh} is up (pid ${String(ready.pid)})`)
  for (const [name, address] of rows) writeLine(io.stdout, `  ${name.padEnd(width)}  ${address}`)
}

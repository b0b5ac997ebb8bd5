// Shows that the table of commands is complete and consistent: help teaches with examples, completion knows every word,
// the README is current, scopes are encoded for URLs, and the program refuses a Node that package.json does not allow.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Options } from '../../../src/cli/command.ts'
import { complete } from '../../../src/cli/commands/completion.ts'
import { commandTable } from '../../../src/cli/commands/index.ts'
import { isGroup } from '../../../src/cli/command.ts'
import type { Io } from '../../../src/cli/io.ts'
import { main } from '../../../src/cli/main.ts'
import { commandReference } from '../../../src/cli/reference.ts'
import { orderedWords } from '../../../src/cli/words.ts'
import { scopeOption, scopePrefix } from '../../../src/cli/scope-option.ts'
import { systemdUnit } from '../../../src/cli/systemd.ts'
import { readPackage } from '../../../src/config/version.ts'
import { nodeSatisfies } from '../../../src/core/check/index.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const TABLE = commandTable(() => Promise.reject(new Error('not here')))

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io: Io = {
    stdout,
    stderr,
    stdin: new PassThrough(),
    env: {},
    cwd: ROOT,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    interrupted: new AbortController().signal,
  }
  const code = await main(argv, io, () => Promise.reject(new Error('not here')))
  const text = (stream: PassThrough) => String(stream.read() ?? '')
  return { code, out: text(stdout), err: text(stderr) }
}

const PATHS = TABLE.flatMap(([, entries]) =>
  entries.flatMap(entry => (isGroup(entry) ? entry.commands.map(each => [entry.name, each.name]) : [[entry.name]])),
)

test('all commands of the issue are there', () => {
  expect(PATHS.map(words => words.join(' '))).toEqual([
    'init',
    'up',
    'check',
    'request',
    'openstack',
    'kubectl',
    'scope explain',
    'status',
    'site ls',
    'site show',
    'site rm',
    'site ping',
    'site cut',
    'site join',
    'service ls',
    'service add',
    'service rm',
    'peer ls',
    'peer dial',
    'dht get',
    'dht find',
    'events',
    'replicant ls',
    'replicant show',
    'replicant history',
    'replicant repair',
    'replicant adopt',
    'replicant detach',
    'replicant attach',
    'operation show',
    'operation body',
    'operation watch',
    'conflict ls',
    'conflict show',
    'conflict resolve',
    'context ls',
    'context add',
    'context use',
    'context rm',
    'glue check',
    'glue schema',
    'version',
    'completion',
  ])
})

test.each(PATHS.map(words => [words.join(' '), words] as const))(
  'help on %s teaches with an example',
  async (name, words) => {
    const { code, out } = await run(...words, '--help')
    expect(code).toBe(0)
    expect(out).toContain('Examples:')
    expect(out.replace(/source <\(/, '')).toContain(`cheops ${name}`)
  },
)

test('help on a command of a group, by either word order', async () => {
  const { code, out } = await run('help', 'replicant', 'ls')
  expect([code, out]).toEqual([0, (await run('replicant', 'ls', '--help')).out])
  expect((await run('help', 'replicant')).out).toContain('history')
})

test('which agent may be said before the command too, in all its forms', () => {
  const before = ['--agent', 'paris', '--token-file=t', '--timeout', '3s']
  expect(orderedWords(TABLE, [...before, 'replicant', 'ls', '--limit', '3'])).toEqual([
    'replicant',
    'ls',
    ...before,
    '--limit',
    '3',
  ])
  // What is passed on to another client stays behind.
  expect(orderedWords(TABLE, ['--agent', 'paris', 'openstack', '--', 'image', 'list'])).toEqual([
    'openstack',
    '--agent',
    'paris',
    '--',
    'image',
    'list',
  ])
  for (const argv of [['status', '--agent', 'paris'], ['--agent'], ['--agent', 'paris'], ['--help'], []])
    expect(orderedWords(TABLE, argv)).toEqual(argv)
})

test('an error of usage names the command whose help helps', async () => {
  expect((await run('replicant', 'show', 'x')).err).toContain('See "cheops replicant show --help".')
  expect((await run('--agent', 'nobody', 'status')).err).toMatch(/called "nobody"[^]*See "cheops status --help"/)
})

test('help is no wider than the terminal', async () => {
  const help = async (columns: number | undefined, ...words: string[]): Promise<string> => {
    const stdout = Object.assign(new PassThrough(), { columns })
    const stream = { stdout, stderr: new PassThrough(), stdin: new PassThrough(), env: {}, cwd: ROOT }
    const interrupted = new AbortController().signal
    const io = { ...stream, stdoutIsTerminal: columns !== undefined, stderrIsTerminal: false, interrupted }
    await main([...words, '--help'], io)
    return String(stdout.read())
  }
  for (const words of PATHS) {
    // Examples stay as they are pasted, and one word as it is.
    const [text = ''] = (await help(80, ...words)).split('Examples:')
    const long = text.split('\n').filter(line => line.length > 80 && !/^(Usage:| *\S+$)/.test(line))
    expect(long, words.join(' ')).toEqual([])
  }
  expect((await help(80)).split('\n').filter(line => line.length > 80)).toEqual([])
  expect((await help(undefined, 'replicant', 'ls')).split('\n').some(line => line.length > 90)).toBe(true)
})

test('help on up has every key with its variable', async () => {
  const { out } = await run('up', '--help')
  const text = out.replaceAll(/\s+/g, ' ')
  expect(text).toContain('--ingress-tls-client-ca <path>')
  expect(text).toContain('[CHEOPS_INGRESS_TLS_CLIENT_CA]')
  expect(text).not.toContain('preset')
})

test.each([
  [['statsu'], /Did you mean status/],
  [['site'], /Usage: cheops site/],
  [['site', 'show'], /missing required argument 'site'\nUsage: cheops site show \[options\] <site>\n/],
  [['status', '-o', 'xml'], /Allowed choices are table, json, yaml/],
  [['status', '--timeout', 'soon'], /--timeout must be a whole number/],
  [['status', '--agent', 'nobody'], /No context and no local agent is called "nobody"/],
  [['status', '--agent', '127.0.0.1:8078'], /is no name and no URL: did you mean "http:\/\/127\.0\.0\.1:8078"\?/],
  [
    ['status', '--token-file', '/nowhere'],
    /The token file \/nowhere cannot be read: it does not exist\. \(ERR_CLI_AGENT\)\n {2}Name one that is there/,
  ],
  [['up', '--sit', 'x'], /Did you mean --site/],
  [['request', 'items'], /must begin with "\/"/],
  [['request', '/a', '--scope', 'a', '--sites', 'b'], /not both/],
  [['request', '/a', '--scope', 'a &'], /ERR_SCOPE_SYNTAX/],
  [['check', '--config', 'nowhere.yaml'], /nowhere\.yaml cannot be read: it does not exist/],
])('%j is refused with 1', async (argv, expected) => {
  const { code, out, err } = await run(...argv)
  expect(code).toBe(1)
  expect(out + err).toMatch(expected)
})

test('an ingress that is taken for the admin API is called that', async () => {
  const problem = { code: 'ERR_SERVICE_UNKNOWN', detail: 'no site offers a service "v1"' }
  const ingress = createServer((_request, answer) => answer.writeHead(404).end(JSON.stringify(problem)))
  await once(ingress.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(ingress.address() as AddressInfo).port}`
  const { code, err } = await run('status', '--agent', url)
  ingress.close()
  expect([code, err]).toEqual([
    1,
    `cheops: ${url} is the ingress of an agent, where clients send requests. (ERR_CLI_AGENT)\n  Give the address of its admin API: port 8078 unless configured otherwise; "cheops up" prints it.\n`,
  ])
})

test('an agent that is not there is 1, with what to do', async () => {
  const { code, err } = await run('status', '--agent', 'http://127.0.0.1:1')
  expect([code, err]).toEqual([
    1,
    'cheops: http://127.0.0.1:1 refuses the connection: nothing listens there. (ERR_CLI_AGENT)\n  Is it running? Say which one with --agent URL, CHEOPS_ADMIN or "cheops context use".\n',
  ])
})

test('completion', () => {
  expect(complete(TABLE, ['si'])).toEqual(['site'])
  expect(complete(TABLE, ['site', ''])).toEqual(['ls', 'show', 'rm', 'ping', 'cut', 'join'])
  expect(complete(TABLE, ['site', 'ls', '--ag'])).toEqual(['--agent'])
  expect(complete(TABLE, ['site', 'ls', '-o', ''])).toEqual(['table', 'json', 'yaml'])
  expect(complete(TABLE, ['up', '--ingress-li'])).toEqual(['--ingress-listen'])
  expect(complete(TABLE, ['up', '--config', ''])).toEqual([])
  expect(complete(TABLE, ['openstack', '--', 'image', ''])).toEqual([])
  expect(complete(TABLE, ['completion', ''])).toEqual(['bash', 'zsh', 'fish'])
  expect(complete(TABLE, ['nothing', ''])).toEqual([])
})

test('completion through the command line, as the scripts ask', async () => {
  expect((await run('completion', 'words', '--', 'site', 's')).out).toBe('show\n')
  const { out } = await run('completion', 'bash')
  execFileSync('bash', ['-n'], { input: out })
  expect(out).toContain('complete -F _cheops cheops')
})

test('the README has all commands', () => {
  expect(readFileSync(path.join(ROOT, 'src/cli/README.md'), 'utf8')).toContain(commandReference(TABLE))
})

test('scopes on the command line', () => {
  const options = (values: Record<string, unknown>) => new Options(values)
  expect(scopeOption(options({}))).toBeUndefined()
  expect(scopeOption(options({ sites: 'a, b' }))).toBe('{a & b}')
  expect(scopeOption(options({ scope: 'a or b' }))).toBe('a or b')
  expect(scopePrefix(undefined)).toBe('')
  expect(scopePrefix("{image: around(s, 1ms)}'*!")).toBe('/~%7Bimage%3A%20around%28s%2C%201ms%29%7D%27%2A%21')
})

test('the unit names program, folder and configuration', () => {
  const unit = systemdUnit('/etc/cheops', '/etc/cheops/cheops.yaml')
  expect(unit).toMatch(/^ExecStart=.* up --config \/etc\/cheops\/cheops\.yaml$/m)
  expect(unit).toContain('ReadWritePaths=/etc/cheops\n')
})

test('the program looks for the Node that package.json asks for, in words that old Nodes understand', () => {
  const source = readFileSync(path.join(ROOT, 'src/cli/cheops.ts'), 'utf8')
  const condition = /if \((.+)\) \{/.exec(source)?.[1] ?? ''
  const accepts = (version: string) => {
    const [major, minor] = version.split('.').map(Number)
    return (
      major !== undefined &&
      minor !== undefined &&
      condition.split('||').some(part =>
        [...part.matchAll(/(major|minor) (===|>=) (\d+)/g)].every(([, name, operator, bound]) => {
          const value = name === 'major' ? major : minor
          return operator === '===' ? value === Number(bound) : value >= Number(bound)
        }),
      )
    )
  }
  const versions = [20, 22, 24, 25, 26, 28].flatMap(major =>
    Array.from({ length: 30 }, (_, minor) => `${String(major)}.${String(minor)}`),
  )
  expect(versions.filter(accepts)).toEqual(versions.filter(version => nodeSatisfies(version, readPackage().node)))
  expect(source).not.toMatch(/^import |=>|\?\.|\?\?|`/m)
})

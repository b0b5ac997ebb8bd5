import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CheopsError } from '../../errors.ts'
import { connectionError, lateError, openRequest } from '../agent/http.ts'
import { ingressOf } from '../agent/ingress.ts'
import { timeoutOf } from '../agent/resolve.ts'
import type { Call, CommandSpec } from '../command.ts'
import { SCOPE_OPTIONS } from '../command.ts'
import { EXIT, wantsColour, writeLine } from '../io.ts'
import { problemText } from '../output/problem.ts'
import { painter } from '../output/render.ts'
import { scopeOption } from '../scope-option.ts'

export const requestCommand: CommandSpec = {
  name: 'request',
  summary: 'Send a request with a scope to the agent: a small curl',
  details:
    'The path begins with the name of the service. The body of the answer streams to standard output as it comes; on a terminal, ' +
    'problems (application/problem+json) are shown for people. ' +
    'The exit code is 2 when the status is 400 or more, or the answer breaks off. --timeout is for the head of the answer.',
  arguments: [{ name: '<path>', help: '/<service>/…' }],
  agent: true,
  options: [
    ...SCOPE_OPTIONS,
    { flags: '-X, --request <method>', help: 'the method (default: GET, with -d POST)' },
    { flags: '-H, --header <header>', help: "a header, as 'Name: value'", list: true },
    { flags: '-d, --data <data>', help: 'the body; @file is a file, @- standard input' },
    { flags: '-i, --include', help: 'also write the head of the answer' },
    { flags: '--ingress <url>', help: 'where to send it (default: the ingress of the agent)' },
    {
      flags: '--ingress-token-file <file>',
      help: 'file with the token of the ingress, if it has one',
      variable: 'CHEOPS_INGRESS_TOKEN_FILE',
    },
  ],
  examples: [
    ['cheops request /inventory/items', 'from the local instance'],
    ["cheops request -s '{inventory: site2}' /inventory/items", 'from site2'],
    ['cheops request -s site2 -d \'{"name": "bolt"}\' /inventory/items', 'create it there'],
    [
      'cheops request -s site2 -X PUT -d @disk.img -H "Content-Type: application/octet-stream" /image/v2/images/7/file',
      'stream a file',
    ],
  ],
  run: request,
}

async function request(call: Call): Promise<number> {
  const { io, options, args } = call
  const target = args[0] ?? ''
  if (!/^\/[\x21-\x7e]*$/.test(target)) {
    throw new CheopsError(
      'ERR_CLI_USAGE',
      `The path must begin with "/" and have no spaces: "/<service>/…", not "${target}".`,
    )
  }
  const scope = scopeOption(options)
  const body = await bodyOf(call)
  const method = (options.text('request') ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
  const { url, proxyToken, tls } = await ingressOf(call)
  const timeoutMs = timeoutOf(options)

  const rawHeaders = headersOf(options.list('header'))
  const has = (name: string) => rawHeaders.some(([given]) => given.toLowerCase() === name)
  const headers: [string, string][] = [
    ...rawHeaders,
    ...(has('accept') ? [] : [['Accept', '*/*'] satisfies [string, string]]),
    ...(body === undefined || has('content-type')
      ? []
      : [['Content-Type', 'application/json'] satisfies [string, string]]),
    ...(body?.length === undefined ? [] : [['Content-Length', String(body.length)] satisfies [string, string]]),
    // Without a body the length says so; some applications insist.
    ...(body === undefined && /^(POST|PUT|PATCH)$/.test(method)
      ? [['Content-Length', '0'] satisfies [string, string]]
      : []),
    ...(scope === undefined ? [] : [['Cheops-Scope', headerText(scope)] satisfies [string, string]]),
    ...(proxyToken === undefined ? [] : [['Proxy-Authorization', `Bearer ${proxyToken}`] satisfies [string, string]]),
  ]
  const base = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const outgoing = openRequest(
    base,
    {
      method,
      path: base.pathname.replace(/\/$/, '') + target,
      headers: has('host') ? headers.flat() : ['Host', base.host, ...headers.flat()],
      signal: io.interrupted,
    },
    tls,
  )
  outgoing.once('response', resolve)
  outgoing.on('error', reject)
  // Only the wait for the head is bounded, and it begins when the body is sent: large bodies take their time.
  const late = () => {
    timer = setTimeout(() => outgoing.destroy(lateError(outgoing)), timeoutMs)
  }
  let timer: NodeJS.Timeout | undefined
  outgoing.once('finish', late)
  try {
    if (body === undefined) outgoing.end()
    else pipeline(body.stream, outgoing).catch(reject)
    return await show(call, await promise.finally(() => clearTimeout(timer)))
  } catch (error) {
    throw error instanceof CheopsError ? error : connectionError(error, url, timeoutMs)
  }
}

async function show({ io, options }: Call, response: IncomingMessage): Promise<number> {
  const status = response.statusCode ?? 0
  if (options.flag('include')) {
    writeLine(io.stdout, `HTTP/${response.httpVersion} ${String(status)} ${response.statusMessage ?? ''}`.trimEnd())
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      writeLine(io.stdout, `${response.rawHeaders[i] ?? ''}: ${response.rawHeaders[i + 1] ?? ''}`)
    }
    writeLine(io.stdout, '')
  }
  if (io.stdoutIsTerminal && /^application\/problem\+json\b/.test(response.headers['content-type'] ?? '')) {
    const text = await bounded(response)
    writeLine(io.stdout, problemText(text, painter(wantsColour(io))) ?? text)
    return status >= 400 ? EXIT.failed : EXIT.ok
  }
  let last = 0
  response.on('data', (chunk: Buffer) => {
    last = chunk.at(-1) ?? last
  })
  try {
    await pipeline(response, io.stdout, { end: false })
  } catch (error) {
    // A reader that has seen enough ("| head") is no failure.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.ok
    writeLine(io.stderr, 'cheops: the answer broke off before its end')
    return EXIT.failed
  }
  // The prompt begins on a line of its own.
  if (io.stdoutIsTerminal && last !== 0 && last !== 0x0a) writeLine(io.stdout, '')
  return status >= 400 ? EXIT.failed : EXIT.ok
}

/** A problem is a few hundred bytes; what is larger is shown as far as this. */
const MAX_PROBLEM_BYTES = 65_536

async function bounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_PROBLEM_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_PROBLEM_BYTES).toString('utf8')
}

interface Body {
  readonly stream: Readable | Iterable<Buffer>
  /** Unknown for standard input: then it is sent in chunks. */
  readonly length: number | undefined
}

async function bodyOf({ io, options }: Call): Promise<Body | undefined> {
  const data = options.text('data')
  if (data === undefined) return undefined
  if (data === '@-') return { stream: io.stdin, length: undefined }
  if (!data.startsWith('@')) {
    const bytes = Buffer.from(data)
    return { stream: [bytes], length: bytes.length }
  }
  const file = path.resolve(io.cwd, data.slice(1))
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw new CheopsError('ERR_CLI_USAGE', `${file} is a folder.`, { file })
    return { stream: createReadStream(file), length: found.isFile() ? found.size : undefined }
  } catch (error) {
    if (error instanceof CheopsError) throw error
    throw new CheopsError('ERR_CLI_USAGE', `The file ${file} cannot be read.`, { file }, { cause: error })
  }
}

/** Headers of `-H 'Name: value'`. @throws CheopsError ERR_CLI_USAGE */
export function headersOf(given: readonly string[]): [string, string][] {
  return given.map(text => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$/.exec(text)
    if (match === null) throw new CheopsError('ERR_CLI_USAGE', `A header is 'Name: value', not "${text}".`)
    return [match[1] ?? '', match[2] ?? '']
  })
}

/** Scopes are ASCII where they are right; others must reach the agent as it reads them. */
const headerText = (scope: string) => Buffer.from(scope.replaceAll(/[\r\n]+/g, ' '), 'utf8').toString('latin1')

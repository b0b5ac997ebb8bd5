// Runs the built command as users do: as processes, in a folder of their own.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, watch } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ReadyInfo } from '../../../src/ports/running-agent.ts'

export const PROGRAM = path.join(import.meta.dirname, '../../../dist/bin/cheops.js')

/** An agent is up within a second or two; five at once on a loaded machine take much longer. */
const UP_TIMEOUT_MS = 90_000

export interface Agent {
  readonly ready: ReadyInfo
  readonly process: ChildProcess
  /** What it wrote so far. */
  output(): string
  /** Its exit code. */
  readonly ended: Promise<number>
  /** Sends the signal and waits; gives back the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/** All that run. The last resort, should a test file end without having ended them. */
const living = new Set<ChildProcess>()
process.on('exit', () => living.forEach(child => child.kill('SIGKILL')))

/** A folder, what runs in it, and a way to end all of it. */
export class Bench {
  readonly folder: string
  readonly #stops: (() => Promise<unknown>)[] = []

  constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Bench> {
    return new Bench(await mkdtemp(path.join(tmpdir(), 'cheops-e2e-')))
  }

  async close(): Promise<void> {
    // All at once: each agent tells the others that it goes, whichever is first, and takes a while to.
    await Promise.all(this.#stops.toReversed().map(stop => stop()))
    await rm(this.folder, { recursive: true, force: true })
  }

  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = this.#spawn(argv, env)
    const [out, err] = [collect(child.stdout), collect(child.stderr)]
    return { code: await exitCode(child), out: out(), err: err() }
  }

  /** `cheops up`, with free ports where none are given; resolves once the ready file is there. */
  async up(argv: readonly string[], env: Readonly<Record<string, string>> = {}, fileBlocks?: number): Promise<Agent> {
    const name = `ready-${String(this.#stops.length)}.json`
    const watching = AbortSignal.timeout(UP_TIMEOUT_MS)
    const changes = watch(this.folder, { signal: watching })
    const ports = ['--listen', '--ingress-listen', '--admin-listen'].filter(flag => !argv.includes(flag))
    const free = ports.flatMap(flag => [flag, '127.0.0.1:0'])
    const child = this.#spawn(['up', '--ready-file', name, ...free, ...argv], env, fileBlocks)
    const [out, err] = [collect(child.stdout), collect(child.stderr)]
    const ended = exitCode(child)
    const output = () => out() + err()
    const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return ended
    }
    this.#stops.push(() => stop())
    const appeared = (async () => {
      for await (const { filename } of changes) if (filename === name) return
    })()
    const first = await Promise.race([
      appeared.then(
        () => 'up' as const,
        () => 'late' as const,
      ),
      ended.then(() => 'ended' as const),
    ])
    if (first !== 'up') throw new Error(`cheops up: ${first}\n${output()}`)
    const ready = JSON.parse(await readFile(path.join(this.folder, name), 'utf8')) as ReadyInfo
    return { ready, process: child, output, ended, stop }
  }

  /** An application that tells what it was asked, and 404 for `/missing`. */
  async application(name: string): Promise<string> {
    const server = http.createServer((request, response) => {
      response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ name, method: request.method, url: request.url }))
    })
    server.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    this.#stops.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  }

  /** @param fileBlocks of 512 bytes: no file grows beyond, as on a disk that is full */
  #spawn(argv: readonly string[], env: Readonly<Record<string, string>>, fileBlocks?: number) {
    const command = [process.execPath, PROGRAM, ...argv]
    // Without the signal a write that is too much fails.
    const limit = ['sh', '-c', `trap '' XFSZ; ulimit -f ${String(fileBlocks)}; exec "$@"`, 'sh']
    const [program = '', ...rest] = fileBlocks === undefined ? command : [...limit, ...command]
    const child = spawn(program, rest, {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'],
        HOME: this.folder,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    living.add(child)
    child.once('close', () => living.delete(child))
    return child
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

const exitCode = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.once('close', (code, signal) => {
      resolve(code ?? (signal === null ? -1 : -2))
    })
  })

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { plainEnvironment, start, type Running } from './processes.ts'

/** An agent that runs, in a process of its own, from what `npm run build` has made. */
export interface Agent {
  readonly process: Running
  /** What `--ready-file` says. */
  readonly ready: ReadyFile
}

export interface ReadyFile {
  readonly addresses: readonly string[]
  readonly ingress: string
  readonly admin: string
  readonly adminTokenFile: string
  readonly services: Readonly<Record<string, string>>
}

export interface AgentOptions {
  readonly site: string
  readonly folder: string
  readonly ingressPort: number
  /** Peer ports are fixed, so that an agent that was stopped comes back at the address that the other knows. */
  readonly peerPort: number
  readonly bootstrapPort: number
  readonly endpoints: Readonly<Record<'identity' | 'image', string>>
}

export const CLI = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'cheops.js')

/** An agent serves within two seconds on two idle cores; here Python servers start beside it. */
const READY_TIMEOUT_MS = 30_000
const READY_ASK_EVERY_MS = 100

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { site, folder } = options
  const config = join(folder, 'cheops.yaml')
  const readyFile = join(folder, `ready-${process.hrtime.bigint()}.json`)
  await writeFile(config, configOf(options))
  const args = [CLI, 'up', '--config', config, '--ready-file', readyFile]
  const agent = start(`agent of ${site}`, process.execPath, args, {
    env: plainEnvironment(folder),
    cwd: folder,
    logFile: join(folder, 'agent.log'),
  })
  return { process: agent, ready: await readyOf(agent, readyFile) }
}

function configOf({ site, folder, ingressPort, peerPort, bootstrapPort, endpoints }: AgentOptions): string {
  const service = (name: 'identity' | 'image') => [
    `  - name: ${name}`,
    `    endpoint: ${endpoints[name]}`,
    '    glue: openstack',
    '    listen: 127.0.0.1:0',
    "    expose: {sites: ['*'], methods: ['*'], paths: ['/**']}",
  ]
  return [
    'mesh: openstack-test',
    `site: ${site}`,
    `data: ${join(folder, 'data')}`,
    `listen: [/ip4/127.0.0.1/tcp/${peerPort}]`,
    `bootstrap: [/ip4/127.0.0.1/tcp/${bootstrapPort}]`,
    'heartbeat: {intervalMs: 200}',
    `ingress: {listen: '127.0.0.1:${ingressPort}'}`,
    "admin: {listen: '127.0.0.1:0'}",
    'services:',
    ...service('identity'),
    ...service('image'),
    '',
  ].join('\n')
}

async function readyOf(agent: Running, file: string): Promise<ReadyFile> {
  let ended = false
  void agent.exited.then(() => (ended = true))
  const deadline = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as ReadyFile
    } catch {
      if (ended || performance.now() > deadline) {
        const log = await readFile(agent.logFile, 'utf8')
        throw new Error(`${agent.name} ${ended ? 'ended' : 'is not ready'}:\n${log.slice(-3_000)}`)
      }
      await new Promise(resolve => setTimeout(resolve, READY_ASK_EVERY_MS))
    }
  }
}

/** Most memory that a process held at any time while `work` ran, beside what it held before. Bytes, resident. */
export async function memoryDuring<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ result: T; memory: readonly { readonly before: number; readonly most: number }[] }> {
  const before = await Promise.all(pids.map(residentBytes))
  const most = [...before]
  const sample = async () => {
    for (const [i, bytes] of (await Promise.all(pids.map(residentBytes))).entries()) {
      most[i] = Math.max(most[i] as number, bytes)
    }
  }
  const timer = setInterval(() => void sample(), SAMPLE_EVERY_MS)
  try {
    const result = await work()
    await sample()
    return { result, memory: before.map((bytes, i) => ({ before: bytes, most: most[i] as number })) }
  } finally {
    clearInterval(timer)
  }
}

/** 200 MB take seconds: a copy in memory would be seen many times. */
const SAMPLE_EVERY_MS = 50

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { attempt, run, which, works } from './command.ts'
import { installPackages, isRoot, log, Missing } from './ground.ts'

/** An engine that runs answers at once. */
const ASK_TIMEOUT_MS = 20_000
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 60_000
const LOOK_AGAIN_MS = 250
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward'

/** A Docker engine that answers. */
export interface Engine {
  /** Path of the client. */
  readonly docker: string
  /** What the client and compose need in their environment to find it. */
  readonly env: Readonly<Record<string, string>>
  /** Whether it was started here, so that everything in it is ours. */
  readonly own: boolean
  /** Stops an engine that was started here, and leaves the machine's network as it was; nothing for another one. */
  readonly stop: () => Promise<void>
}

/**
 * Finds the Docker engine of this machine, or starts one for as long as the test lasts.
 * @throws Missing where there is none and none can be started
 */
export async function openEngine(signal: AbortSignal): Promise<Engine> {
  const client = await which('docker')
  if (client !== undefined && (await works([client, 'info'], { timeoutMs: ASK_TIMEOUT_MS, signal }))) {
    log('using the Docker engine that runs here')
    return { docker: client, env: {}, own: false, stop: async () => {} }
  }
  const host = process.env['DOCKER_HOST']
  if (host !== undefined) throw new Missing(`DOCKER_HOST is ${host}, and no engine answers there`)
  if (process.platform !== 'linux') throw new Missing('no Docker engine answers; start one')
  if (!isRoot()) throw new Missing('no Docker engine answers, and only root can start one')
  if ((await which('dockerd')) === undefined) await installPackages(['docker.io'], 'Starting a Docker engine', signal)
  const docker = await which('docker')
  const daemon = await which('dockerd')
  if (docker === undefined || daemon === undefined)
    throw new Missing('there is no dockerd, even after its installation')
  // The engine chooses how it stores layers; where its choice does not work (an overlay in an overlay), copies always do.
  try {
    return await startEngine(docker, daemon, [], signal)
  } catch (error) {
    signal.throwIfAborted()
    log(`${error instanceof Error ? error.message : String(error)}; once more, with copies of layers`)
    return startEngine(docker, daemon, ['--storage-driver=vfs'], signal)
  }
}

async function startEngine(
  docker: string,
  daemon: string,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-docker-'))
  const socket = `unix://${join(folder, 'docker.sock')}`
  const restoreNetwork = await rememberNetwork()
  const logFile = join(folder, 'dockerd.log')
  const output = openSync(logFile, 'a')
  log('starting a Docker engine …')
  const engine = spawn(
    daemon,
    [
      `--host=${socket}`,
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'dockerd.pid')}`,
      ...flags,
    ],
    // A group of its own: Ctrl-C must not take the engine away before its containers are gone.
    { stdio: ['ignore', output, output], detached: true },
  )
  closeSync(output)
  const ended = new Promise<void>(resolve => {
    engine.once('exit', () => resolve())
    engine.once('error', () => resolve())
  })
  const running = (): boolean => engine.pid !== undefined && engine.exitCode === null && engine.signalCode === null

  let stopped: Promise<void> | undefined
  const stopOnce = async (): Promise<void> => {
    if (running()) {
      log('stopping the Docker engine')
      engine.kill('SIGTERM')
      const late = new AbortController()
      const timeout = pause(STOP_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => {})
      await Promise.race([ended, timeout])
      late.abort()
      if (running()) engine.kill('SIGKILL')
      await ended
    }
    await restoreNetwork()
    await unmountBelow(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const stop = (): Promise<void> => (stopped ??= stopOnce())

  try {
    const deadline = performance.now() + START_TIMEOUT_MS
    while (!(await works([docker, '--host', socket, 'info'], { timeoutMs: ASK_TIMEOUT_MS, signal }))) {
      if (!running() || performance.now() > deadline) {
        const said = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-5).join('\n')
        throw new Error(`the Docker engine did not start:\n${said}`)
      }
      await pause(LOOK_AGAIN_MS, undefined, { signal })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { docker, env: { DOCKER_HOST: socket }, own: true, stop }
}

/** The network namespaces of containers, and layers after a hard end, stay mounted when the engine is gone. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '')
  // The last mounted first: one may lie within another.
  for (const point of mounts.filter(point => point.startsWith(`${folder}/`)).toReversed()) {
    await attempt(['umount', point], { timeoutMs: ASK_TIMEOUT_MS })
  }
}

/** Notes what an engine changes in the machine's network. @returns what puts it back */
async function rememberNetwork(): Promise<() => Promise<void>> {
  const quick = { timeoutMs: ASK_TIMEOUT_MS }
  const forwarding = await readFile(IP_FORWARD, 'utf8').catch(() => undefined)
  const save = await which('iptables-save')
  const restore = await which('iptables-restore')
  const rules = save === undefined ? undefined : (await attempt([save], quick)).stdout
  const ip = await which('ip')
  const hadBridge = ip !== undefined && (await works([ip, 'link', 'show', 'docker0'], quick))
  return async () => {
    if (forwarding !== undefined) await writeFile(IP_FORWARD, forwarding).catch(() => {})
    if (ip !== undefined && !hadBridge) await attempt([ip, 'link', 'delete', 'docker0'], quick)
    if (restore === undefined || rules === undefined) return
    const folder = await mkdtemp(join(tmpdir(), 'cheops-rules-'))
    const file = join(folder, 'rules')
    // Tables that were not there before stand empty in what is restored, or the engine's rules would stay in them.
    const empty = ['nat', 'filter'].filter(table => !rules.includes(`*${table}\n`)).map(emptyTable)
    await writeFile(file, rules + empty.join(''))
    await run([restore, file], quick).catch((error: unknown) => log(String(error)))
    await rm(folder, { recursive: true })
  }
}

function emptyTable(table: string): string {
  const chains = table === 'nat' ? ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] : ['INPUT', 'FORWARD', 'OUTPUT']
  return `*${table}\n${chains.map(chain => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`
}

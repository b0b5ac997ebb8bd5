import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reservePorts } from '../support/ports.ts'

/** A server that this benchmark started. */
export interface Started {
  readonly name: string
  readonly pid: number
  /** The end of what it wrote, for errors. */
  log(): string
  ended(): boolean
  /** Ends it politely, then by force. Idempotent. */
  stop(): Promise<void>
  /** Ends it by force. Idempotent. */
  kill(): Promise<void>
}

/** An agent lets its requests end (10 s) before it stops; nothing is in flight when we stop it. */
const STOP_TIMEOUT_MS = 8_000
/** Two agents find each other within 3 s on a quiet machine. */
const READY_TIMEOUT_MS = 30_000
const READY_ASK_EVERY_MS = 100

/** All that a run starts: stopped by their own IDs, also when the run is interrupted. */
export class Processes {
  readonly #folder: string
  readonly #running = new Map<Started, ChildProcess>()

  /** @param folder where their logs go */
  constructor(folder: string) {
    this.#folder = folder
    // The last resort, when this process ends without its own cleaning up.
    process.on('exit', () => {
      for (const child of this.#running.values()) child.kill('SIGKILL')
    })
  }

  start(name: string, command: string, args: readonly string[]): Started {
    const logFile = path.join(this.#folder, `${name}.log`)
    const log = openSync(logFile, 'a')
    const child = spawn(command, args, {
      cwd: this.#folder,
      // Nothing of ours leaks in, least of all a proxy.
      env: { PATH: process.env['PATH'], HOME: this.#folder, LANG: 'C.UTF-8' },
      stdio: ['ignore', log, log],
      // Ctrl-C at the terminal reaches us alone, and we stop them in order.
      detached: true,
    })
    closeSync(log)
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} did not start: ${command}`)
    child.once('error', () => undefined)
    let stopping: Promise<void> | undefined
    const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
    const started: Started = {
      name,
      pid,
      log: () => readFileSync(logFile, 'utf8').slice(-2_000).trim(),
      ended,
      stop: () => (stopping ??= end(child, ended, 'SIGTERM').then(() => void this.#running.delete(started))),
      kill: () => (stopping ??= end(child, ended, 'SIGKILL').then(() => void this.#running.delete(started))),
    }
    this.#running.set(started, child)
    return started
  }

  get pids(): readonly number[] {
    return [...this.#running.keys()].map(({ pid }) => pid)
  }

  /** @throws Error with the log of a server that ended by itself: what was measured meanwhile means nothing */
  check(): void {
    for (const one of this.#running.keys()) if (one.ended()) throw new Error(`${one.name} has ended:\n${one.log()}`)
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(one => one.stop()))
  }
}

async function end(child: ChildProcess, ended: () => boolean, first: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (ended()) return
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill(first)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}

/** Waits until `url` answers 200. @throws Error with what it answers else, and the logs of these servers */
export async function untilItServes(
  url: string,
  headers: Readonly<Record<string, string>>,
  servers: readonly Started[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    let answer: string
    try {
      const response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) })
      const body = await response.text()
      if (response.status === 200) return
      answer = `${String(response.status)} ${body.slice(0, 500)}`
    } catch (error) {
      answer = String(error)
    }
    signal.throwIfAborted()
    if (performance.now() > deadline || servers.some(server => server.ended())) {
      const logs = servers.map(server => `${server.name}:\n${server.log()}`).join('\n')
      throw new Error(`${url} does not serve (${answer})\n${logs}`)
    }
    await sleep(READY_ASK_EVERY_MS, undefined, { signal })
  }
}

/** Ports for nginx and Envoy, which cannot be given port 0 and asked later. */
export async function freePorts<const N extends readonly string[]>(...names: N): Promise<Record<N[number], number>> {
  const ports = await reservePorts(names.length)
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<N[number], number>
}

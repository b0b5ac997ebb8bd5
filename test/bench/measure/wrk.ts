import { spawn } from 'node:child_process'
import path from 'node:path'

/** What wrk is asked to do. One thread always: it has to leave the other core to what it measures. */
export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Connections, each with one request at a time. */
  readonly connections: number
  readonly seconds: number
}

export interface WrkReport {
  readonly requests: number
  readonly durationUs: number
  /** All that was read, of answers that had not ended too. */
  readonly bytes: number
  /** 0 when no request ended. */
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  readonly errors: Readonly<Record<'connect' | 'read' | 'write' | 'status' | 'timeout', number>>
}

/** An answer of 1 GB may take this long at 30 MB/s; whatever takes longer counts as an error. */
const ANSWER_TIMEOUT_S = 35
/** wrk ends by itself after its seconds; only one that hangs meets this. */
const GRACE_MS = 10_000

const SCRIPT = path.join(import.meta.dirname, 'wrk-report.lua')

/** @throws Error with what wrk said when it could not run, or the signal's reason */
export async function runWrk(wrk: string, load: Load, signal: AbortSignal): Promise<WrkReport> {
  signal.throwIfAborted()
  const args = ['-t', '1', '-c', String(load.connections), '-d', `${String(load.seconds)}s`]
  args.push('--timeout', `${String(ANSWER_TIMEOUT_S)}s`, '-s', SCRIPT)
  for (const [name, value] of Object.entries(load.headers)) args.push('-H', `${name}: ${value}`)
  const child = spawn(wrk, [...args, load.url], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C at the terminal reaches us alone, and we end it.
    detached: true,
    timeout: load.seconds * 1_000 + GRACE_MS,
    killSignal: 'SIGKILL',
    signal,
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`wrk failed for ${load.url}: ${said.trim()}`)
  return parseWrk(said)
}

/** Reads the line that wrk-report.lua writes. @throws Error with all that wrk said when there is none */
export function parseWrk(said: string): WrkReport {
  const json = /^report (\{.*\})$/m.exec(said)?.[1]
  if (json === undefined) throw new Error(`wrk reported nothing: ${said.trim()}`)
  const given: unknown = JSON.parse(json)
  const errors = field(given, 'errors')
  return {
    requests: count(given, 'requests'),
    durationUs: count(given, 'durationUs'),
    bytes: count(given, 'bytes'),
    p50Us: count(given, 'p50Us'),
    p99Us: count(given, 'p99Us'),
    maxUs: count(given, 'maxUs'),
    errors: {
      connect: count(errors, 'connect'),
      read: count(errors, 'read'),
      write: count(errors, 'write'),
      status: count(errors, 'status'),
      timeout: count(errors, 'timeout'),
    },
  }
}

export function errorCount({ errors }: WrkReport): number {
  return Object.values(errors).reduce((sum, one) => sum + one, 0)
}

function field(given: unknown, name: string): unknown {
  return typeof given === 'object' && given !== null ? Object.getOwnPropertyDescriptor(given, name)?.value : undefined
}

function count(given: unknown, name: string): number {
  const value = field(given, name)
  if (typeof value !== 'number' || value < 0) throw new Error(`wrk reported no ${name}: ${JSON.stringify(given)}`)
  return value
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readMemory, readTree } from './proc.ts'

/** What an agent has used since its start. */
export interface AgentUse {
  readonly cpuMs: number
  /** Bytes that it made the kernel write to the disk, in whole pages. */
  readonly diskBytes: number
  /** Bytes on its connections to other agents; undefined where `ss` is missing. */
  readonly sentBytes: number | undefined
  readonly residentBytes: number
}

/** @param pids of the agents. @param ports on which they listen for each other */
export function readAgents(pids: readonly number[], ports: readonly number[]): AgentUse[] {
  const sockets = readSockets()
  return pids.map(pid => ({
    cpuMs: readTree([pid]).reduce((sum, one) => sum + one.cpuMs, 0),
    diskBytes: parseWriteBytes(readFileSync(`/proc/${String(pid)}/io`, 'utf8')),
    sentBytes: sockets === undefined ? undefined : sentBetween(parseSockets(sockets), pid, ports),
    residentBytes: readMemory([pid]).residentBytes,
  }))
}

/** From `/proc/PID/io` (proc_pid_io(5)). */
export function parseWriteBytes(text: string): number {
  const match = /^write_bytes: (\d+)$/m.exec(text)
  if (match?.[1] === undefined) throw new Error(`no write_bytes: ${text}`)
  return Number(match[1])
}

/** A connection as `ss -tinpHO` shows it. */
export interface TcpSocket {
  readonly pid: number
  readonly localPort: number
  readonly peerPort: number
  readonly sentBytes: number
}

/** Lines that name no process are left out. */
export function parseSockets(text: string): TcpSocket[] {
  return text.split('\n').flatMap(line => {
    const match = /^ESTAB\s+\d+\s+\d+\s+\S+:(\d+)\s+\S+:(\d+)\s.*?pid=(\d+)/.exec(line)
    if (match === null) return []
    const sent = /\bbytes_sent:(\d+)/.exec(line)?.[1]
    const [localPort = 0, peerPort = 0, pid = 0] = match.slice(1).map(Number)
    return [{ pid, localPort, peerPort, sentBytes: Number(sent ?? 0) }]
  })
}

/** What a process has sent on connections of which one end is one of these ports. */
export function sentBetween(sockets: readonly TcpSocket[], pid: number, ports: readonly number[]): number {
  return sockets
    .filter(one => one.pid === pid && (ports.includes(one.localPort) || ports.includes(one.peerPort)))
    .reduce((sum, one) => sum + one.sentBytes, 0)
}

function readSockets(): string | undefined {
  try {
    return execFileSync('ss', ['-tinpHO'], { encoding: 'utf8', timeout: 10_000, maxBuffer: 64 * 1024 * 1024 })
  } catch {
    return undefined
  }
}

import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** Where the programs of others lie. */
export interface Tools {
  /** The generator. Without it nothing is measured. */
  readonly wrk: string | undefined
  /** The service itself, and one of the peers. Without it nothing is measured. */
  readonly nginx: string | undefined
  readonly envoy: string | undefined
}

/** Kept outside the tree, like everything of this project that is large and can be had again. */
const CACHE = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'cheops')
export const ENVOY_FOLDER = path.join(CACHE, 'envoy')
export const ORBITDB_FOLDER = path.join(CACHE, 'orbitdb')

/** Version of OrbitDB in its folder; undefined where it is not installed. */
export function orbitVersion(): string | undefined {
  try {
    const text = readFileSync(path.join(ORBITDB_FOLDER, 'node_modules', '@orbitdb', 'core', 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return undefined
  }
}

/** Debian puts servers where the PATH of ordinary users does not lead. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/bin']

export function findTools(): Tools {
  return {
    wrk: firstExecutable(FOLDERS.map(folder => path.join(folder, 'wrk'))),
    nginx: firstExecutable(FOLDERS.map(folder => path.join(folder, 'nginx'))),
    envoy: firstExecutable([path.join(ENVOY_FOLDER, 'envoy', '_bin', 'envoy')]),
  }
}

/** What each says about itself, by name. */
export function versions(tools: Tools): Record<string, string> {
  const found: Record<string, string> = { node: process.version }
  if (tools.wrk !== undefined) found['wrk'] = /wrk (\S+)/.exec(said(tools.wrk, '-v'))?.[1] ?? 'unknown'
  if (tools.nginx !== undefined) found['nginx'] = /nginx\/(\S+)/.exec(said(tools.nginx, '-v'))?.[1] ?? 'unknown'
  if (tools.envoy !== undefined)
    found['envoy'] = /\/(\d+\.\d+\.\d+)\//.exec(said(tools.envoy, '--version'))?.[1] ?? 'unknown'
  return found
}

/** `wrk -v` ends with 1, `nginx -v` writes to stderr: all that a program says, however it ends. */
function said(program: string, flag: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', '"$0" "$1" 2>&1; true', program, flag], { encoding: 'utf8', timeout: 10_000 })
  } catch {
    return ''
  }
}

function firstExecutable(files: readonly string[]): string | undefined {
  return files.find(file => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

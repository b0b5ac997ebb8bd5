import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Io } from '../io.ts'

/** Name of the file that `cheops up` keeps in the data folder while the agent serves (`ReadyInfo`). */
export const READY_FILE = 'ready.json'

export interface LocalAgent {
  readonly file: string
  readonly site: string
  readonly admin: string
  readonly adminTokenFile: string
}

/**
 * Agents that run on this machine, as far as their data folders are easily found: `$CHEOPS_DATA`, `./data` and the folders in
 * it, `/var/lib/cheops` and the folders in it. Those whose process has ended are left out.
 */
export async function localAgents(io: Io): Promise<readonly LocalAgent[]> {
  const roots = [path.join(io.cwd, 'data'), '/var/lib/cheops']
  const own = io.env['CHEOPS_DATA']
  const folders = (await Promise.all(roots.map(withSubfolders))).flat()
  if (own !== undefined && own !== '') folders.unshift(path.resolve(io.cwd, own))
  const found = await Promise.all([...new Set(folders)].map(folder => readReady(path.join(folder, READY_FILE))))
  return found.filter(agent => agent !== undefined)
}

async function withSubfolders(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true })
    return [root, ...entries.filter(entry => entry.isDirectory()).map(entry => path.join(root, entry.name))]
  } catch {
    return []
  }
}

async function readReady(file: string): Promise<LocalAgent | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (typeof content !== 'object' || content === null) return undefined
    if (!('site' in content && 'admin' in content && 'adminTokenFile' in content && 'pid' in content)) return undefined
    const { site, admin, adminTokenFile, pid } = content
    if (typeof site !== 'string' || typeof admin !== 'string' || typeof adminTokenFile !== 'string') return undefined
    return typeof pid === 'number' && isRunning(pid) ? { file, site, admin, adminTokenFile } : undefined
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

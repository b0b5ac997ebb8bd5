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

/** Looking must be quick wherever it is done, as in a home with a thousand folders. */
const MAX_FOLDERS = 200

/**
 * Agents that run on this machine, as far as their data folders are easily found: `$CHEOPS_DATA`; `./data` and the folders in it; the
 * same in each folder here, as `cheops init paris` leaves it (`./paris/data/paris`); `/var/lib/cheops` and the folders in it. Those
 * whose process has ended are left out.
 */
export async function localAgents(io: Io): Promise<readonly LocalAgent[]> {
  const sites = await subfolders(io.cwd)
  const roots = [io.cwd, ...sites].map(folder => path.join(folder, 'data')).concat('/var/lib/cheops')
  const own = io.env['CHEOPS_DATA']
  const folders = (await Promise.all(roots.map(async root => [root, ...(await subfolders(root))]))).flat()
  if (own !== undefined && own !== '') folders.unshift(path.resolve(io.cwd, own))
  const found = await Promise.all([...new Set(folders)].map(folder => readReady(path.join(folder, READY_FILE))))
  return found.filter(agent => agent !== undefined)
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(entry => entry.name)
      .toSorted()
      .slice(0, MAX_FOLDERS)
      .map(name => path.join(folder, name))
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

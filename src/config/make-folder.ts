import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Makes a folder and those above it that are missing. As `recursive` of Node, which never ends where the folder above is there and takes nothing, with a processor at work
 * (`/proc`).
 * @param mode of those that are made
 * @throws Error with a code of the system: EACCES, ENOENT, ENOTDIR, EPERM, EROFS, …
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await isFolder(folder))) return
    const above = path.dirname(folder)
    if (!hasCode(error, 'ENOENT') || above === folder || (await isFolder(above))) throw error
    await makeFolder(above, mode)
    await makeFolder(folder, mode)
  }
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    found => found.isDirectory(),
    () => false,
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

import { chmod, stat } from 'node:fs/promises'
import path from 'node:path'
import { CheopsError } from '../errors.ts'
import type { Logger } from '../ports/logger.ts'
import { makeFolder } from '../config/make-folder.ts'

/** Sticky: a folder that users share, such as /tmp. It is not ours to close. */
const STICKY = 0o1000
const OTHERS = 0o077

/**
 * Makes the data folder, and closes it and what is kept in it to other users, whoever made it: a folder that was copied or
 * made by hand easily is open. What cannot be closed is told in the log.
 * @param tokenFile token of the admin API; left alone when it stands elsewhere, since others may be meant to read it
 * @throws CheopsError ERR_STORE_FAILED when the folder cannot be made
 */
export async function ownDataFolder(folder: string, tokenFile: string, logger: Logger): Promise<void> {
  const libp2p = path.join(folder, 'libp2p')
  try {
    // Made here, since the library would make it open to all.
    await makeFolder(libp2p, 0o700)
  } catch (cause) {
    throw new CheopsError('ERR_STORE_FAILED', `The data folder ${folder} cannot be made.`, { folder }, { cause })
  }
  await closeToOthers(folder, 0o700, logger)
  await closeToOthers(libp2p, 0o700, logger)
  if (!path.relative(folder, tokenFile).startsWith('..')) await closeToOthers(tokenFile, 0o600, logger)
}

async function closeToOthers(file: string, mode: number, logger: Logger): Promise<void> {
  try {
    const found = await stat(file)
    if ((found.mode & OTHERS) === 0) return
    if ((found.mode & STICKY) !== 0) {
      logger.warn({ file }, 'this folder is shared with other users: give the agent a data folder of its own')
      return
    }
    await chmod(file, mode)
    logger.warn({ file }, 'other users could read this; now only its owner can')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    logger.warn({ file, error }, 'other users may read this, and it cannot be closed to them')
  }
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import { run, which } from './command.ts'

/** Something that this machine lacks and that cannot be helped here: the reason why the test is skipped. */
export class Missing extends Error {}

/** What is slow to make and may be used again. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cheops')

/** Another installation may be under way on a machine that is being set up. */
const PACKAGE_LOCK_TIMEOUT_S = 300
const INSTALL_TIMEOUT_MS = 600_000

export function log(line: string): void {
  process.stderr.write(`· ${line}\n`)
}

export const isRoot = (): boolean => process.getuid?.() === 0

/**
 * Installs packages of Debian.
 * @param why what they are for, as in "starting a Docker engine"
 * @throws Missing where that is not possible
 */
export async function installPackages(packages: readonly string[], why: string, signal: AbortSignal): Promise<void> {
  const aptGet = await which('apt-get')
  if (aptGet === undefined)
    throw new Missing(`${why} needs ${packages.join(', ')}, and there is no apt-get to get them`)
  if (!isRoot()) throw new Missing(`${why} needs ${packages.join(', ')}, and only root can install them`)
  log(`installing ${packages.join(', ')} …`)
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_TIMEOUT_MS, signal }
  const patient = ['-o', `DPkg::Lock::Timeout=${PACKAGE_LOCK_TIMEOUT_S}`]
  await run([aptGet, ...patient, 'update'], options)
  await run([aptGet, ...patient, 'install', '-y', '--no-install-recommends', ...packages], options)
}

import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, which, works } from './command.ts'
import type { Engine } from './engine.ts'
import { CACHE, installPackages, isRoot, log, Missing } from './ground.ts'

/** The image that sims/compose/Dockerfile starts from. */
export const BASE_IMAGE = 'node:24-slim'
const NODE_MAJOR = '24'

/** Where images can be had at all, this one takes seconds; a registry that cannot be reached may never answer. */
const PULL_TIMEOUT_MS = 180_000
const BUILD_TIMEOUT_MS = 600_000
const QUICK_TIMEOUT_MS = 60_000

const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt'

/**
 * Makes sure that the engine has the base image: as it is, pulled, or made here from Debian's packages and this Node.
 * @returns what removes an image that was made here from an engine that is not ours
 * @throws Missing where there is no way to it
 */
export async function ensureBaseImage(engine: Engine, signal: AbortSignal): Promise<() => Promise<void>> {
  const { docker, env } = engine
  const nothing = async (): Promise<void> => {}
  if (await works([docker, 'image', 'inspect', BASE_IMAGE], { env, timeoutMs: QUICK_TIMEOUT_MS, signal }))
    return nothing
  if (await works([docker, 'pull', '--quiet', BASE_IMAGE], { env, timeoutMs: PULL_TIMEOUT_MS, signal })) return nothing
  log(`${BASE_IMAGE} cannot be pulled; a local image takes its place`)
  const archive = await ensureArchive(signal)
  // Node has certificates of its own; the machine may know of more.
  const changes = [`ENV NODE_EXTRA_CA_CERTS=/${CERTIFICATES}`, 'CMD ["node"]'].flatMap(line => ['--change', line])
  await run([docker, 'import', ...changes, archive, BASE_IMAGE], { env, timeoutMs: BUILD_TIMEOUT_MS, signal })
  if (engine.own) return nothing
  return async () => void (await works([docker, 'rmi', BASE_IMAGE], { env, timeoutMs: QUICK_TIMEOUT_MS }))
}

/** A Debian with Node, npm and the machine's certificates, as a tar archive in the cache. */
async function ensureArchive(signal: AbortSignal): Promise<string> {
  if (!isRoot()) throw new Missing(`${BASE_IMAGE} cannot be pulled, and only root can make an image in its place`)
  if (!process.version.startsWith(`v${NODE_MAJOR}.`)) {
    throw new Missing(`${BASE_IMAGE} cannot be pulled, and this Node (${process.version}) is not one of ${NODE_MAJOR}`)
  }
  const suite = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile('/etc/os-release', 'utf8').catch(() => ''))?.[1]
  if (suite === undefined) throw new Missing(`${BASE_IMAGE} cannot be pulled, and this is no Debian to make one of`)
  const archive = join(CACHE, `node-${process.version}-${suite}-${process.arch}.tar`)
  if ((await stat(archive).catch(() => undefined)) !== undefined) return archive

  if ((await which('debootstrap')) === undefined) {
    await installPackages(['debootstrap'], 'Making a base image', signal)
  }
  await mkdir(CACHE, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'cheops-base-'))
  try {
    const root = join(folder, 'root')
    const step = (command: readonly string[]): Promise<string> => run(command, { timeoutMs: BUILD_TIMEOUT_MS, signal })
    log(`making a ${suite} with Node ${process.version} …`)
    await step(['debootstrap', '--variant=minbase', '--include=ca-certificates', suite, root])
    await copyFile(await realpath(process.execPath), join(root, 'usr/local/bin/node'))
    await step(['npm', 'install', '--global', '--prefix', join(root, 'usr/local'), '--no-fund', 'npm@11'])
    await copyFile(`/${CERTIFICATES}`, join(root, CERTIFICATES)).catch(() => {})
    // As in the official image.
    await step(['chroot', root, 'groupadd', '--gid', '1000', 'node'])
    await step(['chroot', root, 'useradd', '--uid', '1000', '--gid', 'node', '--create-home', 'node'])
    for (const waste of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']) {
      await rm(join(root, waste), { recursive: true, force: true })
    }
    await step(['tar', '--create', '--numeric-owner', '--directory', root, '--file', `${archive}.new`, '.'])
    await rename(`${archive}.new`, archive)
    return archive
  } finally {
    await rm(folder, { recursive: true, force: true })
    await rm(`${archive}.new`, { force: true })
  }
}

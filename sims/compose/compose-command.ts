import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, run, which } from './command.ts'
import type { Engine } from './engine.ts'
import { CACHE, log, Missing } from './ground.ts'

/** `up --wait` came with version 2, `!override` with 2.24. */
const VERSION = 'v2.40.3'
const MODULE = 'github.com/docker/compose/v2'
const ASK_TIMEOUT_MS = 20_000
/** It takes 70 s on two cores that have nothing else to do, and the modules have to come first. */
const BUILD_TIMEOUT_MS = 900_000

/**
 * The words that a compose command begins with: the plugin or the program of version 2 that is installed, or else one that
 * is built from its source, once, into the cache.
 * @throws Missing where there is none and none can be built
 */
export async function findCompose({ docker }: Engine, signal: AbortSignal): Promise<readonly string[]> {
  const built = join(CACHE, 'docker-compose')
  for (const command of [[docker, 'compose'], ['docker-compose'], [built]]) {
    if (await isVersion2(command, signal)) return command
  }
  const go = await which('go')
  if (go === undefined) {
    throw new Missing('docker compose (version 2) is not installed, and there is no Go to build it from its source')
  }
  log(`building docker compose ${VERSION} from its source, once; this takes some minutes …`)
  const folder = await mkdtemp(join(tmpdir(), 'cheops-compose-'))
  try {
    const options = { cwd: folder, timeoutMs: BUILD_TIMEOUT_MS, signal }
    await run([go, 'mod', 'init', 'compose'], options)
    await run([go, 'get', '-tool', `${MODULE}/cmd@${VERSION}`], options)
    const flags = `-s -w -X ${MODULE}/internal.Version=${VERSION}`
    await mkdir(CACHE, { recursive: true })
    await run([go, 'build', '-ldflags', flags, '-o', `${built}.new`, `${MODULE}/cmd`], options)
    await rename(`${built}.new`, built)
  } catch (error) {
    signal.throwIfAborted()
    throw new Missing(`docker compose (version 2) is not installed and cannot be built: ${String(error)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return [built]
}

async function isVersion2(command: readonly string[], signal: AbortSignal): Promise<boolean> {
  try {
    const { code, stdout } = await attempt([...command, 'version', '--short'], { timeoutMs: ASK_TIMEOUT_MS, signal })
    // One that was built without a version says "dev".
    return code === 0 && /^v?([2-9]|\d\d)\.|^dev/.test(stdout.trim())
  } catch {
    signal.throwIfAborted()
    return false
  }
}

import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { chmod, open, readFile, rm, stat } from 'node:fs/promises'
import { CheopsError } from '../../errors.ts'
import type { Ed25519PrivateKey } from '@libp2p/interface'

/** Only the agent's own user may read its key. */
const MODE = 0o600

/**
 * The key that makes this agent the peer it is: read, or made at the first start. Whoever has the file is this site.
 * @throws CheopsError ERR_PEER_KEY when the file cannot be read or holds something else
 */
export async function loadPeerKey(path: string): Promise<Ed25519PrivateKey> {
  try {
    const bytes = await readFile(path)
    if (bytes.length === 0) {
      // What a full disk, or a crash, has left of a first start: nobody has seen a peer ID of it.
      await rm(path)
      return await createPeerKey(path)
    }
    const key = privateKeyFromProtobuf(bytes)
    if (key.type !== 'Ed25519') throw new TypeError('it is not an Ed25519 key')
    // A copied folder easily loses its modes.
    if (((await stat(path)).mode & 0o777) !== MODE) await chmod(path, MODE)
    return key
  } catch (cause) {
    if (isMissing(cause)) return createPeerKey(path)
    if (cause instanceof CheopsError) throw cause
    throw unusable(path, cause)
  }
}

async function createPeerKey(path: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  try {
    // Synced before anybody sees the peer ID: an agent that forgot its key would be another one.
    await using file = await open(path, 'wx', MODE)
    await file.writeFile(privateKeyToProtobuf(key)).catch(async (cause: unknown) => {
      await rm(path, { force: true })
      throw cause
    })
    await file.sync()
  } catch (cause) {
    throw unusable(path, cause)
  }
  return key
}

function unusable(path: string, cause: unknown): CheopsError {
  return new CheopsError('ERR_PEER_KEY', `The key in ${path} cannot be used.`, { path }, { cause })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

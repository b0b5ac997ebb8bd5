import { readFile } from 'node:fs/promises'
import { CheopsError } from '../../errors.ts'

/** The format of libp2p's pre-shared keys: three lines, 256 bits in hexadecimal. */
const PATTERN = /^\/key\/swarm\/psk\/1\.0\.0\/\s*\n\/base16\/\s*\n([0-9a-fA-F]{64})\s*$/

/**
 * Reads the pre-shared key of the private network and brings it into the one form that the library takes.
 * @throws CheopsError ERR_MESH_KEY; its message never holds the key
 */
export async function loadMeshKey(path: string): Promise<Uint8Array> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new CheopsError('ERR_MESH_KEY', `The mesh key ${path} cannot be read.`, { path }, { cause })
  }
  const match = PATTERN.exec(text)
  if (match === null) throw new CheopsError('ERR_MESH_KEY', `${path} holds no mesh key.`, { path })
  return new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${match[1]?.toLowerCase()}`)
}

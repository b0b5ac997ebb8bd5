import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CheopsError } from '../../../errors.ts'

/** 256 bits cannot be guessed. */
const TOKEN_BYTES = 32

/**
 * The token of a file; made, readable by its owner only, when there is none, or nothing in the file.
 * @throws CheopsError ERR_CONFIG_READ when it can neither be read nor made, or has only blanks
 */
export async function loadToken(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8')
    const token = text.trim()
    if (token !== '') return token
    if (text !== '') throw new CheopsError('ERR_CONFIG_READ', `The token file ${file} has no token in it.`, { file })
    // What a full disk, or a crash, has left of a first start: nobody has a token of it.
    await rm(file)
  } catch (error) {
    if (error instanceof CheopsError) throw error
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw new CheopsError('ERR_CONFIG_READ', `The token file ${file} cannot be read.`, { file }, { cause: error })
    }
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!isThere(error)) await rm(file, { force: true })
    throw new CheopsError('ERR_CONFIG_READ', `The token file ${file} cannot be made.`, { file }, { cause: error })
  }
  return token
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

/** Says whether an `Authorization` header carries the token, in a time that tells nothing about it. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token)
  return authorization => {
    const given = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '')?.[1]
    return timingSafeEqual(digest(given ?? ''), expected) && given !== undefined
  }
}

// Digests have one length, which the comparison needs.
const digest = (text: string) => createHash('sha256').update(text).digest()

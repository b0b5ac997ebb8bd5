import { CheopsError } from '../../errors.ts'

/** ERR_STORE_FAILED with what could not be done, as the end of a sentence. */
export function storeFailed(why: string, cause: unknown): CheopsError {
  return new CheopsError('ERR_STORE_FAILED', `The store failed: ${why}.`, {}, { cause })
}

/** ERR_STORE_CORRUPT of one key. */
export function keyCorrupt(key: string): CheopsError {
  return new CheopsError('ERR_STORE_CORRUPT', `The value of ${key} in the store is damaged.`, { key })
}

/** What a fault of the database while it was read or opened means: damage that it found itself, or anything else. */
export function databaseFailed(why: string, cause: unknown): CheopsError {
  if (!hasCode(cause, 'LEVEL_CORRUPTION')) return storeFailed(why, cause)
  return new CheopsError('ERR_STORE_CORRUPT', `The store is damaged: ${why}.`, {}, { cause })
}

/** Whether an error of the library, or what it was caused by, has this code. */
export function hasCode(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === code) || hasCode(error.cause, code)
}

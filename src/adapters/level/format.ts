import type { Level } from 'level'
import { CheopsError } from '../../errors.ts'
import { fromRecord, toRecord } from './record.ts'

/**
 * Version of the layout of all keys and records together; each part documents its own keys beside its code. A store of an
 * older version is migrated at open, one of a newer version is refused.
 *
 * | version | what it brought |
 * | --- | --- |
 * | 1 | values as they are |
 * | 2 | a CRC before each value, numbers of batches |
 */
export const STORE_VERSION = 2

/** Its value is decimal digits: in version 1 as they are, later with a CRC as every other. */
export const VERSION_KEY = 'format/version'

/** What is read and written of a store whose version is not known yet: what is there, without checks. */
export type RawDatabase = Level<string, Uint8Array>

/**
 * Brings a store to the version of this program. All of it is one synced batch, so that a crash leaves the old or the new.
 * @throws CheopsError ERR_STORE_VERSION for a newer one, which is not touched; ERR_STORE_CORRUPT
 */
export async function toCurrentFormat(db: RawDatabase, folder: string): Promise<void> {
  const stored = await db.get(VERSION_KEY)
  const version = stored === undefined ? await versionOfNew(db, folder) : readVersion(stored, folder)
  if (version === STORE_VERSION) return
  if (version > STORE_VERSION) {
    const message = `${folder} has format ${String(version)}; this version of Cheops reads format ${String(STORE_VERSION)}.`
    throw new CheopsError('ERR_STORE_VERSION', message, { version, supported: STORE_VERSION })
  }
  const writes = version === 1 ? await withCrc(db) : []
  const value = toRecord(VERSION_KEY, new TextEncoder().encode(String(STORE_VERSION)))
  await db.batch([...writes, { type: 'put', key: VERSION_KEY, value }], { sync: true })
}

/** Version 0, a new store, if it is empty. */
async function versionOfNew(db: RawDatabase, folder: string): Promise<number> {
  for await (const key of db.keys({ limit: 1 })) {
    throw new CheopsError('ERR_STORE_CORRUPT', `${folder} has keys, but its format version is gone.`, { key })
  }
  return 0
}

function readVersion(stored: Uint8Array, folder: string): number {
  if (new TextDecoder().decode(stored) === '1') return 1
  const text = new TextDecoder().decode(fromRecord(VERSION_KEY, stored))
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new CheopsError('ERR_STORE_CORRUPT', `The format version of ${folder} is damaged.`, { key: VERSION_KEY })
}

/** From 1 to 2. A store of version 1 holds one record for each site that was met, so it fits into memory and one batch. */
async function withCrc(db: RawDatabase): Promise<{ type: 'put'; key: string; value: Uint8Array }[]> {
  const writes: { type: 'put'; key: string; value: Uint8Array }[] = []
  for await (const [key, value] of db.iterator()) {
    if (key !== VERSION_KEY) writes.push({ type: 'put', key, value: toRecord(key, value) })
  }
  return writes
}

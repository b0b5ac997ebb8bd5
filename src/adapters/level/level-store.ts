import { chmod, mkdir } from 'node:fs/promises'
import { Level } from 'level'
import { CheopsError } from '../../errors.ts'
import type { Store, StoreWrite } from '../../ports/store.ts'

/**
 * Version of the layout of all keys together; each part documents its own keys beside its code. A store of an older
 * version is migrated at open, one of a newer version is refused.
 */
export const STORE_VERSION = 1
const VERSION_KEY = 'format/version'

/**
 * Opens the store of an agent, making its folder (mode 0700) where there is none.
 * @param onFailure told of the first write that failed, once; the store takes nothing more then, so the agent has to stop
 * @throws CheopsError ERR_STORE_LOCKED, ERR_STORE_VERSION, ERR_STORE_FAILED
 */
export async function openLevelStore(
  folder: string,
  onFailure: (error: CheopsError) => void = () => {},
): Promise<Store> {
  const db = new Level<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    await db.open()
  } catch (cause) {
    throw isLocked(cause)
      ? new CheopsError('ERR_STORE_LOCKED', `Another agent has ${folder} open.`, { folder }, { cause })
      : failed(`${folder} cannot be opened`, cause)
  }
  const store = new LevelStore(db, onFailure)
  try {
    await checkVersion(store, folder)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

class LevelStore implements Store {
  readonly #db: Level<string, Uint8Array>
  readonly #onFailure: (error: CheopsError) => void
  #failure: CheopsError | undefined

  constructor(db: Level<string, Uint8Array>, onFailure: (error: CheopsError) => void) {
    this.#db = db
    this.#onFailure = onFailure
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#guard(() => this.#db.get(key))
    return value === undefined ? undefined : plain(value)
  }

  async batch(writes: readonly StoreWrite[], { sync }: { sync: boolean }): Promise<void> {
    // After a write that failed nothing is certain any more: a later one must not succeed on top of it.
    if (this.#failure !== undefined) throw failed('an earlier write has failed', this.#failure)
    const operations = writes.map(write =>
      write.kind === 'put'
        ? { type: 'put' as const, key: write.key, value: write.value }
        : { type: 'del' as const, key: write.key },
    )
    try {
      await this.#db.batch(operations, { sync })
    } catch (cause) {
      const failure = failed('it cannot be written', cause)
      // Who writes to a store that is closed has only come too late.
      if (this.#db.status === 'open' && this.#failure === undefined) {
        this.#failure = failure
        this.#onFailure(failure)
      }
      throw failure
    }
  }

  async *iterate(prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
    // The highest code point ends the range of everything that begins with the prefix.
    const entries = await this.#guard(() =>
      Promise.resolve(this.#db.iterator({ gte: prefix, lt: `${prefix}\u{10ffff}` })),
    )
    try {
      for await (const [key, value] of entries) yield [key, plain(value)]
    } catch (cause) {
      throw failed('it cannot be read', cause)
    }
  }

  async close(): Promise<void> {
    await this.#db.close()
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw failed('it cannot be used', cause)
    }
  }
}

/** The library gives Buffers, which are printed, compared and sliced differently from what they stand for. */
function plain(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

async function checkVersion(store: Store, folder: string): Promise<void> {
  const stored = await store.get(VERSION_KEY)
  if (stored === undefined) {
    const value = new TextEncoder().encode(String(STORE_VERSION))
    return store.batch([{ kind: 'put', key: VERSION_KEY, value }], { sync: true })
  }
  const version = Number(new TextDecoder().decode(stored))
  if (version === STORE_VERSION) return
  const message = `${folder} has format ${version}; this version of Cheops reads format ${STORE_VERSION}.`
  throw new CheopsError('ERR_STORE_VERSION', message, { version, supported: STORE_VERSION })
}

function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'LEVEL_LOCKED') || isLocked(error.cause)
}

function failed(why: string, cause: unknown): CheopsError {
  return new CheopsError('ERR_STORE_FAILED', `The store failed: ${why}.`, {}, { cause })
}

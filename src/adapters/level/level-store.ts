import { chmod, mkdir } from 'node:fs/promises'
import { Level } from 'level'
import { CheopsError } from '../../errors.ts'
import type { Store, StoreRange, StoreWrite } from '../../ports/store.ts'
import { BatchNumbers } from './batch-numbers.ts'
import { databaseFailed, hasCode, keyCorrupt, storeFailed } from './failure.ts'
import { toCurrentFormat } from './format.ts'
import type { RawDatabase } from './format.ts'
import { GroupCommit } from './group-commit.ts'
import type { DatabaseWrite } from './group-commit.ts'
import { fromRecord, toRecord } from './record.ts'

/**
 * Opens the store of an agent, making its folder (mode 0700) where there is none, and brings it to the current format.
 * @param onFailure told once, of the first write that failed or the first damage that was read; the store takes nothing more
 *   then, so the agent has to stop
 * @throws CheopsError ERR_STORE_LOCKED, ERR_STORE_VERSION, ERR_STORE_CORRUPT, ERR_STORE_FAILED
 */
export async function openLevelStore(
  folder: string,
  onFailure: (error: CheopsError) => void = () => {},
): Promise<Store> {
  const db: RawDatabase = new Level<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    await db.open()
  } catch (cause) {
    throw hasCode(cause, 'LEVEL_LOCKED')
      ? new CheopsError('ERR_STORE_LOCKED', `Another agent has ${folder} open.`, { folder }, { cause })
      : databaseFailed(`${folder} cannot be opened`, cause)
  }
  try {
    await toCurrentFormat(db, folder)
    return new LevelStore(db, await BatchNumbers.open(db), onFailure)
  } catch (error) {
    await db.close()
    throw error instanceof CheopsError ? error : databaseFailed(`${folder} cannot be read or migrated`, error)
  }
}

/**
 * Entries that are read at once, and so in one turn of the thread pool; fewer where they are large (the library reads 16 KB at a time). By its own loop the
 * library reads one first, and then the rest, each entry with promises of its own.
 */
const READ_TOGETHER = 100

class LevelStore implements Store {
  readonly #db: RawDatabase
  readonly #writer: GroupCommit

  constructor(db: RawDatabase, numbers: BatchNumbers, onFailure: (error: CheopsError) => void) {
    this.#db = db
    const write = (batch: DatabaseWrite[]): Promise<void> =>
      db.batch([...batch, ...numbers.next(batch)], { sync: true })
    this.#writer = new GroupCommit({ write, onFailure })
  }

  get isFull(): boolean {
    return this.#writer.isFull
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    let record: Uint8Array | undefined
    try {
      record = await this.#db.get(key)
    } catch (cause) {
      throw this.#readFailed(cause)
    }
    return record === undefined ? undefined : this.#value(key, record)
  }

  commit(writes: readonly StoreWrite[]): Promise<void> {
    return this.#writer.commit(
      writes.map(write =>
        write.kind === 'put'
          ? { type: 'put', key: write.key, value: toRecord(write.key, write.value) }
          : { type: 'del', key: write.key },
      ),
    )
  }

  async *iterate({
    prefix,
    from,
    limit = -1,
    reverse = false,
  }: StoreRange): AsyncGenerator<readonly [string, Uint8Array]> {
    if (from?.startsWith(prefix) === false) throw new RangeError(`${from} does not begin with ${prefix}`)
    // The highest code point ends the range of everything that begins with the prefix.
    const end = `${prefix}\u{10ffff}`
    const bounds = reverse
      ? { gte: prefix, ...(from === undefined ? { lt: end } : { lte: from }) }
      : { gte: from ?? prefix, lt: end }
    const open = () => this.#db.iterator({ ...bounds, limit, reverse })
    let iterator: ReturnType<typeof open> | undefined
    try {
      iterator = open()
      for (;;) {
        const entries = await iterator.nextv(READ_TOGETHER)
        if (entries.length === 0) return
        for (const [key, record] of entries) yield [key, this.#value(key, record)]
      }
    } catch (cause) {
      throw cause instanceof CheopsError ? cause : this.#readFailed(cause)
    } finally {
      await iterator?.close()
    }
  }

  fail(error: CheopsError): void {
    this.#writer.fail(error)
  }

  async close(): Promise<void> {
    await this.#writer.close()
    await this.#db.close()
  }

  #value(key: string, record: Uint8Array): Uint8Array {
    const value = fromRecord(key, record)
    if (value !== undefined) return value
    const error = keyCorrupt(key)
    this.#writer.fail(error)
    throw error
  }

  #readFailed(cause: unknown): CheopsError {
    // Who reads from a store that is closed has only come too late.
    if (this.#db.status !== 'open') return storeFailed('it is closed', cause)
    const error = databaseFailed('it cannot be read', cause)
    this.#writer.fail(error)
    return error
  }
}
